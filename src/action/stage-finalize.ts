import { actionsArtifacts } from '../adapters/actions-artifacts.ts';
import { systemClock } from '../adapters/system-clock.ts';
import { type AppFailure, inputFailure } from '../app/failure.ts';
import type { FinalizedRun } from '../app/finalize-wave.ts';
import { billedJob } from '../app/job-meter.ts';
import { judgeNextWave } from '../app/next-wave.ts';
import type { RunOutcome } from '../app/run-ports.ts';
import { takeInWave } from '../compose/take-in-wave.ts';
import { findWave, ownUploads } from '../compose/wave-artifacts.ts';
import { noCounts } from '../model/events.ts';
import type { Wave } from '../model/wave.ts';
import { billedText } from '../render/shards-text.ts';
import { count } from '../render/style.ts';
import { billOf } from '../run/job-bill.ts';
import type { Annotation } from './annotations.ts';
import { howToGoOn } from './canceled-wave.ts';
import { type Recording, resultOf, summariesOf } from './record.ts';
import { idleResult, type JobResult, refusedResult, withPermissionLines } from './result.ts';
import { withWaveInVain } from './time-over.ts';

/** The last job of a fan-out: takes in what the shards uploaded, in one commit, and starts the next wave. */
export async function performFinalizeStage(recording: Recording): Promise<JobResult> {
  const { job, project, world, settings } = recording;
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
  const { canceled } = inputs;
  const stop = canceled === undefined ? {} : { isCanceled: canceled };
  const source = { wave, uploads, temp: context.temp, ...(around ? { billed: around } : {}), ...stop };
  const taken = await takeInWave(world, settings.planning, source);
  if (!taken.ok) return refusedResult(withPermissionLines(taken.error));
  const { value: runs, after, commit, notes: unread } = taken.value;
  const refusals = runs.flatMap((run) => run.refusals);
  const notes = [...unread, ...refusals.map(({ message, help }) => `${message} ${help}`), ...notesOf(wave, runs)];
  const lost = runs.reduce((sum, { lostShards }) => sum + lostShards.length, 0);
  const bill = billedText(
    wave,
    runs.flatMap(({ billed }) => billed ?? []),
    lost,
  );
  if (bill !== undefined) notes.push(bill);
  const follows = canceled ? { notes: howToGoOn(runs), isInVain: false } : await whatFollows(recording, runs);
  notes.push(...follows.notes);
  for (const note of notes) log.print(note);
  const outcomes = runs.flatMap((run) => outcomeOf(run, after, commit));
  const result = resultOf(recording, outcomes, {
    runs: summariesOf(outcomes, project, world.run.clock.now()),
    notes,
    waiting: [],
    next: [],
  });
  const end = follows.isInVain ? withWaveInVain(result) : result;
  return { ...end, annotations: [...refusals.map(annotationOf), ...end.annotations] };
}

/** What a journal says that its job may not say is looked into by somebody, whatever became of the run. */
function annotationOf({ code, message, help }: AppFailure): Annotation {
  return { level: 'error', title: code, message: `${message} ${help}` };
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

/** Starts the next wave where there is one, or says who takes up what is left. */
async function whatFollows(
  recording: Recording,
  runs: readonly FinalizedRun[],
): Promise<{ readonly notes: readonly string[]; readonly isInVain: boolean }> {
  const said = (...notes: readonly string[]) => ({ notes, isInVain: false });
  const next = await judgeNextWave(recording.world.run, recording.settings, runs);
  // What the wave did is recorded: that nobody can be asked now costs a ring.
  if (!next.ok) return said(`Whether there is more to do is not known (${next.error.message}); the next tick looks.`);
  switch (next.value) {
    case 'more':
      return said(await startNext(recording));
    case 'later':
      return said('Assets ask for what follows by themselves; the next tick makes it.');
    case 'stuck':
      return { notes: [], isInVain: true };
    case 'none':
      return said();
  }
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
