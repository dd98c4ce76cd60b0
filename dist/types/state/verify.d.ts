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
/**
 * Checks a whole tree against itself: every record decodes and is canonical, commits and streams have no gaps, segments
 * are chained by digest, and snapshot, runs and roll-ups are what the events give. `texts` holds every file.
 */
export declare function verifyState(texts: ReadonlyMap<string, string>, environment: string): Verification;
