import type { BranchlineEvent } from '../model/events.ts';
import { type EpochMs, timestamp } from '../model/instant.ts';
import { keysAskedFor } from './automation-fold.ts';
import { decodeEventsFiles } from './batch.ts';
import {
  compareRecent,
  compareSegments,
  FORMAT_PATH,
  parseClosedDaysPath,
  parseDayRunsPath,
  parseFoldedPath,
  parseRecentPath,
  parseRollupPath,
  parseStreamsPath,
  type RollupName,
  segmentsAfter,
  withoutPages,
} from './layout.ts';
import { mayHaveParts } from './long-events.ts';
import { leafFolder, leafPaths, leavesOf } from './partition-files.ts';
import { untalliedLeaves } from './untallied.ts';

/** Days of roll-ups that the report's comparisons need: 7 days against the 7 before, and one that begins meanwhile. */
export const REPORT_DAYS = 15;

/** What is wanted beyond what a decision needs. */
export interface ReadOptions {
  /** The instant of this waking: with it the roll-ups that the end of a month needs are read. */
  readonly now?: EpochMs;
  /** Newest days whose sums of project and groups are wanted (Insights over 90 days against the 90 before: 180). */
  readonly days?: number;
  /** Newest days whose sums of assets are wanted. */
  readonly assetDays?: number;
  /** The sums of all days that the report compares: those that were closed stand together, where somebody wrote that. */
  readonly report?: boolean;
  /** Closed days whose runs are wanted, as `2026-11-22`. */
  readonly runsOf?: readonly string[];
  /** Assets whose partitions are wanted, all of their keys; what commits since the last fold touched comes anyway. */
  readonly partitionsOf?: ReadonlySet<string>;
  /** Also the numbers of streams that are older than the index: for who may take in late events. */
  readonly olderStreams?: boolean;
}

/** Last commit that the tree's snapshot holds; 0 when there is none. */
export function foldedSeq(listing: Iterable<string>): number {
  let seq = 0;
  for (const path of listing) seq = Math.max(seq, parseFoldedPath(path) ?? 0);
  return seq;
}

/**
 * The paths to load for a full view, from the listing of the head's tree alone: one batch. What is read does not grow
 * with history but for what the options ask for.
 */
export function neededPaths(tree: readonly string[], options: ReadOptions = {}): string[] {
  const listing = withoutPages(tree);
  const folded = foldedSeq(listing);
  const unfolded = new Set(segmentsAfter(listing, folded).map((name) => name.path));
  const rollups = rollupsOf(listing);
  const days = [
    ...new Set([...rollups.values()].filter(({ kind }) => kind === 'day').map(({ period }) => period)),
  ].sort();
  // The newest day with sums may be open still.
  const newest = (count: number): Set<string> => new Set(count > 0 ? days.slice(-count) : []);
  const wanted = newest(Math.max(1, options.days ?? 0));
  const wantedAssets = newest(Math.max(1, options.assetDays ?? 0));
  const closed = options.report === true ? newestClosedDays(listing) : undefined;
  // Those that were closed since, by a Branchline that did not write them together.
  const reported = options.report === true ? [...newest(REPORT_DAYS)].filter((day) => day >= (closed ?? '')) : [];
  for (const day of [...reported, ...daysToMerge([...rollups.values()], options.now)]) {
    wanted.add(day);
    wantedAssets.add(day);
  }
  const runDays = listing.map(parseDayRunsPath).filter((name) => name !== undefined);
  // Runs of the open day come with every view; whether the newest day with runs is open, its events tell.
  const runsOf = new Set([
    ...(options.runsOf ?? []),
    ...runDays
      .map(({ day }) => day)
      .sort()
      .slice(-1),
  ]);
  return listing.filter((path) => {
    if (path === FORMAT_PATH || path.startsWith('snapshot/') || parseRecentPath(path)) return true;
    if (path.startsWith('events/')) return unfolded.has(path);
    if (path.startsWith('runs/recent/')) return true;
    if (parseStreamsPath(path) !== undefined) return options.olderStreams === true;
    const runs = parseDayRunsPath(path);
    if (runs) return runsOf.has(runs.day);
    if (closed !== undefined && parseClosedDaysPath(path) === closed) return true;
    const rollup = rollups.get(path);
    if (rollup?.kind !== 'day') return false;
    return (rollup.shard === undefined ? wanted : wantedAssets).has(rollup.period);
  });
}

