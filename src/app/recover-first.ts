import { ok, type Result } from '../base/result.ts';
import type { RetryDecision } from '../model/events.ts';
import type { AppFailure } from './failure.ts';
import { recover } from './recover.ts';
import type { RunPorts } from './run-ports.ts';

/** Takes in what dead processes left, and says so. */
export async function recoverFirst(ports: RunPorts): Promise<Result<void, AppFailure>> {
  const recovered = await recover(ports.session, {
    journals: ports.journals,
    holders: ports.holders,
    operations: ports.operations,
    writer: ports.writer,
    warn: ports.warn,
    pages: ports.pages,
    endLeftovers: ports.endLeftovers,
    ...(ports.takeInLost ? { takeInLost: ports.takeInLost } : {}),
    ...(ports.waitingRuns ? { waitingRuns: ports.waitingRuns } : {}),
  });
  if (!recovered.ok) return recovered;
  for (const run of recovered.value.resumedRuns)
    ports.warn(`The runner of run ${run} was lost. What it had finished is kept; it goes on from there.`);
  const { retries } = recovered.value;
  for (const [run, failure] of recovered.value.overdueRuns)
    ports.warn(
      failure === undefined
        ? `Run ${run} did not stop in time: it is canceled, whatever its runner still does.`
        : `Run ${run} failed: ${failure.message}${againText(retries.get(run), '')}.`,
    );
  for (const run of recovered.value.lostRuns) {
    const again = againText(retries.get(run), '; the rest is made again');
    ports.warn(`Run ${run} was cut off before. What it had finished is kept${again}.`);
  }
  return ok(undefined);
}

function againText(decided: RetryDecision | undefined, otherwise: string): string {
  if (decided === undefined) return otherwise;
  return `; ${decided.message}${decided.decision === 'retry' ? ', and waits in the queue' : ''}`;
}
