import { byText } from '../base/order.ts';
import { ok, type Result } from '../base/result.ts';
import type { BranchlineEvent, Claim, EventDraft } from '../model/events.ts';
import { type EpochMs, epochMs, type Timestamp, timestamp } from '../model/instant.ts';
import type { Plan, RunRequest } from '../model/plan.ts';
import { nextTicks, planTick, type TickNote, type TickPlan } from '../plan/tick.ts';
import { numberEvents, runStream } from '../state/codec.ts';
import { fold } from '../state/fold.ts';
import { type ClaimDecision, decideClaim, type KnownRun, requestedDraft } from './claim-run.ts';
import type { AppFailure } from './failure.ts';
import { selectAssets } from './planning.ts';
import {
  carryOutClaimed,
  claimAndRun,
  claimInput,
  endedAtOnce,
  type RunObserver,
  type RunOutcome,
  type RunPorts,
  type RunSettings,
  recoverFirst,
  type WantedRun,
} from './run.ts';
import { runMessage, triggerText } from './run-message.ts';
import type { StateAt } from './state-reading.ts';
import type { StateDecision } from './state-session.ts';

export interface TickOptions {
  readonly dryRun: boolean;
  /** True when the instant was given on purpose (`--now`). */
  readonly nowWasGiven: boolean;
  /** The code that is checked out, with its commit time. */
  readonly code?: { readonly commit: string; readonly at: Timestamp };
}

export interface TickObserver extends RunObserver {
  onRun(request: RunRequest): void;
  onRunEnd(outcome: RunOutcome): void;
}

export interface TickOutcome {
  /** The instant at which the schedules were judged. */
  readonly now: EpochMs;
  readonly notes: readonly TickNote[];
  /** What was due and asked for, oldest first. */
  readonly due: readonly { readonly schedule: string; readonly tick: Timestamp; readonly selection: string }[];
  /** Runs that an earlier wake-up left waiting, oldest first. */
  readonly waiting: readonly { readonly run: string; readonly request: RunRequest }[];
  readonly runs: readonly RunOutcome[];
  /** Runs that somebody else carries out, or has. */
  readonly known: readonly KnownRun[];
  /** Runs for which there was no time: they wait for the next tick. */
  readonly left: readonly RunRequest[];
  /** When each schedule is due next, soonest first. */
  readonly next: readonly { readonly schedule: string; readonly tick: Timestamp }[];
  /** The newest tick of each schedule that was judged before this wake-up, and what came of its run. */
  readonly before: readonly {
    readonly schedule: string;
    readonly tick: Timestamp;
    readonly outcome: string;
    readonly run?: string;
    readonly state?: string;
    /** Of who carries its run out. */
    readonly claim?: Claim;
  }[];
}

/** A run that waits for somebody to carry it out. */
interface QueuedRun extends WantedRun {
  readonly run: string;
}

interface Judged {
  readonly plan: TickPlan;
  /** Runs to carry out: those that wait since an earlier wake-up, and those that this one asked for. */
  readonly queue: readonly QueuedRun[];
  readonly waiting: readonly QueuedRun[];
  /** The first of them, claimed in the same commit. */
  readonly first?: ClaimDecision;
  readonly now: EpochMs;
  readonly before: TickOutcome['before'];
}

/**
 * One wake-up: judges every tick since the last one, exactly once whoever woke us, and runs what is due. Judging and
 * the first claim are one commit; further runs wait in the queue until it is their turn.
 */
