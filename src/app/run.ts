import { fail, ok, type Result } from '../base/result.ts';
import type { BranchlineEvent, Claim, EventDraft } from '../model/events.ts';
import { type EpochMs, epochMs, timestamp } from '../model/instant.ts';
import { isManual, type Plan, type RunRequest } from '../model/plan.ts';
import type { AssetKey } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import type { Clock, Holders, Journals, ProcessRunner, Scratch, SqlPool } from '../ports.ts';
import type { TimeBudget } from '../run/budget.ts';
import type { Redactor } from '../run/redact.ts';
import { numberEvents, splitEventId } from '../state/codec.ts';
import type { StateRead } from '../state/read.ts';
import { carryOut, type RunEnd } from './carry-out.ts';
import { type ClaimDecision, type ClaimInput, decideClaim, type KnownRun, requestedDraft } from './claim-run.ts';
import { holderText } from './claims.ts';
import type { KeptFileOf } from './connection-files.ts';
import { type ConnectionSaver, openConnectionSaver } from './connection-saver.ts';
import { fileConnections } from './connections.ts';
import { executeStep } from './execute-step.ts';
import { type AppFailure, outsideFailure } from './failure.ts';
import type { JobMeter } from './job-meter.ts';
import type { PlanningProject } from './planning.ts';
import { recover } from './recover.ts';
import { runMessage } from './run-message.ts';
import type { StateAt } from './state-reading.ts';
import type { PagesOf, StateSession } from './state-session.ts';
import type { OutputsOf, Published, RunContext } from './step-context.ts';

/** The world of a command that runs something. */
export interface RunPorts {
  readonly clock: Clock;
  readonly session: StateSession;
  readonly journals: Journals;
  readonly holders: Holders;
  readonly sql: SqlPool;
  readonly outputs: OutputsOf;
  /** Database files that are kept between runs. */
  readonly keptFile: KeptFileOf;
  readonly processes: ProcessRunner;
  /** Ends processes on this machine that steps of a run left behind whose engine was killed. */
  readonly endLeftovers: (run: string) => Promise<void>;
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
  readonly onOutput?: (step: string, text: string) => void;
  /** Which published data is gone, by asset. */
  readonly findLost: (view: StateView, assets: ReadonlySet<AssetKey>) => Promise<ReadonlyMap<AssetKey, string>>;
  readonly prepareEngines: ClaimInput['prepareEngines'];
  readonly pages: PagesOf;
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
}

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

/** Between two looks at a claim that stands in the way. */
const HELD_POLL_MS = 2_000;

/** Runs a person's request: recovers what others left, plans on the newest state, claims, carries out, records. */
export async function runRequest(
  ports: RunPorts,
  settings: RunSettings,
  request: RunRequest,
  observer: RunObserver,
  more: Omit<WantedRun, 'request' | 'tags'> = {},
): Promise<Result<RunOutcome | KnownRun, AppFailure>> {
  const recovered = await recoverFirst(ports);
  if (!recovered.ok) return recovered;
  return claimAndRun(ports, settings, { request, tags: {}, ...more }, observer);
}

/** Takes in what dead processes left, and says so. */
export async function recoverFirst(ports: RunPorts): Promise<Result<void, AppFailure>> {
  const recovered = await recover(ports.session, {
    journals: ports.journals,
    holders: ports.holders,
    writer: ports.writer,
    warn: ports.warn,
    pages: ports.pages,
    endLeftovers: ports.endLeftovers,
  });
  if (!recovered.ok) return recovered;
  for (const run of recovered.value.lostRuns)
    ports.warn(`Run ${run} was cut off before. What it had finished is kept; the rest is made again.`);
  return ok(undefined);
}

export interface WantedRun {
  readonly request: RunRequest;
  readonly tags: Readonly<Record<string, string>>;
  readonly expected?: Plan;
  /** Of the workflow run that delivers the request, from 1. */
  readonly attempt?: number;
}

/** Claims one run, waiting for whoever holds its assets, and carries it out. */
export async function claimAndRun(
  ports: RunPorts,
  settings: RunSettings,
  wanted: WantedRun,
  observer: RunObserver,
): Promise<Result<RunOutcome | KnownRun, AppFailure>> {
  const deadline = ports.clock.now() + settings.waitMs;
  let said = '';
  for (;;) {
    const outcome = await ports.session.transact<ClaimDecision>(async (state) => {
      const decided = await decideClaim(claimInput(ports, settings, wanted, state));
      if (!decided.ok) return { kind: 'stop', failure: decided.error };
      const decision = decided.value;
      if (decision.kind === 'held' || decision.kind === 'known') return { kind: 'nothing', value: decision };
      return claimCommit(decision, settings, ports);
    });
    if (!outcome.ok) return outcome;
    const { value: decision, after, commit } = outcome.value;
    if (decision.kind === 'claimed') return carryOutClaimed(ports, settings, decision, after, observer);
    if (decision.kind === 'ended') return ok(endedAtOnce(decision, after, commit, observer));
    if (decision.kind === 'known') return ok(decision);
    const who = `${decision.by.overlap.slice(0, 3).join(', ')} ${decision.by.overlap.length === 1 ? 'is' : 'are'} held by ${holderText(decision.by.claim)}`;
    if (ports.signal.aborted || ports.clock.now() >= deadline)
      return fail(outsideFailure('held', `${who}.`, 'Wait for it to end, or give `--wait` more time.'));
    if (said !== who) ports.warn(`Waiting: ${who}.`);
    said = who;
    await ports.clock.sleep(HELD_POLL_MS, ports.signal);
    // Its holder may be gone by now.
    const recovered = await recoverFirst(ports);
    if (!recovered.ok) return recovered;
  }
}

