import { nearestWord } from '../base/nearest.ts';
import { ACTION_INPUTS, CLICK_COMMANDS, COMMANDS } from '../model/action-inputs.ts';
import { parseDuration } from '../time/duration.ts';
import type { Finding } from './finding.ts';
import { finding } from './job-finding.ts';
import { isRecord, type Path } from './workflow-file.ts';
import { isComputed, isRecordOf, type OurJob, partOf } from './workflow-parts.ts';

/** What the job tells the Action, and what a click lets somebody tell it: words that it does not know. */
export function judgeInputs(job: OurJob): Finding[] {
  return [...unknownInputs(job), ...badValues(job), ...canceledInput(job), ...clicks(job)];
}

/** GitHub takes names in any case, and only warns, in the log of each job, of those that it does not know. */
function unknownInputs(job: OurJob): Finding[] {
  const part = partOf(job.action);
  const known: readonly string[] = ACTION_INPUTS[part];
  return Object.keys(job.action.inputs)
    .filter((name) => !known.includes(name.toLowerCase()))
    .map((name) => {
      const near = nearestWord(name, known);
      const of = {
        code: 'unknown-input',
        severity: 'warning',
        message: `${part === 'main' ? 'the Action' : `\`${part}\``} has no input \`${name}\`: what it says is not heard`,
        help: near === undefined ? `take it out; there are ${known.join(', ')}` : `did you mean \`${near}\`?`,
      } as const;
      return finding(job, [...job.action.path, 'with', name], of, 'key');
    });
}

function badValues(job: OurJob): Finding[] {
  const { command, 'time-budget': budget } = job.action.inputs;
  const said = (input: string, message: string, help: string): Finding =>
    finding(job, [...job.action.path, 'with', input], { code: 'bad-input', severity: 'error', message, help });
  const found: Finding[] = [];
  const word = textOf(command)?.split(/\s+/)[0];
  if (word !== undefined && !isOneOf(COMMANDS, word))
    found.push(said('command', `there is no command \`${word}\`: the job is refused`, nearestOf(word, COMMANDS)));
  const duration = textOf(budget);
  const parsed = duration === undefined ? undefined : parseDuration(duration);
  if (parsed?.ok === false)
    found.push(said('time-budget', `${parsed.error}: the job is refused`, 'write `time-budget: 5h`, or leave it out'));
  return found;
}

const CANCELED_INPUT = "`canceled: ${{ needs.canceled.result == 'success' }}`";

/** The last job of a fan-out is told by another one whether somebody canceled the workflow run. */
function canceledInput(job: OurJob): Finding[] {
  if (partOf(job.action) !== 'finalize') return [];
  const [name] = Object.keys(job.action.inputs).filter((each) => each.toLowerCase() === 'canceled');
  if (name === undefined)
    return [
      finding(job, job.action.path, {
        code: 'cancel-goes-on',
        severity: 'warning',
        message: '*Cancel workflow* ends the jobs and not the work: the next wave goes on with the rest',
        help: `write ${CANCELED_INPUT} under \`with:\` here, \`canceled\` into \`needs:\` of this job, and the job \`canceled: { needs: [plan, execute], if: "cancelled()", runs-on: ubuntu-latest, permissions: {}, steps: [{ run: "true" }] }\`; \`branchline init --fan-out --print\` shows them in their place`,
      }),
    ];
  const written = String(job.action.inputs[name]);
  const needs = [job.value['needs']].flat();
  const [, absent] = [.../needs\.([\w-]+)/g[Symbol.matchAll](written)].find(([, need]) => !needs.includes(need)) ?? [];
  const said = (severity: Finding['severity'], message: string, help: string): Finding[] => [
    finding(job, [...job.action.path, 'with', name], { code: 'bad-input', severity, message, help }),
  ];
  if (/\bcancelled\s*\(/.test(written))
    return said('error', 'GitHub knows `cancelled()` in an `if:` and nowhere else', `write ${CANCELED_INPUT}`);
  if (absent === undefined) return [];
  const message = `this job does not need \`${absent}\`, so nothing is known of it: *Cancel workflow* is not heard`;
  return said('warning', message, `write \`${absent}\` into \`needs:\` of this job`);
}

/** A value that is written out; undefined = none, or one that only GitHub knows. */
function textOf(value: unknown): string | undefined {
  if (isComputed(value) || (typeof value !== 'string' && typeof value !== 'number')) return undefined;
  return String(value).trim() || undefined;
}

/** What `command` of `workflow_dispatch` offers, and what a click gets that chooses nothing. */
function clicks(job: OurJob): Finding[] {
  const { on } = job.workflow.value;
  const dispatch = isRecordOf(on, 'workflow_dispatch') ? on['workflow_dispatch'] : {};
  const command = isRecordOf(dispatch, 'inputs') ? dispatch['inputs']['command'] : undefined;
  // A step that says itself what it does listens to no click.
  const own = textOf(job.action.inputs['command']);
  if (!isRecord(command) || !(own === undefined || own === 'auto') || !isAsked(job)) return [];
  const path: Path = ['on', 'workflow_dispatch', 'inputs', 'command'];
  const options = Array.isArray(command['options']) ? (command['options'] as unknown[]) : [];
  const odd = options.flatMap((option, i): Finding[] => {
    const word = textOf(option);
    return word === undefined || isOneOf(CLICK_COMMANDS, word) ? [] : [oddWord(job, word, [...path, 'options', i])];
  });
  const { default: written } = command;
  const first = command['type'] === 'choice' ? options[0] : undefined;
  const word = textOf(written ?? first);
  if (word === undefined || word === 'tick' || word === 'plan' || word === 'check') return odd;
  const at = written === undefined ? path : [...path, 'default'];
  if (!isOneOf(CLICK_COMMANDS, word)) return written === undefined ? odd : [...odd, oddWord(job, word, at)];
  const of = {
    code: 'click-starts-work',
    severity: 'warning',
    message: `a click that chooses nothing starts \`${word}\`, and so does a heartbeat from outside: a slip of the hand, where \`tick\` does only what is due`,
    help: 'write `default: tick`',
  } as const;
  return [...odd, finding(job, at, of, written === undefined ? 'key' : 'value')];
}

/** Jobs that ask the event what to do. */
function isAsked(job: OurJob): boolean {
  return (job.kind === 'run' && !job.isShard) || partOf(job.action) === 'plan';
}

function oddWord(job: OurJob, word: string, path: Path): Finding {
  return finding(job, path, {
    code: 'bad-input',
    severity: 'error',
    message: `a click cannot ask for \`${word}\`: the job is refused`,
    help: nearestOf(word, CLICK_COMMANDS),
  });
}

function nearestOf(word: string, known: readonly string[]): string {
  const near = nearestWord(word, known);
  return near === undefined ? `write one of ${known.join(', ')}` : `did you mean \`${near}\`?`;
}

function isOneOf(known: readonly string[], word: string): boolean {
  return known.includes(word);
}
