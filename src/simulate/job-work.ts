import type { BackfillOptions } from '../app/ask-backfill.ts';
import { backfillId } from '../app/ask-backfill.ts';
import type { AppFailure } from '../app/failure.ts';
import { cliIdentity, type RunPorts, type RunSettings } from '../app/run.ts';
import { runRequest } from '../app/run-request.ts';
import { startBackfill } from '../app/start-backfill.ts';
import { runTick } from '../app/tick.ts';
import { ok, type Result } from '../base/result.ts';
import type { SimulatedJob } from './simulated-job.ts';

/** What a job is started for. */
export type JobWork =
  | { readonly kind: 'tick' }
  /** Somebody runs some assets. */
  | {
      readonly kind: 'run';
      readonly selection: string;
      readonly partitions?: string;
      readonly withUpstream: boolean;
    }
  /** Somebody starts a backfill, by a click or a command: its job records it and goes through the queue. */
  | { readonly kind: 'backfill'; readonly options: BackfillOptions };

/** Nobody looks on. */
const unseen = { onPlan: () => {}, onEvent: () => {}, onRun: () => {}, onRunEnd: () => {} };

/** Does what a job was started for, by the use cases of the command line and the Action. */
export async function performWork(
  ports: RunPorts,
  settings: RunSettings,
  job: SimulatedJob,
): Promise<Result<undefined, AppFailure>> {
  const { work } = job;
  const nonce = `${job.number}`.padStart(20, '0');
  const tick = () => runTick(ports, settings, { dryRun: false, nowWasGiven: false }, unseen);
  switch (work.kind) {
    case 'tick': {
      const ticked = await tick();
      return ticked.ok ? ok(undefined) : ticked;
    }
    case 'run': {
      const { selection, partitions, withUpstream } = work;
      const request = {
        kind: 'cli' as const,
        ...cliIdentity(job.askedAt, nonce),
        selection,
        mode: 'all' as const,
        withUpstream,
        ignoreBlocking: false,
        ...(partitions === undefined ? {} : { partitions }),
      };
      const ran = await runRequest(ports, settings, request, unseen);
      return ran.ok ? ok(undefined) : ran;
    }
    case 'backfill': {
      const id = backfillId({ nonce }, job.askedAt);
      const started = await startBackfill(ports, settings, { id, options: work.options });
      if (!started.ok) return started;
      const ticked = await tick();
      return ticked.ok ? ok(undefined) : ticked;
    }
  }
}
