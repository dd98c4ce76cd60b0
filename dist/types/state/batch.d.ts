import { type Result } from '../base/result.js';
import type { BranchlineEvent } from '../model/events.js';
import type { Timestamp } from '../model/instant.js';
import { type StateProblem } from './codec.js';
import { type EventPart } from './long-events.js';
/** What one commit added: the unit that a fold takes in. */
export interface Batch {
    /** Number of the commit; head's + 1. */
    readonly seq: number;
    readonly writer: string;
    /** The writer's transaction, from 1. */
    readonly tx: number;
    /** The commit's instant: never before the one of the commit before. Events belong to its UTC day. */
    readonly at: Timestamp;
    /** Set when the commit's events fill several files, from 1; the last one has none. */
    readonly part?: number;
    readonly events: readonly BranchlineEvent[];
    /** What a repair could not save: numbers that no reader waits for any more. */
    readonly lost?: Lost;
}
/** Left in a commit's line where events were damaged (docs/state-format.md, `quarantine/`). */
export interface Lost {
    /** This commit stands for those from this number on to its own. */
    readonly from?: number;
    /** By stream: up to this number, events may be missing in this commit or before it. */
    readonly streams?: Readonly<Record<string, number>>;
}
/** A commit's line. */
export type BatchHead = Omit<Batch, 'events'>;
/** First line of a segment. */
export interface SegmentHead {
    /** SHA-256 of the segment before, hex; empty for the first. */
    readonly after: string;
    readonly first: number;
    readonly last: number;
    /** The newest transaction of each writer in it: how a push whose reply was lost is found after a seal. */
    readonly writers: Readonly<Record<string, number>>;
    /** Of a segment that a repair changed: the digest that it had, which the next one continues. */
    readonly was?: string;
}
/** What the segment after this one has under `after`. */
export declare function chainDigest(segment: SegmentHead | undefined, content: string): string;
/**
 * The texts of a commit's recent files: one, or several when they would be too long for one. Fails with the event that is
 * longer than any may be.
 */
export declare function encodeBatch(batch: Batch): Result<string[], BranchlineEvent>;
/** A segment's text: its first line, then recent files byte for byte. */
export declare function encodeSegment(head: SegmentHead, recent: readonly string[]): string;
export interface DecodedFile {
    readonly segment?: SegmentHead;
    readonly batches: readonly Batch[];
}
interface LineRead {
    /** From 1. */
    readonly number: number;
    readonly text: string;
}
/** A line of a recent file or a segment, as far as it can be understood by itself. */
export type EventLine = LineRead & ({
    readonly kind: 'problem';
    readonly problem: StateProblem;
} | {
    readonly kind: 'segment';
    readonly head: SegmentHead;
    readonly value: unknown;
} | {
    readonly kind: 'commit';
    readonly head: BatchHead;
    readonly value: unknown;
} | {
    readonly kind: 'event';
    readonly event: BranchlineEvent;
    readonly value: unknown;
} | {
    readonly kind: 'part';
    readonly part: EventPart;
    readonly value: unknown;
});
/** Every line of such a file; one that is damaged takes no other with it. */
export declare function readEventLines(file: string, content: string): EventLine[];
/** A file of events with what is in it, or with all that is wrong with it. */
export interface EventsFileRead {
    readonly path: string;
    readonly text: string;
    readonly decoded: Result<DecodedFile, readonly StateProblem[]>;
}
/**
 * Reads recent files and segments in their order, oldest first. An event that fills several files of its commit counts
 * where it ends.
 */
export declare function decodeEventsFiles(files: Iterable<readonly [path: string, text: string]>): Generator<EventsFileRead>;
/** Reads a recent file or a segment that is whole in itself; all problems of the file, not only the first. */
export declare function decodeEventsFile(file: string, content: string): Result<DecodedFile, readonly StateProblem[]>;
export {};
