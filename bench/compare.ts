import { type Command, measure, type Sample } from './measure.ts';

/** The middle of the pairs' ratios, and how far they lie apart. */
export interface Ratio {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

export interface Comparison {
  readonly pairs: number;
  readonly cpu: Ratio;
  readonly wall: Ratio;
}

/**
 * Measures two commands in turn, A B A B …, and compares each A with the B after it: what else the machine does then
 * falls on both. One pair more than asked runs first and is not counted, so that both find the same warm caches.
 */
export function comparePaired(ours: Command, peer: Command, pairs: number): Comparison {
  const samples: { readonly ours: Sample; readonly peer: Sample }[] = [];
  for (let pair = 0; pair <= pairs; pair += 1) samples.push({ ours: measure(ours), peer: measure(peer) });
  const counted = samples.slice(1);
  return {
    pairs,
    cpu: ratioOf(counted.map((sample) => sample.ours.cpuMs / Math.max(sample.peer.cpuMs, 1))),
    wall: ratioOf(counted.map((sample) => sample.ours.wallMs / Math.max(sample.peer.wallMs, 1))),
  };
}

/** Median and extremes of at least one number. */
export function ratioOf(values: readonly number[]): Ratio {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    lowest: at(0),
    highest: at(sorted.length - 1),
  };
}
