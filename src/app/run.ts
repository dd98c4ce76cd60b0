import { ok, type Result } from '../base/result.ts';
import { type BranchlineEvent, noCounts } from '../model/events.ts';
import type { EpochMs } from '../model/instant.ts';
import type { Operations } from '../model/operations.ts';
import type { StateView } from '../model/state.ts';
import type { DecideOptions } from '../run/decide.ts';
import { atWorkSince, maxRuntimeOf } from '../run/monitor.ts';
import { decideRunRetry } from '../run/run-retry.ts';
import { numberEvents, splitEventId } from '../state/codec.ts';
import type { StateRead } from '../state/read.ts';
import { carryOut } from './carry-out.ts';
import type { ClaimDecision } from './claim-run.ts';
import { type ConnectionSaver, openConnectionSaver } from './connection-saver.ts';
import { fileConnections } from './connections.ts';
import type { StepRunner } from './execute.ts';
import { executeStep } from './execute-step.ts';
import type { AppFailure } from './failure.ts';
import { lostBesides } from './lost-besides.ts';
import { lostWorldBefore } from './lost-upstream.ts';
import { requestedDraft } from './opening-events.ts';
import { ignoresBlocking, runContext } from './run-context.ts';
import { runMessage } from './run-message.ts';
import type { ClaimedRun, RunObserver, RunOutcome, RunPorts, RunSettings } from './run-ports.ts';
import { uncommittedAt, uncommittedNote } from './uncommitted.ts';

/** What came of a run that found nothing to do; its observer is told as of one that is carried out. */
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
function openingOf({ plan, claim, events }: ClaimedRun): readonly BranchlineEvent[] {
  const own = events.filter((event) => event.run === plan.runId);
  if (splitEventId(own[0]?.id ?? '')?.n !== 2) return own;
  return [...numberEvents(claim.claim, 0, [requestedDraft(plan, claim.at)]), ...own];
}

/** Carries out a run whose claim is committed. */
export async function carryOutClaimed(
  ports: RunPorts,
  settings: RunSettings,
  decision: ClaimedRun,
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
  const code = { codeCommit: settings.codeCommit, uncommitted: uncommittedAt(decision) };
  const saver = openConnectionSaver({
    scope: { project, environment: settings.environment, env: ports.env, root: ports.root },
    keptFile: ports.keptFile,
    sql: ports.sql,
    clock: ports.clock,
    claim,
    view: after.view,
    warn: ports.warn,
  });
  const besides = await lostBesides(() => lostWorldBefore(ports, settings, decision, after.view), decision.stillLost);
  if (besides !== undefined) ports.warn(besides);
  if (decision.stillUnknown !== undefined) ports.warn(decision.stillUnknown);
  if (decision.leftOut !== undefined) ports.warn(decision.leftOut);
  const carried = await carryOut({
    plan,
    claim,
    ...(settings.stream === undefined ? {} : { stream: settings.stream }),
    opening: openingOf(decision),
    options: startRules(settings, decision),
    ...(settings.budget === undefined ? {} : { budget: settings.budget }),
    ...(settings.givesBack ? { requeueAfterMs: project.operations.retries.requeueAfterMs } : {}),
    ...(settings.places ? { places: settings.places } : {}),
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
    runStep: stepRunner(ports, settings, decision, after.view, saver),
    saver,
    signal: ports.signal,
    onEvent: (event) => observer.onEvent(event),
    warn: ports.warn,
    message: (drafts, end) => runMessage(plan, drafts, end, code),
    pages: ports.pages,
    ...(ports.meter ? { meter: ports.meter } : {}),
  });
  if (!carried.ok) return carried;
  // A part of a run records nothing itself: its file is not in the state before the last job of the wave has taken it in.
  if (settings.stream === undefined) sayOvertaken(saver, carried.value.after.view, ports.warn);
  return ok({ kind: 'carried-out', ...carried.value, plan });
}

/** Which steps may start side by side, by the project and by what the run's claim was given of pools. */
function startRules({ planning, places, maxParallel, failFast }: RunSettings, decision: ClaimedRun): DecideOptions {
  const { plan, claim } = decision;
  const { project } = planning;
  const exclusive = new Map(
    plan.steps.flatMap((step) =>
      fileConnections(project, [project.steps[step.step]?.connection]).map((name) => [step.id, name] as const),
    ),
  );
  const poolOf = new Map(
    plan.steps.flatMap((step) => {
      const pool = project.steps[step.step]?.pool;
      return pool === undefined ? [] : [[step.id, pool] as const];
    }),
  );
  return {
    // Asked anew each time: other runs of this process come and go.
    get maxParallel() {
      return places?.mostOf(plan.runId) ?? maxParallel;
    },
    pools: { of: poolOf, slots: claim.slots ?? {} },
    failFast,
    exclusive,
    deps: (asset) => project.assets[asset]?.deps ?? [],
    blockingChecks: (asset) =>
      (project.assets[asset]?.checks ?? []).filter((check) => check.blocking).map((check) => check.name),
    ignoreBlocking: ignoresBlocking(plan.request),
  };
}

/** Carries out steps of the run, which share what they see; the saver is told of all that they make. */
function stepRunner(
  ports: RunPorts,
  settings: RunSettings,
  decision: ClaimedRun,
  view: StateView,
  saver: ConnectionSaver,
): StepRunner {
  const context = runContext(ports, settings, decision, view, saver);
  return (step, assets, emit, signal, attempt, attemptsBefore) =>
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
    });
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
  { plan, claim, resumed, moment }: ClaimedRun,
): { readonly maxRuntime?: { readonly ms: number; readonly since: EpochMs } } {
  const ms = maxRuntimeOf(monitoring, plan.tags);
  const ahead = moment === undefined ? 0 : moment.own - moment.ofState;
  return ms === undefined ? {} : { maxRuntime: { ms, since: atWorkSince(claim, resumed?.record) + ahead } };
}
