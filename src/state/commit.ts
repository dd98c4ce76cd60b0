import { canonicalJson } from '../base/json.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { BranchlineEvent } from '../model/events.ts';
import { type EpochMs, epochMs, timestamp, utcDay } from '../model/instant.ts';
import type { PartitionRecord } from '../model/state.ts';
import type { StateChange } from '../ports-state.ts';
import { type Batch, encodeBatch } from './batch.ts';
import { boundEvents, tooLongOf } from './bounds.ts';
import { areAtHand, encodeClosedDays, isAtHand } from './closed-days.ts';
import type { StateProblem } from './codec.ts';
import { fold, uncounted } from './fold.ts';
import {
  CLOSED_DAYS_FOLDER,
  cutDayOf,
  dayFolder,
  FORMAT,
  FORMAT_PATH,
  formatFor,
  type Layout,
  monthRollupPath,
  parseRollupPath,
  RECENT_BYTES_MAX,
  RECENT_FILES_MAX,
  recentPath,
  unfoldedBytesMax,
  utf8Bytes,
  WEEKS_FOLDER,
} from './layout.ts';
import { addTouched, newestClosedDays } from './needed-paths.ts';
import { encodeLeaves, leafFolder, leafPaths, leavesOf } from './partition-files.ts';
import { withRecords } from './partition-records.ts';
import { type StateRead, snapshotBytesOf } from './read.ts';
import { sealRecent } from './seal.ts';
import { encodeMonth, encodeSnapshot } from './snapshot.ts';
import { expiredStreams, filedAfter, placeStreams } from './streams.ts';

/** The oldest Branchline that reads what we write. */
const READER_MIN = '1.0.0';

export interface CommitDraft {
  /** The state at the head that the commit expects. */
  readonly read: StateRead;
  /** Name of the project, for `format.json` of the first commit. */
  readonly project: string;
  /** Numbered in their streams and redacted. Those that count already are left out. */
  readonly events: readonly BranchlineEvent[];
  readonly writer: string;
  /** The writer's transaction, from 1; the same on every try. */
  readonly tx: number;
  /** The server's instant where there is a server. */
  readonly now: EpochMs;
  /** Subject, blank line, body and trailers. */
  readonly message: string;
}

export interface PreparedCommit {
  readonly change: StateChange;
  /** The state once this has landed, without its commit id: the next commit may build on it. */
  readonly after: StateRead;
  /** Events that are new; the others were counted before. */
  readonly fresh: readonly BranchlineEvent[];
  readonly sealed: boolean;
  readonly folded: boolean;
  /** The day that it closes. */
  readonly closed?: string;
}

/**
 * The files of the next commit: its events in one new file of `recent/`; recent files move into segments when they are
 * too many; on a new day, or when the segments since the last fold are over their bound, the view at the head becomes the
 * snapshot. Pure: after a conflict, read again and prepare again. Pages are added with `withPages`, once they can be
 * rendered from `after.view`.
 */
export function prepareCommit(draft: CommitDraft): Result<PreparedCommit, StateProblem> {
  const { read, writer, tx } = draft;
  const { view, base } = read;
  const seq = view.seq + 1;
  const fresh = uncounted(view.streams, { seq, events: draft.events });
  if (!fresh.ok) return fresh;
  const at = timestamp(Math.max(draft.now, view.at === undefined ? draft.now : epochMs(view.at)));
  const batch: Batch = { seq, writer, tx, at, events: boundEvents(fresh.value) };
  const encoded = encodeBatch(batch);
  if (!encoded.ok)
    return fail({ code: 'too-long', file: recentPath(seq, writer, tx), line: 2, message: tooLongOf(encoded.error) });
  const texts = encoded.value;
  const after = fold(view, batch);
  if (!after.ok) return after;

  const files = new Map<string, string | null>();
  const own = texts.map((text, i): [string, string] => [
    recentPath(seq, writer, tx, i < texts.length - 1 ? i + 1 : undefined),
    text,
  ]);
  const moved = moveHistory(read, own, at);
  // A fold writes the layout of today.
  if (!base.paths.has(FORMAT_PATH) || (moved.folded && base.layout !== FORMAT))
    files.set(FORMAT_PATH, encodeFormat(draft.project, { isCut: cutDayOf(base.paths) !== undefined, layout: FORMAT }));
  for (const [path, text] of moved.files) files.set(path, text);
  for (const [path, text] of own) files.set(path, text);

  const change: StateChange = { files, message: draft.message, at: epochMs(at), writer, tx };
  const next: StateRead = {
    view: after.value,
    base: {
      paths: applyFiles(base.paths, files),
      recent: new Map([...(moved.sealed ? [] : base.recent), ...own]),
      unfoldedBytes: moved.unfoldedBytes,
      snapshotBytes: moved.snapshotBytes,
      chain: moved.chain,
      touched: touchedAfter(base, batch.events, moved.folded),
      leaves: moved.folded ? leavesAfter(read) : base.leaves,
      layout: moved.folded ? FORMAT : base.layout,
      ...foldedAtAfter(read, moved.folded),
      filed: moved.filed,
      hasUnreadStreams: base.hasUnreadStreams,
      readLeaves: new Set([...base.readLeaves, ...[...files.keys()].filter((path) => path.startsWith('partitions/'))]),
      rollups: new Set([...base.rollups, ...[...files.keys()].filter((path) => parseRollupPath(path)?.kind === 'day')]),
      ...closedDaysAfter(base, files),
    },
  };
  const { sealed, folded, closed } = moved;
  return ok({ change, after: next, fresh: batch.events, sealed, folded, ...(closed === undefined ? {} : { closed }) });
}

