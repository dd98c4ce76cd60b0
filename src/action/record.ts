import type { PushBuild } from '../app/build-on-push.ts';
import type { AppFailure } from '../app/failure.ts';
import { type LeftOfRun, leftOfRuns, madeGoodBy } from '../app/made-good.ts';
import { buildPlanning, type PlanningProject } from '../app/planning.ts';
import { knownText, sentence, triggerText } from '../app/run-message.ts';
import type { RunObserver, RunOutcome, RunPorts, RunSettings } from '../app/run-ports.ts';
import { readState } from '../app/state-reading.ts';
import { runTick, type TickOutcome } from '../app/tick.ts';
import { automationLines, idleText, isIdle } from '../app/tick-text.ts';
import { isWoken } from '../app/workflow-values.ts';
import { ok, type Result } from '../base/result.ts';
import { olderCode } from '../compose/older-code.ts';
import type { OpenProject } from '../compose/open-project.ts';
import { openWorld, type World } from '../compose/wiring.ts';
import type { EventDraft } from '../model/events.ts';
import { epochMs, timestamp } from '../model/instant.ts';
import type { Project } from '../model/project.ts';
import { assetLines } from '../render/asset-lines.ts';
import { keptDataText, renderAssetLine } from '../render/run-text.ts';
import type { RunSummary } from '../render/summary/summary.ts';
import { openTimeBudget } from '../run/budget.ts';
import { formatInstant } from '../time/format.ts';
import { annotateRun } from './annotations.ts';
import { assetOutputs } from './asset-outputs.ts';
import { backfillNotes } from './backfill-notes.ts';
import type { Intent } from './intent.ts';
import type { Job } from './job.ts';
import { journalsIn } from './journals.ts';
import type { BuiltPush } from './requests.ts';
import { type JobResult, refusedResult, stoppedBy, withPermissionLines } from './result.ts';
import { idleOutputs } from './tell.ts';
import { withTimeOver } from './time-over.ts';

/** What an executing job has at hand. */
export interface Recording {
  readonly job: Job;
  readonly opened: OpenProject;
  readonly project: Project;
  readonly world: World;
  readonly settings: RunSettings;
}

/** Opens what a job needs that records, and closes it again; from here on `post` looks after what is left. */
export async function recordIn(
  job: Job,
  opened: OpenProject,
  project: Project,
  work: (recording: Recording) => Promise<JobResult>,
): Promise<JobResult> {
  const { inputs, runner, startedAt } = job;
  runner.keep('records', 'true');
  const world = await openWorld(opened, project, {
    environment: 'production',
    signal: cancelSignal(job),
    records: true,
    logs: true,
  });
  if (!world.ok) return refusedResult(withPermissionLines(world.error));
  try {
    const planning = buildPlanning(project, opened.tree);
    const settings: RunSettings = {
      planning,
      environment: 'production',
      ...(world.value.codeCommit === undefined ? {} : { codeCommit: world.value.codeCommit.commit }),
      maxParallel: inputs.maxParallel ?? project.maxParallel ?? world.value.cores,
      failFast: false,
      waitMs: WAIT_MS,
      // With schedules or automation, somebody wakes up again.
      givesBack: isWoken(project),
      budget: openTimeBudget(startedAt, inputs.timeBudgetMs),
    };
    const run = { ...world.value.run, ...takerOf(job, world.value, () => planning) };
    const result = await work({ job, opened, project, world: { ...world.value, run }, settings });
    const left = journalsIn(opened.surroundings.privateFolder!);
    if (left.length === 0) runner.keep('done', 'true');
    return result;
  } finally {
    await world.value.close();
  }
}

/**
 * Any job that records takes in what others left that were lost, a fan-out or a single job, and asks which jobs of a fan-out
 * never began. Loaded when there is one.
 */
export function takerOf(
  { github, context }: Job,
  world: World,
  planning: () => PlanningProject,
): Pick<RunPorts, 'takeInLost' | 'waitingRuns'> {
  if (github === undefined) return {};
  return {
    async takeInLost(claims) {
      const { lostClaimTaker } = await import('../compose/take-in-wave.ts');
      return lostClaimTaker(world, planning, { github, temp: context.temp })(claims);
    },
    async waitingRuns(claims, view) {
      const { waitingRunsAt } = await import('../compose/waiting-waves.ts');
      return waitingRunsAt(github)(claims, view);
    },
  };
}

/** How long a job waits for another one that holds its assets. */
const WAIT_MS = 10 * 60_000;

/**
 * Fires when the job is canceled or its time is over. The runner sends SIGINT, SIGTERM 7.5 s and SIGKILL 10 s later: the
 * second changes nothing, as what has ended is being recorded.
 */
function cancelSignal({ log }: Job): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    if (!controller.signal.aborted) log.print('Canceled: running steps are stopped, what has finished is recorded.');
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return controller.signal;
}

