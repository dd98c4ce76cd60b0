import { byText } from '../base/order.ts';
import { ok, type Result } from '../base/result.ts';
import type { BranchlineEvent, TickedCode } from '../model/events.ts';
import { type EpochMs, epochMs, timestamp } from '../model/instant.ts';
import type { AutomationPass, AutomationRun } from '../plan/automation/pass.ts';
import { judgeDelivery } from '../plan/delivery.ts';
import { planTick, type TickInput, type TickPlan } from '../plan/tick.ts';
import { numberEvents, runStream } from '../state/codec.ts';
import { automationDrafts, withAutomation } from './automation.ts';
import { withBackfills } from './backfills.ts';
import { type KnownRun, knownRun } from './claim-run.ts';
import type { AppFailure } from './failure.ts';
import { type JudgedTick, judgedBefore } from './judged-before.ts';
import { requestedDraft } from './opening-events.ts';
import { keysAt, pinPartitions, selectAssets } from './planning.ts';
import { asksForMissing, presentPartitions } from './present-partitions.ts';
import { after, type Release, retryEvents, type WaitingRun, waitingRunsOf } from './release.ts';
import { decideRelease, hasEnds, mustReadPartitions } from './release-commit.ts';
import type { RunPorts, RunSettings } from './run-ports.ts';
import { runTags } from './run-tags.ts';
import { assetsByStatus, scheduledParts } from './scheduled-partitions.ts';
import type { StateDecision } from './state-ports.ts';
import type { StateAt } from './state-reading.ts';
import type { Recorded } from './state-session.ts';
import { tickMessage } from './tick-message.ts';
import { type CheckedOutCode, isNewestCode, tickedCode, withCode } from './ticked-code.ts';

export interface TickOptions {
  readonly dryRun: boolean;
  /** True when the instant was given on purpose (`--now`). */
  readonly nowWasGiven: boolean;
  /** The code that is checked out. */
  readonly code?: CheckedOutCode;
}

/** What a wake-up found at one state, and what the commit that records it has let go. */
export interface JudgedWakeUp {
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

/** Judges at the newest state, and records it with the first release of the queue. */
export async function judgeTick(
  ports: RunPorts,
  settings: RunSettings,
  options: TickOptions,
): Promise<Result<Recorded<JudgedWakeUp>, AppFailure>> {
  for (;;) {
    const judged = await ports.session.transact<JudgedWakeUp | 'again'>(
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
): Promise<StateDecision<JudgedWakeUp | 'again'>> {
  const { project } = settings.planning;
  const { view } = state.read;
  const { plan, code } = await judgeSchedules(ports, settings, options, state);
  const { events, known } = requestsOf(ports, settings, state, plan, code);
  events.push(...retryEvents(view, state.now));
  const asks = events.length === 0 ? view : after(view, events, state.now);
  const by = { writer: ports.writer, now: state.now };
  const carried = options.dryRun ? { view: asks, events } : withBackfills(project, view, { view: asks, events }, by);
  // Older code, or a clock that nobody trusts, judges nothing.
  const automation = plan.held
    ? { ...carried, runs: [], left: new Map<string, number>() }
    : withAutomation(settings.planning, view, carried, {
        ...by,
        drafts: automationDrafts(settings.planning, view, state.now),
        ...(code ? { code } : {}),
      });
  const preview = automation.view;
  const { runs: asking, left } = automation;
  const queue = waitingRunsOf(preview);
  const before = judgedBefore(view);
  const found = { plan, waiting: dueOf(state), known, queue, now: state.now, before, asking, left, code };
  if (options.dryRun) return { kind: 'nothing', value: { ...found, isQuiet: false, release: undefined } };
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
  const value = { ...found, isQuiet, release };
  if (all.length === 0) return { kind: 'nothing', value };
  return {
    kind: 'commit',
    events: all,
    message: tickMessage({ plan, queue, taken: release?.taken ?? [], carried: all }, options),
    value,
    ...(hasEnds(all) ? { pages: ports.pages } : {}),
  };
}

/** What is due by the schedules, with the tags of each run; and the code that has judged, where that is recorded. */
async function judgeSchedules(
  ports: RunPorts,
  settings: RunSettings,
  options: TickOptions,
  state: StateAt,
): Promise<{ readonly plan: TickPlan; readonly code: TickedCode | undefined }> {
  const { planning } = settings;
  const { view } = state.read;
  const judging = await tickedCode(options.code, view.codeCommit, false);
  let asksMissing = false;
  let seen = view;
  const tickInput: TickInput = {
    project: planning.project,
    partsOf(schedule, tick) {
      asksMissing ||= asksForMissing(schedule.partitions);
      return scheduledParts(planning, seen, schedule, tick);
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
    const assets = assetsByStatus(planning);
    const at = keysAt(view, state.now);
    seen = (await presentPartitions(ports.findLost, planning.project, view, assets, at)).view;
    if (seen !== view) planned = planTick(tickInput);
  }
  const isRecorded = planned.events.length > 0 || planning.automated.length > 0;
  const code = judging ?? (await tickedCode(options.code, view.codeCommit, isRecorded));
  const requests = planned.requests.map((each) => ({ ...each, tags: runTags(planning, each.request, each.tags) }));
  return { plan: { ...planned, requests }, code };
}

/** The judgements as events, with the requests of what is due; `known`: what was asked for before. */
function requestsOf(
  { writer }: RunPorts,
  { planning }: RunSettings,
  { read: { view }, now }: StateAt,
  plan: TickPlan,
  code: TickedCode | undefined,
): { readonly events: BranchlineEvent[]; readonly known: readonly KnownRun[] } {
  const drafts = plan.events.map((draft) => withCode(draft, code));
  const events = numberEvents(writer, view.streams.get(writer) ?? 0, drafts);
  const known: KnownRun[] = [];
  for (const { run, request, tags } of plan.requests) {
    const delivery = judgeDelivery(view, request);
    if (delivery.kind !== 'wanted') known.push(knownRun(view, delivery));
    else if (!view.openRuns.has(run)) {
      const pinned = pinPartitions(planning, view, request, now);
      const job = pinned.job === undefined ? {} : { job: pinned.job };
      const draft = requestedDraft({ runId: run, request: pinned, ...job, tags }, timestamp(now));
      events.push(...numberEvents(runStream(run, 1), 0, [draft]));
    }
  }
  return { events, known };
}

/** Runs that wait since an earlier wake-up and are due, oldest first. */
function dueOf({ read, now }: StateAt): WaitingRun[] {
  return waitingRunsOf(read.view)
    .filter(({ due }) => due === undefined || epochMs(due) <= now)
    .sort((a, b) => byText(a.requestedAt, b.requestedAt) || byText(a.run, b.run));
}

/** Schedules whose selection names no asset at all. */
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
