import { fail, ok, type Result } from '../base/result.ts';
import type { BranchlineEvent, Claim, EventDraft, Holder, Uncommitted } from '../model/events.ts';
import { runId } from '../model/ids.ts';
import { type EpochMs, timestamp } from '../model/instant.ts';
import { isManual, type Plan, type PlannedStep, type RunRequest } from '../model/plan.ts';
import type { AssetKey, Project } from '../model/project.ts';
import type { RunRecord, StateView } from '../model/state.ts';
import { judgeDelivery, type KnownDelivery } from '../plan/delivery.ts';
import type { KeysByAsset } from '../plan/reads.ts';
import { conclude, initialProgress } from '../run/progress.ts';
import { currentResults, type ResumedRun, resumeProgress, settledSteps } from '../run/resume.ts';
import { numberEvents, runStream } from '../state/codec.ts';
import { findHolder, type HeldBy, slotsHeld } from './claims.ts';
import { type KeptFileOf, recordedFile } from './connection-files.ts';
import { type Engine, enginesOf, fileConnections } from './connections.ts';
import { recordPlannedSkips } from './execute.ts';
import { type AppFailure, outsideFailure } from './failure.ts';
import type { MoreToFind } from './find-lost.ts';
import type { JobMeter } from './job-meter.ts';
import { lostBesides } from './lost-besides.ts';
import { presentState } from './partition-runs.ts';
import { planDifferences } from './plan-differences.ts';
import { lostForPlan } from './plan-lost.ts';
import {
  emptySelection,
  keysAt,
  type PlanningProject,
  pinPartitions,
  planRequest,
  requestedAssets,
  requestedPartitions,
} from './planning.ts';
import { statusesOf } from './statuses.ts';
import { type ChangedFiles, uncommittedFor } from './uncommitted.ts';

/** All that deciding to start a run depends on, at one head of the state. */
export interface ClaimInput {
  readonly planning: PlanningProject;
  readonly view: StateView;
  readonly now: EpochMs;
  /** The same instant by the clock of this machine; absent = it is that of the state. */
  readonly ownNow?: EpochMs;
  readonly environment: string;
  readonly request: RunRequest;
  readonly tags: Readonly<Record<string, string>>;
  /** Of the workflow run that delivers the request, from 1. */
  readonly attempt?: number;
  readonly holder: Holder;
  readonly writer: string;
  /** Steps that the run has at work at most: it needs no more slots of a pool. */
  readonly maxParallel: number;
  readonly codeCommit?: string;
  /** Absent = it is not known, and nothing is told. */
  readonly changedFiles?: ChangedFiles;
  /** The plan that was previewed: nothing else may be done. */
  readonly expected?: Plan;
  readonly findLost: FindLost;
  /** Database files that are kept between runs: a claim says which one it begins with. */
  readonly keptFile: KeptFileOf;
  /** Makes the drivers of these databases ready; what is missing for the whole run is said once, before it starts. */
  readonly prepareEngines: (engines: readonly Engine[]) => Promise<AppFailure | undefined>;
  /** In a job whose minutes are billed: a run that finds nothing to do has used its minutes as well. */
  readonly meter?: JobMeter;
}

/** Which published data is gone of these keys (see `findLost`): by asset, of partitions by `asset@key`, with what was found. */
export type FindLost = (
  view: StateView,
  looked: KeysByAsset,
  more?: MoreToFind,
) => Promise<ReadonlyMap<string, string>>;

/** One moment by two clocks: that of the state, by which claims are dated, and that of this machine, which may be days off. */
export interface Moment {
  readonly ofState: EpochMs;
  readonly own: EpochMs;
}

export type ClaimDecision =
  /** To be carried out once `events` are committed. */
  | {
      readonly kind: 'claimed';
      readonly plan: Plan;
      readonly claim: Claim;
      readonly events: readonly BranchlineEvent[];
      readonly lost: ReadonlyMap<AssetKey, string>;
      /** What of its assets is lost and stays so, in words for whoever asked. */
      readonly stillLost?: string;
      /** What the run has done before; absent = it begins. */
      readonly resumed?: ResumedRun;
      readonly moment?: Moment;
    }
  /** Nothing runs; `events` say what was found. */
  | {
      readonly kind: 'ended';
      readonly plan: Plan;
      readonly events: readonly BranchlineEvent[];
      readonly drafts: readonly EventDraft[];
      /** As of a run that is carried out. */
      readonly stillLost?: string;
    }
  | { readonly kind: 'held'; readonly by: HeldBy }
  /** A pool has no free slot: `slots` is what the run could use of each. */
  | { readonly kind: 'full'; readonly slots: Readonly<Record<string, number>> }
  | KnownRun;