/**
 * What has to be read in a second batch: leaves of partitions that unfolded commits touch, as the texts of the first
 * batch tell, those of the assets asked for, and those of which an older version kept no tally. Empty where nothing is
 * partitioned.
 */
export function neededLeaves(
  listing: readonly string[],
  texts: ReadonlyMap<string, string>,
  options: Pick<ReadOptions, 'partitionsOf'> = {},
): string[] {
  const leaves = leavesOf(listing);
  if (leaves.size === 0) return [];
  const paths = new Set<string>(untalliedLeaves(listing, texts));
  for (const [asset, keys] of touchedPartitions(listing, texts))
    for (const path of leafPaths(leaves, asset, keys)) paths.add(path);
  for (const asset of options.partitionsOf ?? [])
    for (const leaf of leaves.get(leafFolder(asset)) ?? []) paths.add(leaf.path);
  return [...paths].sort();
}

/** Keys of partitions by asset that commits since the last fold speak of. */
export function touchedPartitions(
  listing: readonly string[],
  texts: ReadonlyMap<string, string>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const touched = new Map<string, Set<string>>();
  const files = eventPaths(listing, foldedSeq(listing)).flatMap((path): [string, string][] => {
    const text = texts.get(path);
    // Most states have no partitions: do not read events twice for nothing.
    const isAsked = text !== undefined && (/"(partitions?|failedPartitions)":/.test(text) || mayHaveParts(text));
    return isAsked ? [[path, text]] : [];
  });
  for (const { decoded } of decodeEventsFiles(files)) {
    if (!decoded.ok) continue;
    for (const { events } of decoded.value.batches) for (const event of events) addTouched(touched, event);
  }
  return touched;
}

/** Adds the partitions that an event speaks of. */
export function addTouched(touched: Map<string, Set<string>>, event: BranchlineEvent): void {
  const add = (asset: string, keys: readonly string[]): void => {
    const known = touched.get(asset) ?? new Set<string>();
    touched.set(asset, known);
    for (const key of keys) known.add(key);
  };
  if (event.type === 'asset.materialized' && event.partition !== undefined) add(event.asset, [event.partition]);
  if ((event.type === 'asset.lost' || event.type === 'asset.found') && event.partitions)
    add(event.asset, Object.keys(event.partitions));
  if (event.type === 'run.requested') for (const [asset, keys] of keysAskedFor(event.request)) add(asset, keys);
  if (event.type === 'step.started' && event.partitions)
    for (const asset of Object.keys(event.versions ?? {})) add(asset, event.partitions);
  if (event.type === 'check.judged' && event.partitions) add(event.asset, event.partitions);
  if (event.type === 'step.ended' && event.failedPartitions)
    for (const asset of event.failedAssets) add(asset, event.failedPartitions);
}

/** The newest day whose closed days stand together (`closed-days/`); undefined where there is none. */
export function newestClosedDays(paths: Iterable<string>): string | undefined {
  let newest: string | undefined;
  for (const path of paths) {
    const day = parseClosedDaysPath(path);
    if (day !== undefined && (newest === undefined || day > newest)) newest = day;
  }
  return newest;
}

function rollupsOf(listing: readonly string[]): ReadonlyMap<string, RollupName> {
  const found = new Map<string, RollupName>();
  for (const path of listing) {
    const name = parseRollupPath(path);
    if (name) found.set(path, name);
  }
  return found;
}

/** Days of months that are over at `now` and have no sum of their own yet. */
function daysToMerge(names: readonly RollupName[], now: EpochMs | undefined): string[] {
  if (now === undefined) return [];
  const month = timestamp(now).slice(0, 7);
  const merged = new Set(names.filter((name) => name.kind === 'month').map((name) => name.period));
  const days = names.filter((name) => name.kind === 'day').map((name) => name.period);
  return days.filter((day) => day.slice(0, 7) < month && !merged.has(day.slice(0, 7)));
}

/** Segments that are not folded, then recent files, each in order. */
export function eventPaths(listing: readonly string[], folded: number): string[] {
  const segments = segmentsAfter(listing, folded);
  const recent = listing.map(parseRecentPath).filter((name) => name !== undefined);
  return [...segments.sort(compareSegments), ...recent.sort(compareRecent)].map((name) => name.path);
}

/** Segments whose first line may name a writer's transaction, newest first: for a push that landed and was sealed. */
export function segmentsToAsk(listing: readonly string[]): string[] {
  return segmentsAfter(listing, foldedSeq(listing))
    .sort(compareSegments)
    .map((name) => name.path)
    .reverse();
}
