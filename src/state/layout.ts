import { sha256 } from '../base/digest.ts';
import { byText } from '../base/order.ts';

/**
 * Versions of the branch's layout, in `format.json`. Each is one more where events were dropped (`state.retention`): a
 * reader that knows only the first of two would take them for lost.
 */
export type Layout = 1 | 3 | 5;
/** What is written: files of older days leave the tree (`history/`). */
export const FORMAT: Layout = 5;
/** The layout before: every day is in the tree. It is read, and left by the next fold, as the one before it. */
export const WHOLE_FORMAT: Layout = 3;
/** The first: `runs/recent/`, and all streams in the index. */
export const OLD_FORMAT: Layout = 1;
/** The newest that this Branchline reads. */
export const FORMAT_MAX = FORMAT + 1;

export function isCutFormat(format: number | undefined): boolean {
  return format !== undefined && format % 2 === 0;
}
/** The layout of a version, with or without dropped events; of none, or of one that is broken: that of today. */
export function layoutOf(format: number | undefined): Layout {
  const layout = isCutFormat(format) ? format! - 1 : format;
  return layout === OLD_FORMAT || layout === WHOLE_FORMAT ? layout : FORMAT;
}
/** The version of a layout where events were dropped, or were not. */
export function formatFor({ isCut, layout }: { readonly isCut: boolean; readonly layout: Layout }): number {
  return isCut ? layout + 1 : layout;
}
export const FORMAT_PATH = 'format.json';

/** Pages of assets, groups and selections: most paths of a large state, and no reader asks for one. */
export const HEALTH_FOLDER = 'health/';
export function withoutPages(listing: readonly string[]): string[] {
  return listing.filter((path) => !path.startsWith(HEALTH_FOLDER));
}
export const INDEX_PATH = 'snapshot/index.json';

/** Limits of the layout, in UTF-8 bytes where not said otherwise. */
export const RECENT_FILES_MAX = 32;
export const RECENT_BYTES_MAX = 256 * 1024;
export const FILE_BYTES_MAX = 1024 * 1024;
/** Segments may wait for a fold up to half of what it writes anew, within these bounds (`unfoldedBytesMax`). */
const UNFOLDED_BYTES_LEAST = 256 * 1024;
const UNFOLDED_BYTES_MOST = 1024 * 1024;
/** A snapshot of this size or more lets the most wait: nobody need count on. */
export const SNAPSHOT_BYTES_COUNTED = 2 * UNFOLDED_BYTES_MOST;
export const SHARD_BYTES_MAX = 64 * 1024;
export const SHARDS_MAX = 4096;

// Every reader looks at each path of a tree several times, and most are pages: what a path begins with is asked first.
const FOLDED = 'snapshot/folded-';
const SEQ_DIGITS = 10;
const PART_DIGITS = 4;

/** A commit's number as it stands in paths: zero-padded, so that text order is order. */
export function seqText(seq: number): string {
  return String(seq).padStart(SEQ_DIGITS, '0');
}

export interface RecentName {
  readonly path: string;
  readonly seq: number;
  readonly writer: string;
  readonly tx: number;
  /** From 1; undefined when the commit's events are one file. All parts but the last carry a number. */
  readonly part?: number;
}

/** Path of a commit's events. `writer` is escaped, so it may hold any text. */
export function recentPath(seq: number, writer: string, tx: number, part?: number): string {
  const suffix = part === undefined ? '' : `.${String(part).padStart(PART_DIGITS, '0')}`;
  return `recent/${seqText(seq)}-${escapeName(writer)}-${tx}${suffix}.jsonl`;
}

/** Reads a path of `recent/`; `writer` is the escaped name. Undefined when it is none. */
export function parseRecentPath(path: string): RecentName | undefined {
  if (!path.startsWith('recent/')) return undefined;
  const match = /^recent\/(\d{10})-(.+)-(\d+)(?:\.(\d{4}))?\.jsonl$/.exec(path);
  if (!match) return undefined;
  const [, seq, writer, tx, part] = match;
  return { path, seq: Number(seq), writer: writer!, tx: Number(tx), ...(part ? { part: Number(part) } : {}) };
}

/** True when the path is the last file of that writer's transaction: it landed. */
export function isRecentOf(path: string, writer: string, tx: number): boolean {
  const name = parseRecentPath(path);
  return name !== undefined && name.writer === escapeName(writer) && name.tx === tx && name.part === undefined;
}

export interface SegmentName {
  readonly path: string;
  readonly day: string;
  readonly first: number;
  readonly last: number;
  readonly part?: number;
}

/** Path of a sealed segment; `part` numbers the segments of one commit that is too long for one. */
export function segmentPath(day: string, first: number, last: number, part?: number): string {
  const suffix = part === undefined ? '' : `.${String(part).padStart(PART_DIGITS, '0')}`;
  return `events/${dayFolder(day)}/${seqText(first)}-${seqText(last)}${suffix}.jsonl`;
}

