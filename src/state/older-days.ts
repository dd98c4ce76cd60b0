import { canonicalJson } from '../base/json.ts';
import { byText } from '../base/order.ts';
import type { StateTreeEntry } from '../ports-state.ts';
import type { StateProblem } from './codec.ts';
import {
  cutDayOf,
  HISTORY_FOLDER,
  historyPath,
  monthRollupPath,
  parseDayRunsPath,
  parseRollupPath,
  parseSegmentPath,
  SUMS_PATH,
} from './layout.ts';
import { REPORT_DAYS } from './needed-paths.ts';
import { parseFile } from './record-files.ts';
import { type Check, count, isObject, object, text } from './shape.ts';

// A tree names each of its files, and every wake-up fetches the tree. So the files of days that hardly anybody reads leave
// it for trees behind the head, and `history/` says which tree has which day.

const HISTORY = /^history\/(?:\d{4}-\d\d|sums)\.json$/;
export function isHistoryPath(path: string): boolean {
  return path.startsWith(HISTORY_FOLDER) && HISTORY.test(path);
}

/** A file of `history/`. */
export interface HistoryFile {
  readonly path: string;
  /** End of the chain that keeps its trees. */
  readonly tip: string;
  /** Trees by day, or by month where it is of roll-ups. */
  readonly trees: ReadonlyMap<string, string>;
}

const id: Check = {
  test: (value) =>
    typeof value === 'string' && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(value) ? undefined : 'expected an id of git',
};
function periods(of: RegExp): Check {
  return {
    test(value) {
      if (!isObject(value)) return text.test(undefined);
      for (const [period, tree] of Object.entries(value)) {
        if (!of.test(period)) return `${period}: not a period`;
        const wrong = id.test(tree);
        if (wrong !== undefined) return `${period}: ${wrong}`;
      }
      return undefined;
    },
  };
}
const daysShape = object<{ readonly days: object; readonly tip: string; readonly v: number }>({
  days: periods(/^\d{4}-\d\d-\d\d$/),
  tip: id,
  v: count,
});
const sumsShape = object<{ readonly months: object; readonly tip: string; readonly v: number }>({
  months: periods(/^\d{4}-\d\d$/),
  tip: id,
  v: count,
});

export function encodeHistory({ path, tip, trees }: HistoryFile): string {
  const field = path === SUMS_PATH ? 'months' : 'days';
  return `${canonicalJson({ [field]: Object.fromEntries(trees), tip, v: 1 })}\n`;
}

/** The files of `history/` among these, in the order of their paths; what is wrong goes to `problems`. */
export function decodeHistory(texts: ReadonlyMap<string, string>, problems: StateProblem[]): HistoryFile[] {
  const files: HistoryFile[] = [];
  for (const path of [...texts.keys()].filter((each) => each.startsWith(HISTORY_FOLDER)).sort(byText)) {
    const content = texts.get(path)!;
    const broken = (message: string): void => void problems.push({ code: 'broken', file: path, line: 0, message });
    if (!isHistoryPath(path)) {
      broken('not a file of the state');
      continue;
    }
    const parsed = parseFile(path, content, problems);
    if (parsed === undefined) continue;
    const wrong = (path === SUMS_PATH ? sumsShape : daysShape).test(parsed);
    if (wrong !== undefined) {
      broken(wrong);
      continue;
    }
    const trees = Object.entries((parsed['days'] ?? parsed['months']) as Record<string, string>);
    const file = { path, tip: parsed['tip'] as string, trees: new Map(trees) };
    const stray = trees.find(([day]) => path !== SUMS_PATH && historyPath(day.slice(0, 7)) !== path);
    if (stray !== undefined) broken(`${stray[0]}: a day of another month`);
    else if (encodeHistory(file) !== content) broken('not in canonical form: it was edited');
    else files.push(file);
  }
  return files;
}

/** Trees that such files name. */
export function treesOf(files: readonly HistoryFile[]): string[] {
  return files.flatMap(({ trees }) => [...trees.values()]);
}

/**
 * The files that a reader finds: those of the tree, and those that left it, unless the tree has a newer one or a retention
 * dropped their events since.
 */
export function withOlderDays(
  own: readonly StateTreeEntry[],
  older: readonly StateTreeEntry[],
): readonly StateTreeEntry[] {
  const known = new Set(own.map(({ path }) => path));
  const cutDay = cutDayOf(known);
  const left = older.filter(({ path }) => !known.has(path) && !isDropped(path, cutDay));
  return left.length === 0 ? own : [...own, ...left].sort((a, b) => byText(a.path, b.path));
}

function isDropped(path: string, cutDay: string | undefined): boolean {
  const day = parseSegmentPath(path)?.day ?? parseDayRunsPath(path)?.day;
  return cutDay !== undefined && day !== undefined && day <= cutDay;
}

/** Files that leave the tree together: of a day, or the roll-ups of a month. */
export interface LeavingFiles {
  /** The file of `history/` that will name their tree, and under what. */
  readonly file: string;
  readonly period: string;
  readonly paths: readonly string[];
}

/** Newest days with sums that stay in the tree: those that a report compares, and one that begins meanwhile. */
const SUMS_KEPT = REPORT_DAYS + 1;

