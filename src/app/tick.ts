import { byText } from '../base/order.ts';
import { ok, type Result } from '../base/result.ts';
import type { BackfillProgress } from '../model/backfills.ts';
import type { BranchlineEvent, TickedCode } from '../model/events.ts';
import { type EpochMs, epochMs, type Timestamp, timestamp } from '../model/instant.ts';
import type { RunRequest } from '../model/plan.ts';
import type { AssetKey } from '../model/project.ts';
import type { AutomationPass, AutomationRun } from '../plan/automation/pass.ts';
import { judgeDelivery } from '../plan/delivery.ts';
import { nextTicks } from '../plan/next-ticks.ts';
import { planTick, type TickInput, type TickNote, type TickPlan } from '../plan/tick.ts';
import { numberEvents, runStream } from '../state/codec.ts';
import { automationDrafts, doesAutomationMove, partitionsOfAutomation, withAutomation } from './automation.ts';
import { backfillsOf, doBackfillsMove, withBackfills } from './backfills.ts';
import { type KnownRun, knownRun } from './claim-run.ts';
import type { AppFailure } from './failure.ts';
import { type JudgedTick, judgedBefore } from './judged-before.ts';
import { requestedDraft } from './opening-events.ts';
import { keysAt, type PlanningProject, pinPartitions, selectAssets } from './planning.ts';
import { asksForMissing, presentPartitions } from './present-partitions.ts';
import { recoverFirst } from './recover-first.ts';
import { after, type Release, retryEvents, type WaitingRun, waitingRunsOf } from './release.ts';
import { decideRelease, hasEnds, mustReadPartitions, type QueueAutomation } from './release-commit.ts';
import type { RunObserver, RunOutcome, RunPorts, RunSettings } from './run-ports.ts';
import { runTags } from './run-tags.ts';
import { assetsByStatus, scheduledParts } from './scheduled-partitions.ts';
import type { StateDecision } from './state-ports.ts';
import type { StateAt } from './state-reading.ts';
import type { Recorded } from './state-session.ts';
import { tickMessage } from './tick-message.ts';
import { type CheckedOutCode, isNewestCode, tickedCode, withCode } from './ticked-code.ts';
import { workQueue } from './work-queue.ts';

export interface TickOptions {
  readonly dryRun: boolean;
  /** True when the instant was given on purpose (`--now`). */
  readonly nowWasGiven: boolean;
  /** The code that is checked out. */
  readonly code?: CheckedOutCode;
}

export interface TickObserver extends RunObserver {
  onRun(request: RunRequest, run: string): void;
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
  /** Runs that could not be planned, and are over: their end is on record as a failure. */
  readonly broken: readonly { readonly run: string; readonly failure: AppFailure }[];
  /** Runs for which there was no time: they wait for the next tick. */
  readonly left: readonly RunRequest[];
  /** Runs that wait for something else, with what. */
  readonly held: readonly { readonly run: string; readonly request: RunRequest; readonly why: string }[];
  /** Backfills that are under way, or ended in this wake-up. */
  readonly backfills: readonly BackfillProgress[];
  /** True when a backfill has more to ask for than there was time for. */
  readonly goesOn: boolean;
  /** Runs that assets ask for by themselves at the beginning, and partitions of them that later passes ask for. */
  readonly automation: {
    readonly asked: readonly {
      readonly run: string;
      readonly request: AutomationRun['request'];
      readonly tags: Readonly<Record<string, string>>;
    }[];
    readonly left: readonly { readonly asset: AssetKey; readonly partitions: number }[];
  };
  /** When each schedule is due next, soonest first. */
  readonly next: readonly { readonly schedule: string; readonly tick: Timestamp }[];
  /** The newest tick of each schedule that was judged before this wake-up, and what came of its run. */
  readonly before: readonly JudgedTick[];
}

interface Judged {
  readonly plan: TickPlan;
  /** Runs that wait since an earlier wake-up and are due. */
  readonly waiting: readonly WaitingRun[];
  /** What this wake-up asked for, and somebody else carries out, or has. */
  readonly known: readonly KnownRun[];
  /** All that waits, and what was taken of it in the same commit. */
  readonly queue: readonly WaitingRun[];
  readonly release: Release | undefined;
  readonly now: EpochMs;
  readonly before: readonly JudgedTick[];
  /** What assets ask for by themselves, and how many partitions of them are left to later passes. */
  readonly asking: readonly AutomationRun[];
  readonly left: AutomationPass['left'];
  /** Assets ask for nothing more on the state that this leads to. */
  readonly isQuiet: boolean;
  readonly code: TickedCode | undefined;
}

/**
 * One wake-up: judges every tick since the last one, exactly once whoever woke us, and carries the queue out. Judging and
 * the first release are one commit; further runs follow as places become free.
 */