export async function runTick(
  ports: RunPorts,
  settings: RunSettings,
  options: TickOptions,
  observer: TickObserver,
): Promise<Result<TickOutcome, AppFailure>> {
  if (!options.dryRun) {
    const recovered = await recoverFirst(ports);
    if (!recovered.ok) return recovered;
  }
  const judged = await ports.session.transact<Judged>((state) => decideTick(ports, settings, options, state));
  if (!judged.ok) return judged;
  const { plan, queue, waiting, first, now } = judged.value.value;
  const due = queue.flatMap(({ request }) =>
    request.kind === 'schedule'
      ? [{ schedule: request.schedule, tick: request.tick, selection: request.selection }]
      : [],
  );
  const next = nextTicks(settings.planning.project, now).flatMap(({ schedule, tick }) =>
    tick === undefined ? [] : [{ schedule, tick: timestamp(tick) }],
  );
  const runs: RunOutcome[] = [];
  const known: KnownRun[] = [];
  let left: readonly QueuedRun[] = [];
  for (const [index, wanted] of (options.dryRun ? [] : queue).entries()) {
    if (ports.signal.aborted) break;
    // The first one is claimed already.
    if (index > 0 && settings.budget !== undefined && ports.clock.now() >= settings.budget.endsAt) {
      left = queue.slice(index);
      break;
    }
    observer.onRun(wanted.request);
    const outcome = await runQueued(
      ports,
      settings,
      wanted,
      index === 0 && first ? { decision: first, after: judged.value.after, commit: judged.value.commit } : undefined,
      observer,
    );
    if (!outcome.ok) return outcome;
    if (outcome.value.kind === 'known') {
      known.push(outcome.value);
      continue;
    }
    observer.onRunEnd(outcome.value);
    runs.push(outcome.value);
    if (outcome.value.state === 'QUEUED') {
      left = queue.slice(index + 1);
      break;
    }
  }
  const { before } = judged.value.value;
  return ok({
    now,
    notes: plan.notes,
    due,
    waiting,
    runs,
    known,
    left: left.map(({ request }) => request),
    next,
    before,
  });
}

async function runQueued(
  ports: RunPorts,
  settings: RunSettings,
  wanted: QueuedRun,
  claimed:
    | {
        readonly decision: ClaimDecision;
        readonly after: Parameters<typeof carryOutClaimed>[3];
        readonly commit: string | undefined;
      }
    | undefined,
  observer: TickObserver,
): Promise<Result<RunOutcome | KnownRun, AppFailure>> {
  if (claimed?.decision.kind === 'claimed')
    return carryOutClaimed(ports, settings, claimed.decision, claimed.after, observer);
  if (claimed?.decision.kind === 'ended')
    return ok(endedAtOnce(claimed.decision, claimed.after, claimed.commit, observer));
  if (claimed?.decision.kind === 'known') return ok(claimed.decision);
  return claimAndRun(ports, settings, wanted, observer);
}

async function decideTick(
  ports: RunPorts,
  settings: RunSettings,
  options: TickOptions,
  state: StateAt,
): Promise<StateDecision<Judged>> {
  const { project } = settings.planning;
  const { view } = state.read;
  const plan = planTick({
    project,
    records: view.schedules,
    openRuns: view.openRuns,
    now: state.now,
    nowIsTrusted: options.nowWasGiven || state.nowIsTrusted,
    headAt: view.at === undefined ? undefined : epochMs(view.at),
    codeIsNewest: isNewestCode(options.code, view.codeCommit),
    selectingNothing: schedulesOfNothing(settings),
  });
  const waiting = waitingRuns(state);
  const queue = [...waiting, ...plan.requests];
  const judged = { plan, queue, waiting, now: state.now, before: judgedBefore(state) };
  if (options.dryRun || (plan.events.length === 0 && queue.length === 0)) return { kind: 'nothing', value: judged };
  const events: BranchlineEvent[] = numberEvents(
    ports.writer,
    view.streams.get(ports.writer) ?? 0,
    plan.events.map((draft) => withCode(draft, options.code)),
  );
  const at = timestamp(state.now);
  for (const { run, request, tags } of plan.requests) {
    const draft = requestedDraft(
      { runId: run, request, ...(request.job === undefined ? {} : { job: request.job }), tags },
      at,
    );
    events.push(...numberEvents(runStream(run, 1), 0, [draft]));
  }
  const first = await claimFirst(ports, settings, state, events, queue[0]);
  if (!first.ok) return { kind: 'stop', failure: first.error };
  const claimed = first.value;
  const value = { ...judged, ...(claimed ? { first: claimed } : {}) };
  // Somebody else was faster with all of it.
  if (events.length === 0 && (claimed?.kind === 'known' || claimed?.kind === 'held')) return { kind: 'nothing', value };
  const hasPages = claimed?.kind === 'ended';
  return {
    kind: 'commit',
    events: [...events, ...(isCommitted(claimed) ? claimed.events : [])],
    message: tickMessage(plan, queue, claimed, options),
    value,
    ...(hasPages ? { pages: ports.pages } : {}),
  };
}

function isCommitted(
  claimed: ClaimDecision | undefined,
): claimed is Extract<ClaimDecision, { kind: 'claimed' | 'ended' }> {
  return claimed?.kind === 'claimed' || claimed?.kind === 'ended';
}

