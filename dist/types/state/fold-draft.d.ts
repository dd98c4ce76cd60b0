import type { BranchlineEvent } from '../model/events.js';
import { type Timestamp } from '../model/instant.js';
import type { AssetRecord, BackfillRecord, PartitionRecord, RunRecord, StateView, Turn } from '../model/state.js';
import { type RunDraft } from '../run/evolve.js';
import { type CellDraft } from './rollup.js';
/** How long the last number of an ended stream is kept, in days. */
export declare const STREAM_DAYS_KEPT = 30;
/** How long a writer's last transaction is kept, in milliseconds. */
export declare const WRITER_KEPT_MS = 86400000;
type Mutable<T> = T extends ReadonlyMap<infer K, infer V> ? Map<K, V> : T;
/** An open run that is being changed. */
export interface OpenRun {
    readonly draft: RunDraft;
    /** Assets that its start named. */
    readonly named: Set<string>;
}
/** A view that is being changed: the maps are our own copies, records are replaced, never edited. */
export interface FoldDraft {
    readonly base: StateView;
    seq: number;
    at: Timestamp | undefined;
    day: string;
    readonly assets: Mutable<StateView['assets']>;
    /** Partitions that were touched here, by asset and key. */
    readonly partitions: Map<string, Map<string, PartitionRecord>>;
    readonly dynamicKeys: Map<string, readonly string[]>;
    readonly openRuns: Mutable<StateView['openRuns']>;
    /** Open runs that were touched. */
    readonly changed: Map<string, OpenRun>;
    readonly endedRuns: Mutable<StateView['endedRuns']>;
    readonly claims: Mutable<StateView['claims']>;
    readonly schedules: Mutable<StateView['schedules']>;
    readonly connections: Mutable<StateView['connections']>;
    readonly backfills: Map<string, BackfillRecord>;
    readonly streams: Map<string, number>;
    readonly streamDays: Map<string, string>;
    readonly writers: Mutable<StateView['writers']>;
    /** Cells that were touched, by day and scope. */
    readonly cells: Map<string, Map<string, CellDraft>>;
    codeCommit: StateView['codeCommit'];
}
export declare function openDraft(view: StateView): FoldDraft;
export declare function closeDraft(draft: FoldDraft): StateView;
/** Joins what an event says of a partition to what is known of it here. */
export declare function addToPartition(draft: FoldDraft, asset: string, key: string, said: PartitionRecord): void;
/** Moves the instant on; on a new day forgets writers and streams that nobody can ask for any more. */
export declare function advanceTo(draft: FoldDraft, at: Timestamp): void;
export declare function openRun(draft: FoldDraft, run: string): OpenRun | undefined;
/**
 * A run that ended on the day that is open. Runs of closed days are never asked: whether they are in memory must make no
 * difference.
 */
export declare function endedToday(draft: FoldDraft, run: string): RunRecord | undefined;
export declare function assetOf(draft: FoldDraft, asset: string): AssetRecord;
/** Whose turn an event about an asset was (see `Turn`). A run that did not name the asset at its start takes its turn now. */
export declare function takeTurn(draft: FoldDraft, asset: string, event: BranchlineEvent, isLate: boolean): Turn;
/** Adds to the sums of the open day: of the project, of the asset and of its group. */
export declare function addToCells(draft: FoldDraft, scopes: Iterable<string>, add: (cell: CellDraft) => void): void;
export declare function groupOf(draft: FoldDraft, asset: string, run: string | undefined): string | undefined;
export declare function scopesOf(draft: FoldDraft, asset: string, run: string | undefined): string[];
export {};