/** One wake-up: judges the schedules, runs what is due and what waits; after a push, what that is to build. */
export async function performTick(
  recording: Recording,
  push?: PushEvent,
  said: readonly string[] = [],
): Promise<JobResult> {
  const { job, project, world, settings } = recording;
  const { dryRun } = job.inputs;
  // Before the tick: it records that this code has ticked.
  const build = push === undefined || dryRun ? ok(undefined) : await buildOf(recording, push);
  if (!build.ok) return refusedResult(withPermissionLines(build.error));
  const outcome = await runTick(
    world.run,
    settings,
    { dryRun, nowWasGiven: false, ...(world.codeCommit === undefined ? {} : { code: world.codeCommit }) },
    {
      ...stepLog(recording),
      onRun: (request) => job.log.print(`\n${triggerText(request)}`),
      onRunEnd: () => undefined,
    },
  );
  if (!outcome.ok) return refusedResult(withPermissionLines(outcome.error));
  const tick = outcome.value;
  const notes = [...said, ...tickNotes(tick, dryRun), ...(build.value === undefined ? [] : [build.value.note])];
  const built = await carryOutBuild(recording, tick, build.value);
  notes.push(...built.notes);
  notes.push(...(await backfillNotes(job, tick)));
  for (const note of notes) job.log.print(note);
  const runs = [...tick.runs, ...built.runs];
  const result = resultOf(recording, runs, {
    runs: summariesOf(runs, project, tick.now),
    notes,
    waiting: [...tick.left.map(triggerText), ...tick.held.map(({ request }) => triggerText(request))],
    next: tick.next,
  });
  const { failure } = built;
  const isRefused = failure !== undefined && built.runs.length === 0;
  // A run that could not be planned has failed, though nothing of it was carried out.
  const isBroken = tick.broken.length > 0 || (failure !== undefined && !isRefused);
  const told = isOutOfTime(tick) ? withTimeOver(recording, result) : result;
  const end: JobResult = isBroken && told.exit === 0 ? { ...told, exit: 1, status: 'failure' } : told;
  return isRefused ? stoppedBy(end, withPermissionLines(failure)) : end;
}

type PushEvent = NonNullable<Extract<Intent, { kind: 'tick' }>['push']>;

/** What `build_on_push` asks for; undefined where there is none. */
export async function buildOf(
  { job, opened, project, world, settings }: Recording,
  push: PushEvent,
): Promise<Result<PushBuild | undefined, AppFailure>> {
  const selection = project.environments['production']?.buildOnPush;
  if (selection === undefined) return ok(undefined);
  const state = await readState(world.state);
  if (!state.ok) return state;
  // Compares projects, with all that explains mistakes in either; no schedule needs it.
  const { planPush } = await import('../app/build-on-push.ts');
  const { commit, before } = push;
  const at = push.at === undefined ? Number.NaN : Date.parse(push.at);
  return planPush({
    planning: settings.planning,
    loaded: opened.loaded,
    tree: opened.tree,
    view: state.value.read.view,
    selection,
    push: {
      commit,
      at: timestamp(Number.isNaN(at) ? job.startedAt : at),
      ...(before === undefined ? {} : { before }),
    },
    codeAt: (older) => olderCode(opened, project, world.privateFolder, older),
  });
}

/** Runs what the push asks for, unless the time or the job is over; then it is left to the push after it. */
async function carryOutBuild(
  recording: Recording,
  tick: TickOutcome,
  build: PushBuild | undefined,
): Promise<BuiltPush> {
  const { job, world } = recording;
  if (build?.request === undefined || world.run.signal.aborted) return { runs: [], notes: [] };
  if (isOutOfTime(tick))
    return {
      runs: [],
      notes: [
        'There was no time left for what this push changed: what is stale of it is made by the next push or run.',
      ],
    };
  job.log.print(`\n${triggerText(build.request)}`);
  const { runBuild } = await import('./requests.ts');
  return runBuild(recording, build.request);
}

function isOutOfTime(tick: TickOutcome): boolean {
  return tick.left.length > 0 || tick.goesOn || tick.runs.some(({ state }) => state === 'QUEUED');
}

/** What was not done and why; what a person should know. */
export function tickNotes(tick: TickOutcome, dryRun: boolean): string[] {
  const notes = [...tick.notes.map(({ text }) => text), ...tick.known.map((known) => sentence(knownText(known)))];
  if (dryRun)
    for (const due of tick.due)
      notes.push(`Would run ${due.schedule}, due ${formatInstant(due.tick)} (${due.selection}). Nothing was run.`);
  notes.push(...automationLines(tick.automation, dryRun));
  for (const { run, failure } of tick.broken)
    notes.push(`Run ${run} cannot be planned and is over: ${failure.message}`);
  for (const { run, why } of tick.held) notes.push(`Run ${run} waits: ${why}.`);
  if (isIdle(tick))
    notes.push(['Nothing is due.', ...tick.next.slice(0, 3).map((next) => idleText(next, tick.before))].join(' '));
  if (isOutOfTime(tick))
    notes.push('The time budget of this job is over: what is left is carried on by the next tick.');
  return notes;
}