export function parseSegmentPath(path: string): SegmentName | undefined {
  if (!path.startsWith('events/')) return undefined;
  const match = /^events\/(\d{4})\/(\d\d)\/(\d\d)\/(\d{10})-(\d{10})(?:\.(\d{4}))?\.jsonl$/.exec(path);
  if (!match) return undefined;
  const [, year, month, date, first, last, part] = match;
  return {
    path,
    day: `${year}-${month}-${date}`,
    first: Number(first),
    last: Number(last),
    ...(part ? { part: Number(part) } : {}),
  };
}

// `events/2026/11/22/<first>-`: the number of the last commit has ten digits from here.
const LAST_AT = 'events/2026/11/22/0000000001-'.length;

/**
 * Segments with commits after this number. Those before are told by one number in their paths: a branch of years has
 * thousands of them, and each wake-up asks several times.
 */
export function segmentsAfter(listing: Iterable<string>, seq: number): SegmentName[] {
  const found: SegmentName[] = [];
  for (const path of listing) {
    if (!path.startsWith('events/') || Number(path.slice(LAST_AT, LAST_AT + SEQ_DIGITS)) <= seq) continue;
    const name = parseSegmentPath(path);
    if (name) found.push(name);
  }
  return found;
}

const partOf = (name: { readonly part?: number }): number => name.part ?? Number.MAX_SAFE_INTEGER;

/** Order of events: by commit, then part; a commit's last file, which has no part, comes after its parts. */
export function compareSegments(a: SegmentName, b: SegmentName): number {
  return a.first - b.first || partOf(a) - partOf(b) || byText(a.path, b.path);
}
export function compareRecent(a: RecentName, b: RecentName): number {
  return a.seq - b.seq || partOf(a) - partOf(b) || byText(a.path, b.path);
}

/** Which of `count` shards (a power of two up to 4,096) an asset is in: the first bits of its name's digest. */
export function shardOf(asset: string, count: number): number {
  return Math.floor((Number.parseInt(sha256(asset).slice(0, 3), 16) * count) / SHARDS_MAX);
}

export function shardName(shard: number): string {
  return shard.toString(16).padStart(3, '0');
}

export function shardPath(shard: number): string {
  return `snapshot/${shardName(shard)}.json`;
}

/** A marker whose name says which commit is the last one folded in: what to load follows from the listing. */
export function foldedPath(seq: number): string {
  return FOLDED + seqText(seq);
}
export function parseFoldedPath(path: string): number | undefined {
  if (!path.startsWith(FOLDED)) return undefined;
  const match = /^snapshot\/folded-(\d{10})$/.exec(path);
  return match ? Number(match[1]) : undefined;
}

/** Says that history was begun anew after that commit, and which archive has what was before. */
export function compactedPath(seq: number): string {
  return `compacted/${seqText(seq)}.json`;
}
/** The newest commit of the archive before this history; 0 when it was never begun anew. */
export function compactedSeq(listing: Iterable<string>): number {
  let seq = 0;
  for (const path of listing)
    if (path.startsWith('compacted/')) seq = Math.max(seq, Number(/^compacted\/(\d{10})\.json$/.exec(path)?.[1] ?? 0));
  return seq;
}

/** Folder of the view at which the events that are left begin; absent when none were ever dropped. */
export const CHECKPOINT_FOLDER = 'checkpoint/';
/** What the checkpoint says of itself, under the last day whose events were dropped. */
export function cutPath(day: string): string {
  return `${CHECKPOINT_FOLDER}${day}.json`;
}
/** The last day whose events were dropped, as the listing alone tells. */
export function cutDayOf(listing: Iterable<string>): string | undefined {
  for (const path of listing) {
    if (!path.startsWith(CHECKPOINT_FOLDER)) continue;
    const day = /^checkpoint\/(\d{4}-\d\d-\d\d)\.json$/.exec(path)?.[1];
    if (day !== undefined) return day;
  }
  return undefined;
}

const STREAMS = /^streams\/(\d{4}-\d\d-\d\d)(?:\.\d{4})?\.json$/;

/** Last numbers of streams that left the index when that day was closed; parts count from 1, which has no number. */
export function streamsPath(day: string, part: number): string {
  return `streams/${dayPart(day, part)}`;
}
function dayPart(day: string, part: number): string {
  return `${day}${part === 1 ? '' : `.${String(part).padStart(PART_DIGITS, '0')}`}.json`;
}
/** The day that was closed. */
export function parseStreamsPath(path: string): string | undefined {
  return path.startsWith('streams/') ? STREAMS.exec(path)?.[1] : undefined;
}

/** An ended run of an open day, in the layout before. */
export function recentRunPath(run: string): string {
  return `runs/recent/${sha256(run).slice(0, 2)}/${escapeName(run)}.json`;
}

