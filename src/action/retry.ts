import type { AppFailure } from '../app/failure.ts';
import { type ManualRetry, manualRetry } from '../app/retry-command.ts';
import { readState } from '../app/state-reading.ts';
import type { Result } from '../base/result.ts';
import { timestamp } from '../model/instant.ts';
import type { Intent } from './intent.ts';
import type { Recording } from './record.ts';
import { performRequests } from './requests.ts';
import { idleResult, type JobResult, refusedResult, withPermissionLines } from './result.ts';

/** When the workflow run was created; where GitHub does not tell, when this job began. */
export interface Created {
  readonly at: number;
  readonly isKnown: boolean;
}

type RetryIntent = Extract<Intent, { kind: 'retry' }>;

/** A click that tries a failed run again, with the code that is checked out. The same click asks once, whatever its attempt. */
export async function performRetry(recording: Recording, intent: RetryIntent, created: Created): Promise<JobResult> {
  const { job } = recording;
  const retry = await retryIn(recording, intent, created);
  if (!retry.ok) return refusedResult(withPermissionLines(retry.error));
  const { request, tags } = retry.value;
  if (job.inputs.dryRun) {
    job.log.print(wouldRetry(retry.value));
    return idleResult(wouldRetry(retry.value));
  }
  return performRequests(recording, [request], { tags });
}

/** What the click asks for; its instant is that of the workflow run, so that another attempt of it asks for the same. */
export async function retryIn(
  { world, project, job: { context } }: Recording,
  { run, strategy }: RetryIntent,
  { at, isKnown }: Created,
): Promise<Result<ManualRetry, AppFailure>> {
  const state = await readState(world.state, undefined, { olderStreams: true });
  if (!state.ok) return state;
  return manualRetry(world.store, state.value, run, {
    retries: project.operations.retries,
    ...(strategy === undefined ? {} : { strategy }),
    at: timestamp(at),
    click: { workflow: context.workflow, isUndated: context.attempt > 1 && !isKnown },
  });
}

export function wouldRetry({ request }: ManualRetry): string {
  const how = request.strategy === 'ALL_STEPS' ? 'all steps' : 'from the failure';
  return `Would try run ${request.of} again (${how}). Nothing was run.`;
}
