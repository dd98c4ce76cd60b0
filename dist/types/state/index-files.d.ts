import type { StateProblem } from './codec.js';
import { type SnapshotIndex } from './record-shapes.js';
/**
 * The files of an index: every member on its own line, so that a change of one thing changes few lines. Where that is
 * longer than a file may be, the longest members (a run of many thousand steps, its claim) are in files of their own.
 */
export declare function encodeIndex(index: SnapshotIndex): Map<string, string>;
/** The index among the files of a snapshot; what is wrong with it goes to `problems`. */
export declare function decodeIndex(files: ReadonlyMap<string, string>, problems: StateProblem[]): SnapshotIndex | undefined;
