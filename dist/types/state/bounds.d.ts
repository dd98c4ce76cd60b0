import { type Json } from '../base/json.js';
import type { BranchlineEvent } from '../model/events.js';
/** Limits of one event, in UTF-8 bytes of canonical JSON. */
export declare const METADATA_VALUE_BYTES_MAX: number;
export declare const METADATA_BYTES_MAX: number;
export declare const LOG_TAIL_BYTES_MAX: number;
export declare const MESSAGE_BYTES_MAX: number;
/** Failed steps of one commit whose log tails are kept. */
export declare const LOG_TAILS_MAX = 20;
/** Stands in an event's metadata when whole entries were left out. */
export declare const CUT_KEY = "branchline/cut";
/** The beginning of a text with a mark, at most `bytesMax` bytes. */
export declare function cutEnd(text: string, bytesMax: number): string;
/** The last whole lines of a text with a mark, at most `bytesMax` bytes. */
export declare function cutStart(text: string, bytesMax: number): string;
/** Metadata within the limits of a value and of an event; what was left out is said under `branchline/cut`. */
export declare function boundMetadata(metadata: Readonly<Record<string, Json>>): Record<string, Json>;
/** The event within the limits of the state branch. An event within them is returned as it is. */
export declare function boundEvent(event: BranchlineEvent): BranchlineEvent;
/** Events of one commit within the limits, with the log tails of the first 20 failures. */
export declare function boundEvents(events: readonly BranchlineEvent[]): BranchlineEvent[];
/** What is too long in an event that is longer than any may be. */
export declare function tooLongOf(event: BranchlineEvent): string;
