import type { Billed } from '../model/events.ts';

/** What two parts of a run cost together, where any is known; a sum of which one price is not known has none. */
export function billedTogether(before: Billed | undefined, after: Billed | undefined): { readonly billed?: Billed } {
  if (!before || !after) {
    const billed = before ?? after;
    return billed ? { billed } : {};
  }
  const sum = { runner: after.runner, minutes: before.minutes + after.minutes };
  if (before.usd === undefined || after.usd === undefined) return { billed: sum };
  return { billed: { ...sum, usd: wholeMicros(before.usd + after.usd) } };
}

/** US dollars to the millionth: sums of prices such as 0.006 do not end in noise. */
export function wholeMicros(usd: number): number {
  return microUsd(usd) / 1e6;
}

/** Millionths of a US dollar. */
export function microUsd(usd: number): number {
  return Math.round(usd * 1e6);
}
