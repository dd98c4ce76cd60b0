import type { EpochMs } from '../../model/instant.ts';
import type { Windows } from './windows.ts';

/** Keys shown where none is like the wrong one. */
const SHOWN_MAX = 3;
const DAY = 86_400_000;
/** So far around a wrong key its neighbours are looked for, in days: keys may name minutes or months. */
const REACH_DAYS = [1, 40, 400];

/** Keys near one that is not among them: of those that begin with a year its neighbours in time, else the first ones. */
export function neighbouringKeys(keys: readonly string[], text: string): readonly string[] {
  const isSorted = keys.every((key, index) => index === 0 || keys[index - 1]! < key);
  if (!isSorted && !/^\d{4}/.test(text)) return keys.slice(0, SHOWN_MAX);
  const full = paddedTime(text);
  // Keys of time sort like time: the neighbours say more than letters do. Other dimensions may sort in their own way.
  const sorted = isSorted ? keys : [...keys].sort();
  const after = sorted.findIndex((key) => key >= full);
  if (after < 0) return sorted.slice(-1);
  return sorted[after] === full ? [full] : sorted.slice(Math.max(0, after - 1), after + 1);
}

/** Keys of windows near a text that is the key of none, whether or not these exist yet; none = nothing is known. */
export function neighbouringWindows(windows: Windows, text: string): readonly string[] {
  const at = instantIn(text);
  if (at === undefined || windows.first === undefined) return [];
  let near: readonly string[] = [];
  for (const days of REACH_DAYS) {
    const keys = windows.overlapping(at - days * DAY, at + days * DAY).map(({ key }) => key);
    if (keys.some((key, index) => index > 0 && keys[index - 1]! >= key)) return [];
    if (keys.length === 0) continue;
    near = neighbouringKeys(keys, text);
    if (near.length > 1 || near[0] === paddedTime(text)) break;
  }
  return near;
}

/** About when a key is meant, in UTC, also where it is on no calendar; undefined = it does not begin with a year. */
function instantIn(text: string): EpochMs | undefined {
  const [, year, month = '1', day = '1'] = /^(\d{4})(?:\D?(\d\d?))?(?:\D?(\d\d?))?/.exec(text) ?? [];
  return year === undefined ? undefined : Date.UTC(Number(year), Number(month) - 1, Number(day));
}

/** The same with two digits for each month, day and hour: `2026-3-1` is `2026-03-01`. */
function paddedTime(text: string): string {
  return /^\d{4}/.test(text) ? text.replace(/(?<=[-: T])\d(?!\d)/g, '0$&') : text;
}
