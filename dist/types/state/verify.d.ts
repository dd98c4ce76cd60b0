import type { StateView } from '../model/state.js';
import type { StateProblem } from './codec.js';
export interface Verification {
    /** In the order of files and lines. */
    readonly problems: readonly StateProblem[];
    readonly commits: number;
    readonly events: number;
    /** The view folded from the events alone; undefined when they could not be read. */
    readonly view?: StateView;
}
/** A file that is longer than any of a state may be: it is read like the others, and a server may refuse it. */
export interface LongFile {
    readonly file: string;
    readonly bytes: number;
}
/** The files of a tree that are over 1 MiB, in the order of their paths. */
export declare function longFiles(texts: ReadonlyMap<string, string>): readonly LongFile[];
/**
 * Checks a whole tree against itself: every record decodes and is canonical, commits and streams have no gaps, segments
 * are chained by digest, and snapshot, runs and roll-ups are what the events give. `texts` holds every file.
 */
export declare function verifyState(texts: ReadonlyMap<string, string>, environment: string): Verification;
