import { copyOfMap } from '../base/layered-map.ts';
import { ok, type Result } from '../base/result.ts';
import { type BranchlineEvent, type EventDraft, noCounts, type RetryDecision } from '../model/events.ts';
import { type EpochMs, epochMs, timestamp } from '../model/instant.ts';
import type { Operations } from '../model/operations.ts';
import { isManual, type Plan, type RunRequest } from '../model/plan.ts';
import type { AssetKey } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import type { Clock, Holders, Journals, ProcessRunner, Scratch, SqlPool } from '../ports.ts';
import type { TimeBudget } from '../run/budget.ts';
import { atWorkSince, maxRuntimeOf } from '../run/monitor.ts';
import type { Redactor } from '../run/redact.ts';
import { decideRunRetry } from '../run/run-retry.ts';
import { numberEvents, splitEventId } from '../state/codec.ts';
import type { StateRead } from '../state/read.ts';
import { carryOut, type RunEnd } from './carry-out.ts';
import { type ClaimDecision, type ClaimInput, type FindLost, requestedDraft } from './claim-run.ts';
import type { KeptFileOf } from './connection-files.ts';
import { type ConnectionSaver, openConnectionSaver } from './connection-saver.ts';
import { fileConnections } from './connections.ts';
import { executeStep } from './execute-step.ts';
import type { AppFailure } from './failure.ts';
import type { JobMeter } from './job-meter.ts';
import { openLostLook } from './lost-reads.ts';
import type { PlanningProject } from './planning.ts';
import { keysAt, partitionedAssets } from './planning.ts';
import { type RecoverPorts, recover } from './recover.ts';
import { runMessage } from './run-message.ts';
import type { PagesOf } from './state-ports.ts';
import type { StateAt } from './state-reading.ts';
import type { StateSession } from './state-session.ts';
import type { OutputsOf, Published, RunContext } from './step-context.ts';
import { openPartitionLedger } from './step-partition.ts';
import type { StepPlaces } from './step-places.ts';
import { type ChangedFiles, uncommittedNote } from './uncommitted.ts';

/** The world of a command that runs something. */
export interface RunPorts {
  readonly clock: Clock;
  /** In [0, 1): spreads retries of steps. */
  readonly random: () => number;
  readonly session: StateSession;
  readonly journals: Journals;
  readonly holders: Holders;
  /** Policies of the project, for what becomes of runs whose holder is gone. */
  readonly operations: Operations;
  readonly sql: SqlPool;
  readonly outputs: OutputsOf;
  /** Database files that are kept between runs. */
  readonly keptFile: KeptFileOf;
  readonly processes: ProcessRunner;
  /** Ends processes on this machine that steps of a run left behind whose engine was killed. */
  readonly endLeftovers: (run: string) => Promise<void>;
  /** Takes in what the jobs of workflow runs uploaded whose last job is lost; absent where nobody can. */
  readonly takeInLost?: RecoverPorts['takeInLost'];
  /** Tells of which runs of workflow runs no job has begun; absent where nobody can. */
  readonly waitingRuns?: RecoverPorts['waitingRuns'];
  readonly scratch: Scratch;
  readonly writer: string;
  readonly redactor: Redactor;
  readonly secretNames: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute folders: the project's, and for logs of steps. */
  readonly root: string;
  readonly logFolder: string;
  readonly signal: AbortSignal;
  readonly warn: (text: string) => void;
  readonly say: (text: string) => void;
  /** The same for what many runs of one command would say. */
  readonly sayOnce?: (text: string) => void;
  readonly onOutput?: (step: string, text: string) => void;
  readonly findLost: FindLost;
  readonly changedFiles?: ChangedFiles;
  readonly prepareEngines: ClaimInput['prepareEngines'];
  readonly pages: PagesOf;
  /** Assets whose partitions transactions read; grows with what is asked for. */
  readonly partitions: Set<AssetKey>;
  /** In a job whose minutes are billed. */
  readonly meter?: JobMeter;
}