export async function runTick(
  ports: RunPorts,
  settings: RunSettings,
  options: TickOptions,
  observer: TickObserver,
): Promise<Result<TickOutcome, AppFailure>> {
  for (const asset of [...assetsByStatus(settings.planning), ...partitionsOfAutomation(settings.planning)])
    ports.partitions.add(asset);
  if (!options.dryRun) {
    const recovered = await recoverFirst(ports);
    if (!recovered.ok) return recovered;
  }
  const judged = await judge(ports, settings, options);
  if (!judged.ok) return judged;
  const { value, after, commit } = judged.value;
  const { plan, queue, waiting, known, release, now, before, asking, left: later } = value;
  const due = [...waiting, ...plan.requests].flatMap(({ request }) =>
    request.kind === 'schedule'
      ? [{ schedule: request.schedule, tick: request.tick, selection: request.selection }]
      : [],
  );
  const next = nextTicks(settings.planning.project, now).flatMap(({ schedule, tick }) =>
    tick === undefined ? [] : [{ schedule, tick: timestamp(tick) }],
  );
  const automation = {
    asked: asking.map(({ run, request, tags }) => ({ run, request, tags })),
    left: [...later].map(([asset, partitions]) => ({ asset, partitions })),
  };
  const told = { now, notes: plan.notes, due, waiting, known, next, before, automation };
  if (options.dryRun) return ok({ ...told, runs: [], broken: [], left: [], held: [], backfills: [], goesOn: false });
  const worked = await workQueue(
    ports,
    settings,
    {
      isMine: () => true,
      details: new Map(),
      first: { release, waiting: queue, after, commit },
      isFirstQuiet: value.isQuiet,
      ...(plan.held ? {} : { automation: automationOf(settings.planning, value.code) }),
    },
    { ...observer, onRun: ({ request, run }) => observer.onRun(request, run) },
  );
  if (!worked.ok) return worked;
  const { runs, left, why, broken } = worked.value;
  for (const { run, failure } of broken) ports.warn(`Run ${run.run} cannot be planned and is over: ${failure.message}`);
  const isDue = ({ due: at }: WaitingRun): boolean => at === undefined || epochMs(at) <= ports.clock.now();
  const held = left.flatMap(({ run, request }) => {
    const text = why.get(run);
    return text === undefined ? [] : [{ run, request, why: text }];
  });
  const outOfTime = left.filter((run) => isDue(run) && !why.has(run.run));
  const { project } = settings.planning;
  const { view } = worked.value.after;
  return ok({
    ...told,
    runs,
    broken: broken.map(({ run, failure }) => ({ run: run.run, failure })),
    left: outOfTime.map(({ request }) => request),
    held,
    backfills: backfillsOf(project, view, ports.clock.now()).filter(
      ({ endedAt }) => endedAt === undefined || epochMs(endedAt) >= now,
    ),
    goesOn: doBackfillsMove(project, view, ports.clock.now()),
  });
}

/** The wake-up looks at the conditions again with each commit: what was made has people who read it. */
function automationOf(planning: PlanningProject, code: TickedCode | undefined): QueueAutomation {
  // Conditions follow the graph, which has no cycle; should a step never come to rest, the next wake-up goes on.
  let passes = 0;
  return {
    with(base, preview, by) {
      const next = withAutomation(planning, base, preview, { ...by, ...(code ? { code } : {}) });
      if (next.runs.length > 0) passes++;
      return next;
    },
    moves: (view, now) => passes < PASSES_MAX && doesAutomationMove(planning, view, now),
  };
}

/** Passes of one wake-up that ask for runs. */
const PASSES_MAX = 1000;

async function judge(
  ports: RunPorts,
  settings: RunSettings,
  options: TickOptions,
): Promise<Result<Recorded<Judged>, AppFailure>> {
  for (;;) {
    const judged = await ports.session.transact<Judged | 'again'>(
      (state) => decideTick(ports, settings, options, state),
      { follows: true },
    );
    if (!judged.ok) return judged;
    const { value, ...recorded } = judged.value;
    if (value !== 'again') return ok({ ...recorded, value });
  }
}

/**
 * All that a wake-up may do by itself, and nothing else: schedules, retries, backfills, automation, the queue. What is added
 * here, or to `recoverFirst`, has to be known to `quietUntil` (app/quiet.ts): most wake-ups stop where that says so.
 */
