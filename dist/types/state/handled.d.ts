import type { HandledRecord, Turn } from '../model/state.js';
/** The newer of two by turn; of one turn by content, so that the order of arrival makes no difference. */
export declare function newerHandled(one: HandledRecord | undefined, other: HandledRecord | undefined): HandledRecord | undefined;
/** What is still to be known of it beside the newest success: nothing, once it was made. */
export declare function handledSince(handled: HandledRecord | undefined, made: {
    readonly turn?: Turn;
} | undefined): HandledRecord | undefined;
