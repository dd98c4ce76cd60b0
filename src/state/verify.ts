import { sha256 } from '../base/digest.ts';
import { canonicalJson } from '../base/json.ts';
import { byText } from '../base/order.ts';
import { utcDay } from '../model/instant.ts';
import type { StateView } from '../model/state.ts';
import { type Batch, type DecodedFile, decodeEventsFile } from './batch.ts';
import type { StateProblem } from './codec.ts';
import { emptyView, fold } from './fold.ts';
import {
  compareRecent,
  compareSegments,
  FORMAT_PATH,
  INDEX_PATH,
  monthRollupPath,
  parseFoldedPath,
  parseRecentPath,
  parseRollupPath,
  parseSegmentPath,
  type RecentName,
  type SegmentName,
} from './layout.ts';
import { repairLeaves, verifyLeaves } from './partition-verify.ts';
import { checkFormat, foldedSeq } from './read.ts';
import { encodeMonth, encodeSnapshot } from './snapshot.ts';

export interface Verification {
  /** In the order of files and lines. */
  readonly problems: readonly StateProblem[];
  readonly commits: number;
  readonly events: number;
  /** The view folded from the events alone; undefined when they could not be read. */
  readonly view?: StateView;
}

/** Folders of the branch that the state owns; all else is pages. */
const OWNED = /^(format\.json$|recent\/|events\/|snapshot\/|runs\/|rollups\/|partitions\/)/;

/**
 * Checks a whole tree against itself: every record decodes and is canonical, commits and streams have no gaps, segments
 * are chained by digest, and snapshot, runs and roll-ups are what the events give. `texts` holds every file.
 */
export function verifyState(texts: ReadonlyMap<string, string>, environment: string): Verification {
  const listing = [...texts.keys()].sort(byText);
  if (listing.length === 0) return { problems: [], commits: 0, events: 0 };
  const format = checkFormat(listing, texts);
  if (format) return { problems: [format], commits: 0, events: 0 };
  const problems: StateProblem[] = [];
  const files = decodeFiles(listing, texts, problems);
  const batches = files.flatMap((file) => file.decoded.batches);
  const counts = {
    commits: new Set(batches.map((batch) => batch.seq)).size,
    events: batches.reduce((sum, batch) => sum + batch.events.length, 0),
  };
  // A refold of half of the events would only repeat the same problem for every file.
  if (problems.length > 0) return { problems, ...counts };
  const folded = foldedSeq(listing);
  const { view, expected, partitions } = refold(files, texts, { environment, problems, folded });
  if (view && problems.length === 0) {
    compareFiles(listing, texts, expected, problems);
    problems.push(...verifyLeaves(texts, partitions));
  }
  return { problems, ...counts, ...(view ? { view } : {}) };
}

/** What makes a tree whole again without touching its truth. */
export interface Repair {
  /** Damage of the truth itself, which nothing can make good: then `files` is empty. */
  readonly lost: readonly StateProblem[];
  /** Derived files as the events give them; null takes one away. */
  readonly files: ReadonlyMap<string, string | null>;
}

/**
 * The derived files (snapshot, runs, roll-ups, leaves of partitions, `format.json`) that differ from what the events give, as they should be.
 * `texts` holds every file of the tree.
 */