/**
 * What leaves the tree when a day is closed: events and runs of the days before that one, and roll-ups of months that are
 * summed and of which no report needs a day any more. `closed`: the day that is closed.
 */
export function leavingFiles(listing: Iterable<string>, closed: string): LeavingFiles[] {
  const days = new Map<string, string[]>();
  const months = new Map<string, string[]>();
  const sumDays = new Set<string>();
  const add = (map: Map<string, string[]>, key: string, path: string): void => {
    const known = map.get(key);
    if (known) known.push(path);
    else map.set(key, [path]);
  };
  const paths = new Set(listing);
  for (const path of paths) {
    const place = placeOf(path);
    if (place === undefined) continue;
    if (place.file !== SUMS_PATH && place.period < closed) add(days, place.period, path);
    if (place.file === SUMS_PATH) add(months, place.period, path);
    const rollup = parseRollupPath(path);
    if (rollup?.kind === 'day') sumDays.add(rollup.period);
  }
  const firstKept = [...sumDays].sort().slice(-SUMS_KEPT)[0] ?? closed;
  const since = (firstKept < closed ? firstKept : closed).slice(0, 7);
  const settled = [...months].filter(([month]) => month < since && paths.has(monthRollupPath(month)));
  return [
    ...[...days].map(([day, own]) => ({ file: historyPath(day.slice(0, 7)), period: day, paths: own })),
    ...settled.map(([month, own]) => ({ file: SUMS_PATH, period: month, paths: own })),
  ].sort((a, b) => byText(a.file, b.file) || byText(a.period, b.period));
}

/** Further periods of a file of `history/`, and where its chain ends then. */
export function withPeriods(
  path: string,
  before: HistoryFile | undefined,
  added: { readonly tip: string; readonly trees: ReadonlyMap<string, string> },
): HistoryFile {
  return { path, tip: added.tip, trees: new Map([...(before?.trees ?? []), ...added.trees]) };
}

/**
 * What a retention changes where days have left the tree: nothing of them is deleted, their file of `history/` lets them go.
 * Its chain stays as long as it has a day that is kept. `own`: paths of the tree itself.
 */
export function dropOlderDays(
  changed: ReadonlyMap<string, string | null>,
  by: { readonly own: ReadonlySet<string>; readonly history: readonly HistoryFile[]; readonly day: string },
): ReadonlyMap<string, string | null> {
  const files = new Map([...changed].filter(([path, content]) => content !== null || by.own.has(path)));
  for (const { path, tip, trees } of by.history) {
    if (path === SUMS_PATH) continue;
    const kept = new Map([...trees].filter(([day]) => day > by.day));
    if (kept.size === trees.size) continue;
    files.set(path, kept.size === 0 ? null : encodeHistory({ path, tip, trees: kept }));
  }
  return files;
}

/** Ends of the chains that a tree needs behind it, once these files of it are changed. */
export function tipsOf(history: readonly HistoryFile[], changed: ReadonlyMap<string, string | null>): string[] {
  return history.filter(({ path }) => changed.get(path) !== null).map(({ tip }) => tip);
}

/** Where a file is once it has left the tree: in a file of `history/`, and there in a day or month. */
export function placeOf(path: string): { readonly file: string; readonly period: string } | undefined {
  const day = parseSegmentPath(path)?.day ?? parseDayRunsPath(path)?.day;
  if (day !== undefined) return { file: historyPath(day.slice(0, 7)), period: day };
  const month = parseRollupPath(path)?.period.slice(0, 7);
  return month === undefined ? undefined : { file: SUMS_PATH, period: month };
}

/**
 * What a repair writes where a file that it changes has left the tree: the whole day, or month, comes back into it as it
 * should be, and leaves again when the next day is closed. `texts`: of all files, those of older days among them.
 */
export function mendOlderDays(
  changed: ReadonlyMap<string, string | null>,
  by: {
    readonly own: ReadonlySet<string>;
    readonly history: readonly HistoryFile[];
    readonly texts: ReadonlyMap<string, string>;
    /** By file of `history/`: what comes back in any case. */
    readonly back?: ReadonlyMap<string, ReadonlySet<string>>;
  },
): ReadonlyMap<string, string | null> {
  const back = new Map<string, ReadonlySet<string>>(by.back);
  for (const path of changed.keys()) {
    const place = placeOf(path);
    const file = place && by.history.find((each) => each.path === place.file);
    if (place === undefined || !file?.trees.has(place.period)) continue;
    back.set(file.path, new Set([...(back.get(file.path) ?? []), place.period]));
  }
  const files = new Map([...changed].filter(([path, content]) => content !== null || by.own.has(path)));
  for (const [path, content] of by.texts) {
    const place = placeOf(path);
    const isBack = place !== undefined && back.get(place.file)?.has(place.period) === true;
    if (isBack && !by.own.has(path) && !changed.has(path)) files.set(path, content);
  }
  for (const file of by.history) {
    const periods = back.get(file.path);
    if (periods === undefined) continue;
    const trees = new Map([...file.trees].filter(([period]) => !periods.has(period)));
    files.set(file.path, trees.size === 0 ? null : encodeHistory({ ...file, trees }));
  }
  return files;
}
