import { bytesOf } from '../base/late-texts.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { type Timestamp, utcDay } from '../model/instant.ts';
import type { StateView } from '../model/state.ts';
import { type Batch, chainDigest, decodeEventsFiles } from './batch.ts';
import { type DaysAtHand, decodeClosedDays } from './closed-days.ts';
import type { StateProblem } from './codec.ts';
import { decodeLeaf } from './decode-leaf.ts';
import { type DecodedSnapshot, decodeSnapshot } from './decode-snapshot.ts';
import { emptyView, foldAll } from './fold.ts';
import { checkFormat, formatOf } from './format-file.ts';
import {
  dayRollupPath,
  foldedPath,
  isRecentOf,
  type Layout,
  layoutOf,
  parseRollupPath,
  parseSegmentPath,
  SNAPSHOT_BYTES_COUNTED,
  utf8Bytes,
  withoutPages,
} from './layout.ts';
import { eventPaths, foldedSeq, neededPaths, newestClosedDays, touchedPartitions } from './needed-paths.ts';
import { parseLeafPath } from './partition-files.ts';
import type { PartitionLeaf } from './partition-leaf.ts';
import { type PartitionRecords, recordsOfLeaves } from './partition-records.ts';
import { needsOlderStreams, streamFiles } from './streams.ts';
import { withTallies } from './untallied.ts';

/** What a commit must know beside the view: the files that it moves, and where the chain of segments ends. */
export interface StateBase extends DaysAtHand {
  /** All paths of the head's tree, of pages only those that whoever reads it has looked for. */
  readonly paths: ReadonlySet<string>;
  /** Texts of `recent/`, by path, in order. */
  readonly recent: ReadonlyMap<string, string>;
  /** Segments that no snapshot holds yet, in bytes of UTF-8. */
  readonly unfoldedBytes: number;
  /** The files of the snapshot, in bytes of UTF-8; those beyond 2 MiB are not counted. */
  readonly snapshotBytes: number;
  /** SHA-256 of the newest segment, hex; empty when there is none. */
  readonly chain: string;
  /** Partitions that the next fold has to write: keys by asset, touched by commits that are not folded. */
  readonly touched: ReadonlyMap<string, ReadonlySet<string>>;
  /** Leaves that were read. */
  readonly readLeaves: ReadonlySet<string>;
  /** Folded partitions that were read, by asset. */
  readonly leaves: ReadonlyMap<string, PartitionRecords>;
  /** One before that of today is left by the next fold. */
  readonly layout: Layout;
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

/** What `assembleView` reads. */
export interface StateTexts {
  /** All paths of the head's tree; those of pages may be left out. */
  readonly listing: readonly string[];
  /** Texts of at least the `neededPaths`. */
  readonly texts: ReadonlyMap<string, string>;
  readonly environment: string;
  /** The head's commit id, for the view. */
  readonly head?: string;
}

/** The view at a commit, or everything that is wrong with its files. Nothing may be done on a broken view. */
export function assembleView(tree: StateTexts): Result<StateRead, readonly StateProblem[]> {
  const { texts, environment, listing: paths } = tree;
  const listing = withoutPages(paths);
  const input = { ...tree, listing, paths };
  if (paths.length === 0) {
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
  const closedDays = newestClosedDays(texts.keys()) === undefined ? undefined : decodeClosedDays(texts, problems);
  const start = snapshot?.ok ? snapshot.value : { view: emptyView(environment), digest: '' };
  const read = readEvents(input, folded, start.digest, problems);
  if (problems.length > 0) return fail(problems);
  const base = baseOf(input, read, leaves, snapshot?.ok ? snapshot.value : undefined);
  if (base.hasUnreadStreams && base.foldedAt !== undefined) {
    const events = read.batches.flatMap((batch) => batch.events);
    if (needsOlderStreams(start.view, events, { folded: base.foldedAt })) return fail([unreadStreams]);
  }
  const known = withClosedDays(start.view, closedDays, listing);
  const begun = leaves.size === 0 ? known : withTallies({ ...known, partitions: leaves }, leaves, input);
  const view = foldAll(begun, read.batches.values());
  if (!view.ok) return fail([{ ...view.error, file: fileOf(read.files, view.error.file) }]);
  if (view.value.seq < folded)
    return fail([{ code: 'broken', file: foldedPath(folded), line: 0, message: 'the index is older than its marker' }]);
  return ok(withHead({ view: view.value, base }, input.head));
}

/**
 * The view with the closed days that one file has: of a day's own files perhaps not all were read. A day without roll-ups has
 * no sums; and to the day of the snapshot the events after it may add.
 */
function withClosedDays(view: StateView, closed: StateView['days'] | undefined, listing: readonly string[]): StateView {
  if (closed === undefined || view.at === undefined) return view;
  const today = utcDay(view.at);
  const taken = [...closed].filter(([day]) => day < today && listing.includes(dayRollupPath(day)));
  return { ...view, days: new Map([...view.days, ...taken]) };
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

/** Folded partitions among the texts. */
export function readLeaves(
  texts: ReadonlyMap<string, string>,
  problems: StateProblem[],
): Map<string, PartitionRecords> {
  const all = new Map<string, PartitionLeaf[]>();
  for (const path of texts.keys()) {
    if (parseLeafPath(path) === undefined) continue;
    const leaf = decodeLeaf(path, texts.get(path)!, problems);
    if (leaf === undefined) continue;
    const known = all.get(leaf.asset);
    if (known) known.push(leaf);
    else all.set(leaf.asset, [leaf]);
  }
  return new Map([...all].map(([asset, leaves]) => [asset, recordsOfLeaves(leaves)]));
}

function baseOf(
  input: StateTexts & { readonly paths: Iterable<string> },
  { chain, unfoldedBytes }: EventsRead,
  leaves: StateBase['leaves'],
  snapshot: DecodedSnapshot | undefined,
): StateBase {
  const recent = new Map<string, string>();
  for (const path of eventPaths(input.listing, Number.MAX_SAFE_INTEGER)) recent.set(path, input.texts.get(path) ?? '');
  const closedDays = newestClosedDays(input.texts.keys());
  const rollups = [...input.texts.keys()].filter((path) => parseRollupPath(path)?.kind === 'day');
  return {
    paths: new Set(input.paths),
    recent,
    unfoldedBytes,
    snapshotBytes: snapshotBytesOf(input.texts),
    chain,
    rollups: new Set(rollups),
    ...(closedDays === undefined ? {} : { closedDays }),
    touched: touchedPartitions(input.listing, input.texts),
    readLeaves: new Set([...input.texts.keys()].filter((path) => parseLeafPath(path) !== undefined)),
    leaves,
    layout: layoutOf(formatOf(input.texts)),
    ...(snapshot?.view.at === undefined ? {} : { foldedAt: snapshot.view.at }),
    filed: snapshot?.filed ?? new Map(),
    hasUnreadStreams: streamFiles(input.listing).some((path) => !input.texts.has(path)),
  };
}

/** The files of the snapshot among these, in bytes of UTF-8, up to what makes a difference (`unfoldedBytesMax`). */
export function snapshotBytesOf(files: ReadonlyMap<string, string | null>): number {
  let bytes = 0;
  for (const path of files.keys()) {
    if (path.startsWith('snapshot/')) bytes += bytesOf(files, path);
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