export function repairState(texts: ReadonlyMap<string, string>, environment: string, formatText: string): Repair {
  const listing = [...texts.keys()].sort(byText);
  if (listing.length === 0) return { lost: [], files: new Map() };
  const format = checkFormat(listing, texts);
  if (format?.code === 'newer-format') return { lost: [format], files: new Map() };
  const lost: StateProblem[] = [];
  const events = decodeFiles(listing, texts, lost);
  if (lost.length > 0) return { lost, files: new Map() };
  // A marker is believed when a segment ends there; else everything that is sealed is folded anew.
  const ends = new Set(events.map(({ name }) => ('last' in name ? name.last : 0)));
  const known = listing.map(parseFoldedPath).filter((seq) => seq !== undefined && ends.has(seq));
  const isFolded = listing.some((path) => path.startsWith('snapshot/'));
  const folded = Math.max(0, ...(known.length > 0 ? known : isFolded ? [...ends] : []).map((seq) => seq ?? 0));
  const { view, expected, partitions } = refold(events, texts, { environment, problems: lost, folded });
  if (view === undefined || lost.length > 0) return { lost, files: new Map() };
  const files = new Map<string, string | null>();
  if (format) files.set(FORMAT_PATH, formatText);
  for (const [path, text] of expected) if (texts.get(path) !== text) files.set(path, text);
  for (const path of listing) if (isDerived(path) && !expected.has(path) && !isMonth(path)) files.set(path, null);
  for (const [path, text] of repairLeaves(texts, partitions)) files.set(path, text);
  return { lost, files };
}

interface EventsFile {
  readonly name: SegmentName | RecentName;
  readonly decoded: DecodedFile;
}

