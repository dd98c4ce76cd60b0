/**
 * Versions of the branch's layout, in `format.json`. Each is one more where events were dropped (`state.retention`): a
 * reader that knows only the first of two would take them for lost.
 */
export type Layout = 1 | 3 | 5;
/** What is written: files of older days leave the tree (`history/`). */
export declare const FORMAT: Layout;
/** The layout before: every day is in the tree. It is read, and left by the next fold, as the one before it. */
export declare const WHOLE_FORMAT: Layout;
/** The first: `runs/recent/`, and all streams in the index. */
export declare const OLD_FORMAT: Layout;
/** The newest that this Branchline reads. */
export declare const FORMAT_MAX: number;
export declare function isCutFormat(format: number | undefined): boolean;
/** The layout of a version, with or without dropped events; of none, or of one that is broken: that of today. */
export declare function layoutOf(format: number | undefined): Layout;
/** The version of a layout where events were dropped, or were not. */
export declare function formatFor({ isCut, layout }: {
    readonly isCut: boolean;
    readonly layout: Layout;
}): number;
export declare const FORMAT_PATH = "format.json";
/** Pages of assets, groups and selections: most paths of a large state, and no reader asks for one. */
export declare const HEALTH_FOLDER = "health/";
export declare function withoutPages(listing: readonly string[]): string[];
export declare const INDEX_PATH = "snapshot/index.json";
/** Limits of the layout, in UTF-8 bytes where not said otherwise. */
export declare const RECENT_FILES_MAX = 32;
export declare const RECENT_BYTES_MAX: number;
export declare const FILE_BYTES_MAX: number;
/** A snapshot of this size or more lets the most wait: nobody need count on. */
export declare const SNAPSHOT_BYTES_COUNTED: number;
export declare const SHARD_BYTES_MAX: number;
export declare const SHARDS_MAX = 4096;
/** A commit's number as it stands in paths: zero-padded, so that text order is order. */
export declare function seqText(seq: number): string;
export interface RecentName {
    readonly path: string;
    readonly seq: number;
    readonly writer: string;
    readonly tx: number;
    /** From 1; undefined when the commit's events are one file. All parts but the last carry a number. */
    readonly part?: number;
}
/** Path of a commit's events. `writer` is escaped, so it may hold any text. */
export declare function recentPath(seq: number, writer: string, tx: number, part?: number): string;
/** Reads a path of `recent/`; `writer` is the escaped name. Undefined when it is none. */
export declare function parseRecentPath(path: string): RecentName | undefined;
/** True when the path is the last file of that writer's transaction: it landed. */
export declare function isRecentOf(path: string, writer: string, tx: number): boolean;
export interface SegmentName {
    readonly path: string;
    readonly day: string;
    readonly first: number;
    readonly last: number;
    readonly part?: number;
}
/** Path of a sealed segment; `part` numbers the segments of one commit that is too long for one. */
export declare function segmentPath(day: string, first: number, last: number, part?: number): string;
export declare function parseSegmentPath(path: string): SegmentName | undefined;
/**
 * Segments with commits after this number. Those before are told by one number in their paths: a branch of years has
 * thousands of them, and each wake-up asks several times.
 */
export declare function segmentsAfter(listing: Iterable<string>, seq: number): SegmentName[];
/** Order of events: by commit, then part; a commit's last file, which has no part, comes after its parts. */
export declare function compareSegments(a: SegmentName, b: SegmentName): number;
export declare function compareRecent(a: RecentName, b: RecentName): number;
/** Which of `count` shards (a power of two up to 4,096) an asset is in: the first bits of its name's digest. */
export declare function shardOf(asset: string, count: number): number;
export declare function shardName(shard: number): string;
export declare function shardPath(shard: number): string;
/** A marker whose name says which commit is the last one folded in: what to load follows from the listing. */
export declare function foldedPath(seq: number): string;
export declare function parseFoldedPath(path: string): number | undefined;
/** Says that history was begun anew after that commit, and which archive has what was before. */
export declare function compactedPath(seq: number): string;
/** The newest commit of the archive before this history; 0 when it was never begun anew. */
export declare function compactedSeq(listing: Iterable<string>): number;
/** Folder of the view at which the events that are left begin; absent when none were ever dropped. */
export declare const CHECKPOINT_FOLDER = "checkpoint/";
/** What the checkpoint says of itself, under the last day whose events were dropped. */
export declare function cutPath(day: string): string;
/** The last day whose events were dropped, as the listing alone tells. */
export declare function cutDayOf(listing: Iterable<string>): string | undefined;
/** Last numbers of streams that left the index when that day was closed; parts count from 1, which has no number. */
export declare function streamsPath(day: string, part: number): string;
/** The day that was closed. */
export declare function parseStreamsPath(path: string): string | undefined;
/** An ended run of an open day, in the layout before. */
export declare function recentRunPath(run: string): string;
/** Ended runs of a day; parts count from 1. */
export declare function dayRunsPath(day: string, part: number): string;
export declare function parseDayRunsPath(path: string): {
    readonly day: string;
    readonly part: number;
} | undefined;
/** Sums of a day or month; without a shard those of the project and its groups, with one those of assets. */
export declare function dayRollupPath(day: string, shard?: number): string;
export declare function monthRollupPath(month: string, shard?: number): string;
export declare const CLOSED_DAYS_FOLDER = "closed-days/";
/** Sums of the closed days before `day` that a report compares; parts count from 1, which has no number. */
export declare function closedDaysPath(day: string, part: number): string;
/** The day before which these were. */
export declare function parseClosedDaysPath(path: string): string | undefined;
/** Sums of a week that an older Branchline wrote. Nobody reads them any more. */
export declare const WEEKS_FOLDER = "weeks/";
/** Says where files are that left the tree. */
export declare const HISTORY_FOLDER = "history/";
/** Roll-ups that left the tree, by month. They are kept for good, events are not: so theirs is a chain of its own. */
export declare const SUMS_PATH = "history/sums.json";
/** Events and runs that left the tree, of the days of a month. */
export declare function historyPath(month: string): string;
export interface RollupName {
    readonly kind: 'day' | 'month';
    /** `2026-11-22` or `2026-11`. */
    readonly period: string;
    readonly shard?: number;
}
export declare function parseRollupPath(path: string): RollupName | undefined;
export declare function dayFolder(day: string): string;
/**
 * A name of the user's as one path segment that every file system and every link bears: `[a-z0-9_-]` stays, `/` becomes
 * `.`, any other byte `%XX`; over 120 bytes, the first 100 and 16 hex digits of the name's digest; a name that Windows or
 * this layout keeps for itself gets `_` in front. Names that differ give segments that differ.
 */
export declare function escapeName(name: string): string;
/** Length of a text in UTF-8. */
export declare function utf8Bytes(text: string): number;
/**
 * How many bytes of segments may wait for a fold: every reader reads them all, and a fold writes the snapshot anew. Half of
 * the snapshot's size keeps both small; a large project folds at 1 MiB, so that a run of thousands of steps does not write
 * all records with each of its commits. It is the writer's choice: no reader depends on it.
 */
export declare function unfoldedBytesMax(snapshotBytes: number): number;
