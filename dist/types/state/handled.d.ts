import type { HandledRecord, Turn } from '../model/state.js';
/**
 * The newer of two by turn; of one turn (a run was asked for, and none has begun since) the one asked for later. All of
 * the content counts, in one order of its members, so that neither the order of arrival nor whether one was read from a
 * file makes a difference.
 */
export declare function newerHandled(one: HandledRecord | undefined, other: HandledRecord | undefined): HandledRecord | undefined;
/** What is still to be known of it beside the newest success: nothing, once it was made. */
export declare function handledSince(handled: HandledRecord | undefined, made: {
    readonly turn?: Turn;
} | undefined): HandledRecord | undefined;
