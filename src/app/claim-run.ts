import { fail, ok, type Result } from '../base/result.ts';
import type { BranchlineEvent, Claim, EventDraft, Holder } from '../model/events.ts';
import { runId } from '../model/ids.ts';
import { type EpochMs, timestamp } from '../model/instant.ts';
import { isManual, type Plan, type PlannedStep, type RunRequest } from '../model/plan.ts';
import type { AssetKey } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import { judgeDelivery, type KnownDelivery } from '../plan/delivery.ts';
import type { ResumedRun } from '../run/resume.ts';
import { runStream } from '../state/codec.ts';
import { grantedSlots, slotsWanted } from './claimed-slots.ts';
import { findHolder, type HeldBy } from './claims.ts';
import { type KeptFileOf, recordedFile } from './connection-files.ts';
import { type Engine, enginesOf, fileConnections } from './connections.ts';
import type { AppFailure } from './failure.ts';
import type { FindLost } from './find-lost.ts';
import type { JobMeter } from './job-meter.ts';
import { notMadeBy } from './lost-besides.ts';
import { makePlan, type PlanMade } from './make-plan.ts';
import { emptyRunDrafts, epochOf, lookedDrafts, numbered, openingDrafts } from './opening-events.ts';
import { changedWorld } from './plan-differences.ts';
import { keysAt, type PlanningProject, pinPartitions } from './planning.ts';
import { resumedRun } from './resumed-run.ts';
import { type ChangedFiles, uncommittedFor } from './uncommitted.ts';
import { unknownBesides } from './unknown-watch.ts';

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

/** One moment by two clocks: that of the state, by which claims are dated, and that of this machine, which may be days off. */
export interface Moment {
  readonly ofState: EpochMs;
  readonly own: EpochMs;
}

/** What of the assets of a run is not as the state says and stays so, for whoever asked for it. */
interface Besides {
  /** What is lost, with what was found. */
  readonly stillLost?: ReadonlyMap<string, string>;
  /** What the state did not make, in words. */
  readonly stillUnknown?: string;
}

export type ClaimDecision =
  /** To be carried out once `events` are committed. */
  | (Besides & {
      readonly kind: 'claimed';
      readonly plan: Plan;
      readonly claim: Claim;
      readonly events: readonly BranchlineEvent[];
      readonly lost: ReadonlyMap<AssetKey, string>;
      /** What of its selection has no partitions yet, in words. */
      readonly leftOut?: string;
      /** What the run has done before; absent = it begins. */
      readonly resumed?: ResumedRun;
      readonly moment?: Moment;
    })
  /** Nothing runs; `events` say what was found. */
  | (Besides & {
      readonly kind: 'ended';
      readonly plan: Plan;
      readonly events: readonly BranchlineEvent[];
      readonly drafts: readonly EventDraft[];
      readonly leftOut?: string;
    })
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
  const { plan, lost, leftOut } = made.value;
  const seen = lookedDrafts(input, plan, made.value);
  if (input.expected && plan.digest !== input.expected.digest) return fail(changedWorld(input.expected, plan));
  const resumed = waiting && resumedRun(plan, waiting, input.view);
  const busy = plan.steps.filter((step) => step.verdict !== 'skip' && !resumed?.settled.has(step.id));
  const { project } = input.planning;
  const told = { ...besidesOf(input, made.value), ...(leftOut === undefined ? {} : { leftOut }) };
  if (busy.length === 0) {
    const ending = [...openingDrafts(input, plan), ...seen, ...emptyRunDrafts(plan, input, resumed)];
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
  const claim = claimOf(input, plan.runId, { assets, ...partitions, slots, connections });
  const drafts = openingDrafts(input, plan, await uncommittedFor(input.changedFiles, project, busy));
  const opened: EventDraft = {
    type: 'claim.opened',
    at: timestamp(input.now),
    run: plan.runId,
    epoch: claim.epoch,
    claim,
  };
  return ok({
    kind: 'claimed',
    ...(input.ownNow === undefined ? {} : { moment: { ofState: input.now, own: input.ownNow } }),
    plan,
    claim,
    events: numbered(input, plan, [...drafts, ...seen, opened]),
    lost,
    ...told,
    ...(resumed ? { resumed } : {}),
  });
}

function claimOf(
  input: ClaimInput,
  run: string,
  held: Pick<Claim, 'assets' | 'partitions' | 'slots'> & { readonly connections: readonly string[] },
): Claim {
  const { assets, partitions, slots = {}, connections } = held;
  const epoch = epochOf(input.view, run);
  return {
    claim: runStream(run, epoch),
    environment: input.environment,
    run,
    epoch,
    holder: input.holder,
    writer: input.writer,
    assets: [...new Set(assets)].sort(),
    ...(partitions === undefined ? {} : { partitions }),
    ...(Object.keys(slots).length === 0 ? {} : { slots }),
    connections: connections.map((name) => ({ name, startedFrom: startedFrom(input, name) })),
    at: timestamp(input.now),
  };
}

/** What is lost, or unknown, and stays so after a run, for who asked for it. Who names older partitions, one run after the other perhaps, knows. */
function besidesOf(
  { planning, view, environment, request, now }: ClaimInput,
  { plan, lost, unknown }: PlanMade,
): Besides {
  if (lost.size + unknown.length === 0 || request.kind === 'backfill') return {};
  if (isManual(request) && request.partitions !== undefined && request.fullRefresh !== true) {
    // Nobody has to have named the newest one: it is put into a request that names none.
    const { partitions, ...unnamed } = request;
    if (pinPartitions(planning, view, unnamed, now).partitions !== partitions) return {};
  }
  const stillLost = notMadeBy(plan, lost);
  const world = { project: planning.project, environment, view, at: keysAt(view, now), unknown };
  const stillUnknown = unknownBesides(world, plan);
  return {
    ...(stillLost.size === 0 ? {} : { stillLost }),
    ...(stillUnknown === undefined ? {} : { stillUnknown }),
  };
}

/** Keys that each partitioned asset is held by; an asset of several steps by those of all. */
function partitionsOf(steps: readonly PlannedStep[]): Pick<Claim, 'partitions'> {
  const keys: Record<AssetKey, string[]> = {};
  for (const { assets, partitions } of steps)
    if (partitions) for (const { asset } of assets) keys[asset] = [...(keys[asset] ?? []), ...partitions];
  return Object.keys(keys).length === 0 ? {} : { partitions: keys };
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
