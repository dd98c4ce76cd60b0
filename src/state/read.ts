import { fail, ok, type Result } from '../base/result.ts';
import type { BranchlineEvent } from '../model/events.ts';
import { type EpochMs, type Timestamp, timestamp } from '../model/instant.ts';
import type { StateView } from '../model/state.ts';
import { keysAskedFor } from './automation-fold.ts';
import { type Batch, chainDigest, decodeEventsFiles } from './batch.ts';
import type { StateProblem } from './codec.ts';
import { decodeLeaf } from './decode-leaf.ts';
import { emptyView, foldAll } from './fold.ts';
import {
  compareRecent,
  compareSegments,
  FORMAT_CUT,
  FORMAT_PATH,
  foldedPath,
  isOldFormat,
  isRecentOf,
  parseDayRunsPath,
  parseFoldedPath,
  parseRecentPath,
  parseRollupPath,
  parseSegmentPath,
  parseStreamsPath,
  parseWeekPath,
  type RollupName,
  SNAPSHOT_BYTES_COUNTED,
  segmentsAfter,
  utf8Bytes,
} from './layout.ts';
import { mayHaveParts } from './long-events.ts';
import { leafFolder, leafPaths, leavesOf, parseLeafPath } from './partition-files.ts';
import type { PartitionLeaf } from './partition-leaf.ts';
import { type PartitionRecords, recordsOfLeaves } from './partition-records.ts';
import { isObject } from './shape.ts';
import { type DecodedSnapshot, decodeSnapshot } from './snapshot.ts';
import { needsOlderStreams, streamFiles } from './streams.ts';
import { untalliedLeaves, withTallies } from './untallied.ts';
import { decodeWeek, weekStart } from './weeks.ts';

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
  /**
   * A day of which the report is wanted, as `2026-11-22`: sums of assets over its week, and of the week before. Where the
   * branch has no sum of that one, it is as `assetDays: 15`.
   */
  readonly weekOf?: string;
  /** Closed days whose runs are wanted, as `2026-11-22`. */
  readonly runsOf?: readonly string[];
  /** Assets whose partitions are wanted, all of their keys; what commits since the last fold touched comes anyway. */
  readonly partitionsOf?: ReadonlySet<string>;
  /** Also the numbers of streams that are older than the index: for who may take in late events. */
  readonly olderStreams?: boolean;
}

/** What a commit must know beside the view: the files that it moves, and where the chain of segments ends. */
export interface StateBase {
  /** All paths of the head's tree. */
  readonly paths: ReadonlySet<string>;
  /** Texts of `recent/`, by path, in order. */
  readonly recent: ReadonlyMap<string, string>;
  /** Segments that no snapshot holds yet, in bytes of UTF-8. */
  readonly unfoldedBytes: number;
  /** The files of the snapshot, in bytes of UTF-8; those beyond 2 MiB are not counted. */
  readonly snapshotBytes: number;
  /** SHA-256 of the newest segment, hex; empty when there is none. */
  readonly chain: string;
  /** Roll-up files of closed days that the view holds. */
  readonly rollups: ReadonlySet<string>;
  /** Partitions that the next fold has to write: keys by asset, touched by commits that are not folded. */
  readonly touched: ReadonlyMap<string, ReadonlySet<string>>;
  /** Leaves that were read. */
  readonly readLeaves: ReadonlySet<string>;
  /** Folded partitions that were read, by asset. */
  readonly leaves: ReadonlyMap<string, PartitionRecords>;
  /** The layout is the one before: the next fold leaves it. */
  readonly isOldLayout: boolean;
  /** Instant of the snapshot; undefined before the first fold. */
  readonly foldedAt?: Timestamp;
  /** Numbers of older streams that files have, as far as they are known. */
  readonly filed: ReadonlyMap<string, number>;
  /** There are files of older streams that were not read. */
  readonly hasUnreadStreams: boolean;
}

