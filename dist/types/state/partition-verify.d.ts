import type { StateView } from '../model/state.js';
import type { StateProblem } from './codec.js';
/**
 * Whether the leaves of a tree hold what its events give: every partition in the leaf that it belongs to, equal to the
 * refolded one, and none that no event made. Where a leaf begins depends on when it was split, so bytes are not compared.
 */
export declare function verifyLeaves(texts: ReadonlyMap<string, string>, folded: StateView['partitions']): StateProblem[];
/**
 * The leaves as the events give them, where one is wrong: all are cut anew, since where a leaf begins is known only
 * together with the others. Null takes a file away; empty when nothing is wrong.
 */
export declare function repairLeaves(texts: ReadonlyMap<string, string>, folded: StateView['partitions']): Map<string, string | null>;
