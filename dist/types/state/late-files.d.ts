import { type LateText } from '../base/late-texts.js';
import type { StateProblem } from './codec.js';
import type { Check } from './shape.js';
/** A file: a text, or one that is late. */
type Source = string | LateText;
/** A record that stands in its file until somebody asks for it. */
export declare class LateRecord {
    private readonly source;
    private readonly from;
    private readonly to;
    private value;
    constructor(source: Source, from: number, to: number);
    read(): unknown;
}
export interface RecordOptions {
    readonly field: string;
    readonly shape: Check;
    readonly problems: StateProblem[];
    /** The file in which the record with a key is written; undefined where that is not known. */
    readonly placeOf?: (key: string) => string | undefined;
    /** Bytes of all files from which on records are late: to make ready what finds them costs more than to parse few. */
    readonly lateFrom?: number;
}
/**
 * The records of many files, of which each has the right form. What they are called is looked up when somebody asks for
 * more than the one or other by its name: that one is found in its file.
 */
export declare class LateFiles<R extends object> implements ReadonlyMap<string, R | LateRecord> {
    #private;
    /** What is wrong with the files goes to the problems of the options, all of it and now. */
    constructor(files: ReadonlyMap<string, string>, options: RecordOptions);
    get(key: string): R | LateRecord | undefined;
    has(key: string): boolean;
    get size(): number;
    entries(): MapIterator<[string, R | LateRecord]>;
    keys(): MapIterator<string>;
    values(): MapIterator<R | LateRecord>;
    [Symbol.iterator](): MapIterator<[string, R | LateRecord]>;
    forEach(each: (record: R | LateRecord, key: string, map: ReadonlyMap<string, R | LateRecord>) => void): void;
}
export {};
