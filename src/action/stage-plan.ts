import { actionsArtifacts } from '../adapters/actions-artifacts.ts';
import { systemClock } from '../adapters/system-clock.ts';
import type { AppFailure } from '../app/failure.ts';
import { finalizeWave } from '../app/finalize-wave.ts';
import { billedJob } from '../app/job-meter.ts';
import { nothingOf } from '../app/partition-runs.ts';
import { requestsOf } from '../app/request-parts.ts';
import { triggerText } from '../app/run-message.ts';
import type { ClaimedRun, RunObserver, RunSettings } from '../app/run-ports.ts';
import { runRequests } from '../app/run-request.ts';
import { matrixOf, shareOut } from '../app/share-out.ts';
import { runTick } from '../app/tick.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { uploadWave } from '../compose/wave-artifacts.ts';
import type { Wave } from '../model/wave.ts';
import { expectedBill, renderShards } from '../render/shards-text.ts';
import { count } from '../render/style.ts';
import { billOf } from '../run/job-bill.ts';
import { howToGoOn } from './canceled-wave.ts';
import type { Intent } from './intent.ts';
import { buildOf, type Recording, tickNotes } from './record.ts';
import { requestIn, requestNotes } from './requests.ts';
import { type JobResult, refusedResult, withPermissionLines } from './result.ts';
import { type Created, retryIn, wouldRetry } from './retry.ts';

/** Jobs at once when the workflow does not say: what a free account has. */
const JOBS_AT_ONCE = 20;

/** The first job of a fan-out: claims what is due or asked for, and shares it out. Runs nothing of the project. */
export async function performPlanStage(
  recording: Recording,
  intent: Extract<Intent, { kind: 'tick' | 'run' | 'retry' }>,
  created: Created,
): Promise<JobResult> {
  const claimed: ClaimedRun[] = [];
  const { inputs } = recording.job;
  const settings: RunSettings = {
    ...recording.settings,
    // Of a pool its jobs could use so many slots; `max-parallel` is of the jobs here, not of their steps.
    maxParallel: (inputs.maxParallel ?? JOBS_AT_ONCE) * (recording.project.maxParallel ?? recording.world.cores),
    waitMs: 1,
    givesBack: true,
    handOver: (run) => claimed.push(run),
  };
  const handing = { ...recording, settings };
  const asked = await ask(handing, intent, created);
  const refused = asked.ok ? undefined : refusedResult(withPermissionLines(asked.error));
  if (refused && claimed.length === 0) return refused;
  const notes = asked.ok ? asked.value : [asked.error.message];
  for (const note of notes) recording.job.log.print(note);
  if (claimed.length === 0)
    return {
      exit: 0,
      status: 'nothing',
      outputs: {},
      summary: { title: 'nothing to share out', notes },
      annotations: [],
    };
  // Whatever was refused after it: nobody else begins what is claimed, and the other jobs begin where this one ends well.
  const shared = await shareAndUpload(recording, claimed, notes);
  return refused ? { ...shared, annotations: [...refused.annotations, ...shared.annotations] } : shared;
}

const quiet: RunObserver = { onPlan: () => undefined, onEvent: () => undefined };

async function ask(
  recording: Recording,
  intent: Extract<Intent, { kind: 'tick' | 'run' | 'retry' }>,
  created: Created,
): Promise<Result<readonly string[], AppFailure>> {
  switch (intent.kind) {
    case 'tick':
      return askTick(recording, intent.push);
    case 'run':
      return askRun(recording, created);
    case 'retry':
      return askRetry(recording, intent, created);
  }
}

async function askRetry(
  recording: Recording,
  intent: Extract<Intent, { kind: 'retry' }>,
  created: Created,
): Promise<Result<readonly string[], AppFailure>> {
  const retry = await retryIn(recording, intent, created);
  if (!retry.ok) return retry;
  const { request, tags } = retry.value;
  if (recording.job.inputs.dryRun) return ok([wouldRetry(retry.value)]);
  return askRequests(recording, [request], { tags });
}

async function askTick(
  recording: Recording,
  push: Extract<Intent, { kind: 'tick' }>['push'],
): Promise<Result<readonly string[], AppFailure>> {
  const { job, world, settings } = recording;
  // Before the tick: it records that this code has ticked.
  const build = push === undefined || job.inputs.dryRun ? ok(undefined) : await buildOf(recording, push);
  if (!build.ok) return build;
  const ticked = await runTick(
    world.run,
    settings,
    {
      dryRun: job.inputs.dryRun,
      nowWasGiven: false,
      ...(world.codeCommit === undefined ? {} : { code: world.codeCommit }),
    },
    { ...quiet, onRun: () => undefined, onRunEnd: () => undefined },
  );
  if (!ticked.ok) return ticked;
  const tick = ticked.value;
  // What was handed over is not what the time was too short for.
  const notes = [
    ...tickNotes({ ...tick, runs: tick.runs.filter(({ state }) => state !== 'QUEUED') }, job.inputs.dryRun),
  ];
  const isIdle = tick.runs.length === 0;
  const kept = isIdle ? notes : notes.filter((note) => !note.startsWith('Nothing is due.'));
  if (build.value?.request === undefined) return ok([...kept, ...(build.value ? [build.value.note] : [])]);
  const requests = await requestsOf(world.run, settings, build.value.request);
  if (!requests.ok) return requests;
  const built = await askRequests(recording, requests.value.requests);
  return built.ok ? ok([...kept, build.value.note, ...requests.value.notes, ...built.value]) : built;
}

