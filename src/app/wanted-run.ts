import { type EpochMs, epochMs, timestamp } from '../model/instant.ts';
import type { Plan, RunRequest } from '../model/plan.ts';
import type { ClaimInput } from './claim-run.ts';
import { partitionedAssets } from './planning.ts';
import type { RunPorts, RunSettings } from './run-ports.ts';
import type { StateAt } from './state-reading.ts';

/** A run that a command or the queue asks for. */
export interface WantedRun {
  readonly request: RunRequest;
  readonly tags: Readonly<Record<string, string>>;
  readonly expected?: Plan;
  /** Of the workflow run that delivers the request, from 1. */
  readonly attempt?: number;
}

/** From now on transactions read what is known of the partitions that this request looks at. */
export function watchPartitions(
  ports: Pick<RunPorts, 'partitions'>,
  settings: Pick<RunSettings, 'planning'>,
  request: RunRequest,
): void {
  for (const asset of partitionedAssets(settings.planning, request)) ports.partitions.add(asset);
}

/** What planning and claiming such a run on this state takes. */
export function claimInput(ports: RunPorts, settings: RunSettings, wanted: WantedRun, state: StateAt): ClaimInput {
  return {
    planning: settings.planning,
    view: state.read.view,
    now: state.now,
    ownNow: ports.clock.now(),
    environment: settings.environment,
    request: wanted.request,
    tags: wanted.tags,
    holder: ports.holders.self,
    writer: ports.writer,
    maxParallel: settings.maxParallel,
    ...(settings.codeCommit === undefined ? {} : { codeCommit: settings.codeCommit }),
    ...(wanted.expected === undefined ? {} : { expected: wanted.expected }),
    ...(wanted.attempt === undefined ? {} : { attempt: wanted.attempt }),
    findLost: ports.findLost,
    ...(ports.changedFiles ? { changedFiles: ports.changedFiles } : {}),
    keptFile: ports.keptFile,
    prepareEngines: ports.prepareEngines,
    ...(ports.meter ? { meter: ports.meter } : {}),
  };
}

/** The request of a command line has its own instant; its identity needs nothing else. */
export function cliIdentity(now: EpochMs, nonce: string): { readonly nonce: string; readonly at: string } {
  return { nonce, at: timestamp(epochMs(timestamp(now))) };
}
