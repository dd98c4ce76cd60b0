import type { BranchlineEvent } from '../model/events.js';
/** Bytes of events that a file has room for, beside the first lines of a commit and of a segment. */
export declare const LINES_BYTES_MAX: number;
/** What one event may have at the most, in bytes: a run of some hundred thousand steps. */
export declare const EVENT_BYTES_MAX: number;
/** A part of an event that is too long for one line; all of them stand one after the other in one commit. */
export interface EventPart {
    readonly id: string;
    /** From 1. */
    readonly part: number;
    readonly of: number;
    /** Of the event's canonical JSON. */
    readonly text: string;
}
/** The event's line; or several where a file has no room for it as one. Undefined = it is longer than any event may be. */
export declare function eventLines(event: BranchlineEvent): readonly string[] | undefined;
/** True of a text of event lines that may have such parts. */
export declare function mayHaveParts(content: string): boolean;
/** The part that a parsed line has; a text says what is wrong with it; undefined = the line is none. */
export declare function partOf(value: unknown): EventPart | string | undefined;
/** The parts of one event that were read so far. */
export interface OpenEvent {
    readonly id: string;
    readonly of: number;
    readonly texts: readonly string[];
}
/** With one more part: still open, or the whole event's line. Fails with what is wrong where it does not continue. */
export type Joined = {
    readonly kind: 'open';
    readonly event: OpenEvent;
} | {
    readonly kind: 'whole';
    readonly line: string;
} | {
    readonly kind: 'broken';
    readonly message: string;
};
export declare function joinPart(open: OpenEvent | undefined, part: EventPart): Joined;
/** What is wrong where something else follows than the next part. */
export declare function cutMessage({ id, of, texts }: OpenEvent): string;
