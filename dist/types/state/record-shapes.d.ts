import type { BackfillRecord, ConnectionRecord, RunRecord, ScheduleRecord, StateView } from '../model/state.js';
import { type Check } from './shape.js';
export declare const assetShape: Check;
/** The steps of a run: most of what there is of a long one. */
export declare const runSteps: Check;
export declare const runShape: Check;
export declare const cellShape: Check;
type ClaimRecord = StateView['claims'] extends ReadonlyMap<string, infer R> ? R : never;
/** What `snapshot/index.json` holds. */
export interface SnapshotIndex {
    readonly v: 1;
    readonly environment: string;
    /** The last commit that is folded in. */
    readonly seq: number;
    readonly at: string;
    /** SHA-256 of the last segment that is folded in, hex. */
    readonly digest: string;
    /** Shards of the snapshot: a power of two. */
    readonly shards: number;
    readonly openRuns: Readonly<Record<string, RunRecord>>;
    readonly claims: Readonly<Record<string, ClaimRecord>>;
    readonly schedules: Readonly<Record<string, ScheduleRecord>>;
    /** Absent when there are none. */
    readonly connections?: Readonly<Record<string, ConnectionRecord>>;
    /** Last number of each stream, under the day on which it last grew. */
    readonly streams: Readonly<Record<string, Readonly<Record<string, number>>>>;
    readonly writers: Readonly<Record<string, {
        readonly tx: number;
        readonly at: string;
    }>>;
    readonly backfills?: Readonly<Record<string, BackfillRecord>>;
    /** Keys of dynamic definitions, by name. */
    readonly dynamicKeys?: Readonly<Record<string, readonly string[]>>;
    readonly codeCommit?: {
        readonly commit: string;
        readonly at: string;
    };
}
export declare const indexShape: Check;
export {};
