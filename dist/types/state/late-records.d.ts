import { type RecordOptions } from './late-files.js';
/**
 * The records of files that `encodeRecords` wrote, by path: of many, late ones. What is wrong goes to `problems`, all of it
 * and now.
 */
export declare function readRecords<R extends object>(files: ReadonlyMap<string, string>, options: RecordOptions): Map<string, R>;
/** A copy of records, which must not change any more; late ones are as late in it. */
export declare function copyOfRecords<R extends object>(records: ReadonlyMap<string, R>): Map<string, R>;
/** Whether of these records those are parsed that somebody asks for. */
export declare function areLate(records: ReadonlyMap<string, object>): boolean;
