import type { Span } from '../model/diagnostic.js';
/** A range of a text in UTF-16 code units, end exclusive. */
export interface Range {
    readonly start: number;
    readonly end: number;
}
/** Turns offsets into lines and columns. The lines are counted when the first place is asked for. */
export declare class LineIndex {
    #private;
    constructor(file: string, text: string);
    /** The place of `start` up to `end` (exclusive), cut at the end of its line; at least one column long. */
    span(start: number, end: number): Span;
}