/** A request that was delivered before: nothing is done about it here. */
export interface KnownRun {
  readonly kind: 'known';
  readonly delivery: KnownDelivery;
  /** Of who carries it out. */
  readonly claim?: Claim;
}

/** Plans a request on the newest state and claims what it needs, or says who holds it. */
export async function decideClaim(asked: ClaimInput): Promise<Result<ClaimDecision, AppFailure>> {
  const delivery = judgeDelivery(asked.view, asked.request, asked.attempt);
  if (delivery.kind !== 'wanted') return ok(knownRun(asked.view, delivery));
  const waiting = asked.view.openRuns.get(runId(delivery.request));
  const request = pinPartitions(asked.planning, asked.view, delivery.request, asked.now);
  const input = { ...asked, request, tags: waiting?.tags ?? asked.tags };
  const made = await makePlan(input);
  if (!made.ok) return made;
  const { plan, lost } = made.value;
  if (input.expected && plan.digest !== input.expected.digest) return fail(changedWorld(input.expected, plan));
  const resumed = waiting && resumedRun(plan, waiting, input.view);
  const busy = plan.steps.filter((step) => step.verdict !== 'skip' && !resumed?.settled.has(step.id));
  const { project } = input.planning;
  const besides = stillLost(input, plan, lost);
  const told = besides === undefined ? {} : { stillLost: besides };
  if (busy.length === 0) {
    const ending = [...openingDrafts(input, plan), ...emptyRunDrafts(plan, input, resumed)];
    return ok({ kind: 'ended', plan, events: numbered(input, plan, ending), drafts: ending, ...told });
  }
  const missing = await input.prepareEngines(enginesOf(project, busy));
  if (missing) return fail(missing);
  const assets = busy.flatMap((step) => step.assets.filter((a) => a.verdict !== 'skip').map((a) => a.asset));
  const connections = fileConnections(
    project,
    busy.map((step) => project.steps[step.step]?.connection),
  );
  const partitions = partitionsOf(busy);
  const by = findHolder(input.view, { run: plan.runId, assets, connections, ...partitions });
  if (by) return ok({ kind: 'held', by });
  const wanted = slotsWanted(project, busy, input.maxParallel);
  const slots = grantedSlots(input, plan.runId, wanted);
  if (slots === undefined) return ok({ kind: 'full', slots: wanted });
  const epoch = epochOf(input.view, plan.runId);
  const claim: Claim = {
    claim: runStream(plan.runId, epoch),
    environment: input.environment,
    run: plan.runId,
    epoch,
    holder: input.holder,
    writer: input.writer,
    assets: [...new Set(assets)].sort(),
    ...partitions,
    ...(Object.keys(slots).length === 0 ? {} : { slots }),
    connections: connections.map((name) => ({ name, startedFrom: startedFrom(input, name) })),
    at: timestamp(input.now),
  };
  const drafts = openingDrafts(input, plan, await uncommittedFor(input.changedFiles, project, busy));
  const opened: EventDraft = { type: 'claim.opened', at: timestamp(input.now), run: plan.runId, epoch, claim };
  return ok({
    kind: 'claimed',
    ...(input.ownNow === undefined ? {} : { moment: { ofState: input.now, own: input.ownNow } }),
    plan,
    claim,
    events: numbered(input, plan, [...drafts, opened]),
    lost,
    ...told,
    ...(resumed ? { resumed } : {}),
  });
}

/** What is lost and not made by a run, for who asked for it. Who names older partitions, one run after the other perhaps, knows. */
function stillLost(
  { planning, view, environment, request, now }: ClaimInput,
  plan: Plan,
  lost: ReadonlyMap<AssetKey, string>,
): string | undefined {
  if (lost.size === 0 || request.kind === 'backfill') return undefined;
  if (isManual(request) && request.partitions !== undefined) {
    // Nobody has to have named the newest one: it is put into a request that names none.
    const { partitions, ...unnamed } = request;
    if (pinPartitions(planning, view, unnamed, now).partitions !== partitions) return undefined;
  }
  return lostBesides({ project: planning.project, environment, view, at: keysAt(view, now), lost }, plan);
}

