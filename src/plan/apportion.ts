/** Who is to get a part of what there is. */
export interface Share {
  readonly key: string;
  /** What it has to do with its part. */
  readonly total: number;
  /** More than this is of no use to it; at least 1. */
  readonly most: number;
}

/**
 * How much each gets of `count` equal parts: one each, as far as there are any, and more where there is most to do for each
 * of them. What nobody could use stays. The same shares in the same order give the same.
 */
export function apportion(shares: readonly Share[], count: number): ReadonlyMap<string, number> {
  const parts = shares.slice(0, Math.max(0, count)).map((share) => ({ ...share, count: 1 }));
  for (let left = count - parts.length; left > 0; left--) {
    let neediest: (typeof parts)[number] | undefined;
    for (const part of parts) {
      if (part.count >= part.most) continue;
      if (neediest === undefined || part.total / part.count > neediest.total / neediest.count) neediest = part;
    }
    if (neediest === undefined) break;
    neediest.count++;
  }
  return new Map(parts.map((part) => [part.key, part.count]));
}

/** Puts things into so many bins, the largest first, each into the bin with the least in it. Some may stay empty. */
export function spread<T extends { readonly place: number }>(
  things: readonly T[],
  bins: number,
  sizeOf: (thing: T) => number,
): readonly (readonly T[])[] {
  const full = Array.from({ length: bins }, (): { things: T[]; size: number } => ({ things: [], size: 0 }));
  for (const thing of [...things].sort((a, b) => sizeOf(b) - sizeOf(a) || a.place - b.place)) {
    let least = full[0]!;
    for (const bin of full) if (bin.size < least.size) least = bin;
    least.things.push(thing);
    least.size += sizeOf(thing);
  }
  return full.map((bin) => bin.things);
}
