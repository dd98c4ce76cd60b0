import { ok, type Result } from '../base/result.ts';
import type { BranchlineEvent, Claim } from '../model/events.ts';
import type { RunMonitoring } from '../model/operations.ts';
import type { Plan, PlannedStep } from '../model/plan.ts';
import type { AssetKey, Project } from '../model/project.ts';
import type { RunRecord, StateView } from '../model/state.ts';
import type { Wave, WaveShard } from '../model/wave.ts';
import type { Clock } from '../ports.ts';
import type { Journals } from '../ports-state.ts';
import { failsRun } from '../run/progress.ts';
import type { ResumedRun } from '../run/resume.ts';
import { isStillHeld } from './claims.ts';
import { type AppFailure, outsideFailure } from './failure.ts';
import { resumedRun } from './resumed-run.ts';
import { carryOutClaimed } from './run.ts';
import type { RunObserver, RunOutcome, RunPorts, RunSettings } from './run-ports.ts';
import { shardStream } from './share-out.ts';
import type { StateAt } from './state-reading.ts';
import type { StateSession } from './state-session.ts';
import { mayWaitTooLong } from './waiting-jobs.ts';

/** What carrying out a part of a run takes, in a job that may only read. */
export interface ShardPorts {
  readonly run: RunPorts;
  /** The state as it is now, with what is known of the partitions that `run.partitions` names. */
  readonly readState: () => Promise<Result<StateAt, AppFailure>>;
  /** Keeps all that was recorded so far for the job that takes it in. */
  readonly upload: (events: readonly BranchlineEvent[]) => Promise<Result<void, AppFailure>>;
}

export type ShardEnd =
  | { readonly kind: 'carried-out'; readonly outcome: RunOutcome }
  /** Somebody else has the run by now; nothing was done. */
  | { readonly kind: 'not-ours'; readonly text: string };

/** Between two uploads while steps end. */
const UPLOAD_MS = 3 * 60_000;
/** From an answer of GitHub that no job of a run has begun to the commit that ends the run, at most. */
const GIVING_UP_MS = 30_000;
/** Between two looks at whether the run is still ours. */
const LOOK_MS = 60_000;

/** Carries out the steps of one shard, if its run is still held for it. Records nothing on the state branch. */
export async function carryOutShard(
  ports: ShardPorts,
  settings: RunSettings,
  wave: Wave,
  shard: WaveShard,
  observer: RunObserver,
): Promise<Result<ShardEnd, AppFailure>> {
  const run = wave.runs.find(({ plan }) => plan.runId === shard.run)!;
  const read = await readOnceSettled(ports, settings.planning.project.operations.monitoring, run.claim);
  if (!read.ok) return read;
  const state = read.value;
  const moment = { ofState: state.now, own: ports.run.clock.now() };
  const { view } = state.read;
  if (!isStillHeld(view, run.claim))
    return ok({
      kind: 'not-ours',
      text: `Run ${shard.run} is no longer held by this workflow run: nothing is done here. \`branchline retry ${shard.run}\` tries again what failed.`,
    });
  const whole = wholeRun(run.plan, view);
  const { resumed } = whole;
  const plan = partOf(settings.planning.project, whole, shard);
  const carried = await carryOutClaimed(
    {
      ...ports.run,
      session: shardSession(ports, state, ports.run.clock),
      journals: wholeJournals(ports.run.journals),
    },
    { ...settings, stream: shardStream(wave, run, shard.id) },
    {
      kind: 'claimed',
      plan,
      // It uses no more slots than its share: others of the run have theirs.
      claim: { ...run.claim, slots: shard.slots },
      events: [],
      lost: new Map(Object.entries(run.lost)),
      moment,
      ...(resumed ? { resumed } : {}),
    },
    state.read,
    observer,
  );
  return carried.ok ? ok({ kind: 'carried-out', outcome: carried.value }) : carried;
}

/**
 * The state once nobody can be about to give the run up that saw this job wait. Of a job that begins in time nobody does; of one
 * that begins late somebody may have done so in the very moment, and their commit is then on its way.
 */
async function readOnceSettled(
  { readState, run: { clock, signal } }: ShardPorts,
  monitoring: RunMonitoring,
  claim: Claim,
): Promise<Result<StateAt, AppFailure>> {
  const first = await readState();
  const run = first.ok ? first.value.read.view.openRuns.get(claim.run) : undefined;
  if (!first.ok || run === undefined || !mayWaitTooLong(monitoring, run, claim, first.value.now)) return first;
  await clock.sleep(GIVING_UP_MS, signal);
  return readState();
}

