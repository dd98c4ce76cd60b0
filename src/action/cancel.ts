import { cancelRuns } from '../app/cancel.ts';
import { canceledText } from '../app/run-message.ts';
import { type Recording, resultOf } from './record.ts';
import { type JobResult, refusedResult, withPermissionLines } from './result.ts';

/** A click that cancels: what waits is over, and who carries out the rest stops it within a minute. */
export async function performCancel(recording: Recording, what: string): Promise<JobResult> {
  const { job, world, settings } = recording;
  const { dryRun, reason = 'by hand' } = job.inputs;
  const canceled = await cancelRuns(world.run, settings.planning, what, { reason, dryRun });
  if (!canceled.ok) return refusedResult(withPermissionLines(canceled.error));
  const { runs, commit } = canceled.value;
  const notes = dryRun
    ? [...runs.map(({ run }) => `Would cancel run ${run}.`), 'Nothing was canceled.']
    : runs.map(canceledText);
  if (!dryRun && runs.length === 0) notes.push('No run of it was open: nothing more is asked for.');
  for (const note of notes) job.log.print(note);
  const result = resultOf(recording, [], { runs: [], notes, waiting: [], next: [] });
  if (commit === undefined) return result;
  return {
    ...result,
    status: 'success',
    outputs: { ...result.outputs, 'has-work': 'true', 'state-commit': commit },
  };
}