export interface RunSettings {
  readonly planning: PlanningProject;
  readonly environment: string;
  readonly codeCommit?: string;
  readonly maxParallel: number;
  readonly failFast: boolean;
  /** How long to wait for another run of the same assets, in milliseconds. */
  readonly waitMs: number;
  /** Nothing new is started after that; what is left waits for the next tick. Undefined = all the time in the world. */
  readonly budget?: TimeBudget;
  /**
   * Somebody wakes up later and carries on what is given back: a long wait for the next attempt of a step then holds no
   * process. False = it is waited for.
   */
  readonly givesBack?: boolean;
  /** Places of steps that several runs of this process share; absent = the run has `maxParallel` to itself. */
  readonly places?: StepPlaces;
  /** Other jobs carry out what is claimed here. */
  readonly handOver?: (claimed: ClaimedRun) => void;
  /** Of a part of a run: the stream of its events. */
  readonly stream?: string;
}

/** A run whose claim is committed. */
export type ClaimedRun = Extract<ClaimDecision, { kind: 'claimed' }>;

/** What came of one run, whether or not anything had to be done. */
export interface RunOutcome extends RunEnd {
  readonly kind: 'carried-out';
  readonly plan: Plan;
  readonly drafts: readonly EventDraft[];
  /** Commit of the state that records it. */
  readonly commit?: string;
  readonly after: StateRead;
}

/** Told when a run's plan is settled, before its first step, and of each event. */
export interface RunObserver {
  onPlan(plan: Plan): void;
  onEvent(event: EventDraft): void;
}

/** Takes in what dead processes left, and says so. */
export async function recoverFirst(ports: RunPorts): Promise<Result<void, AppFailure>> {
  const recovered = await recover(ports.session, {
    journals: ports.journals,
    holders: ports.holders,
    operations: ports.operations,
    writer: ports.writer,
    warn: ports.warn,
    pages: ports.pages,
    endLeftovers: ports.endLeftovers,
    ...(ports.takeInLost ? { takeInLost: ports.takeInLost } : {}),
    ...(ports.waitingRuns ? { waitingRuns: ports.waitingRuns } : {}),
  });
  if (!recovered.ok) return recovered;
  for (const run of recovered.value.resumedRuns)
    ports.warn(`The runner of run ${run} was lost. What it had finished is kept; it goes on from there.`);
  const { retries } = recovered.value;
  for (const [run, failure] of recovered.value.overdueRuns)
    ports.warn(
      failure === undefined
        ? `Run ${run} did not stop in time: it is canceled, whatever its runner still does.`
        : `Run ${run} failed: ${failure.message}${againText(retries.get(run), '')}.`,
    );
  for (const run of recovered.value.lostRuns) {
    const again = againText(retries.get(run), '; the rest is made again');
    ports.warn(`Run ${run} was cut off before. What it had finished is kept${again}.`);
  }
  return ok(undefined);
}

function againText(decided: RetryDecision | undefined, otherwise: string): string {
  if (decided === undefined) return otherwise;
  return `; ${decided.message}${decided.decision === 'retry' ? ', and waits in the queue' : ''}`;
}

export interface WantedRun {
  readonly request: RunRequest;
  readonly tags: Readonly<Record<string, string>>;
  readonly expected?: Plan;
  /** Of the workflow run that delivers the request, from 1. */
  readonly attempt?: number;
}

/** From now on transactions read what is known of the partitions that this request looks at. */
export function watchPartitions(
  ports: Pick<RunPorts, 'partitions'>,
  settings: Pick<RunSettings, 'planning'>,
  request: RunRequest,
): void {
  for (const asset of partitionedAssets(settings.planning, request)) ports.partitions.add(asset);
}

export function claimInput(ports: RunPorts, settings: RunSettings, wanted: WantedRun, state: StateAt): ClaimInput {
  return {
    planning: settings.planning,
    view: state.read.view,
    now: state.now,
    ownNow: ports.clock.now(),
    environment: settings.environment,
    request: wanted.request,
    tags: wanted.tags,
    holder: ports.holders.self,
    writer: ports.writer,
    maxParallel: settings.maxParallel,
    ...(settings.codeCommit === undefined ? {} : { codeCommit: settings.codeCommit }),
    ...(wanted.expected === undefined ? {} : { expected: wanted.expected }),
    ...(wanted.attempt === undefined ? {} : { attempt: wanted.attempt }),
    findLost: ports.findLost,
    ...(ports.changedFiles ? { changedFiles: ports.changedFiles } : {}),
    keptFile: ports.keptFile,
    prepareEngines: ports.prepareEngines,
    ...(ports.meter ? { meter: ports.meter } : {}),
  };
}

