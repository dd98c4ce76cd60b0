import { byText, sortedUnique } from '../base/order.ts';
import type { EventDraft, ScheduleRule } from '../model/events.ts';
import { runId } from '../model/ids.ts';
import { type EpochMs, epochMs, timestamp } from '../model/instant.ts';
import type { RunRequest } from '../model/plan.ts';
import type { Project, Schedule } from '../model/project.ts';
import type { RunRecord, ScheduleRecord } from '../model/state.ts';
import { layeredTags } from '../model/tags.ts';
import type { DueTicks } from '../time/cron.ts';
import { formatInstant } from '../time/format.ts';
import { fairShareOf, judgedLimit, reasonOf } from './tick-reason.ts';
import { dueInStretches, readRule, type Stretch, sameRule, stretchesOf } from './tick-rule.ts';

const DAY_MS = 86_400_000;
/** Runs that one tick over partitions asks for, at most; what is left is told. */
const TICK_PARTS_MAX = 100;
/** All that judging the schedules depends on. Pure data. */
export interface TickInput {
  readonly project: Pick<Project, 'schedules' | 'jobs'>;
  /** Cursors of this environment, by schedule. */
  readonly records: ReadonlyMap<string, ScheduleRecord>;
  /** Runs of this environment that have not ended. */
  readonly openRuns: ReadonlyMap<string, RunRecord>;
  readonly now: EpochMs;
  /** True when `now` is the server's instant, or was given on purpose (`--now`). */
  readonly nowIsTrusted: boolean;
  /** Instant of the state branch's head; undefined before the first commit. */
  readonly headAt: EpochMs | undefined;
  /** False when a newer code commit has ticked before: then nothing is judged and no definition changes. */
  readonly codeIsNewest: boolean;
  /**
   * Since when these definitions are on the default branch, as far as that is known: new and edited rules count from
   * then on. Undefined (a laptop) = from `now`.
   */
  readonly codeSince?: EpochMs;
  /**
   * What one tick of a schedule over partitioned assets asks for, each a run; the words say why it asks for nothing.
   * Absent = the schedule's selection, as one run.
   */
  readonly partsOf?: (schedule: Schedule, tick: EpochMs) => TickParts | string;
  /** Schedules whose selection names no asset at all. */
  readonly selectingNothing?: ReadonlySet<string>;
}

/** One run of a tick: what it selects, and the partitions that it makes, as they were at the tick. */
export interface TickPart {
  readonly selection: string;
  readonly partitions?: string;
}

/** The runs of a tick; `leftOut`: which assets have no partitions yet, in words. */
export interface TickParts {
  readonly parts: readonly TickPart[];
  readonly leftOut?: string;
}

/** A run that a due tick asks for. */
export interface ScheduledRun {
  readonly run: string;
  readonly request: Extract<RunRequest, { kind: 'schedule' }>;
  /** Of the job, the schedule (which wins) and the engine. */
  readonly tags: Readonly<Record<string, string>>;
}

/** Something to tell the person who looks on. */
export interface TickNote {
  readonly kind:
    | 'adopted'
    | 'dropped'
    | 'edited'
    | 'missed'
    | 'already_running'
    | 'parts_left'
    | 'held'
    | 'clock_behind'
    | 'no_partitions'
    | 'unreadable';
  readonly schedule?: string;
  readonly text: string;
}

export interface TickPlan {
  /** In the order to record: by schedule, its ticks oldest first, its cursor last. */
  readonly events: readonly EventDraft[];
  /** By schedule, oldest tick first. */
  readonly requests: readonly ScheduledRun[];
  readonly notes: readonly TickNote[];
  /** Why no schedule was judged at all; undefined = they were. */
  readonly held?: 'older_code' | 'clock_ahead';
}

/** One wake-up's findings, filled schedule by schedule. */
interface Findings {
  /** Ticks of a schedule that are judged one by one. */
  readonly fairShare: number;
  readonly events: EventDraft[];
  readonly requests: ScheduledRun[];
  readonly notes: TickNote[];
}

/**
 * Judges every schedule at one instant (semantics.md 6): each tick in (evaluated until, now] once, whoever woke us.
 * Says what to record and which runs to ask for; does neither. Recording the events moves the cursors, so that
 * planning again at the same instant finds nothing.
 */
export function planTick(input: TickInput): TickPlan {
  const held = whyHeld(input);
  if (held) return { events: [], requests: [], notes: [held.note], held: held.reason };
  const fairShare = fairShareOf(Object.keys(input.project.schedules).length);
  const found: Findings = { fairShare, events: [], requests: [], notes: [] };
  const names = sortedUnique([...Object.keys(input.project.schedules), ...input.records.keys()]);
  for (const name of names) {
    const schedule = input.project.schedules[name];
    if (schedule) judgeSchedule(input, schedule, found);
    else dropSchedule(input, name, found);
  }
  const { events, requests, notes } = found;
  return { events, requests, notes };
}