function foldedAtAfter({ view, base }: StateRead, isFolded: boolean): Pick<StateRead['base'], 'foldedAt'> {
  const at = isFolded ? view.at : base.foldedAt;
  return at === undefined ? {} : { foldedAt: at };
}

/** Which closed days the view has from one file: those of the newest that was written. */
function closedDaysAfter(
  base: StateRead['base'],
  files: ReadonlyMap<string, string | null>,
): Pick<StateRead['base'], 'closedDays'> {
  const written = newestClosedDays([...files].flatMap(([path, text]) => (text === null ? [] : path)));
  const day = written ?? base.closedDays;
  return day === undefined ? {} : { closedDays: day };
}

/** What the next fold has to write: this commit's own events, and what was there before unless it was folded now. */
function touchedAfter(
  base: StateRead['base'],
  events: readonly BranchlineEvent[],
  folded: boolean,
): StateRead['base']['touched'] {
  const touched = new Map<string, Set<string>>();
  if (!folded) for (const [asset, keys] of base.touched) touched.set(asset, new Set(keys));
  for (const event of events) addTouched(touched, event);
  return touched;
}

/** Folded partitions after a fold: what was read before, with what was folded in. */
function leavesAfter({ view, base }: StateRead): StateRead['base']['leaves'] {
  const leaves = new Map(base.leaves);
  for (const [asset, keys] of base.touched) {
    const changed = new Map<string, PartitionRecord>();
    for (const key of keys) {
      const record = view.partitions?.get(asset)?.get(key);
      if (record) changed.set(key, record);
    }
    leaves.set(asset, withRecords(leaves.get(asset), changed));
  }
  return leaves;
}

/** The text of `format.json`; `isCut`: events were dropped, and a checkpoint stands for them. */
export function encodeFormat(project: string, layout: { readonly isCut: boolean; readonly layout: Layout }): string {
  return `${canonicalJson({ format: formatFor(layout), project, reader_min: READER_MIN })}\n`;
}

/** The commit with further files of the state, and what they need behind it. */
export function withFiles(
  prepared: PreparedCommit,
  more: ReadonlyMap<string, string | null>,
  behind: readonly string[] = [],
): PreparedCommit {
  const files = new Map([...prepared.change.files, ...more]);
  const base = { ...prepared.after.base, paths: applyFiles(prepared.after.base.paths, more) };
  const change = { ...prepared.change, files, ...(behind.length === 0 ? {} : { behind }) };
  return { ...prepared, change, after: { ...prepared.after, base } };
}

/** The commit on a tree that has these pages: whoever reads a state leaves them out. */
export function withPageNames(prepared: PreparedCommit, pages: Iterable<string>): PreparedCommit {
  const { after } = prepared;
  return { ...prepared, after: { ...after, base: { ...after.base, paths: new Set([...after.base.paths, ...pages]) } } };
}

/** The commit with derived pages beside the truth; a page may be deleted by null. Pages never replace a file of the state. */
export function withPages(prepared: PreparedCommit, pages: ReadonlyMap<string, string | null>): PreparedCommit {
  const files = new Map([...pages, ...prepared.change.files]);
  const base = { ...prepared.after.base, paths: applyFiles(prepared.after.base.paths, pages) };
  return { ...prepared, change: { ...prepared.change, files }, after: { ...prepared.after, base } };
}

function applyFiles(paths: ReadonlySet<string>, files: ReadonlyMap<string, string | null>): Set<string> {
  const after = new Set(paths);
  for (const [path, text] of files) {
    if (text === null) after.delete(path);
    else after.add(path);
  }
  return after;
}

interface Moved {
  readonly files: ReadonlyMap<string, string | null>;
  readonly sealed: boolean;
  readonly folded: boolean;
  readonly closed: string | undefined;
  readonly chain: string;
  readonly unfoldedBytes: number;
  readonly snapshotBytes: number;
  readonly filed: StateRead['base']['filed'];
}

