// A column of a leaf whose equal neighbours are counted once: `[3,"a",1,"b"]`. It is looked into where it lies.

/** Values by place, 0 to `length` - 1. Asking in order costs least: the run that was asked last is looked at first. */
export class CountedColumn {
  /** Values, one a run. */
  private readonly values: readonly unknown[];
  /** Place behind each run. */
  private readonly ends: readonly number[];
  private run = 0;
  private start = 0;
  private end: number;

  private constructor(values: readonly unknown[], ends: readonly number[]) {
    this.values = values;
    this.ends = ends;
    this.end = ends[0] ?? 0;
  }

  /** Undefined when what was parsed is no such column, or not of this length. */
  static of(parsed: unknown, length: number): CountedColumn | undefined {
    if (!Array.isArray(parsed) || parsed.length % 2 !== 0) return undefined;
    const values: unknown[] = [];
    const ends: number[] = [];
    let end = 0;
    for (let i = 0; i < parsed.length; i += 2) {
      const count: unknown = parsed[i];
      if (!Number.isSafeInteger(count) || (count as number) < 1) return undefined;
      end += count as number;
      ends.push(end);
      values.push(parsed[i + 1]);
    }
    return end === length ? new CountedColumn(values, ends) : undefined;
  }

  at(place: number): unknown {
    if (place < this.start || place >= this.end) this.seek(place);
    return this.values[this.run];
  }

  /** The first place that is asked for and whose value fails the test. */
  firstFailing(test: (value: unknown) => boolean, isAsked: (place: number) => boolean): number | undefined {
    for (let run = 0; run < this.values.length; run++) {
      if (test(this.values[run])) continue;
      for (let place = this.ends[run - 1] ?? 0; place < this.ends[run]!; place++) if (isAsked(place)) return place;
    }
    return undefined;
  }

  private seek(place: number): void {
    const isNext = place === this.end && this.run + 1 < this.ends.length;
    this.run = isNext ? this.run + 1 : firstAfter(this.ends, place);
    this.start = this.run === 0 ? 0 : this.ends[this.run - 1]!;
    this.end = this.ends[this.run] ?? this.start;
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
