import type { EpochMs } from '../model/instant.ts';
import { type Cron, parseCron } from '../time/cron-syntax.ts';
import type { RungSchedule } from '../time/doorbell.ts';
import { type Bells, coverageOf } from '../time/doorbell-coverage.ts';
import { formatDuration } from '../time/format.ts';
import { isZone } from '../time/zone.ts';
import type { Finding } from './finding.ts';
import { isRecord, type WorkflowText } from './workflow-file.ts';
import { eventsOf, type OurJob } from './workflow-parts.ts';

/** A tick that is rung for later than this is called late; GitHub's own lateness comes on top. */
const LATE_MS = 60 * 60_000;
/** Days that are looked at: every day of a month and of a week is among them. */
const DAYS = 32;

/** The densest that GitHub rings. */
const GITHUB_GAP_MINUTES = 5;

/** What a project has that somebody must ring for. */
interface Rung {
  readonly schedules: readonly RungSchedule[];
  /** Some assets ask for their runs by themselves; where `schedules` has nothing of them, nothing says when to look. */
  readonly hasAutomation: boolean;
}

/** Do the workflows that make production ring for the schedules of the project? */
export function judgeWaking(runs: readonly OurJob[], project: Rung, now: EpochMs): Finding[] {
  const workflows = [...new Set(runs.map(({ workflow }) => workflow))];
  const bells = workflows.map((workflow) => bellsOf(workflow));
  const problems = bells.flatMap(({ findings }) => findings);
  return [
    ...problems,
    ...withoutDispatch(workflows),
    ...(problems.some(({ code }) => code === 'bad-cron')
      ? []
      : tooRare(
          workflows,
          bells.flatMap(({ rules }) => rules),
          project,
          now,
        )),
  ];
}

function bellsOf(workflow: WorkflowText): { readonly rules: readonly Bells[]; readonly findings: readonly Finding[] } {
  const { on } = workflow.value;
  const entries = isRecord(on) && Array.isArray(on['schedule']) ? (on['schedule'] as unknown[]) : [];
  const findings: Finding[] = [];
  const rules = entries.flatMap((entry, i): Bells[] => {
    const text = isRecord(entry) && typeof entry['cron'] === 'string' ? entry['cron'] : '';
    const timezone = isRecord(entry) && typeof entry['timezone'] === 'string' ? entry['timezone'] : 'UTC';
    const problem = cronProblem(text, timezone);
    if (typeof problem !== 'string') {
      if (leastGap(problem) < GITHUB_GAP_MINUTES) findings.push(tooOften(text, workflow, i));
      return [{ crons: [problem], timezone }];
    }
    findings.push({
      code: 'bad-cron',
      severity: 'error',
      message: problem,
      help: 'GitHub takes five fields with numbers, names, lists, ranges and steps, and nothing else',
      span: workflow.place(['on', 'schedule', i, 'cron']),
    });
    return [];
  });
  return { rules, findings };
}

/** A denser rule is taken, and comes no more often for that. */
function tooOften(text: string, workflow: WorkflowText, place: number): Finding {
  return {
    code: 'rings-too-often',
    severity: 'warning',
    message: `\`${text.trim()}\` comes more than once in ${GITHUB_GAP_MINUTES} minutes, and GitHub starts a workflow no more often than that`,
    help: `write \`*/${GITHUB_GAP_MINUTES} * * * *\`, or less; what must be done sooner needs a push, or a heartbeat from outside`,
    span: workflow.place(['on', 'schedule', place, 'cron']),
  };
}

/** Minutes between two of its instants, at least. */
function leastGap({ minutes, hours }: Cron): number {
  const gaps = minutes.slice(1).map((minute, i) => minute - minutes[i]!);
  const goesOn = hours.some((hour) => hours.includes((hour + 1) % 24));
  return Math.min(...gaps, ...(goesOn ? [minutes[0]! + 60 - minutes.at(-1)!] : []));
}

