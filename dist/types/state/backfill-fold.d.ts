import type { BackfillCancelRequested, BackfillEnded, BackfillRequested, RunEnded } from '../model/events.js';
import { type BackfillChunkRequest, type RunRequest } from '../model/plan.js';
import type { BackfillRecord, RunStepRecord } from '../model/state.js';
/** A run whose runner is lost so often is not asked for again: it may be what kills them. */
export declare const LOST_MAX = 3;
/** Backfills that are over and still told of. */
export declare const ENDED_BACKFILLS_KEPT = 50;
type Backfills = Map<string, BackfillRecord>;
export declare function isBackfillOver({ state }: Pick<BackfillRecord, 'state'>): boolean;
/** The part of a backfill that a request asks for, or tries again; undefined = it is none of a backfill. */
export declare function backfillChunk(request: RunRequest): BackfillChunkRequest | undefined;
/** Under what it is counted how often the runner of a run was lost: runs that share keys have each their own. */
export declare function lostPlace({ place, share }: Pick<BackfillChunkRequest, 'place' | 'share'>): string;
export declare function applyBackfillEvent(backfills: Backfills, event: BackfillRequested | BackfillCancelRequested | BackfillEnded): void;
/** A run of a backfill was asked for. */
export declare function addBackfillRun(backfills: Backfills, request: RunRequest): void;
/** How a run ended. */
type RunEnding = Pick<RunEnded, 'state' | 'failure'>;
/** A run of a backfill ended: what became of each of its keys. */
export declare function addBackfillResults(backfills: Backfills, request: RunRequest, steps: readonly RunStepRecord[], end: RunEnding): void;
export {};
