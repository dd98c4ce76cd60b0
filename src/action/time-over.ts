import { type AppFailure, inputFailure } from '../app/failure.ts';
import { formatDuration } from '../time/format.ts';
import type { Recording } from './record.ts';
import { type JobResult, stoppedBy } from './result.ts';

/**
 * The result of a job that left work for others, as its time was over. Where that was before its first step the next job
 * would fare the same, and the one after it: that is a mistake in the workflow, and no wait.
 */
export function withTimeOver({ job: { inputs }, settings }: Recording, result: JobResult): JobResult {
  if (settings.budget?.isInVain !== true) return result;
  const budget = `\`time-budget\` (${formatDuration(inputs.timeBudgetMs)})`;
  return stoppedBy(result, noTime(`No step could be started: ${budget} was over before the job was ready.`));
}

/** The same of a wave whose jobs all were late: this job has a budget of its own. */
export function withWaveInVain(result: JobResult): JobResult {
  const message =
    'No step of this wave could be started: `time-budget` was over before the jobs `execute` were ready. No next wave is started.';
  return stoppedBy(result, noTime(message));
}

function noTime(message: string): AppFailure {
  return inputFailure(
    'time-budget',
    message,
    'Give the step of the Action a longer `time-budget`, and its job `timeout-minutes` that are at least 20 minutes longer. What is to be done waits: the next tick carries it on.',
  );
}