async function decideTick(
  ports: RunPorts,
  settings: RunSettings,
  options: TickOptions,
  state: StateAt,
): Promise<StateDecision<Judged | 'again'>> {
  const { project } = settings.planning;
  const { view } = state.read;
  const judging = await tickedCode(options.code, view.codeCommit, false);
  let asksMissing = false;
  let seen = view;
  const tickInput: TickInput = {
    project,
    partsOf(schedule, tick) {
      asksMissing ||= asksForMissing(schedule.partitions);
      return scheduledParts(settings.planning, seen, schedule, tick);
    },
    records: view.schedules,
    openRuns: view.openRuns,
    now: state.now,
    nowIsTrusted: options.nowWasGiven || state.nowIsTrusted,
    headAt: view.at === undefined ? undefined : epochMs(view.at),
    codeIsNewest: isNewestCode(judging, view.codeCommit),
    selectingNothing: schedulesOfNothing(settings),
  };
  let planned = planTick(tickInput);
  if (asksMissing) {
    // Only where a schedule that is due asks for it is storage looked at: what is gone is missing as well.
    const assets = assetsByStatus(settings.planning);
    seen = (await presentPartitions(ports.findLost, project, view, assets, keysAt(view, state.now))).view;
    if (seen !== view) planned = planTick(tickInput);
  }
  const isRecorded = planned.events.length > 0 || settings.planning.automated.length > 0;
  const code = judging ?? (await tickedCode(options.code, view.codeCommit, isRecorded));
  const at = timestamp(state.now);
  const asked = planned.requests.map((each) => ({
    ...each,
    tags: runTags(settings.planning, each.request, each.tags),
  }));
  const plan = { ...planned, requests: asked };
  const deliveries = asked.map(({ request }) => judgeDelivery(view, request));
  const known = deliveries.flatMap((delivery) => (delivery.kind === 'wanted' ? [] : [knownRun(view, delivery)]));
  const events: BranchlineEvent[] = numberEvents(
    ports.writer,
    view.streams.get(ports.writer) ?? 0,
    plan.events.map((draft) => withCode(draft, code)),
  );
  for (const [index, { run, request, tags }] of asked.entries()) {
    if (deliveries[index]!.kind !== 'wanted' || view.openRuns.has(run)) continue;
    const pinned = pinPartitions(settings.planning, view, request, state.now);
    const job = pinned.job === undefined ? {} : { job: pinned.job };
    events.push(
      ...numberEvents(runStream(run, 1), 0, [requestedDraft({ runId: run, request: pinned, ...job, tags }, at)]),
    );
  }
  events.push(...retryEvents(view, state.now));
  const asks = events.length === 0 ? view : after(view, events, state.now);
  const by = { writer: ports.writer, now: state.now };
  const carried = options.dryRun ? { view: asks, events } : withBackfills(project, view, { view: asks, events }, by);
  // Older code, or a clock that nobody trusts, judges nothing.
  const automation = planned.held
    ? { ...carried, runs: [], left: new Map<string, number>() }
    : withAutomation(settings.planning, view, carried, {
        ...by,
        drafts: automationDrafts(settings.planning, view, state.now),
        ...(code ? { code } : {}),
      });
  const preview = automation.view;
  const queue = waitingRunsOf(preview);
  const waiting = waitingRunsOf(view)
    .filter(({ due }) => due === undefined || epochMs(due) <= state.now)
    .sort((a, b) => byText(a.requestedAt, b.requestedAt) || byText(a.run, b.run));
  const { runs: asking, left } = automation;
  const judged = {
    plan,
    waiting,
    known,
    queue,
    now: state.now,
    before: judgedBefore(state.read.view),
    asking,
    left,
    code,
  };
  if (options.dryRun) return { kind: 'nothing', value: { ...judged, isQuiet: false, release: undefined } };
  if (mustReadPartitions(ports, settings, preview)) return { kind: 'nothing', value: 'again' };
  const work = { isMine: () => true, details: new Map<string, never>() };
  const decided = await decideRelease(ports, settings, work, {
    state,
    view: preview,
    events: automation.events,
    room: settings.maxParallel,
  });
  if (!decided.ok) return { kind: 'stop', failure: decided.error };
  const { release, events: all } = decided.value;
  // A pass is quiet once its requests are recorded, as long as nothing else is.
  const isQuiet = left.size === 0 && all.length === automation.events.length;
  const value = { ...judged, isQuiet, release };
  if (all.length === 0) return { kind: 'nothing', value };
  return {
    kind: 'commit',
    events: all,
    message: tickMessage({ plan, queue, taken: release?.taken ?? [], carried: all }, options),
    value,
    ...(hasEnds(all) ? { pages: ports.pages } : {}),
  };
}

function schedulesOfNothing(settings: RunSettings): ReadonlySet<string> {
  const { project } = settings.planning;
  const nothing = new Set<string>();
  // Many schedules select the same.
  const judged = new Map<string, boolean>();
  const isNothing = (text: string): boolean => {
    const selected = selectAssets(settings.planning, text);
    return selected.ok && selected.value.size === 0;
  };
  for (const schedule of Object.values(project.schedules)) {
    const text = schedule.selection ?? (schedule.job === undefined ? undefined : project.jobs[schedule.job]?.selection);
    // What depends on the state is judged when its run is planned.
    if (text === undefined || /\bstatus\s*:/.test(text)) continue;
    const known = judged.get(text) ?? isNothing(text);
    judged.set(text, known);
    if (known) nothing.add(schedule.name);
  }
  return nothing;
}
