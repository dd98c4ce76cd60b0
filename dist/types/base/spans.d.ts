/** Whole numbers from `first` to `last`, both included. */
export type Span = readonly [first: number, last: number];
/** A set of whole numbers as spans: in order, apart from each other, none touching the next. */
export type Spans = readonly Span[];
/** Both sets together. */
export declare function joinSpans(one: Spans, other: Spans): Spans;
/** A set of numbers in any order. */
export declare function toSpans(numbers: Iterable<number>): Spans;
export declare function numbersIn(spans: Spans): Generator<number>;