/** Claims what is asked for as far as it may start; what waits for that is of a next wave. */
async function askRequests(
  { world, settings }: Recording,
  requests: Parameters<typeof runRequests>[2],
  more: NonNullable<Parameters<typeof runRequests>[4]> = {},
): Promise<Result<readonly string[], AppFailure>> {
  const asked = await runRequests(world.run, settings, requests, quiet, more);
  if (!asked.ok) return asked;
  const { runs, failures } = asked.value;
  return failures[0] !== undefined && runs.length === 0 ? fail(failures[0]) : ok(requestNotes(asked.value));
}

async function askRun(recording: Recording, created: Created): Promise<Result<readonly string[], AppFailure>> {
  const { job, project, world, settings } = recording;
  const request = requestIn(job, project, created.at);
  if (!request.ok) return request;
  const requests = await requestsOf(world.run, settings, request.value);
  if (!requests.ok) return requests;
  const { requests: wanted, notes } = requests.value;
  if (wanted.length === 0) return ok([...notes, nothingOf(request.value)]);
  const asked = await askRequests(recording, wanted, { attempt: job.context.attempt });
  return asked.ok ? ok([...notes, ...asked.value]) : asked;
}

async function shareAndUpload(
  recording: Recording,
  claimed: readonly ClaimedRun[],
  notes: readonly string[],
): Promise<JobResult> {
  const { job, project, world } = recording;
  const { context, inputs, log } = job;
  const wave = shareOut(project, claimed, {
    workflow: context.workflow,
    attempt: context.attempt,
    jobsMax: inputs.maxParallel ?? JOBS_AT_ONCE,
    ...(world.codeCommit === undefined ? {} : { codeCommit: world.codeCommit.commit }),
  });
  if (world.run.signal.aborted) return endCanceled(recording, wave, notes);
  const artifacts = actionsArtifacts({ env: process.env, scratch: context.temp, clock: systemClock });
  const digest = await uploadWave(artifacts, context.temp, wave);
  if (!digest.ok) {
    // Nobody can carry it out: it goes back to the queue at once.
    await finalizeWave(world.run, project, { wave, journals: new Map(), isGivenBack: true });
    return refusedResult(digest.error);
  }
  if (world.run.signal.aborted) return endCanceled(recording, wave, notes);
  const runsOn = inputs.runsOn ?? ['ubuntu-latest'];
  const bill = expectedBill(project, wave, runsOn, context.isPublic);
  const text = renderShards(project, wave, runsOn, bill);
  log.print(text);
  const triggers = claimed.map(({ plan }) => triggerText(plan.request));
  return {
    exit: 0,
    status: 'success',
    outputs: {
      'has-work': String(wave.shards.length > 0),
      matrix: JSON.stringify(matrixOf(project, wave, runsOn)),
      'plan-digest': digest.value,
      'run-ids': JSON.stringify(claimed.map(({ plan }) => plan.runId)),
    },
    summary: {
      text: { title: `${triggers.join(', ')}: shared out to ${count(wave.shards.length, 'job')}`, body: text },
      notes,
    },
    annotations: [],
  };
}

/**
 * The workflow run was canceled while this job claimed what was to run: the runs end here, as those of a job that does
 * everything do. Nobody else would end them: GitHub skips the jobs behind one that was canceled before it told its outputs,
 * and the next wake-up would take the runs for lost and begin them again.
 */
async function endCanceled(
  { job, project, world }: Recording,
  wave: Wave,
  notes: readonly string[],
): Promise<JobResult> {
  const own = job.surroundings.job && billedJob(job.surroundings.job, project.prices);
  const billed = own && billOf(own, world.run.clock.now(), 0);
  const ended = await finalizeWave(world.run, project, {
    wave,
    journals: new Map(),
    isGivenBack: true,
    isCanceled: true,
    ...(billed ? { billed } : {}),
  });
  if (!ended.ok) return refusedResult(withPermissionLines(ended.error));
  const said = [...notes, ...howToGoOn(ended.value.value)];
  for (const note of said) job.log.print(note);
  return {
    exit: 130,
    status: 'canceled',
    outputs: { 'run-ids': JSON.stringify(wave.runs.map(({ plan }) => plan.runId)) },
    summary: { title: 'canceled before anything was shared out', notes: said },
    annotations: [],
  };
}