export interface StateRead {
  readonly view: StateView;
  readonly base: StateBase;
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
export function neededPaths(listing: readonly string[], options: ReadOptions = {}): string[] {
  const folded = foldedSeq(listing);
  const unfolded = new Set(segmentsAfter(listing, folded).map((name) => name.path));
  const rollups = rollupsOf(listing);
  const days = [
    ...new Set([...rollups.values()].filter(({ kind }) => kind === 'day').map(({ period }) => period)),
  ].sort();
  // The newest day with sums may be open still.
  const newest = (count: number): Set<string> => new Set(count > 0 ? days.slice(-count) : []);
  const wanted = newest(Math.max(1, options.days ?? 0));
  const hasWeek = options.weekOf !== undefined && listing.some((path) => parseWeekPath(path) === options.weekOf);
  const wantedAssets = newest(
    Math.max(1, options.assetDays ?? 0, options.weekOf === undefined || hasWeek ? 0 : REPORT_DAYS),
  );
  if (hasWeek) for (const day of days) if (day >= weekStart(options.weekOf!)) wantedAssets.add(day);
  for (const day of daysToMerge([...rollups.values()], options.now)) {
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
    if (hasWeek && parseWeekPath(path) === options.weekOf) return true;
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
function touchedPartitions(
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
  if (event.type === 'run.requested') for (const [asset, keys] of keysAskedFor(event.request)) add(asset, keys);
  if (event.type === 'step.started' && event.partitions)
    for (const asset of Object.keys(event.versions ?? {})) add(asset, event.partitions);
  if (event.type === 'check.judged' && event.partitions) add(event.asset, event.partitions);
  if (event.type === 'step.ended' && event.failedPartitions)
    for (const asset of event.failedAssets) add(asset, event.failedPartitions);
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

/** What `assembleView` reads. */
export interface StateTexts {
  /** All paths of the head's tree. */
  readonly listing: readonly string[];
  /** Texts of at least the `neededPaths`. */
  readonly texts: ReadonlyMap<string, string>;
  readonly environment: string;
  /** The head's commit id, for the view. */
  readonly head?: string;
}

/** The view at a commit, or everything that is wrong with its files. Nothing may be done on a broken view. */
export function assembleView(input: StateTexts): Result<StateRead, readonly StateProblem[]> {
  const { listing, texts, environment } = input;
  if (listing.length === 0) {
    const events: EventsRead = { batches: [], files: new Map(), chain: '', unfoldedBytes: 0 };
    return ok(
      withHead({ view: emptyView(environment), base: baseOf(input, events, new Map(), undefined) }, input.head),
    );
  }
  const format = checkFormat(listing, texts);
  if (format) return fail([format]);
  const problems: StateProblem[] = neededPaths(listing)
    .filter((path) => !texts.has(path))
    .map((file) => ({ code: 'missing', file, line: 0, message: 'the file is listed and was not read' }));
  const folded = foldedSeq(listing);
  const snapshot = folded === 0 ? undefined : decodeSnapshot(texts);
  if (snapshot && !snapshot.ok) problems.push(...snapshot.error);
  const leaves = readLeaves(texts, problems);
  const week = decodeWeek(texts, problems);
  const start = snapshot?.ok ? snapshot.value : { view: emptyView(environment), digest: '' };
  const read = readEvents(input, folded, start.digest, problems);
  if (problems.length > 0) return fail(problems);
  const base = baseOf(input, read, leaves, snapshot?.ok ? snapshot.value : undefined);
  if (base.hasUnreadStreams && base.foldedAt !== undefined) {
    const events = read.batches.flatMap((batch) => batch.events);
    if (needsOlderStreams(start.view, events, { folded: base.foldedAt })) return fail([unreadStreams]);
  }
  const known = week === undefined ? start.view : { ...start.view, weekBefore: week };
  const begun = leaves.size === 0 ? known : withTallies({ ...known, partitions: leaves }, leaves, input);
  const view = foldAll(begun, read.batches.values());
  if (!view.ok) return fail([{ ...view.error, file: fileOf(read.files, view.error.file) }]);
  if (view.value.seq < folded)
    return fail([{ code: 'broken', file: foldedPath(folded), line: 0, message: 'the index is older than its marker' }]);
  return ok(withHead({ view: view.value, base }, input.head));
}

/** The only problem that is none: the files of streams have to be read as well. */
const unreadStreams: StateProblem = {
  code: 'unread-streams',
  file: 'streams/',
  line: 0,
  message: 'a commit goes on with a stream of older days, and these were not read',
};
/** True when a view could not be assembled just because older streams were not read. */
export function areStreamsWanted(problems: readonly StateProblem[]): boolean {
  return problems.some(({ code }) => code === 'unread-streams');
}

interface EventsRead {
  readonly batches: readonly Batch[];
  /** File of each commit. */
  readonly files: ReadonlyMap<number, string>;
  readonly chain: string;
  readonly unfoldedBytes: number;
}

function readEvents(input: StateTexts, folded: number, digest: string, problems: StateProblem[]): EventsRead {
  const batches: Batch[] = [];
  const files = new Map<number, string>();
  let chain = digest;
  let unfoldedBytes = 0;
  const found = eventPaths(input.listing, folded).flatMap((path): [string, string][] => {
    const text = input.texts.get(path);
    return text === undefined ? [] : [[path, text]];
  });
  for (const { path, text, decoded } of decodeEventsFiles(found)) {
    if (!decoded.ok) {
      problems.push(...decoded.error);
      continue;
    }
    for (const batch of decoded.value.batches) {
      batches.push(batch);
      files.set(batch.seq, path);
    }
    if (!parseSegmentPath(path)) continue;
    if (decoded.value.segment?.after !== chain)
      problems.push({
        code: 'broken',
        file: path,
        line: 1,
        message: 'does not continue the segment before: one of the two was edited or is missing',
      });
    chain = chainDigest(decoded.value.segment, text);
    unfoldedBytes += utf8Bytes(text);
  }
  return { batches, files, chain, unfoldedBytes };
}

/** Segments that are not folded, then recent files, each in order. */
function eventPaths(listing: readonly string[], folded: number): string[] {
  const segments = segmentsAfter(listing, folded);
  const recent = listing.map(parseRecentPath).filter((name) => name !== undefined);
  return [...segments.sort(compareSegments), ...recent.sort(compareRecent)].map((name) => name.path);
}

/** Folded partitions among the texts. */
export function readLeaves(
  texts: ReadonlyMap<string, string>,
  problems: StateProblem[],
): Map<string, PartitionRecords> {
  const all = new Map<string, PartitionLeaf[]>();
  for (const [path, text] of texts) {
    if (!path.startsWith('partitions/') || parseLeafPath(path) === undefined) continue;
    const leaf = decodeLeaf(path, text, problems);
    if (leaf === undefined) continue;
    const known = all.get(leaf.asset);
    if (known) known.push(leaf);
    else all.set(leaf.asset, [leaf]);
  }
  return new Map([...all].map(([asset, leaves]) => [asset, recordsOfLeaves(leaves)]));
}

function baseOf(
  input: StateTexts,
  { chain, unfoldedBytes }: EventsRead,
  leaves: StateBase['leaves'],
  snapshot: DecodedSnapshot | undefined,
): StateBase {
  const recent = new Map<string, string>();
  for (const path of eventPaths(input.listing, Number.MAX_SAFE_INTEGER)) recent.set(path, input.texts.get(path) ?? '');
  const rollups = [...input.texts.keys()].filter((path) => parseRollupPath(path)?.kind === 'day');
  return {
    paths: new Set(input.listing),
    recent,
    unfoldedBytes,
    snapshotBytes: snapshotBytesOf(input.texts),
    chain,
    rollups: new Set(rollups),
    touched: touchedPartitions(input.listing, input.texts),
    readLeaves: new Set([...input.texts.keys()].filter((path) => parseLeafPath(path) !== undefined)),
    leaves,
    isOldLayout: isOldFormat(formatOf(input.texts)),
    ...(snapshot?.view.at === undefined ? {} : { foldedAt: snapshot.view.at }),
    filed: snapshot?.filed ?? new Map(),
    hasUnreadStreams: streamFiles(input.listing).some((path) => !input.texts.has(path)),
  };
}

/** The files of the snapshot among these, in bytes of UTF-8, up to what makes a difference (`unfoldedBytesMax`). */
export function snapshotBytesOf(files: Iterable<readonly [path: string, text: string | null]>): number {
  let bytes = 0;
  for (const [path, text] of files) {
    if (path.startsWith('snapshot/') && text !== null) bytes += utf8Bytes(text);
    if (bytes >= SNAPSHOT_BYTES_COUNTED) return SNAPSHOT_BYTES_COUNTED;
  }
  return bytes;
}

/** The state with the id of the commit that it was read at, or that led to it. */
export function withHead(read: StateRead, head: string | undefined): StateRead {
  return head === undefined ? read : { ...read, view: { ...read.view, head } };
}

function fileOf(files: ReadonlyMap<number, string>, commit: string): string {
  return files.get(Number(commit.replace('commit ', ''))) ?? commit;
}

/** The one file that every reader of any version understands. */
export function checkFormat(listing: readonly string[], texts: ReadonlyMap<string, string>): StateProblem | undefined {
  const problem = (code: StateProblem['code'], message: string): StateProblem => ({
    code,
    file: FORMAT_PATH,
    line: 0,
    message,
  });
  if (!listing.includes(FORMAT_PATH))
    return problem('missing', 'the file is not there: this branch was not made by Branchline, or it was damaged');
  let value: unknown;
  try {
    value = JSON.parse(texts.get(FORMAT_PATH) ?? '') as unknown;
  } catch {
    return problem('broken', 'not JSON');
  }
  const format = isObject(value) ? value['format'] : undefined;
  if (!isObject(value) || !Number.isSafeInteger(format) || Number(format) < 1)
    return problem('broken', 'format: expected a whole number from 1');
  if (Number(format) > FORMAT_CUT)
    return problem(
      'newer-format',
      `the state has format ${String(format)} and this Branchline reads up to format ${FORMAT_CUT}: ` +
        `use Branchline ${typeof value['reader_min'] === 'string' ? value['reader_min'] : 'newest'} or newer`,
    );
  return typeof value['project'] === 'string' ? undefined : problem('broken', 'project: is missing');
}

/** The layout's version in `format.json`; undefined when the file is broken or not there. */
export function formatOf(texts: ReadonlyMap<string, string>): number | undefined {
  try {
    const value = JSON.parse(texts.get(FORMAT_PATH) ?? '') as unknown;
    return isObject(value) && typeof value['format'] === 'number' ? value['format'] : undefined;
  } catch {
    return undefined;
  }
}

/** The project's name in `format.json`; undefined when the state is empty or the file is broken. */
export function projectOf(texts: ReadonlyMap<string, string>): string | undefined {
  try {
    const value = JSON.parse(texts.get(FORMAT_PATH) ?? '') as unknown;
    return isObject(value) && typeof value['project'] === 'string' ? value['project'] : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether a transaction landed, found by looking at the head: its recent file is there, or a newer transaction of its
 * writer was sealed or folded. `writers` are the view's; the names in `recent/` alone mostly settle it.
 */
export function hasLanded(
  listing: Iterable<string>,
  transaction: { readonly writer: string; readonly tx: number },
  writers?: StateView['writers'],
): boolean {
  for (const path of listing) if (isRecentOf(path, transaction.writer, transaction.tx)) return true;
  return (writers?.get(transaction.writer)?.tx ?? 0) >= transaction.tx;
}

/** Segments whose first line may name a writer's transaction, newest first: for a push that landed and was sealed. */
export function segmentsToAsk(listing: readonly string[]): string[] {
  return segmentsAfter(listing, foldedSeq(listing))
    .sort(compareSegments)
    .map((name) => name.path)
    .reverse();
}
