import { type Timestamp } from './instant.js';
import type { RunRequest } from './plan.js';
/**
 * What makes two requests the same one (semantics.md 1, Identity): for a schedule its name and tick, whatever job or
 * selection it names by now; for a dispatch the workflow run, whatever the attempt, save one that tries again what had
 * failed; for a push the commit; of several runs that one of them asks for, also which one; for a run of a backfill its group and keys, and where several runs share these its assets; for automation the assets, each with its
 * partitions and the versions of what it reads, or the tick; for a retry its root and number; for the CLI its random bits. The same request delivered again asks for the same run.
 */
export declare function requestIdentity(request: RunRequest): Readonly<Record<string, string>>;
/** The instant inside a request whose UTC day its run's id begins with. */
export declare function requestInstant(request: RunRequest): Timestamp;
/** A run's id: `YYYYMMDD-` and 16 lower-case base32 characters of SHA-256 over the canonical identity of its request. */
export declare function runId(request: RunRequest): string;
/** What ids of backfills begin with: `bf-20261122-ptq7w2l5kx`. */
export declare const BACKFILL_PREFIX = "bf-";
export declare function isRunId(text: string): boolean;
/** One that a click on GitHub asked for has no day. */
export declare function isBackfillId(text: string): boolean;
/** The part of a run's id that does not depend on the day: the same for every delivery of one request. */
export declare function requestDigest(request: RunRequest): string;