export function claimInput(ports: RunPorts, settings: RunSettings, wanted: WantedRun, state: StateAt): ClaimInput {
  return {
    planning: settings.planning,
    view: state.read.view,
    now: state.now,
    environment: settings.environment,
    request: wanted.request,
    tags: wanted.tags,
    holder: ports.holders.self,
    writer: ports.writer,
    ...(settings.codeCommit === undefined ? {} : { codeCommit: settings.codeCommit }),
    ...(wanted.expected === undefined ? {} : { expected: wanted.expected }),
    ...(wanted.attempt === undefined ? {} : { attempt: wanted.attempt }),
    findLost: ports.findLost,
    keptFile: ports.keptFile,
    prepareEngines: ports.prepareEngines,
    ...(ports.meter ? { meter: ports.meter } : {}),
  };
}

/** The commit of a claim, or of a run that found nothing to do. */
export function claimCommit(
  decision: Exclude<ClaimDecision, { kind: 'held' | 'known' }>,
  settings: RunSettings,
  ports: Pick<RunPorts, 'pages'>,
): {
  kind: 'commit';
  events: ClaimDecision extends never ? never : Extract<ClaimDecision, { kind: 'claimed' }>['events'];
  message: string;
  value: ClaimDecision;
  pages?: RunPorts['pages'];
} {
  const { plan } = decision;
  const drafts = decision.kind === 'ended' ? decision.drafts : [];
  const ended = drafts.find((draft) => draft.type === 'run.ended');
  const message = runMessage(plan, drafts, ended?.type === 'run.ended' ? ended : undefined, settings.codeCommit);
  return {
    kind: 'commit',
    events: decision.events,
    message,
    value: decision,
    ...(decision.kind === 'ended' ? { pages: ports.pages } : {}),
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
  const exclusive = new Map(
    plan.steps.flatMap((step) =>
      fileConnections(project, [project.steps[step.id]?.connection]).map((name) => [step.id, name] as const),
    ),
  );
  const carried = await carryOut({
    plan,
    claim,
    opening: openingOf(decision),
    options: {
      maxParallel: settings.maxParallel,
      failFast: settings.failFast,
      exclusive,
      deps: (asset) => project.assets[asset]?.deps ?? [],
      blockingChecks: (asset) =>
        (project.assets[asset]?.checks ?? []).filter((check) => check.blocking).map((check) => check.name),
      ignoreBlocking: context.ignoreBlocking,
    },
    ...(settings.budget === undefined ? {} : { budget: settings.budget }),
    clock: ports.clock,
    session: ports.session,
    journals: ports.journals,
    writer: ports.writer,
    redact: (text) => ports.redactor.text(text),
    runStep: (step, assets, emit, signal) =>
      executeStep(context, {
        step,
        assets,
        emit(event) {
          saver.note(event);
          emit(event);
        },
        signal,
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

function runContext(
  ports: RunPorts,
  settings: RunSettings,
  decision: { readonly plan: Plan; readonly claim: Claim },
  view: StateView,
  connections: ConnectionSaver,
): RunContext {
  const published = new Map<AssetKey, Published>();
  for (const [key, record] of view.assets) {
    const made = record.materialized;
    if (made) published.set(key, { materialization: made.id, dataVersion: made.dataVersion, files: made.files ?? {} });
  }
  const { request } = decision.plan;
  return {
    project: settings.planning.project,
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
    published,
    secretNames: ports.secretNames,
    redactor: ports.redactor,
    logFolder: ports.logFolder,
    scratch: ports.scratch,
    ...(ports.onOutput ? { onOutput: ports.onOutput } : {}),
    say: ports.say,
    ignoreBlocking: isManual(request) && request.ignoreBlocking,
    fullRefresh: isManual(request) && request.fullRefresh === true,
  };
}

/** The request of a command line has its own instant; its identity needs nothing else. */
export function cliIdentity(now: EpochMs, nonce: string): { readonly nonce: string; readonly at: string } {
  return { nonce, at: timestamp(epochMs(timestamp(now))) };
}
