import type { SpanRoom } from '../base/byte-span.ts';
import { holdValue, type TextColumn } from './leaf-columns.ts';

// A column of a leaf whose equal neighbours are counted once: `[3,"a",1,"b"]`. It is looked into where it lies.

/** Values by place, 0 to `length` - 1. Asking in order costs least: the run that was asked last is looked at first. */
export class CountedColumn implements TextColumn {
  /** As it was parsed: a count and a value in turn. */
  private readonly parsed: readonly unknown[];
  /** Place behind each run; undefined = no neighbours are equal, so each run is one place. */
  private readonly ends: readonly number[] | undefined;
  private run = 0;
  private start = 0;
  private end: number;

  private constructor(parsed: readonly unknown[], ends: readonly number[] | undefined) {
    this.parsed = parsed;
    this.ends = ends;
    this.end = ends?.[0] ?? 0;
  }

  /** Undefined when what was parsed is no such column, or not of this length. */
  static of(parsed: unknown, length: number): CountedColumn | undefined {
    if (!Array.isArray(parsed) || parsed.length % 2 !== 0) return undefined;
    const isSingle = parsed.length === 2 * length;
    const ends: number[] = [];
    let end = 0;
    for (let i = 0; i < parsed.length; i += 2) {
      const count: unknown = parsed[i];
      if (!Number.isSafeInteger(count) || (count as number) < 1) return undefined;
      end += count as number;
      if (!isSingle) ends.push(end);
    }
    return end === length ? new CountedColumn(parsed, isSingle ? undefined : ends) : undefined;
  }

  get single(): { readonly value: unknown } | undefined {
    return this.parsed.length === 2 ? { value: this.parsed[1] } : undefined;
  }

  at(place: number): unknown {
    if (this.ends === undefined) return this.parsed[2 * place + 1];
    if (place < this.start || place >= this.end) this.seek(this.ends, place);
    return this.parsed[2 * this.run + 1];
  }

  spanAt(place: number, into: SpanRoom): boolean {
    return holdValue(this.at(place), into);
  }

  /** The first place that is asked for and whose value fails the test. */
  firstFailing(test: (value: unknown) => boolean, isAsked: (place: number) => boolean): number | undefined {
    for (let run = 0; 2 * run < this.parsed.length; run++) {
      if (test(this.parsed[2 * run + 1])) continue;
      const [from, to] = this.ends === undefined ? [run, run + 1] : [this.ends[run - 1] ?? 0, this.ends[run]!];
      for (let place = from; place < to; place++) if (isAsked(place)) return place;
    }
    return undefined;
  }

  private seek(ends: readonly number[], place: number): void {
    const isNext = place === this.end && this.run + 1 < ends.length;
    this.run = isNext ? this.run + 1 : firstAfter(ends, place);
    this.start = this.run === 0 ? 0 : ends[this.run - 1]!;
    this.end = ends[this.run] ?? this.start;
  }
}

/** Number of the first of these ascending places that is behind one. */
function firstAfter(ends: readonly number[], place: number): number {
  let [low, high] = [0, ends.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle]! > place) high = middle;
    else low = middle + 1;
  }
  return low;
}
