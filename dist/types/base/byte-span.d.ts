/** A short text of ASCII that stands within bytes: whoever looks at ten thousand of them has no text made for each. */
export interface ByteSpan {
    bytes: Uint8Array;
    from: number;
    length: number;
}
/** A text that is longer is no short one. */
export declare const SPAN_LENGTH_MAX = 64;
/** A span to be written into, with room of its own for one text. */
export declare class SpanRoom implements ByteSpan {
    bytes: Uint8Array;
    from: number;
    length: number;
    private readonly own;
    constructor();
    /** Holds a text of its own; false where that is too long or not ASCII. */
    hold(text: string): boolean;
    /** Stands where another one does. */
    follow({ bytes, from, length }: ByteSpan): void;
}
export declare function textOfSpan({ bytes, from, length }: ByteSpan): string;
