import { type Result } from '../base/result.js';
import type { BranchlineEvent, EventDraft } from '../model/events.js';
/** The newest version of an event. */
export declare const EVENT_VERSION = 2;
/** What is wrong with a file of the state branch. Lines count from 1; 0 = the file as a whole. */
export interface StateProblem {
    /**
     * `newer`: written by a newer Branchline, upgrade to read it. `newer-format`: so is the whole branch. `broken`: damage
     * or a wrong edit. `missing`: a file that must be there is not. `gap`: events of a stream are missing. `too-long`: of
     * what is to be written, not of what is there: an event is longer than any may be. `unread-streams`: no problem of the
     * state, but of a reader that has not read the files of older streams.
     */
    readonly code: 'newer' | 'newer-format' | 'broken' | 'missing' | 'gap' | 'too-long' | 'unread-streams';
    readonly file: string;
    readonly line: number;
    readonly message: string;
}
/**
 * Rewrites a record of an older version as the next one; `type` is the event type. A new version adds one function
 * here: the reader applies them in turn, from the record's version up to the newest.
 */
export type Upcast = (record: Record<string, unknown>) => Record<string, unknown>;
export interface EventVersions {
    readonly newest: number;
    /** By event type, then by the version that is rewritten. */
    readonly upcasts: ReadonlyMap<string, ReadonlyMap<number, Upcast>>;
}
/** One line without its line end: canonical JSON. */
export declare function encodeEvent(event: BranchlineEvent): string;
/** Reads one line. `broken` or `newer` names file, line and field. */
export declare function decodeEvent(line: string, file: string, lineNumber: number): Result<BranchlineEvent, StateProblem>;
/** Checks a parsed line; `versions` is for tests of upcasting. */
export declare function decodeEventValue(value: unknown, file: string, line: number, versions?: EventVersions): Result<BranchlineEvent, StateProblem>;
export declare function parseJson(line: string, file: string, lineNumber: number): Result<unknown, StateProblem>;
/** Stream and number of an event id `<stream>#<n>`; undefined when it is none. */
export declare function splitEventId(id: string): {
    readonly stream: string;
    readonly n: number;
} | undefined;
/** Stream of the events of a run at an epoch. */
export declare function runStream(run: string, epoch: number): string;
/** Gives drafts their ids: the stream's numbers after `last`. */
export declare function numberEvents(stream: string, last: number, drafts: readonly EventDraft[]): BranchlineEvent[];
