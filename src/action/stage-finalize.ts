import { actionsArtifacts } from '../adapters/actions-artifacts.ts';
import { systemClock } from '../adapters/system-clock.ts';
import { askHolders } from '../app/claims.ts';
import { type AppFailure, inputFailure } from '../app/failure.ts';
import { type FinalizedRun, finalizeWave, isRecorded } from '../app/finalize-wave.ts';
import { billedJob } from '../app/job-meter.ts';
import { type RunOutcome, watchPartitions } from '../app/run.ts';
import { recordedBlobs, withoutLostData } from '../app/shard-data.ts';
import { readState } from '../app/state-reading.ts';
import { ok, type Result } from '../base/result.ts';
import { findWave, ownUploads, readJournals, readWave, type Uploads, uploadsOf } from '../compose/wave-artifacts.ts';
import { takeInData } from '../compose/wave-data.ts';
import { type Billed, noCounts } from '../model/events.ts';
import type { Wave } from '../model/wave.ts';
import { count } from '../render/style.ts';
import { billOf } from '../run/job-bill.ts';
import { type Recording, resultOf, summaryOf } from './record.ts';
import { idleResult, type JobResult, refusedResult, withPermissionLines } from './result.ts';

/** The last job of a fan-out: takes in what the shards uploaded, in one commit, and starts the next wave. */
export async function performFinalizeStage(recording: Recording): Promise<JobResult> {
  const { job, project, world } = recording;
  const { context, inputs, log, surroundings } = job;
  const artifacts = actionsArtifacts({ env: process.env, scratch: context.temp, clock: systemClock });
  if (inputs.planDigest === undefined)
    return refusedResult(
      inputFailure('inputs', 'The input `plan-digest` is needed.', 'Hand over `needs.plan.outputs.plan-digest`.'),
    );
  const uploads = ownUploads(artifacts);
  const found = await findWave(uploads, inputs.planDigest, context.attempt);
  if (!found.ok) return refusedResult(found.error);
  if (found.value.kind === 'other-attempt') {
    const text = `The plan is of attempt ${found.value.attempt} of this workflow run: nothing is done here.`;
    log.print(text);
    return idleResult(text);
  }
  const { wave } = found.value;
  const own = surroundings.job && billedJob(surroundings.job, project.prices);
  // The job `plan` had a minute of its own.
  const around = own && billOf(own, world.run.clock.now(), -1);
  const taken = await takeIn(recording, wave, uploads, around);
  if (!taken.ok) return refusedResult(withPermissionLines(taken.error));
  const { runs, after, commit } = taken.value;
  const notes = notesOf(wave, runs);
  const isMore = runs.some(({ state }) => state === 'QUEUED');
  if (isMore) notes.push(await startNext(recording));
  for (const note of notes) log.print(note);
  const outcomes = runs.flatMap((run) => outcomeOf(run, after, commit));
  return resultOf(recording, outcomes, {
    runs: outcomes.map((run) => summaryOf(run, world.run.clock.now())),
    notes,
    waiting: [],
    next: [],
  });
}

async function takeIn(
  { job, project, world, settings }: Recording,
  wave: Wave,
  uploads: Uploads,
  billed: Billed | undefined,
): Promise<
  Result<{ runs: readonly FinalizedRun[]; after: RunOutcome['after']; commit: string | undefined }, AppFailure>
> {
  const journals = await readJournals(uploads, wave, world.run.warn);
  if (!journals.ok) return journals;
  const { stores, run } = world;
  const take = (files: readonly string[]) => stores.takeForOthers(files);
  const from = { temp: job.context.temp, take, warn: run.warn };
  const kept = await takeInData(uploads, wave, from, recordedBlobs(journals.value));
  if (!kept.ok) return kept;
  for (const { plan } of wave.runs) watchPartitions(world.run, settings, plan.request);
  const recorded = await finalizeWave(world.run, project, {
    wave,
    ...withoutLostData(journals.value, kept.value),
    ...(billed ? { billed } : {}),
  });
  if (!recorded.ok) return recorded;
  const { value, after, commit } = recorded.value;
  return ok({ runs: value, after, commit });
}

/** What a workflow run left whose last job was lost: taken in by whoever comes next. */
export async function takeInLostWaves(recording: Recording): Promise<Result<void, AppFailure>> {
  const { job, world } = recording;
  const { github, log } = job;
  if (github === undefined) return ok(undefined);
  const state = await readState(world.state);
  if (!state.ok) return state;
  const { view } = state.value.read;
  const liveness = await askHolders(view, world.run.holders, { writer: world.run.writer, dead: new Set() });
  const runs = new Map<string, number>();
  for (const { claim, holder } of view.claims.values())
    if (holder.kind === 'workflow' && holder.wholeRun && liveness.get(claim) === 'gone')
      runs.set(holder.workflow, holder.attempt);
  for (const [workflow, attempt] of runs) {
    const uploads = uploadsOf(github, Number(workflow));
    const wave = await readWave(uploads, attempt);
    if (!wave || wave.workflow !== workflow || !isRecorded(view, wave)) continue;
    const taken = await takeIn(recording, wave, uploads, undefined);
    if (!taken.ok) return taken;
    log.print(`The last job of workflow run ${workflow} was lost: what its shards did is recorded now.`);
  }
  return ok(undefined);
}

function outcomeOf(
  { run, state, drafts, durationMs }: FinalizedRun,
  after: RunOutcome['after'],
  commit: string | undefined,
): RunOutcome[] {
  if (state === 'late') return [];
  const end = drafts.findLast((draft) => draft.type === 'run.ended');
  const counts = end?.type === 'run.ended' ? end.counts : noCounts;
  const { plan } = run;
  return [
    {
      kind: 'carried-out',
      plan,
      drafts,
      state,
      counts,
      durationMs,
      after,
      ...(commit === undefined ? {} : { commit }),
    },
  ];
}

function notesOf(wave: Wave, runs: readonly FinalizedRun[]): string[] {
  return runs.flatMap(({ run, state, lostShards }) => {
    const { runId } = run.plan;
    const of = wave.shards.filter((shard) => shard.run === runId).length;
    const lost =
      lostShards.length === 0
        ? []
        : [
            `${count(lostShards.length, 'job')} of ${of} (${lostShards.slice(0, 10).join(', ')}) came to no end: what it had uploaded counts, the rest is made again.`,
          ];
    return state === 'late'
      ? [`Run ${runId} was taken over by somebody else: what was made counts for its assets only.`]
      : lost;
  });
}

/** Wakes the workflow up again for the rest; without the right to, the next tick does it. */
async function startNext({ job }: Recording): Promise<string> {
  const { github, context } = job;
  const later = 'The next tick carries the rest on';
  const file = /\.github\/workflows\/([^@/]+)@/.exec(process.env['GITHUB_WORKFLOW_REF'] ?? '')?.[1];
  if (github === undefined || file === undefined) return `${later}.`;
  const started = await github.dispatchWorkflow({ file, ref: context.ref.name, inputs: { command: 'tick' } });
  if (started.ok) return 'The next wave was started.';
  const advice = started.error.code === 'forbidden' ? '; `actions: write` for this job would start it at once' : '';
  return `${later}${advice} (${started.error.message}).`;
}