function whyHeld(input: TickInput): { reason: NonNullable<TickPlan['held']>; note: TickNote } | undefined {
  if (!input.codeIsNewest) {
    const text =
      'No schedule was judged: a newer commit of the code has ticked before. Check out the newest commit and tick again.';
    return { reason: 'older_code', note: { kind: 'held', text } };
  }
  if (!input.nowIsTrusted && input.headAt !== undefined && input.now - input.headAt > DAY_MS) {
    const text =
      `No schedule was judged: this machine's clock says ${formatInstant(input.now)}, more than a day after the newest ` +
      `record (${formatInstant(input.headAt)}). If the clock is right, say so: --now ${timestamp(input.now)}`;
    return { reason: 'clock_ahead', note: { kind: 'held', text } };
  }
  return undefined;
}

function dropSchedule(input: TickInput, schedule: string, found: Findings): void {
  found.events.push({ type: 'schedule.dropped', at: timestamp(input.now), schedule });
  found.notes.push({
    kind: 'dropped',
    schedule,
    text: `Schedule \`${schedule}\` is gone from the manifests and forgotten.`,
  });
}

function judgeSchedule(input: TickInput, schedule: Schedule, found: Findings): void {
  const { name } = schedule;
  const at = timestamp(input.now);
  const rule: ScheduleRule = { crons: schedule.crons, timezone: schedule.timezone };
  if (readRule(rule) === undefined) {
    const text = `Schedule \`${name}\` was not judged: its cron or its zone cannot be read. \`branchline check\` shows where.`;
    found.notes.push({ kind: 'unreadable', schedule: name, text });
    return;
  }
  const record = input.records.get(name);
  const since = Math.min(input.codeSince ?? input.now, input.now);
  if (record === undefined) {
    found.events.push({ type: 'schedule.adopted', at, schedule: name, from: timestamp(since), rule });
    const text = `Schedule \`${name}\` is new: it counts from ${formatInstant(since)} on.`;
    found.notes.push({ kind: 'adopted', schedule: name, text });
    if (judgeDue(input, schedule, [{ rule, after: since, until: input.now }], found)) {
      found.events.push({ type: 'schedule.evaluated', at, schedule: name, until: at });
    }
    return;
  }
  const judgedUntil = epochMs(record.evaluatedUntil);
  if (judgedUntil > input.now) {
    const text = `Schedule \`${name}\` has been judged up to ${formatInstant(judgedUntil)} already, which is after now.`;
    found.notes.push({ kind: 'clock_behind', schedule: name, text });
    return;
  }
  const edited = record.rule !== undefined && !sameRule(record.rule, rule);
  const hasDue = judgeDue(input, schedule, stretchesOf(record, rule, since, input.now), found);
  if (edited) {
    const text = `Schedule \`${name}\` was edited: its new times count from ${formatInstant(Math.max(since, judgedUntil))} on.`;
    found.notes.push({ kind: 'edited', schedule: name, text });
  }
  if (!hasDue && !edited) return;
  const newRule = edited || record.rule === undefined ? { rule } : {};
  found.events.push({ type: 'schedule.evaluated', at, schedule: name, until: at, ...newRule });
}

