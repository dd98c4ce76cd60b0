import { type SpanRoom } from '../base/byte-span.js';
/** Values of a leaf by place, 0 to its number of keys - 1. */
export interface Column {
    at(place: number): unknown;
    /** The value of all places, where it is known to be one. */
    readonly single?: {
        readonly value: unknown;
    } | undefined;
}
/** A column of texts, each of which can be looked at where it stands. */
export interface TextColumn extends Column {
    /** False where there is no text, or none of ASCII: then nothing is told of it. */
    spanAt(place: number, into: SpanRoom): boolean;
}
/** Holds the value at a place, if it is a text. */
export declare function holdValue(value: unknown, into: SpanRoom): boolean;
/** A column that was parsed as it stands: a value a place. */
export declare class ListColumn implements TextColumn {
    private readonly values;
    constructor(values: readonly unknown[]);
    at(place: number): unknown;
    spanAt(place: number, into: SpanRoom): boolean;
}
/**
 * Texts of one length at even steps: `["ab","cd"]`, or `[1,"ab",1,"cd"]` where neighbours that are equal would be counted.
 * Not parsed: a hundred assets of ten thousand partitions have two million of them.
 */
export declare class EvenTexts implements TextColumn {
    private readonly bytes;
    /** Where the first one begins. */
    private readonly first;
    private readonly step;
    private readonly length;
    private constructor();
    /**
     * The column of so many places that stands between `from` and `to`, of which it keeps a copy; `lead` is what stands before
     * each text: `"`, or `1,"`. Undefined where it is any other: texts that are long or of several lengths, or with signs that
     * JSON writes in another way.
     */
    static read(bytes: Uint8Array, [from, to]: readonly [number, number], lead: readonly number[], count: number): EvenTexts | undefined;
    at(place: number): string;
    spanAt(place: number, into: SpanRoom): boolean;
}
/** A column whose form is known to be right, and which is parsed when somebody first asks for a value. */
export declare class LateColumn implements Column {
    private column;
    private readonly open;
    constructor(open: () => Column);
    at(place: number): unknown;
}
