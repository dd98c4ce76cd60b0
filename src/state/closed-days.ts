import { LateTexts } from '../base/late-texts.ts';
import { byText } from '../base/order.ts';
import { epochMs, timestamp, utcDay } from '../model/instant.ts';
import type { StateView } from '../model/state.ts';
import type { StateProblem } from './codec.ts';
import { cellsAt, type ListedCells, listCell, listedCells } from './day-cells.ts';
import { readRecords } from './late-records.ts';
import { closedDaysPath, FILE_BYTES_MAX, parseClosedDaysPath, parseRollupPath, utf8Bytes } from './layout.ts';
import { newestClosedDays } from './needed-paths.ts';
import { encodeRecord, joinRecords } from './record-files.ts';

// The report compares 7 days with the 7 before. A file for each of them says the same names a dozen times: so the fold that
// closes a day writes them into one, scope by scope, and nobody reads the days one by one.

const DAY_MS = 86_400_000;
/** With the day itself these are the two weeks that a report compares. */
const CLOSED_DAYS = 13;
const FIELD = 'cells';
const shape = listedCells(CLOSED_DAYS);

/** The day so many days before one, as `2026-11-22`. */
function dayBefore(day: string, days: number): string {
  return utcDay(timestamp(epochMs(`${day}T00:00:00.000Z`) - days * DAY_MS));
}

/** The closed days before one, the newest first. */
function daysBefore(day: string): string[] {
  return Array.from({ length: CLOSED_DAYS }, (_, i) => dayBefore(day, i + 1));
}

/** The files of the closed days before `day`, none over 1 MiB; none where these days have no sums. */
export function encodeClosedDays(day: string, days: StateView['days']): Map<string, string> {
  const before = daysBefore(day).map((of) => days.get(of));
  const scopes = new Set(before.flatMap((cells) => [...(cells?.keys() ?? [])]));
  const frame = utf8Bytes(joinRecords(FIELD, []));
  const parts: string[][] = [];
  let bytes = FILE_BYTES_MAX;
  for (const scope of [...scopes].sort(byText)) {
    const cells = before.map((of) => of?.get(scope)).map((cell) => (cell === undefined ? null : listCell(cell)));
    const line = encodeRecord(scope, cells.slice(0, cells.findLastIndex((cell) => cell !== null) + 1));
    const size = utf8Bytes(line) + 2;
    if (bytes + size > FILE_BYTES_MAX) {
      parts.push([]);
      bytes = frame;
    }
    parts.at(-1)!.push(line);
    bytes += size;
  }
  return new Map(parts.map((lines, i) => [closedDaysPath(day, i + 1), joinRecords(FIELD, lines)]));
}

/** The closed days that the newest of such files have; what is wrong goes to `problems`. `lateFrom`: of `readRecords`. */
export function decodeClosedDays(
  files: ReadonlyMap<string, string>,
  problems: StateProblem[],
  lateFrom?: number,
): StateView['days'] {
  const day = newestClosedDays(files.keys());
  if (day === undefined) return new Map();
  const own = new LateTexts();
  for (const path of files.keys()) if (parseClosedDaysPath(path) === day) own.take(files, path);
  const options = { field: FIELD, shape, problems, ...(lateFrom !== undefined && { lateFrom }) };
  const scopes = readRecords<ListedCells>(own, options);
  return new Map(daysBefore(day).map((of, place) => [of, cellsAt(scopes, place)]));
}

/** What a view that was read has of closed days. */
export interface DaysAtHand {
  /** Files of their own. */
  readonly rollups: ReadonlySet<string>;
  /** All of the 13 days before this one. */
  readonly closedDays?: string;
}

/** True when the sums in this file of a day are in the view. */
export function isAtHand(path: string, { rollups, closedDays }: DaysAtHand): boolean {
  if (rollups.has(path)) return true;
  const day = parseRollupPath(path)?.period;
  if (day === undefined || closedDays === undefined) return false;
  return day < closedDays && day >= dayBefore(closedDays, CLOSED_DAYS);
}

/** True when all of the closed days before `day` are in the view. `today`: the day of the view, whose sums always are. */
export function areAtHand(
  day: string,
  { paths, today, ...by }: DaysAtHand & { readonly paths: Iterable<string>; readonly today: string },
): boolean {
  const first = dayBefore(day, CLOSED_DAYS);
  for (const path of paths) {
    const name = parseRollupPath(path);
    if (name?.kind !== 'day' || name.period < first || name.period >= day || name.period === today) continue;
    if (!isAtHand(path, by)) return false;
  }
  return true;
}

/**
 * The files that should be there for each day of which there is any, up to that of the view: a Branchline that knows none
 * writes none.
 */
export function expectedClosedDays(listing: Iterable<string>, { days, at }: StateView): Map<string, string> {
  const last = at === undefined ? '' : utcDay(at);
  const isDay = (day: string): boolean => day <= last && !Number.isNaN(epochMs(`${day}T00:00:00.000Z`));
  const found = new Set([...listing].map(parseClosedDaysPath).filter((day) => day !== undefined && isDay(day)));
  return new Map([...found].flatMap((day) => [...encodeClosedDays(day!, days)]));
}
