import { actionsArtifacts } from '../adapters/actions-artifacts.ts';
import { systemClock } from '../adapters/system-clock.ts';
import { enginesOf } from '../app/connections.ts';
import { type AppFailure, inputFailure, outsideFailure } from '../app/failure.ts';
import { billedJob, createJobMeter } from '../app/job-meter.ts';
import { carryOutShard, uploadFailure } from '../app/shard.ts';
import { readState } from '../app/state-reading.ts';
import { watchPartitions } from '../app/wanted-run.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { findWave, ownUploads, uploadJournal } from '../compose/wave-artifacts.ts';
import { createDataCarrier } from '../compose/wave-data.ts';
import type { Wave, WaveShard } from '../model/wave.ts';
import { count } from '../render/style.ts';
import { annotateRun } from './annotations.ts';
import { type Recording, stepLog } from './record.ts';
import { idleResult, type JobResult, refusedResult } from './result.ts';
import { withTimeOver } from './time-over.ts';

/** One of the jobs in the middle: carries out its shard and uploads what came of it. Pushes nothing. */
export async function performExecuteStage(recording: Recording): Promise<JobResult> {
  const { job, project, world, settings } = recording;
  const { context, inputs, log } = job;
  const artifacts = actionsArtifacts({ env: process.env, scratch: context.temp, clock: systemClock });
  if (inputs.planDigest === undefined || inputs.shard === undefined) return refusedResult(missing);
  const found = await findWave(ownUploads(artifacts), inputs.planDigest, context.attempt);
  if (!found.ok) return refusedResult(found.error);
  if (found.value.kind === 'other-attempt')
    return idle(
      `The plan is of attempt ${found.value.attempt} of this workflow run, and what came of it is recorded: nothing is done here. Re-run all jobs, or \`branchline run --stale\` makes what is missing.`,
      recording,
    );
  const { wave } = found.value;
  const shard = shardOf(wave, inputs.shard, world.codeCommit?.commit);
  if (!shard.ok) return refusedResult(shard.error);
  const { plan } = wave.runs.find((run) => run.plan.runId === shard.value.run)!;
  watchPartitions(world.run, settings, plan.request);
  const engines = await world.run.prepareEngines(
    enginesOf(
      project,
      plan.steps.filter(({ id }) => shard.value.steps.includes(id)),
    ),
  );
  if (engines) return refusedResult(engines);
  const { id } = shard.value;
  const carrier = createDataCarrier(artifacts, { shard: id, attempt: context.attempt }, () => world.stores.taken);
  let n = 0;
  const carried = await carryOutShard(
    {
      run: { ...world.run, ...meterOf(recording, shard.value) },
      readState: () => readState(world.state, undefined, { partitionsOf: new Set(world.run.partitions) }),
      upload: async (events) => {
        // First the files: an event counts only with them.
        const data = await carrier.upload();
        if (!data.ok) return fail(uploadFailure(data.error));
        n++;
        const of = { shard: id, n, attempt: context.attempt };
        const done = await uploadJournal(artifacts, context.temp, of, events);
        return done.ok ? ok(undefined) : fail(uploadFailure(done.error));
      },
    },
    settings,
    wave,
    shard.value,
    stepLog(recording),
  );
  if (!carried.ok) return refusedResult(carried.error);
  if (carried.value.kind === 'not-ours') return idle(carried.value.text, recording);
  const { state, counts, drafts } = carried.value.outcome;
  // The account of the run holds what its shard reads and was made before: here is what this job made.
  const own = drafts.flatMap((draft) => (draft.type === 'asset.materialized' ? [draft.asset] : []));
  const title = `${shard.value.id}: ${count(new Set(own).size, 'asset')} made, ${counts.failed} failed, ${counts.skipped} skipped`;
  log.print(title);
  const hasFailed = state === 'FAILURE' && inputs.failOn !== 'never';
  const result: JobResult = {
    exit: state === 'CANCELED' ? 130 : hasFailed ? 1 : 0,
    status: state === 'CANCELED' ? 'canceled' : hasFailed ? 'failure' : state === 'QUEUED' ? 'requeued' : 'success',
    outputs: {},
    // Hundreds of jobs write one: the whole account stands in the last job's.
    summary: { title, notes: [] },
    annotations: annotateRun(drafts, project),
  };
  return state === 'QUEUED' ? withTimeOver(recording, result) : result;
}

/** A job of the matrix runs where its steps want to: the workflow has only an expression for that. */
function meterOf({ job, project }: Recording, { runner }: WaveShard): Pick<Recording['world']['run'], 'meter'> {
  const { job: facts } = job.surroundings;
  const machine = project.runners[runner];
  if (facts === undefined || machine === undefined) return {};
  return { meter: createJobMeter(billedJob({ ...facts, labels: () => machine.runsOn }, project.prices)) };
}

const missing = inputFailure(
  'inputs',
  'The inputs `plan-digest` and `shard` are needed.',
  'Hand over `needs.plan.outputs.plan-digest` and `matrix.shard`; docs/fan-out.md has the whole workflow.',
);

function shardOf(wave: Wave, id: string, commit: string | undefined): Result<WaveShard, AppFailure> {
  const shard = wave.shards.find((each) => each.id === id);
  if (!shard) return fail(inputFailure('inputs', `The plan has no shard \`${id.slice(0, 20)}\`.`));
  if (wave.codeCommit !== undefined && commit !== wave.codeCommit)
    return fail(
      outsideFailure(
        'other-code',
        `The plan was made for commit ${wave.codeCommit}, and ${commit ?? 'something else'} is checked out here.`,
        'Check out the same ref in `plan` and `execute`: leave `ref` of actions/checkout away.',
      ),
    );
  return ok(shard);
}

function idle(text: string, { job }: Recording): JobResult {
  job.log.print(text);
  return idleResult(text);
}
