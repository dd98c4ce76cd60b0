import type { RunRecord } from '../model/state.js';
import type { StateProblem } from './codec.js';
import { type Check } from './shape.js';
/** Version of the records in the snapshot, the roll-ups and the runs. */
export declare const RECORD_VERSION = 1;
/** `"key":{…}`: a record as a line of `joinRecords`. */
export declare function encodeRecord(key: string, record: unknown): string;
/** `{"v":1,"<field>":{` and one record a line: a change of one record changes one line. `lines` are in order. */
export declare function joinRecords(field: string, lines: readonly string[]): string;
export declare function encodeRecords(field: string, records: Iterable<readonly [string, unknown]>): string;
/** The records of a file that `encodeRecords` wrote; what is wrong goes to `problems`. */
export declare function decodeRecords(file: string, content: string, options: {
    readonly field: string;
    readonly shape: Check;
    readonly problems: StateProblem[];
}): [string, unknown][];
/** One object of a known version (up to `newest`), or undefined and a problem. */
export declare function parseFile(file: string, content: string, problems: StateProblem[], { line, newest }?: {
    readonly line?: number;
    readonly newest?: number;
}): Record<string, unknown> | undefined;
/** One line: a run, cut where it would not fit a file. */
export declare function encodeRun(record: RunRecord): string;
/** A run as `encodeRun` wrote it; what is wrong with it goes to `problems`. The steps of a long one are parsed when somebody asks. */
export declare function decodeRun(content: string, file: string, line: number, problems: StateProblem[]): RunRecord | undefined;
