import type { StateTreeEntry } from '../ports-state.js';
import type { StateProblem } from './codec.js';
export declare function isHistoryPath(path: string): boolean;
/** A file of `history/`. */
export interface HistoryFile {
    readonly path: string;
    /** End of the chain that keeps its trees. */
    readonly tip: string;
    /** Trees by day, or by month where it is of roll-ups. */
    readonly trees: ReadonlyMap<string, string>;
}
export declare function encodeHistory({ path, tip, trees }: HistoryFile): string;
/** The files of `history/` among these, in the order of their paths; what is wrong goes to `problems`. */
export declare function decodeHistory(texts: ReadonlyMap<string, string>, problems: StateProblem[]): HistoryFile[];
/** Trees that such files name. */
export declare function treesOf(files: readonly HistoryFile[]): string[];
/**
 * The files that a reader finds: those of the tree, and those that left it, unless the tree has a newer one or a retention
 * dropped their events since.
 */
export declare function withOlderDays(own: readonly StateTreeEntry[], older: readonly StateTreeEntry[]): readonly StateTreeEntry[];
/** Files that leave the tree together: of a day, or the roll-ups of a month. */
export interface LeavingFiles {
    /** The file of `history/` that will name their tree, and under what. */
    readonly file: string;
    readonly period: string;
    readonly paths: readonly string[];
}
/**
 * What leaves the tree when a day is closed: events and runs of the days before that one, and roll-ups of months that are
 * summed and of which no report needs a day any more. `closed`: the day that is closed.
 */
export declare function leavingFiles(listing: Iterable<string>, closed: string): LeavingFiles[];
/** Further periods of a file of `history/`, and where its chain ends then. */
export declare function withPeriods(path: string, before: HistoryFile | undefined, added: {
    readonly tip: string;
    readonly trees: ReadonlyMap<string, string>;
}): HistoryFile;
/**
 * What a retention changes where days have left the tree: nothing of them is deleted, their file of `history/` lets them go.
 * Its chain stays as long as it has a day that is kept. `own`: paths of the tree itself.
 */
export declare function dropOlderDays(changed: ReadonlyMap<string, string | null>, by: {
    readonly own: ReadonlySet<string>;
    readonly history: readonly HistoryFile[];
    readonly day: string;
}): ReadonlyMap<string, string | null>;
/** Ends of the chains that a tree needs behind it, once these files of it are changed. */
export declare function tipsOf(history: readonly HistoryFile[], changed: ReadonlyMap<string, string | null>): string[];
/** Where a file is once it has left the tree: in a file of `history/`, and there in a day or month. */
export declare function placeOf(path: string): {
    readonly file: string;
    readonly period: string;
} | undefined;
/**
 * What a repair writes where a file that it changes has left the tree: the whole day, or month, comes back into it as it
 * should be, and leaves again when the next day is closed. `texts`: of all files, those of older days among them.
 */
export declare function mendOlderDays(changed: ReadonlyMap<string, string | null>, by: {
    readonly own: ReadonlySet<string>;
    readonly history: readonly HistoryFile[];
    readonly texts: ReadonlyMap<string, string>;
    /** By file of `history/`: what comes back in any case. */
    readonly back?: ReadonlyMap<string, ReadonlySet<string>>;
}): ReadonlyMap<string, string | null>;