/** Keys that each partitioned asset is held by; an asset of several steps by those of all. */
function partitionsOf(steps: readonly PlannedStep[]): Pick<Claim, 'partitions'> {
  const keys: Record<AssetKey, string[]> = {};
  for (const { assets, partitions } of steps)
    if (partitions) for (const { asset } of assets) keys[asset] = [...(keys[asset] ?? []), ...partitions];
  return Object.keys(keys).length === 0 ? {} : { partitions: keys };
}

/** Slots of each pool that these steps could use at once. */
export function slotsWanted(
  project: Project,
  steps: readonly PlannedStep[],
  maxParallel: number,
): Readonly<Record<string, number>> {
  const wanted: Record<string, number> = {};
  for (const step of steps) {
    const pool = project.steps[step.step]?.pool;
    if (pool !== undefined) wanted[pool] = Math.min(maxParallel, (wanted[pool] ?? 0) + 1);
  }
  return wanted;
}

/** As much as is free of each pool; undefined when one of them has nothing left. */
function grantedSlots(
  { planning, view }: ClaimInput,
  run: string,
  wanted: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> | undefined {
  const granted: Record<string, number> = {};
  for (const [pool, most] of Object.entries(wanted)) {
    const limit = planning.project.operations.pools[pool];
    // A pool without a limit is reported by `check` and limits nothing.
    if (limit === undefined) continue;
    const free = Math.min(most, limit - slotsHeld(view, pool, run));
    if (free < 1) return undefined;
    granted[pool] = free;
  }
  return granted;
}

/** The epoch in which a run goes on: that of whoever gave it back. */
function epochOf(view: StateView, run: string): number {
  return view.openRuns.get(run)?.epoch ?? 1;
}

/** Where a run stood that was given back, or whose runner was lost; undefined = nothing of it was begun. */
export function resumedRun(plan: Plan, record: RunRecord, view: StateView): ResumedRun | undefined {
  if (Object.keys(record.steps).length === 0) return undefined;
  const isCurrent = currentResults(record, (asset, key) =>
    key === undefined ? view.assets.get(asset)?.materialized : view.partitions?.get(asset)?.get(key)?.materialized,
  );
  return {
    record,
    settled: settledSteps(plan, record, isCurrent),
    madeOf: (asset) => {
      const made = view.assets.get(asset)?.materialized;
      return made && { kind: 'materialized', versions: made.dataVersion, materialization: made.id };
    },
  };
}

/** The file that is current now; a file that stays where it is has none. */
function startedFrom({ keptFile, view }: ClaimInput, connection: string): string {
  return keptFile(connection) === undefined ? '' : (recordedFile(view, connection)?.digest ?? '');
}

/** A request that was delivered before, with who carries it out. */
export function knownRun(view: StateView, delivery: KnownDelivery): KnownRun {
  const claim = [...view.claims.values()].find(({ run }) => run === delivery.run);
  return { kind: 'known', delivery, ...(claim && delivery.kind === 'running' ? { claim } : {}) };
}

/** The plan of a request on this state. */
export async function makePlan(
  input: Pick<ClaimInput, 'planning' | 'view' | 'now' | 'environment' | 'request' | 'tags' | 'findLost'>,
): Promise<Result<{ readonly plan: Plan; readonly lost: ReadonlyMap<AssetKey, string> }, AppFailure>> {
  const { planning, view, environment, request, tags } = input;
  // Who asks for a status has read what is known of all partitions (see `partitionedAssets`).
  const asksStatus = request.kind !== 'backfill' && /\bstatus\s*:/.test(request.selection);
  const present = asksStatus
    ? await presentState(input.findLost, planning, view, request, keysAt(view, input.now))
    : { view };
  const statusOf = statusesOf(planning.project, present.view, asksStatus ? keysAt(view, input.now) : undefined);
  const selected = requestedAssets(planning, request, statusOf);
  if (!selected.ok) return selected;
  // A schedule may select nothing today; a person who does has most likely mistyped a name.
  if (selected.value.size === 0 && isManual(request)) return fail(emptySelection(planning, request.selection));
  const at = keysAt(view, input.now);
  const cut = requestedPartitions(planning.project, selected.value, request, at);
  if (!cut.ok) return cut;
  const wanted = { project: planning.project, view, request, selected: selected.value, partitions: cut.value, at };
  const lost = await lostForPlan(input.findLost, wanted);
  const plan = planRequest(planning, view, {
    request,
    environment,
    selected: selected.value,
    lost,
    tags,
    now: input.now,
  });
  return plan.ok ? ok({ plan: plan.value, lost }) : plan;
}

function changedWorld(before: Plan, now: Plan): AppFailure {
  const differences = planDifferences(before, now);
  const lines = differences.slice(0, 10).map((line) => `  ${line}`);
  const more = differences.length > 10 ? [`  and ${differences.length - 10} more`] : [];
  return outsideFailure(
    'plan-outdated',
    [`The world has changed since plan ${before.digest.slice(0, 8)} was made:`, ...lines, ...more].join('\n'),
    'Nothing was run. Look at the new plan by `branchline plan`.',
  );
}

/** `run.requested` (unless the state has it already) and `run.started`. */
function openingDrafts(input: ClaimInput, plan: Plan, uncommitted?: Uncommitted): EventDraft[] {
  const at = timestamp(input.now);
  const { project } = input.planning;
  const drafts: EventDraft[] = [];
  if (!input.view.openRuns.has(plan.runId)) drafts.push(requestedDraft(plan, at));
  const groups: Record<string, string> = {};
  for (const step of plan.steps) {
    for (const { asset } of step.assets) {
      const group = project.assets[asset]?.group;
      if (group !== undefined) groups[asset] = group;
    }
  }
  drafts.push({
    type: 'run.started',
    at,
    run: plan.runId,
    epoch: epochOf(input.view, plan.runId),
    planDigest: plan.digest,
    ...(input.codeCommit === undefined ? {} : { codeCommit: input.codeCommit }),
    ...(uncommitted === undefined ? {} : { uncommitted }),
    steps: plan.steps.flatMap((step) => {
      const active = step.assets.find((a) => a.verdict === step.verdict);
      if (step.verdict === 'skip' || !active) return [];
      return [
        {
          id: step.id,
          assets: step.assets.map((a) => a.asset),
          verdict: step.verdict,
          reason: active.reason as 'requested',
          detail: active.detail,
          ...(step.partitions === undefined ? {} : { partitions: step.partitions }),
        },
      ];
    }),
    ...(Object.keys(groups).length === 0 ? {} : { groups }),
  });
  return drafts;
}

/** The event by which a run begins to exist. */
export function requestedDraft(
  plan: {
    readonly runId: string;
    readonly request: RunRequest;
    readonly job?: string;
    readonly tags: Readonly<Record<string, string>>;
  },
  at: string,
): EventDraft {
  return {
    type: 'run.requested',
    at,
    run: plan.runId,
    epoch: 1,
    request: plan.request,
    ...(plan.job === undefined ? {} : { job: plan.job }),
    tags: plan.tags,
  };
}

/** A run that found nothing to do: its skips, its confirmations, its end. */
function emptyRunDrafts(
  plan: Plan,
  { now, meter, view }: Pick<ClaimInput, 'now' | 'meter' | 'view'>,
  resumed: ResumedRun | undefined,
): EventDraft[] {
  const progress = initialProgress(plan);
  if (resumed) resumeProgress(progress, resumed);
  const at = timestamp(now);
  const epoch = epochOf(view, plan.runId);
  const drafts: EventDraft[] = [];
  recordPlannedSkips(plan, (draft) => drafts.push({ ...draft, epoch } as EventDraft), at);
  const confirmed = plan.steps.flatMap((step) =>
    step.assets.filter((a) => a.reason === 'up_to_date').map((a) => a.asset),
  );
  if (confirmed.length > 0)
    drafts.push({ type: 'assets.confirmed', at, run: plan.runId, epoch, assets: confirmed.sort() });
  drafts.push({
    type: 'run.ended',
    at,
    run: plan.runId,
    epoch,
    ...conclude(progress),
    durationMs: 0,
    ...(meter ? { billed: meter.billed(plan.runId, now) } : {}),
  });
  return drafts;
}

function numbered(input: ClaimInput, plan: Plan, drafts: readonly EventDraft[]): BranchlineEvent[] {
  const stream = runStream(plan.runId, epochOf(input.view, plan.runId));
  return numberEvents(stream, input.view.streams.get(stream) ?? 0, drafts);
}
