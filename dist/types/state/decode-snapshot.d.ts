import { type Result } from '../base/result.js';
import type { RollupCell, StateView } from '../model/state.js';
import type { StateProblem } from './codec.js';
/** A view as it was folded, with what the files say beside it. */
export interface DecodedSnapshot {
    readonly view: StateView;
    readonly digest: string;
    readonly shards: number;
    /** Numbers of streams that files have; those that were read. */
    readonly filed: ReadonlyMap<string, number>;
}
/**
 * Reads the files of a snapshot, with as many roll-ups, run files and files of streams as are given: cells of those days,
 * ended runs and numbers come with the view. All problems of all files.
 */
export declare function decodeSnapshot(files: ReadonlyMap<string, string>): Result<DecodedSnapshot, readonly StateProblem[]>;
/** The cells that these files have. `placeOf`: which has that of a scope. */
export declare function decodeCells(files: ReadonlyMap<string, string>, problems: StateProblem[], placeOf?: (scope: string) => string): Map<string, RollupCell>;