/** Shows steps as they end, each below what it printed. */
export function stepLog({ job, opened }: Recording): RunObserver {
  const byStep = new Map<string, EventDraft[]>();
  let width = 10;
  return {
    onPlan(plan) {
      const assets = plan.steps.flatMap((step) => step.assets.map(({ asset }) => asset));
      width = Math.min(48, Math.max(10, ...assets.map((asset) => asset.length)));
    },
    onEvent(event) {
      const step = 'step' in event ? event.step : undefined;
      if (step === undefined) return;
      const events = [...(byStep.get(step) ?? []), event];
      byStep.set(step, events);
      const isSkip = event.type === 'step.skipped' && !events.some(({ type }) => type === 'step.started');
      if (event.type !== 'step.ended' && !isSkip) return;
      byStep.delete(step);
      job.log.end(
        step,
        assetLines(events).map((line) => renderAssetLine(line, opened.style, width)),
      );
    },
  };
}

export function summariesOf(runs: readonly RunOutcome[], project: Project, judgedAt: number): RunSummary[] {
  const good = madeGoodBy(runs);
  return runs.map((run) => {
    const retry = good.get(run.plan.runId);
    return {
      ...summaryOf(run, judgedAt),
      ...keptOf(run, project),
      ...(retry === undefined ? {} : { madeGoodBy: retry }),
    };
  });
}

/** What is still there of the first asset that failed. */
function keptOf({ drafts, after }: RunOutcome, project: Project): Pick<RunSummary, 'kept'> {
  const first = assetLines(drafts).find(({ failure }) => failure !== undefined);
  if (first === undefined) return {};
  const isRead = Object.values(project.assets).some(({ deps }) => deps.includes(first.asset));
  const kept = keptDataText(first, after.view, isRead);
  return kept === undefined ? {} : { kept };
}

function summaryOf(run: RunOutcome, judgedAt: number): RunSummary {
  const { plan, drafts, state, durationMs } = run;
  const { request } = plan;
  return {
    trigger: triggerText(request),
    plan,
    drafts,
    state,
    durationMs,
    ...(request.kind === 'schedule' ? { latenessMs: judgedAt - epochMs(request.tick) } : {}),
  };
}

export function resultOf(
  { job, project, world }: Recording,
  runs: readonly RunOutcome[],
  summary: Required<Pick<JobResult['summary'], 'runs' | 'notes' | 'waiting' | 'next'>>,
): JobResult {
  const { context, inputs } = job;
  const isCanceled = world.run.signal.aborted || runs.some(({ state }) => state === 'CANCELED');
  const good = madeGoodBy(runs);
  const hasFailed = leftOfRuns(runs).some((left) => failsBy(left, inputs.failOn));
  const commit = runs.findLast((run) => run.commit !== undefined)?.commit;
  const repository = `${context.server}/${context.repository}`;
  const report = `${repository}/tree/${project.state.branch}`;
  const made = runs.flatMap(({ drafts }) => drafts).filter((draft) => draft.type === 'asset.materialized');
  const changed = assetOutputs(made.map(({ asset }) => asset));
  return {
    exit: isCanceled ? 130 : hasFailed ? 1 : 0,
    status: isCanceled
      ? 'canceled'
      : hasFailed
        ? 'failure'
        : runs.some(({ state }) => state === 'QUEUED')
          ? 'requeued'
          : runs.length === 0
            ? 'nothing'
            : 'success',
    outputs: {
      ...idleOutputs(report),
      'has-work': String(runs.some(({ plan }) => plan.steps.some(({ verdict }) => verdict !== 'skip'))),
      'run-ids': JSON.stringify(runs.map(({ plan }) => plan.runId)),
      ...changed.outputs,
      ...(runs.length === 1 ? { 'plan-digest': runs[0]!.plan.digest } : {}),
      ...(commit === undefined ? {} : { 'state-commit': commit }),
    },
    summary: {
      ...summary,
      notes: [...summary.notes, ...changed.notes],
      links: { ...(commit === undefined ? {} : { state: { commit, url: `${repository}/commit/${commit}` } }), report },
    },
    annotations: runs.flatMap(({ plan, drafts }) => annotateRun(drafts, project, good.has(plan.runId))),
  };
}

/** Does what is left of a run make the job fail? A check of severity error that does not block is a failure as well (`fail-on`). */
function failsBy({ state, counts }: LeftOfRun, failOn: Job['inputs']['failOn']): boolean {
  if (failOn === 'never') return false;
  if (state === 'FAILURE' || counts.failed > 0 || counts.checksFailed > 0) return true;
  return failOn === 'warning' && counts.checksWarned > 0;
}
