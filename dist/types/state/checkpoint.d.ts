import type { StateView } from '../model/state.js';
import type { StateProblem } from './codec.js';
/** `checkpoint/<day>.json`. */
export interface Cut {
    readonly v: number;
    /** The last day whose events were dropped. */
    readonly day: string;
    /** The last commit whose events were dropped. */
    readonly seq: number;
    /** SHA-256 of the last segment that was dropped: the first one that is left continues it. */
    readonly digest: string;
    /** SHA-256 of each file of the checkpoint, by path. */
    readonly files: Readonly<Record<string, string>>;
    /** By month: SHA-256 over the paths and digests of its roll-ups of days up to `day`. */
    readonly rollups: Readonly<Record<string, string>>;
}
/** Where a fold begins: at nothing, or at a checkpoint. */
export interface FoldStart {
    readonly view: StateView;
    /** SHA-256 of the segment before; empty at nothing. */
    readonly digest: string;
}
export interface Checkpoint extends FoldStart {
    readonly cut: Cut;
    /** Sums of months, as the roll-ups of their days give them, where there are any: these days are truth now. */
    readonly months: ReadonlyMap<string, string>;
}
/** Roll-ups of days that no event is left of: what they say is truth. */
export declare function isOldRollup(path: string, cutDay: string | undefined): boolean;
/** SHA-256 of each month's roll-ups of days up to the cut, whatever else the texts are. */
export declare function rollupDigests(texts: ReadonlyMap<string, string>, cutDay: string): Record<string, string>;
/** The files of a checkpoint at a view whose day is closed. `rollups`: digests by month. */
export declare function encodeCheckpoint(view: StateView, cut: Pick<Cut, 'day' | 'digest' | 'rollups'>, isOld: boolean): ReadonlyMap<string, string>;
/** What a cut says; problems where it is damaged. Undefined also where there never was one. */
export declare function readCut(texts: ReadonlyMap<string, string>, problems: StateProblem[]): Cut | undefined;
/**
 * The checkpoint of a tree, or undefined: where there is none, or with problems. `months`: those whose older roll-ups are
 * among the texts and are held against their digest; all of them where it is absent.
 */
export declare function readCheckpoint(texts: ReadonlyMap<string, string>, problems: StateProblem[], months?: ReadonlySet<string>): Checkpoint | undefined;