/** A rule as GitHub takes it, or what is wrong with it. */
function cronProblem(text: string, timezone: string): Cron | string {
  if (!isZone(timezone)) return `there is no time zone \`${timezone}\``;
  if (/[@#L?]/.test(text)) return `GitHub does not know \`${text.trim()}\``;
  const parsed = parseCron(text);
  return parsed.ok ? parsed.value : parsed.error.message;
}

function withoutDispatch(workflows: readonly WorkflowText[]): Finding[] {
  const [first] = workflows;
  if (first === undefined || workflows.some((workflow) => eventsOf(workflow).includes('workflow_dispatch'))) return [];
  return [
    {
      code: 'no-dispatch',
      severity: 'warning',
      message: 'nobody can start the workflow by hand, and no heartbeat from outside can',
      help: 'below `on:`, add `workflow_dispatch:`; `branchline init --print` shows it with its inputs',
      span: first.place(['on'], 'key'),
    },
  ];
}

function tooRare(
  workflows: readonly WorkflowText[],
  bells: readonly Bells[],
  { schedules, hasAutomation }: Rung,
  now: EpochMs,
): Finding[] {
  const [first] = workflows;
  if (first === undefined) return [];
  if (schedules.length === 0) return hasAutomation && bells.length === 0 ? [withoutTime(first)] : [];
  const rung =
    workflows.find((workflow) => isRecord(workflow.value['on']) && workflow.value['on']['schedule']) ?? first;
  const span = rung.place(['on', 'schedule'], 'key');
  const help = '`branchline init --print` shows rules that ring for all of them, and what they cost';
  if (bells.length === 0)
    return [
      {
        code: 'no-schedule',
        severity: 'error',
        message: `${unrungText(schedules)}: there is no \`schedule:\` below \`on:\``,
        help,
        span,
      },
    ];
  const named = new Map(
    schedules.map((each) => [each.name, each.isAutomation ? each.name : `the schedule \`${each.name}\``]),
  );
  const strict = schedules.filter(({ isLoose }) => !isLoose);
  return coverageOf(strict, bells, { from: now, days: DAYS }).flatMap(
    ({ schedule, worstMs, mostAtOnce }): Finding[] => {
      const late = worstMs === undefined || worstMs > LATE_MS;
      if (!late && mostAtOnce <= 1) return [];
      const what = late
        ? worstMs === undefined
          ? `no ring comes after some of its ticks`
          : `a tick waits up to ${formatDuration(worstMs)} for the next ring`
        : `up to ${mostAtOnce} of its ticks are due at one ring, and all but the newest are passed over (or made up for, as \`catchup\` says)`;
      return [
        {
          code: 'rings-too-rarely',
          severity: 'warning',
          message: `the workflow rings too rarely for ${named.get(schedule)}: ${what}`,
          help,
          span,
        },
      ];
    },
  );
}

/** Conditions that wait for no instant and no source: there is no rule to ring by. */
function withoutTime(workflow: WorkflowText): Finding {
  return {
    code: 'no-schedule',
    severity: 'warning',
    message:
      'assets of the project are made by themselves (`automation`), and nothing says when to look at them: only a push or a click starts them',
    help: 'write a schedule, or `automation: { on_cron: … }`; `branchline init` then writes the rule that rings for it',
    span: workflow.place(['on', 'schedule'], 'key'),
  };
}

function unrungText(rung: readonly RungSchedule[]): string {
  const schedules = rung.filter(({ isAutomation }) => !isAutomation).length;
  if (schedules === 0)
    return 'assets of the project are made by themselves (`automation`), and no workflow rings for them';
  const what = schedules === 1 ? 'a schedule' : `${schedules} schedules`;
  if (schedules < rung.length) return `the project has ${what} and \`automation\`, and no workflow rings for them`;
  return `the project has ${what}, and no workflow rings for ${schedules === 1 ? 'it' : 'them'}`;
}
