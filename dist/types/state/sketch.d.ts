/**
 * A mergeable sketch of whole milliseconds for quantiles: how many values fell into each bucket. Up to 127 ms each
 * value has its own bucket; above, each doubling has 64 of equal width, so a quantile is wrong by at most 1/128
 * (0.8 %) of itself.
 *
 * Why our own: the bytes must depend on the values alone, not on the order in which they came or were merged, and be the
 * same on every machine. DDSketch libraries keep a floating-point sum (which depends on the order) and take logarithms
 * (which differ between machines in the last bit); here is integer arithmetic only.
 *
 * Encoding: `1:` then `<bucket>` or `<bucket>*<count>` in base 36, ascending, joined by spaces; a bucket is written as the
 * distance from the one before.
 */
export type Buckets = Map<number, number>;
/** Bucket of a value; negative values count as 0, fractions are rounded. */
export declare function bucketOf(ms: number): number;
/** The value that stands for a bucket: its middle. */
export declare function bucketValue(bucket: number): number;
export declare function addToBuckets(buckets: Buckets, ms: number): void;
/** Adds the second to the first. */
export declare function mergeBuckets(into: Buckets, from: Buckets): void;
/** Undefined for no values. */
export declare function encodeSketch(buckets: Buckets): string | undefined;
/** Undefined when the text is not a sketch of version 1. */
export declare function decodeSketch(text: string | undefined): Buckets | undefined;
/** Adds what a sketch holds; false, and perhaps a part of it, when the text is none. */
export declare function addSketch(into: Buckets, text: string): boolean;
/** Source of a regular expression for a sketch of version 1 in JSON. */
export declare const SKETCH_PATTERN = "\"1:[0-9a-z]+(?:\\*[0-9a-z]+)?(?: [0-9a-z]+(?:\\*[0-9a-z]+)?)*\"";
/** Whether a text is a sketch of version 1. */
export declare function isSketch(text: string): boolean;
/** Sketch of both; texts that are no sketches count as empty (decoding the cell has refused them before). */
export declare function mergeSketches(a: string | undefined, b: string | undefined): string | undefined;
/** How many values a sketch has seen. */
export declare function sketchCount(text: string | undefined): number;
/**
 * The value at rank ⌈q·n⌉ (nearest rank, q from 0 to 1) in milliseconds, at most 0.8 % off; undefined without values.
 */
export declare function sketchQuantile(text: string | undefined, q: number): number | undefined;