/** Judges what is due in the stretches; false when nothing is. */
function judgeDue(input: TickInput, schedule: Schedule, stretches: readonly Stretch[], found: Findings): boolean {
  const { name } = schedule;
  const limit = judgedLimit(found.fairShare, schedule);
  // One more than is judged one by one: the newest of those that are closed as a whole.
  const due = dueInStretches(stretches, limit + 1);
  if (due.total === 0) return false;
  const at = timestamp(input.now);
  const closed = due.total - limit;
  if (closed > 0) {
    const [after, until] = [timestamp(stretches[0]!.after), timestamp(due.ticks[0]!)];
    found.events.push({ type: 'ticks.missed', at, schedule: name, after, until, count: closed });
  }
  const ticks = closed > 0 ? due.ticks.slice(1) : due.ticks;
  const running = schedule.skipIfRunning ? openRunOf(input.openRuns, name) : undefined;
  const isEmpty = input.selectingNothing?.has(name) ?? false;
  for (const [index, tick] of ticks.entries()) {
    const wanted = reasonOf({ schedule, tick, newer: ticks.length - 1 - index, now: input.now, running, isEmpty });
    const asked = wanted === 'due' ? partsOf(input, schedule, tick) : { parts: [] };
    const parts = typeof asked === 'string' ? [] : asked.parts;
    if (typeof asked !== 'string' && asked.leftOut !== undefined)
      found.notes.push({ kind: 'no_partitions', schedule: name, text: `Schedule \`${name}\`: ${asked.leftOut}` });
    const reason = wanted === 'due' && parts.length === 0 ? 'nothing_selected' : wanted;
    const latenessMs = input.now - tick;
    const judged = { type: 'tick.judged', at, schedule: name, tick: timestamp(tick), reason, latenessMs } as const;
    if (reason === 'due') {
      const scheduled = parts
        .slice(0, TICK_PARTS_MAX)
        .map((part, i) =>
          scheduledRun(input.project, schedule, tick, { ...part, ...(parts.length > 1 ? { part: i + 1 } : {}) }),
        );
      found.requests.push(...scheduled);
      found.events.push({ ...judged, outcome: 'requested', requested: scheduled[0]!.run });
    } else found.events.push({ ...judged, outcome: 'skipped' });
    if (parts.length > TICK_PARTS_MAX) found.notes.push(partsLeft(input.project, schedule, tick, parts.length));
    if (reason === 'nothing_selected' && wanted === 'due') {
      const text = `Schedule \`${name}\`: the tick of ${formatInstant(tick)} asks for nothing: ${typeof asked === 'string' ? asked : 'no partition'}.`;
      found.notes.push({ kind: 'no_partitions', schedule: name, text });
    }
    if (reason === 'already_running') {
      const text = `Schedule \`${name}\`: the tick of ${formatInstant(tick)} is skipped, run ${running} has not ended yet.`;
      found.notes.push({ kind: 'already_running', schedule: name, text });
    }
  }
  noteMissed(name, due, found);
  return true;
}

/** What a tick did not ask for is named, with who makes it: nothing goes missing in silence. */
function partsLeft(
  project: TickInput['project'],
  schedule: Schedule,
  tick: EpochMs,
  all: number,
): Findings['notes'][number] {
  const { name, partitions = '' } = schedule;
  const next = /^\s*(missing|failed)\s*$/.test(partitions)
    ? `its next tick asks for what is ${partitions.trim()} then`
    : `\`branchline backfill start --select "${selectionOf(project, schedule)}" --partitions "${partitions}"\` makes them all`;
  const text = `Schedule \`${name}\`: the tick of ${formatInstant(tick)} is ${all} runs, of which ${TICK_PARTS_MAX} are asked for; ${next}. A \`backfill_policy\` puts several partitions into one run.`;
  return { kind: 'parts_left', schedule: name, text };
}

function noteMissed(schedule: string, due: DueTicks, found: Findings): void {
  if (due.total < 2) return;
  // A tick may ask for several runs.
  const requested = new Set(
    found.requests.filter(({ request }) => request.schedule === schedule).map(({ request }) => request.tick),
  ).size;
  const runs =
    requested === 0 ? 'none of them runs' : requested === 1 ? 'one of them runs' : `${requested} of them run`;
  const text = `Schedule \`${schedule}\` was due ${due.total} times since it was last judged; ${runs}.`;
  found.notes.push({ kind: 'missed', schedule, text });
}

/** The run id of an open run that this schedule asked for; the smallest, so that the answer does not depend on order. */
function openRunOf(openRuns: ReadonlyMap<string, RunRecord>, schedule: string): string | undefined {
  const open: string[] = [];
  for (const { run, request } of openRuns.values()) {
    if (request.kind === 'schedule' && request.schedule === schedule) open.push(run);
  }
  return open.sort(byText)[0];
}

function selectionOf(project: TickInput['project'], { job, selection }: Schedule): string {
  return (job === undefined ? undefined : project.jobs[job]?.selection) ?? selection ?? '';
}

function partsOf(input: TickInput, schedule: Schedule, tick: EpochMs): TickParts | string {
  return input.partsOf?.(schedule, tick) ?? { parts: [{ selection: selectionOf(input.project, schedule) }] };
}

function scheduledRun(
  project: TickInput['project'],
  schedule: Schedule,
  tick: EpochMs,
  part: TickPart & { readonly part?: number },
): ScheduledRun {
  const job = schedule.job === undefined ? undefined : project.jobs[schedule.job];
  const request = {
    kind: 'schedule',
    schedule: schedule.name,
    tick: timestamp(tick),
    ...part,
    ...(job ? { job: job.name } : {}),
    materialize: job?.materialize ?? 'when_stale',
  } as const;
  const tags = { ...layeredTags(job?.tags, schedule.tags), 'branchline/schedule': schedule.name };
  return { run: runId(request), request, tags };
}