/** Seals and folds what came before this commit, when it is time. */
function moveHistory(read: StateRead, own: readonly (readonly [string, string])[], at: string): Moved {
  const { view, base } = read;
  const files = new Map<string, string | null>();
  const isNewDay = view.at !== undefined && utcDay(at) > utcDay(view.at);
  const bytesOf = (texts: Iterable<string>): number => [...texts].reduce((sum, text) => sum + utf8Bytes(text), 0);
  const recentBytes = bytesOf(base.recent.values());
  const isOverBound =
    base.recent.size + own.length > RECENT_FILES_MAX ||
    recentBytes + bytesOf(own.map(([, text]) => text)) > RECENT_BYTES_MAX;
  const isSealing = base.recent.size > 0 && (isNewDay || isOverBound);
  let chain = base.chain;
  let unfoldedBytes = base.unfoldedBytes;
  if (isSealing) {
    for (const segment of sealRecent(base.recent, chain)) {
      files.set(segment.path, segment.text);
      chain = segment.digest;
      unfoldedBytes += utf8Bytes(segment.text);
    }
    for (const path of base.recent.keys()) files.set(path, null);
  }
  const isFolding = isNewDay || unfoldedBytes > unfoldedBytesMax(base.snapshotBytes);
  let { filed, snapshotBytes } = base;
  if (isFolding) {
    filed = foldInto(files, read, { digest: chain, close: isNewDay, day: utcDay(at) });
    for (const [path, text] of foldPartitions(read)) files.set(path, text);
    unfoldedBytes = 0;
    snapshotBytes = snapshotBytesOf(files);
  }
  const closed = isNewDay ? utcDay(view.at) : undefined;
  return { files, sealed: isSealing, folded: isFolding, closed, chain, unfoldedBytes, snapshotBytes, filed };
}

/** Leaves of partitions that commits since the last fold touched, as they are now. */
function foldPartitions({ view, base }: StateRead): Map<string, string> {
  const files = new Map<string, string>();
  if (base.touched.size === 0) return files;
  const leaves = leavesOf(base.paths);
  for (const [asset, keys] of base.touched) {
    const records = view.partitions?.get(asset);
    const changed = new Map<string, PartitionRecord>();
    for (const key of keys) {
      const record = records?.get(key);
      if (record) changed.set(key, record);
    }
    const own = leaves.get(leafFolder(asset)) ?? [];
    const unread = [...leafPaths(leaves, asset, changed.keys())].find((path) => !base.readLeaves.has(path));
    // Writing a leaf that was not read would forget what is in it.
    if (unread !== undefined) throw new Error(`a fold without its leaf ${unread}`);
    for (const [path, text] of encodeLeaves(asset, own, base.leaves.get(asset) ?? new Map(), changed))
      files.set(path, text);
  }
  return files;
}

/** Writes the view as the snapshot; the numbers of streams that files have then. */
function foldInto(
  files: Map<string, string | null>,
  read: StateRead,
  options: { readonly digest: string; readonly close: boolean /** The commit's. */; readonly day: string },
): StateRead['base']['filed'] {
  const { view, base } = read;
  const { filed } = base;
  const { digest, close, day } = options;
  const snapshot = new Map([
    ...encodeSnapshot(view, { digest, close, filed }),
    ...(close ? closedDaysAt(read, day) : []),
  ]);
  for (const path of staleFiles(read, close)) if (!snapshot.has(path)) files.set(path, null);
  for (const [path, text] of snapshot) files.set(path, text);
  if (!close) return filed;
  for (const month of monthsToMerge(read, day.slice(0, 7))) {
    const days = [...view.days].filter(([day]) => day.startsWith(month)).map(([, cells]) => cells);
    for (const [path, text] of encodeMonth(month, days)) files.set(path, text);
  }
  return filedAfter(filed, placeStreams(view, { close: true, filed }).leaving);
}

/** The sums of the closed days before this one; none where not all of them were read. */
function closedDaysAt({ view, base }: StateRead, day: string): Map<string, string> {
  const today = view.at === undefined ? '' : utcDay(view.at);
  return areAtHand(day, { ...base, today }) ? encodeClosedDays(day, view.days) : new Map();
}

/** Files of the fold before, and of the layout before: what is not written again goes. */
function staleFiles({ view, base }: StateRead, close: boolean): string[] {
  const today = view.at === undefined ? '' : utcDay(view.at);
  const expired = new Set(close && view.at !== undefined ? expiredStreams(base.paths, view.at) : []);
  return [...base.paths].filter(
    (path) =>
      path.startsWith('snapshot/') ||
      // The sums and runs of the morning may have been cut into other files.
      path.startsWith(`rollups/day/${today}/`) ||
      path.startsWith(`runs/${dayFolder(today)}/`) ||
      path.startsWith('runs/recent/') ||
      (close && (path.startsWith(CLOSED_DAYS_FOLDER) || path.startsWith(WEEKS_FOLDER))) ||
      expired.has(path),
  );
}

/** Months before this one that have no sum yet and whose days are all at hand. */
function monthsToMerge({ view, base }: StateRead, current: string): string[] {
  const today = view.at === undefined ? '' : utcDay(view.at);
  const months = new Set([...view.days.keys()].map((day) => day.slice(0, 7)));
  return [...months].sort().filter((month) => {
    if (month >= current || base.paths.has(monthRollupPath(month))) return false;
    for (const path of base.paths) {
      const name = parseRollupPath(path);
      if (name?.kind !== 'day' || !name.period.startsWith(month) || name.period === today) continue;
      if (!isAtHand(path, base)) return false;
    }
    return true;
  });
}
