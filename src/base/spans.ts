/** Whole numbers from `first` to `last`, both included. */
export type Span = readonly [first: number, last: number];

/** A set of whole numbers as spans: in order, apart from each other, none touching the next. */
export type Spans = readonly Span[];

/** Both sets together. */
export function joinSpans(one: Spans, other: Spans): Spans {
  const joined: [number, number][] = [];
  for (const [first, last] of [...one, ...other].sort((a, b) => a[0] - b[0])) {
    const before = joined.at(-1);
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else joined.push([first, last]);
  }
  return joined;
}

/** A set of numbers in any order. */
export function toSpans(numbers: Iterable<number>): Spans {
  return joinSpans(
    [...numbers].map((n): Span => [n, n]),
    [],
  );
}

export function* numbersIn(spans: Spans): Generator<number> {
  for (const [first, last] of spans) for (let n = first; n <= last; n++) yield n;
}
