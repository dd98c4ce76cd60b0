import { base32DigestOf } from '../base/digest.ts';
import { unreachable } from '../base/result.ts';
import { type Timestamp, utcDay } from './instant.ts';
import type { RunRequest } from './plan.ts';

/**
 * What makes two requests the same one (semantics.md 1, Identity): for a schedule its name and tick, whatever job or
 * selection it names by now; for a dispatch the workflow run, whatever the attempt, save one that tries again what had
 * failed; for a push the commit; of several runs that one of them asks for, also which one; for a run of a backfill its group and keys, and where several runs share these its assets; for automation the assets, each with its
 * partitions and the versions of what it reads, or the tick; for a retry its root and number; for the CLI its random bits. The same request delivered again asks for the same run.
 */
export function requestIdentity(request: RunRequest): Readonly<Record<string, string>> {
  switch (request.kind) {
    case 'cli':
      return { kind: 'cli', nonce: request.nonce };
    case 'schedule':
      return {
        kind: 'schedule',
        schedule: request.schedule,
        tick: request.tick,
        ...(request.part === undefined ? {} : { part: String(request.part) }),
      };
    case 'dispatch':
      return {
        kind: 'dispatch',
        workflow: request.workflow,
        ...(request.attempt === undefined ? {} : { attempt: String(request.attempt) }),
        // What is missing is less when the click is run again, so that a number would name other partitions then.
        ...(request.part === undefined ? {} : { part: `${request.selection}\n${request.partitions ?? ''}` }),
      };
    case 'push':
      return {
        kind: 'push',
        commit: request.commit,
        ...(request.part === undefined ? {} : { part: String(request.part) }),
      };
    case 'backfill':
      return {
        kind: 'backfill',
        backfill: request.backfill,
        group: String(request.group),
        partitions: request.partitions ?? '',
        ...(request.share === undefined ? {} : { share: request.share }),
        ...(request.lost === undefined ? {} : { lost: String(request.lost) }),
      };
    case 'automation':
      return {
        kind: 'automation',
        partitions: request.partitions ?? '',
        targets: request.targets
          .map(({ asset, versions, tick, after = '' }) => `${asset} ${tick ?? versions.join(',')} ${after}`)
          .join('\n'),
      };
    case 'retry':
      return { kind: 'retry', root: request.root, number: String(request.number) };
    default:
      return unreachable(request);
  }
}

/** The instant inside a request whose UTC day its run's id begins with. */
export function requestInstant(request: RunRequest): Timestamp {
  switch (request.kind) {
    case 'cli':
    case 'dispatch':
    case 'push':
    case 'backfill':
    case 'automation':
    case 'retry':
      return request.at;
    case 'schedule':
      return request.tick;
    default:
      return unreachable(request);
  }
}

/** A run's id: `YYYYMMDD-` and 16 lower-case base32 characters of SHA-256 over the canonical identity of its request. */
export function runId(request: RunRequest): string {
  const day = utcDay(requestInstant(request)).replaceAll('-', '');
  return `${day}-${requestDigest(request)}`;
}

/** What ids of backfills begin with: `bf-20261122-ptq7w2l5kx`. */
export const BACKFILL_PREFIX = 'bf-';

export function isRunId(text: string): boolean {
  return /^\d{8}-[a-z2-7]{16}$/.test(text);
}

/** One that a click on GitHub asked for has no day. */
export function isBackfillId(text: string): boolean {
  return /^bf-(?:\d{8}-)?[a-z2-7]{10}$/.test(text);
}

/** The part of a run's id that does not depend on the day: the same for every delivery of one request. */
export function requestDigest(request: RunRequest): string {
  return base32DigestOf(requestIdentity(request), 16);
}
