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

const PREFIX = '1:';
const LINEAR_MAX = 127;
/** 2^40 ms is 34 years: longer values count as that. */
const VALUE_MAX = 2 ** 40;

/** Bucket of a value; negative values count as 0, fractions are rounded. */
export function bucketOf(ms: number): number {
  const value = Math.min(VALUE_MAX, Math.max(0, Math.round(ms)));
  if (value <= LINEAR_MAX) return value;
  let doublings = 0;
  let rest = value;
  // At most 34 rounds; halving keeps the arithmetic exact.
  while (rest > LINEAR_MAX) {
    rest = Math.floor(rest / 2);
    doublings++;
  }
  return doublings * 64 + rest;
}

/** The value that stands for a bucket: its middle. */
export function bucketValue(bucket: number): number {
  if (bucket <= LINEAR_MAX) return bucket;
  const doublings = Math.floor(bucket / 64) - 1;
  const low = (bucket - doublings * 64) * 2 ** doublings;
  return low + 2 ** doublings / 2;
}

export function addToBuckets(buckets: Buckets, ms: number): void {
  const bucket = bucketOf(ms);
  buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
}

/** Adds the second to the first. */
export function mergeBuckets(into: Buckets, from: Buckets): void {
  for (const [bucket, count] of from) into.set(bucket, (into.get(bucket) ?? 0) + count);
}

/** Undefined for no values. */
export function encodeSketch(buckets: Buckets): string | undefined {
  if (buckets.size === 0) return undefined;
  let before = 0;
  const parts = [...buckets]
    .sort(([a], [b]) => a - b)
    .map(([bucket, count]) => {
      const step = (bucket - before).toString(36);
      before = bucket;
      return count === 1 ? step : `${step}*${count.toString(36)}`;
    });
  return PREFIX + parts.join(' ');
}

/** Undefined when the text is not a sketch of version 1. */
export function decodeSketch(text: string | undefined): Buckets | undefined {
  const buckets: Buckets = new Map();
  return text === undefined || readSketch(text, (bucket, count) => buckets.set(bucket, count)) ? buckets : undefined;
}

/** Adds what a sketch holds; false, and perhaps a part of it, when the text is none. */
export function addSketch(into: Buckets, text: string): boolean {
  return readSketch(text, (bucket, count) => into.set(bucket, (into.get(bucket) ?? 0) + count));
}

const STEP_PATTERN = '[0-9a-z]+(?:\\*[0-9a-z]+)?';
/** Source of a regular expression for a sketch of version 1 in JSON. */
export const SKETCH_PATTERN = `"1:${STEP_PATTERN}(?: ${STEP_PATTERN})*"`;

/** Whether a text is a sketch of version 1. */
export function isSketch(text: string): boolean {
  return readSketch(text, () => {});
}

const SPACE = 32;
const STAR = 42;

/**
 * One look at each character: every asset has one for each day, and all are checked whenever a state is read. False
 * when the text is no sketch.
 */
function readSketch(text: string, take: (bucket: number, count: number) => void): boolean {
  if (!text.startsWith(PREFIX) || text.length === PREFIX.length) return false;
  let bucket = 0;
  let value = 0;
  let digits = 0;
  let hasStep = false;
  for (let i = PREFIX.length; i <= text.length; i++) {
    const code = i === text.length ? SPACE : text.charCodeAt(i);
    const digit = code >= 48 && code <= 57 ? code - 48 : code >= 97 && code <= 122 ? code - 87 : -1;
    if (digit >= 0) {
      value = value * 36 + digit;
      digits++;
      continue;
    }
    if (digits === 0 || (code !== SPACE && (code !== STAR || hasStep))) return false;
    if (!hasStep) bucket += value;
    if (code === STAR) hasStep = true;
    else {
      take(bucket, hasStep ? value : 1);
      hasStep = false;
    }
    value = 0;
    digits = 0;
  }
  return true;
}

/** Sketch of both; texts that are no sketches count as empty (decoding the cell has refused them before). */
export function mergeSketches(a: string | undefined, b: string | undefined): string | undefined {
  const sum: Buckets = new Map(decodeSketch(a) ?? []);
  mergeBuckets(sum, decodeSketch(b) ?? new Map());
  return encodeSketch(sum);
}

/** How many values a sketch has seen. */
export function sketchCount(text: string | undefined): number {
  let count = 0;
  for (const n of (decodeSketch(text) ?? new Map<number, number>()).values()) count += n;
  return count;
}

/**
 * The value at rank ⌈q·n⌉ (nearest rank, q from 0 to 1) in milliseconds, at most 0.8 % off; undefined without values.
 */
export function sketchQuantile(text: string | undefined, q: number): number | undefined {
  const buckets = [...(decodeSketch(text) ?? [])].sort(([a], [b]) => a - b);
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return undefined;
  const rank = Math.max(1, Math.ceil(q * total));
  let seen = 0;
  for (const [bucket, count] of buckets) {
    seen += count;
    if (seen >= rank) return bucketValue(bucket);
  }
  return undefined;
}
