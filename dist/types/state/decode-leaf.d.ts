import type { StateProblem } from './codec.js';
import { PartitionLeaf } from './partition-leaf.js';
/** Reads a leaf; what is wrong goes to `problems`. */
export declare function decodeLeaf(path: string, content: string, problems: StateProblem[]): PartitionLeaf | undefined;