/** Ended runs of a day; parts count from 1. */
export function dayRunsPath(day: string, part: number): string {
  return `runs/${dayFolder(day)}/${String(part).padStart(PART_DIGITS, '0')}.jsonl`;
}

export function parseDayRunsPath(path: string): { readonly day: string; readonly part: number } | undefined {
  if (!path.startsWith('runs/')) return undefined;
  const match = /^runs\/(\d{4})\/(\d\d)\/(\d\d)\/(\d{4})\.jsonl$/.exec(path);
  return match ? { day: `${match[1]}-${match[2]}-${match[3]}`, part: Number(match[4]) } : undefined;
}

/** Sums of a day or month; without a shard those of the project and its groups, with one those of assets. */
export function dayRollupPath(day: string, shard?: number): string {
  return shard === undefined ? `rollups/day/${day}.json` : `rollups/day/${day}/${shardName(shard)}.json`;
}
export function monthRollupPath(month: string, shard?: number): string {
  return shard === undefined ? `rollups/month/${month}.json` : `rollups/month/${month}/${shardName(shard)}.json`;
}

export const CLOSED_DAYS_FOLDER = 'closed-days/';
const CLOSED_DAYS = /^closed-days\/(\d{4}-\d\d-\d\d)(?:\.\d{4})?\.json$/;
/** Sums of the closed days before `day` that a report compares; parts count from 1, which has no number. */
export function closedDaysPath(day: string, part: number): string {
  return CLOSED_DAYS_FOLDER + dayPart(day, part);
}
/** The day before which these were. */
export function parseClosedDaysPath(path: string): string | undefined {
  return path.startsWith(CLOSED_DAYS_FOLDER) ? CLOSED_DAYS.exec(path)?.[1] : undefined;
}
/** Sums of a week that an older Branchline wrote. Nobody reads them any more. */
export const WEEKS_FOLDER = 'weeks/';

/** Says where files are that left the tree. */
export const HISTORY_FOLDER = 'history/';
/** Roll-ups that left the tree, by month. They are kept for good, events are not: so theirs is a chain of its own. */
export const SUMS_PATH = 'history/sums.json';
/** Events and runs that left the tree, of the days of a month. */
export function historyPath(month: string): string {
  return `${HISTORY_FOLDER}${month}.json`;
}

export interface RollupName {
  readonly kind: 'day' | 'month';
  /** `2026-11-22` or `2026-11`. */
  readonly period: string;
  readonly shard?: number;
}
export function parseRollupPath(path: string): RollupName | undefined {
  if (!path.startsWith('rollups/')) return undefined;
  const match = /^rollups\/(?:day\/(\d{4}-\d\d-\d\d)|month\/(\d{4}-\d\d))(?:\/([0-9a-f]{3}))?\.json$/.exec(path);
  if (!match) return undefined;
  const [, day, month, shard] = match;
  return {
    kind: day ? 'day' : 'month',
    period: (day ?? month)!,
    ...(shard ? { shard: Number.parseInt(shard, 16) } : {}),
  };
}

export function dayFolder(day: string): string {
  return day.replaceAll('-', '/');
}

const NAME_BYTES_MAX = 120;
const NAME_BYTES_KEPT = 100;
// With any `_` before it, or `con` and `_con` would be one.
const RESERVED = /^_*(con|prn|aux|nul|com[0-9]|lpt[0-9]|readme|index|recent|\.*)(\.|$)/;

/**
 * A name of the user's as one path segment that every file system and every link bears: `[a-z0-9_-]` stays, `/` becomes
 * `.`, any other byte `%XX`; over 120 bytes, the first 100 and 16 hex digits of the name's digest; a name that Windows or
 * this layout keeps for itself gets `_` in front. Names that differ give segments that differ.
 */
export function escapeName(name: string): string {
  let escaped = '';
  for (const byte of new TextEncoder().encode(name)) {
    const char = String.fromCharCode(byte);
    if (/[a-z0-9_-]/.test(char)) escaped += char;
    else if (char === '/') escaped += '.';
    else escaped += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  if (escaped.length > NAME_BYTES_MAX) {
    // Never in the middle of a %XX.
    const kept = escaped.slice(0, NAME_BYTES_KEPT).replace(/%[0-9A-F]?$/, '');
    escaped = `${kept}-${sha256(name).slice(0, 16)}`;
  }
  return RESERVED.test(escaped) ? `_${escaped}` : escaped;
}

/** Length of a text in UTF-8. */
export function utf8Bytes(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/**
 * How many bytes of segments may wait for a fold: every reader reads them all, and a fold writes the snapshot anew. Half of
 * the snapshot's size keeps both small; a large project folds at 1 MiB, so that a run of thousands of steps does not write
 * all records with each of its commits. It is the writer's choice: no reader depends on it.
 */
export function unfoldedBytesMax(snapshotBytes: number): number {
  return Math.min(UNFOLDED_BYTES_MOST, Math.max(UNFOLDED_BYTES_LEAST, snapshotBytes / 2));
}