export function endedAtOnce(
  decision: Extract<ClaimDecision, { kind: 'ended' }>,
  after: StateRead,
  commit: string | undefined,
  observer: RunObserver,
): RunOutcome {
  observer.onPlan(decision.plan);
  for (const draft of decision.drafts) observer.onEvent(draft);
  const ended = decision.drafts.find((draft) => draft.type === 'run.ended');
  if (ended?.type !== 'run.ended') throw new Error('a run that ended at once has no end');
  const { state, counts, durationMs } = ended;
  return {
    kind: 'carried-out',
    plan: decision.plan,
    drafts: decision.drafts,
    state,
    counts,
    durationMs,
    after,
    ...(commit === undefined ? {} : { commit }),
  };
}

/**
 * The newest events of the run's stream up to its claim: a request that an earlier commit recorded comes first, as it
 * would be written again should that commit be lost.
 */
function openingOf({ plan, claim, events }: Extract<ClaimDecision, { kind: 'claimed' }>): readonly BranchlineEvent[] {
  const own = events.filter((event) => event.run === plan.runId);
  if (splitEventId(own[0]?.id ?? '')?.n !== 2) return own;
  return [...numberEvents(claim.claim, 0, [requestedDraft(plan, claim.at)]), ...own];
}

/** Carries out a run whose claim is committed. */
export async function carryOutClaimed(
  ports: RunPorts,
  settings: RunSettings,
  decision: Extract<ClaimDecision, { kind: 'claimed' }>,
  after: StateRead,
  observer: RunObserver,
): Promise<Result<RunOutcome, AppFailure>> {
  const { plan, claim } = decision;
  observer.onPlan(plan);
  const note = uncommittedNote(settings.environment, settings.codeCommit, decision);
  if (note !== undefined) ports.sayOnce?.(note);
  if (settings.handOver) {
    settings.handOver(decision);
    return ok({ kind: 'carried-out', plan, drafts: [], state: 'QUEUED', counts: noCounts, durationMs: 0, after });
  }
  const { project } = settings.planning;
  const saver = openConnectionSaver({
    scope: { project, environment: settings.environment, env: ports.env, root: ports.root },
    keptFile: ports.keptFile,
    sql: ports.sql,
    clock: ports.clock,
    claim,
    view: after.view,
  });
  const context = runContext(ports, settings, decision, after.view, saver);
  if (decision.stillLost !== undefined) ports.warn(decision.stillLost);
  const exclusive = new Map(
    plan.steps.flatMap((step) =>
      fileConnections(project, [project.steps[step.step]?.connection]).map((name) => [step.id, name] as const),
    ),
  );
  const { places } = settings;
  const pools = {
    of: new Map(
      plan.steps.flatMap((step) => {
        const pool = project.steps[step.step]?.pool;
        return pool === undefined ? [] : [[step.id, pool] as const];
      }),
    ),
    slots: claim.slots ?? {},
  };
  const carried = await carryOut({
    plan,
    claim,
    ...(settings.stream === undefined ? {} : { stream: settings.stream }),
    opening: openingOf(decision),
    options: {
      get maxParallel() {
        return places?.mostOf(plan.runId) ?? settings.maxParallel;
      },
      pools,
      failFast: settings.failFast,
      exclusive,
      deps: (asset) => project.assets[asset]?.deps ?? [],
      blockingChecks: (asset) =>
        (project.assets[asset]?.checks ?? []).filter((check) => check.blocking).map((check) => check.name),
      ignoreBlocking: context.ignoreBlocking,
    },
    ...(settings.budget === undefined ? {} : { budget: settings.budget }),
    ...(settings.givesBack ? { requeueAfterMs: project.operations.retries.requeueAfterMs } : {}),
    ...(places ? { places } : {}),
    ...maxRuntime(project.operations.monitoring, decision),
    decideRetry: (end) =>
      decideRunRetry(project.operations.retries, {
        ...end,
        run: plan.runId,
        request: plan.request,
        tags: plan.tags,
        startedAt: decision.resumed?.record.startedAt ?? claim.at,
      }),
    ...(decision.resumed ? { resumed: decision.resumed } : {}),
    clock: ports.clock,
    session: ports.session,
    journals: ports.journals,
    writer: ports.writer,
    redact: (text) => ports.redactor.text(text),
    runStep: (step, assets, emit, signal, attempt, attemptsBefore) =>
      executeStep(context, {
        step,
        assets,
        emit(event) {
          saver.note(event);
          emit(event);
        },
        signal,
        attempt,
        attemptsBefore,
        random: ports.random,
        lost: decision.lost,
      }),
    saver,
    signal: ports.signal,
    onEvent: (event) => observer.onEvent(event),
    warn: ports.warn,
    message: (drafts, end) => runMessage(plan, drafts, end, settings.codeCommit),
    pages: ports.pages,
    ...(ports.meter ? { meter: ports.meter } : {}),
  });
  if (!carried.ok) return carried;
  sayOvertaken(saver, carried.value.after.view, ports.warn);
  return ok({ kind: 'carried-out', ...carried.value, plan });
}