/** Claims the first run of the queue on the state as it will be once its request is recorded. */
async function claimFirst(
  ports: RunPorts,
  settings: RunSettings,
  state: StateAt,
  events: readonly BranchlineEvent[],
  wanted: QueuedRun | undefined,
): Promise<Result<ClaimDecision | undefined, AppFailure>> {
  if (!wanted) return ok(undefined);
  const { view } = state.read;
  const preview = fold(view, { seq: view.seq + 1, writer: ports.writer, tx: 0, at: timestamp(state.now), events });
  if (!preview.ok) throw new Error(`events of a tick do not fold: ${preview.error.message}`);
  const decided = await decideClaim({ ...claimInput(ports, settings, wanted, state), view: preview.value });
  return decided;
}

function judgedBefore({ read }: StateAt): TickOutcome['before'] {
  const { schedules, endedRuns, openRuns, claims } = read.view;
  return [...schedules.values()].flatMap(({ schedule, lastTick }) => {
    if (!lastTick) return [];
    const { tick, outcome, run } = lastTick;
    const state = run === undefined ? undefined : (endedRuns.get(run) ?? openRuns.get(run))?.state;
    const claim = [...claims.values()].find((each) => each.run === run);
    return [
      {
        schedule,
        tick,
        outcome,
        ...(run === undefined ? {} : { run }),
        ...(state === undefined ? {} : { state }),
        ...(claim === undefined ? {} : { claim }),
      },
    ];
  });
}

/** Runs that an earlier wake-up asked for and nobody has started, or gave back when its time was over. */
function waitingRuns({ read, now }: StateAt): QueuedRun[] {
  return [...read.view.openRuns.values()]
    .filter((run) => run.state === 'QUEUED' && (run.due === undefined || epochMs(run.due) <= now))
    .sort((a, b) => byText(a.requestedAt, b.requestedAt) || byText(a.run, b.run))
    .map(({ run, request, tags }) => ({ run, request, tags }));
}

/** The state remembers the newest code that has ticked: an older one judges nothing. */
export function isNewestCode(code: TickOptions['code'], ticked: StateAt['read']['view']['codeCommit']): boolean {
  if (!code || !ticked || code.commit === ticked.commit) return true;
  return code.at >= ticked.at;
}

function withCode(draft: EventDraft, code: TickOptions['code']): EventDraft {
  return draft.type === 'schedule.evaluated' && code ? { ...draft, code } : draft;
}

function schedulesOfNothing(settings: RunSettings): ReadonlySet<string> {
  const { project } = settings.planning;
  const nothing = new Set<string>();
  for (const schedule of Object.values(project.schedules)) {
    const text = schedule.selection ?? (schedule.job === undefined ? undefined : project.jobs[schedule.job]?.selection);
    // What depends on the state is judged when its run is planned.
    if (text === undefined || /\bstatus\s*:/.test(text)) continue;
    const selected = selectAssets(settings.planning, text);
    if (selected.ok && selected.value.size === 0) nothing.add(schedule.name);
  }
  return nothing;
}

function tickMessage(
  plan: TickPlan,
  queue: readonly QueuedRun[],
  claimed: ClaimDecision | undefined,
  options: TickOptions,
): string {
  const trailers = options.code === undefined ? [] : ['', `Code: ${options.code.commit}`];
  if (isCommitted(claimed)) {
    const drafts = claimed.kind === 'ended' ? claimed.drafts : [];
    const ended = drafts.find((draft) => draft.type === 'run.ended');
    return runMessage(
      claimed.plan as Plan,
      drafts,
      ended?.type === 'run.ended' ? ended : undefined,
      options.code?.commit,
    );
  }
  if (queue.length > 0)
    return [`… ${queue.map(({ request }) => triggerText(request)).join(', ')} waits`, ...trailers].join('\n');
  const adopted = plan.events.filter((event) => event.type === 'schedule.adopted').map((event) => event.schedule);
  const dropped = plan.events.filter((event) => event.type === 'schedule.dropped').map((event) => event.schedule);
  const parts = [
    adopted.length > 0 ? `schedules begin: ${adopted.join(', ')}` : '',
    dropped.length > 0 ? `schedules end: ${dropped.join(', ')}` : '',
  ].filter((part) => part !== '');
  return [`○ ${parts.join('; ') || 'ticks judged, none to run'}`, ...trailers].join('\n');
}