/** What all shards of a run have in common. */
interface WholeRun {
  readonly plan: Plan;
  readonly record: RunRecord | undefined;
  readonly view: StateView;
  readonly resumed: ResumedRun | undefined;
  readonly byId: ReadonlyMap<string, PlannedStep>;
  readonly positions: ReadonlyMap<string, number>;
  /** Ids of the steps that make or skip an asset. */
  readonly byAsset: ReadonlyMap<AssetKey, readonly string[]>;
  /** Steps that are over and make the run a failure. */
  readonly failed: readonly string[];
}

/** A process that carries out many shards of a run (`simulate`) asks once. */
const wholes = new WeakMap<Plan, WholeRun>();

function wholeRun(plan: Plan, view: StateView): WholeRun {
  const record = view.openRuns.get(plan.runId);
  const known = wholes.get(plan);
  if (known !== undefined && known.record === record && known.view === view) return known;
  const resumed = record && resumedRun(plan, record, view);
  const byAsset = new Map<AssetKey, string[]>();
  for (const { id, assets } of plan.steps)
    for (const { asset } of assets) {
      const ids = byAsset.get(asset);
      if (ids) ids.push(id);
      else byAsset.set(asset, [id]);
    }
  const failed = [...(resumed?.settled ?? [])].filter((id) => {
    const step = record!.steps[id];
    return step !== undefined && (step.state === 'FAILURE' || step.checks.some(failsRun));
  });
  const byId = new Map(plan.steps.map((step) => [step.id, step]));
  const positions = new Map(plan.steps.map(({ id }, position) => [id, position]));
  const whole = { plan, record, view, resumed, byId, positions, byAsset, failed };
  wholes.set(plan, whole);
  return whole;
}

/**
 * The plan with the steps of the shard and what they ask for: those before them that are over, and those that failed, by
 * which `fail_fast` stops. The rest is others' to do, and costs a job of the matrix nothing.
 */
function partOf(
  project: Project,
  { plan, resumed, byId, positions, byAsset, failed }: WholeRun,
  shard: WaveShard,
): Plan {
  const own = new Set(shard.steps);
  const wanted = new Set([...own, ...failed]);
  for (const id of own) {
    const step = byId.get(id);
    for (const before of step?.after ?? []) wanted.add(before);
    for (const { asset } of step?.assets ?? [])
      for (const dep of project.assets[asset]?.deps ?? [])
        for (const before of byAsset.get(dep) ?? []) wanted.add(before);
  }
  const isKnown = (id: string): boolean =>
    wanted.has(id) && (own.has(id) || resumed?.settled.has(id) === true || byId.get(id)?.verdict === 'skip');
  const known = [...wanted].filter(isKnown).sort((a, b) => positions.get(a)! - positions.get(b)!);
  const steps = known.map((id) => byId.get(id)!);
  return { ...plan, steps: steps.map((step) => ({ ...step, after: step.after.filter(isKnown) })) };
}

/**
 * A session whose commits are uploads: all events of the shard each time, now and then while it works and at its end.
 * Decisions see the state as it is, so that a run that was canceled or taken over is noticed.
 */
function shardSession(
  { readState, upload, run: { partitions } }: ShardPorts,
  first: StateAt,
  clock: Clock,
): StateSession {
  let state = first;
  let lookedAt = clock.now();
  let lookedFor = partitions.size;
  let uploadedAt = clock.now();
  return {
    async transact(decide) {
      // The set only grows: partitions of more assets are asked about by now.
      if (clock.now() - lookedAt >= LOOK_MS || partitions.size > lookedFor) {
        lookedAt = clock.now();
        lookedFor = partitions.size;
        const read = await readState();
        // What cannot be read now is looked at again: the uploads go another way.
        if (read.ok) state = read.value;
      }
      const decision = await decide(state);
      if (decision.kind === 'stop') return { ok: false, error: decision.failure };
      const isEnd = decision.kind === 'commit' && decision.pages !== undefined;
      if (decision.kind === 'commit' && (isEnd || clock.now() - uploadedAt >= UPLOAD_MS)) {
        uploadedAt = clock.now();
        const done = await upload(decision.events);
        if (!done.ok) return done;
      }
      return ok({ value: decision.value, after: state.read });
    },
  };
}

/**
 * Journals that keep all until they are closed: what was uploaded is on no branch yet, and when this process is ended whoever
 * comes after it uploads the whole.
 */
function wholeJournals(journals: Journals): Journals {
  return {
    open: (writer) => ({ ...journals.open(writer), confirm: () => undefined }),
    adopt: () => journals.adopt(),
    setAside: (writer, lines) => journals.setAside(writer, lines),
  };
}

/** The journal of a shard could not be handed over: what it made is made again. */
export function uploadFailure(message: string): AppFailure {
  return outsideFailure(
    'journal-not-uploaded',
    `What this job did could not be uploaded: ${message}.`,
    'What an earlier upload of it held counts; the rest is made again by the next wave.',
  );
}