function decodeFiles(
  listing: readonly string[],
  texts: ReadonlyMap<string, string>,
  problems: StateProblem[],
): EventsFile[] {
  const segments = listing.map(parseSegmentPath).filter((name) => name !== undefined);
  const recent = listing.map(parseRecentPath).filter((name) => name !== undefined);
  const files: EventsFile[] = [];
  let chain = '';
  for (const name of [...segments.sort(compareSegments), ...recent.sort(compareRecent)]) {
    const text = texts.get(name.path)!;
    const decoded = decodeEventsFile(name.path, text);
    if (!decoded.ok) problems.push(...decoded.error);
    else {
      files.push({ name, decoded: decoded.value });
      checkName(name, decoded.value, problems);
    }
    checkCanonical(name.path, text, problems);
    if ('writer' in name) continue;
    if (decoded.ok && decoded.value.segment?.after !== chain)
      problems.push(
        broken(name.path, 1, 'the digest of the segment before differs: one of the two was edited or lost'),
      );
    chain = sha256(text);
  }
  for (const path of listing)
    if (/^(recent|events)\//.test(path) && !parseSegmentPath(path) && !parseRecentPath(path))
      problems.push(broken(path, 0, 'not a file of the state'));
  return files;
}

function broken(file: string, line: number, message: string): StateProblem {
  return { code: 'broken', file, line, message };
}

function checkName(name: SegmentName | RecentName, file: DecodedFile, problems: StateProblem[]): void {
  const first = file.batches[0]!;
  const last = file.batches.at(-1)!;
  if ('writer' in name) {
    if (file.batches.length !== 1 || first.seq !== name.seq || first.tx !== name.tx)
      problems.push(broken(name.path, 1, 'the commit in it is not the one in its name'));
    return;
  }
  if (first.seq !== name.first || last.seq !== name.last)
    problems.push(broken(name.path, 0, `holds commits ${first.seq} to ${last.seq}, not those in its name`));
  if (file.batches.some((batch) => utcDay(batch.at) !== name.day))
    problems.push(broken(name.path, 0, 'holds commits of another day'));
}

function checkCanonical(path: string, text: string, problems: StateProblem[]): void {
  for (const [i, line] of text.split('\n').entries()) {
    if (line === '') continue;
    try {
      if (canonicalJson(JSON.parse(line)) === line) continue;
    } catch {
      // Said already, as a line that does not parse.
      continue;
    }
    problems.push(broken(path, i + 1, 'not in canonical form: the line was edited'));
  }
}

interface Refolded {
  readonly view?: StateView;
  /** Derived files as the events give them. */
  readonly expected: ReadonlyMap<string, string>;
  /** Partitions as they were at the last fold. */
  readonly partitions?: StateView['partitions'];
}

/** Folds from nothing, writing the derived files at each end of a day and at the last fold. */
function refold(
  files: readonly EventsFile[],
  texts: ReadonlyMap<string, string>,
  options: { readonly environment: string; readonly problems: StateProblem[]; readonly folded: number },
): Refolded {
  const { environment, problems, folded } = options;
  const expected = new Map<string, string>();
  let view = emptyView(environment);
  let chain = '';
  let foldedHere = false;
  let partitions: StateView['partitions'];
  const close = (next: Batch): void => {
    if (view.at === undefined || utcDay(next.at) <= utcDay(view.at)) return;
    const snapshot = encodeSnapshot(view, { digest: chain, close: true });
    for (const [path, text] of snapshot) if (/^(runs|rollups)\//.test(path)) expected.set(path, text);
    closeMonth(view, next, { texts, expected });
  };
  for (const { name, decoded } of files) {
    for (const batch of decoded.batches) {
      if (batch.seq > folded && !foldedHere) {
        foldedHere = true;
        partitions = folded > 0 ? view.partitions : undefined;
        addSnapshot(view, chain, { next: batch, folded, expected });
      }
      close(batch);
      const next = fold(view, batch);
      if (!next.ok) {
        problems.push({ ...next.error, file: name.path });
        return { expected };
      }
      view = next.value;
    }
    if (!('writer' in name)) chain = sha256(texts.get(name.path)!);
  }
  if (folded > 0 && !foldedHere)
    problems.push(broken(INDEX_PATH, 0, `holds commit ${folded}, but the newest commit is ${view.seq}`));
  return { view, expected, partitions };
}

function addSnapshot(
  view: StateView,
  digest: string,
  options: { readonly next: Batch; readonly folded: number; readonly expected: Map<string, string> },
): void {
  if (options.folded === 0 || view.at === undefined) return;
  const isClosed = utcDay(options.next.at) > utcDay(view.at);
  for (const [path, text] of encodeSnapshot(view, { digest, close: isClosed })) options.expected.set(path, text);
}

/** A month's sum is written when a later month begins; one that was not written yet is no problem. */
function closeMonth(
  view: StateView,
  next: Batch,
  options: { readonly texts: ReadonlyMap<string, string>; readonly expected: Map<string, string> },
): void {
  const month = view.at!.slice(0, 7);
  if (next.at.slice(0, 7) === month || !options.texts.has(monthRollupPath(month))) return;
  const days = [...view.days].filter(([day]) => day.startsWith(month)).map(([, cells]) => cells);
  for (const [path, text] of encodeMonth(month, days)) options.expected.set(path, text);
}

function compareFiles(
  listing: readonly string[],
  texts: ReadonlyMap<string, string>,
  expected: ReadonlyMap<string, string>,
  problems: StateProblem[],
): void {
  for (const [path, text] of expected) {
    const found = texts.get(path);
    if (found === undefined)
      problems.push({
        code: 'missing',
        file: path,
        line: 0,
        message: 'the events ask for this file and it is not there',
      });
    else if (found !== text)
      problems.push(broken(path, firstDifference(found, text), 'differs from what the events give'));
  }
  for (const path of listing) {
    if (!isDerived(path) || expected.has(path) || isMonth(path)) continue;
    const isOldMarker = parseFoldedPath(path) !== undefined;
    problems.push(broken(path, 0, isOldMarker ? 'a marker of an older fold' : 'no event asks for this file'));
  }
}

function isDerived(path: string): boolean {
  return OWNED.test(path) && path !== FORMAT_PATH && !/^(recent|events|partitions)\//.test(path);
}

/** A month may have been summed later than its end, in as many shards as there were then. */
function isMonth(path: string): boolean {
  return parseRollupPath(path)?.kind === 'month';
}

/** First line, from 1, in which two texts differ. */
function firstDifference(a: string, b: string): number {
  const left = a.split('\n');
  const right = b.split('\n');
  const at = left.findIndex((line, i) => line !== right[i]);
  return at < 0 ? left.length + 1 : at + 1;
}