/** The state kept another run's file: what this one put into its own is not in it. */
function sayOvertaken(saver: ConnectionSaver, view: StateView, warn: (text: string) => void): void {
  for (const [connection, digest] of saver.saved) {
    if (view.connections.get(connection)?.file?.digest === digest) continue;
    warn(
      `The database file of connection ${connection} was saved by another run since this one began. What this run made in it is lost; the next run makes it again.`,
    );
  }
}

/** The limit on a run's time at work, from when it counts by the clock of this machine: no other one stops it. */
function maxRuntime(
  monitoring: Operations['monitoring'],
  { plan, claim, resumed, moment }: Extract<ClaimDecision, { kind: 'claimed' }>,
): { readonly maxRuntime?: { readonly ms: number; readonly since: EpochMs } } {
  const ms = maxRuntimeOf(monitoring, plan.tags);
  const ahead = moment === undefined ? 0 : moment.own - moment.ofState;
  return ms === undefined ? {} : { maxRuntime: { ms, since: atWorkSince(claim, resumed?.record) + ahead } };
}

const PUBLISHED = new WeakMap<StateView['assets'], ReadonlyMap<AssetKey, Published>>();

/** What is published of each asset; the many jobs of a simulation ask it of the same view. */
function publishedIn({ assets }: StateView): ReadonlyMap<AssetKey, Published> {
  const known = PUBLISHED.get(assets);
  if (known) return known;
  const published = new Map<AssetKey, Published>();
  for (const [key, { materialized: made }] of assets)
    if (made) published.set(key, { materialization: made.id, dataVersion: made.dataVersion, files: made.files ?? {} });
  PUBLISHED.set(assets, published);
  return published;
}

function runContext(
  ports: RunPorts,
  settings: RunSettings,
  decision: Pick<ClaimedRun, 'plan' | 'claim' | 'moment'>,
  view: StateView,
  connections: ConnectionSaver,
): RunContext {
  const { request } = decision.plan;
  const { project } = settings.planning;
  const at = keysAt(view, epochMs(decision.claim.at));
  const since = decision.moment?.own ?? epochMs(decision.claim.at);
  return {
    project,
    plan: decision.plan,
    planned: new Map(decision.plan.steps.map((step) => [step.id, step])),
    environment: settings.environment,
    run: decision.plan.runId,
    epoch: decision.claim.epoch,
    ...(settings.codeCommit === undefined ? {} : { codeCommit: settings.codeCommit }),
    clock: ports.clock,
    sql: ports.sql,
    outputs: ports.outputs,
    keptFile: ports.keptFile,
    placeConnection: (name) => connections.place(name),
    processes: ports.processes,
    env: ports.env,
    root: ports.root,
    published: copyOfMap(publishedIn(view)),
    secretNames: ports.secretNames,
    redactor: ports.redactor,
    logFolder: ports.logFolder,
    scratch: ports.scratch,
    ...(ports.onOutput ? { onOutput: ports.onOutput } : {}),
    say: ports.say,
    ignoreBlocking: isManual(request) && request.ignoreBlocking,
    ledger: openPartitionLedger(project, view, at),
    lostLook: openLostLook(ports.findLost, { project, view, plan: decision.plan, at, since }),
    fullRefresh: isManual(request) && request.fullRefresh === true,
  };
}

/** The request of a command line has its own instant; its identity needs nothing else. */
export function cliIdentity(now: EpochMs, nonce: string): { readonly nonce: string; readonly at: string } {
  return { nonce, at: timestamp(epochMs(timestamp(now))) };
}
