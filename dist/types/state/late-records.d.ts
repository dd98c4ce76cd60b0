import type { StateProblem } from './codec.js';
import type { Check } from './shape.js';
export interface RecordOptions {
    readonly field: string;
    readonly shape: Check;
    readonly problems: StateProblem[];
    /** Bytes of all files from which on records are late: to make ready what finds them costs more than to parse few. */
    readonly lateFrom?: number;
}
/**
 * The records of files that `encodeRecords` wrote, by path: of many, late ones. What is wrong goes to `problems`, all of it
 * and now.
 */
export declare function readRecords<R extends object>(files: ReadonlyMap<string, string>, options: RecordOptions): Map<string, R>;
/** A copy of records, which must not change any more; late ones are as late in it. */
export declare function copyOfRecords<R extends object>(records: ReadonlyMap<string, R>): Map<string, R>;
