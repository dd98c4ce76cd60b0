import type { BackfillOptions } from '../app/ask-backfill.ts';
import { backfillId } from '../app/ask-backfill.ts';
import type { AppFailure } from '../app/failure.ts';
import { nothingOf } from '../app/partition-runs.ts';
import { requestsOf } from '../app/request-parts.ts';
import type { RunPorts, RunSettings } from '../app/run-ports.ts';
import { runRequests } from '../app/run-request.ts';
import { startBackfill } from '../app/start-backfill.ts';
import { runTick } from '../app/tick.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { BranchlineEvent } from '../model/events.ts';
import { timestamp } from '../model/instant.ts';
import type { Wave } from '../model/wave.ts';
import { type SimulatedJob, workflowName } from './simulated-job.ts';

/** What a job is started for: by the world outside, or by its workflow run for the others of it. */
export type JobWork =
  | StartedWork
  | { readonly kind: 'execute'; readonly of: SimulatedWorkflow; readonly shard: string; readonly machine: string }
  | { readonly kind: 'finalize'; readonly of: SimulatedWorkflow };

/** A workflow run whose jobs share its work out, with what they uploaded for each other. */
export interface SimulatedWorkflow {
  /** That of its first job. */
  readonly number: number;
  /** Absent until the first job has uploaded it, and when it has been taken in. */
  wave?: Wave | undefined;
  /** By shard: all that it had recorded when it uploaded last. */
  readonly journals: Map<string, readonly BranchlineEvent[]>;
  /** Jobs of the matrix, by shard. */
  readonly jobs: Map<string, Pick<SimulatedJob, 'askedAt' | 'startedAt'>>;
  /** Jobs of the matrix that are not over. */
  open: number;
  isOver: boolean;
  /** Its last job found that more is to do. */
  isMore: boolean;
}

/** What the world outside starts a job for. */
export type StartedWork =
  /** `after`: the workflow run that found that more is to do; absent = it was rung for. */
  | { readonly kind: 'tick'; readonly after?: number }
  /** Somebody runs some assets by a click, in as many runs as their partitions and policies ask for. */
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
  work: StartedWork,
): Promise<Result<undefined, AppFailure>> {
  const tick = () => runTick(ports, settings, { dryRun: false, nowWasGiven: false }, unseen);
  switch (work.kind) {
    case 'tick': {
      const ticked = await tick();
      return ticked.ok ? ok(undefined) : ticked;
    }
    case 'run':
      return performRun(ports, settings, job, work);
    case 'backfill': {
      const id = backfillId({ nonce: `${job.number}`.padStart(20, '0') }, job.askedAt);
      const started = await startBackfill(ports, settings, { id, options: work.options });
      if (!started.ok) return started;
      const ticked = await tick();
      return ticked.ok ? ok(undefined) : ticked;
    }
  }
}

async function performRun(
  ports: RunPorts,
  settings: RunSettings,
  job: SimulatedJob,
  { selection, partitions, withUpstream }: Extract<StartedWork, { readonly kind: 'run' }>,
): Promise<Result<undefined, AppFailure>> {
  const request = {
    kind: 'dispatch' as const,
    workflow: workflowName(job.number),
    at: timestamp(job.askedAt),
    selection,
    mode: 'all' as const,
    withUpstream,
    ignoreBlocking: false,
    ...(partitions === undefined ? {} : { partitions }),
  };
  const requests = await requestsOf(ports, settings, request);
  if (!requests.ok) return requests;
  for (const note of requests.value.notes) ports.warn(note);
  if (requests.value.requests.length === 0) {
    ports.warn(nothingOf(request));
    return ok(undefined);
  }
  const ran = await runRequests(ports, settings, requests.value.requests, unseen);
  if (!ran.ok) return ran;
  const { runs, failures } = ran.value;
  if (failures[0] !== undefined && runs.length === 0) return fail(failures[0]);
  // Of several one may not be planned: the others go on.
  for (const { message } of failures) ports.warn(message);
  return ok(undefined);
}
