import { LateTexts } from '../base/late-texts.ts';
import { epochMs, timestamp, utcDay } from '../model/instant.ts';
import type { RollupCell, StateView } from '../model/state.ts';
import type { StateProblem } from './codec.ts';
import { decodeCells } from './decode-snapshot.ts';
import { parseRollupPath, parseWeekPath, weekPath } from './layout.ts';
import { assetOfScope, mergeDays } from './rollup.ts';
import { encodeAssetCells } from './snapshot.ts';

// The report compares 7 days with the 7 before. The sums of assets are most of what it reads, and of the older days it shows
// the sum alone: the fold that closes a day writes it, so that nobody reads these days one by one until the next one begins.

const DAY_MS = 86_400_000;
const WEEK = 7;

/** The day so many days before one, as `2026-11-22`. */
function dayBefore(day: string, days: number): string {
  return utcDay(timestamp(epochMs(`${day}T00:00:00.000Z`) - days * DAY_MS));
}

/** First day of the week that ends with this one. */
export function weekStart(day: string): string {
  return dayBefore(day, WEEK - 1);
}

/** Whether a day is one of the 7 before the week that ends with `day`. */
function isWeekBefore(day: string, of: string): boolean {
  return of >= dayBefore(day, 2 * WEEK - 1) && of < weekStart(day);
}

/** The files of the week before the one that ends with `day`: the sums of assets. None where these days have none. */
export function encodeWeek(day: string, days: StateView['days']): Map<string, string> {
  const files = new Map<string, string>();
  const before = [...days].filter(([of]) => isWeekBefore(day, of)).map(([, cells]) => assetCells(cells));
  encodeAssetCells(files, (shard) => weekPath(day, shard), mergeDays(before));
  return files;
}

function assetCells(cells: ReadonlyMap<string, RollupCell>): ReadonlyMap<string, RollupCell> {
  return new Map([...cells].filter(([scope]) => assetOfScope(scope) !== undefined));
}

/** True when all roll-ups of that week are at hand. `today`: the day of the view, whose sums always are. */
export function isWeekAtHand(
  day: string,
  by: { readonly paths: Iterable<string>; readonly rollups: ReadonlySet<string>; readonly today: string },
): boolean {
  for (const path of by.paths) {
    const name = parseRollupPath(path);
    if (name?.kind !== 'day' || !isWeekBefore(day, name.period) || name.period === by.today) continue;
    if (!by.rollups.has(path)) return false;
  }
  return true;
}

/** The newest week among these files; undefined where there is none. */
export function decodeWeek(files: ReadonlyMap<string, string>, problems: StateProblem[]): StateView['weekBefore'] {
  let newest: string | undefined;
  const weeks = new Map<string, LateTexts>();
  for (const path of files.keys()) {
    const day = parseWeekPath(path);
    if (day === undefined) continue;
    if (newest === undefined || day > newest) newest = day;
    const own = weeks.get(day) ?? new LateTexts();
    own.take(files, path);
    weeks.set(day, own);
  }
  const cells = new Map([...weeks].map(([day, own]) => [day, decodeCells(own, problems)]));
  return newest === undefined ? undefined : { day: newest, cells: cells.get(newest)! };
}

/** The files that should be there for each week of which there is any; a Branchline that knows none writes none. */
export function expectedWeeks(listing: Iterable<string>, view: StateView): Map<string, string> {
  const isDay = (day: string): boolean => !Number.isNaN(epochMs(`${day}T00:00:00.000Z`));
  const days = new Set([...listing].map(parseWeekPath).filter((day) => day !== undefined && isDay(day)));
  return new Map([...days].flatMap((day) => [...encodeWeek(day!, view.days)]));
}
