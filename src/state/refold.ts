import { canonicalJson } from '../base/json.ts';
import { utcDay } from '../model/instant.ts';
import type { StateView } from '../model/state.ts';
import { type Batch, chainDigest, type DecodedFile, decodeEventsFiles } from './batch.ts';
import type { FoldStart } from './checkpoint.ts';
import type { StateProblem } from './codec.ts';
import { emptyView, fold } from './fold.ts';
import {
  compareRecent,
  compareSegments,
  FORMAT_PATH,
  INDEX_PATH,
  monthRollupPath,
  parseRecentPath,
  parseRollupPath,
  parseSegmentPath,
  parseStreamsPath,
  type RecentName,
  type SegmentName,
} from './layout.ts';
import { encodeMonth, encodeSnapshot } from './snapshot.ts';
import { readStreams, verifyStreams } from './streams.ts';

/** Folders of the branch that the state owns; all else is pages. */
const OWNED = /^(format\.json$|recent\/|events\/|snapshot\/|runs\/|rollups\/|closed-days\/)/;

/** A recent file or segment. */
export interface EventsFile {
  readonly name: SegmentName | RecentName;
  readonly decoded: DecodedFile;
}

/** All files of events in order, with everything that is wrong with them. `after`: digest of the segment before the first. */
export function decodeFiles(
  listing: readonly string[],
  texts: ReadonlyMap<string, string>,
  problems: StateProblem[],
  after = '',
): EventsFile[] {
  const segments = listing.map(parseSegmentPath).filter((name) => name !== undefined);
  const recent = listing.map(parseRecentPath).filter((name) => name !== undefined);
  const files: EventsFile[] = [];
  let chain = after;
  const names = [...segments.sort(compareSegments), ...recent.sort(compareRecent)];
  const known = new Map<string, SegmentName | RecentName>(names.map((name) => [name.path, name]));
  const found = names.map(({ path }): [string, string] => [path, texts.get(path)!]);
  for (const { path, text, decoded } of decodeEventsFiles(found)) {
    const name = known.get(path)!;
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
    chain = chainDigest(decoded.ok ? decoded.value.segment : undefined, text);
  }
  for (const path of listing)
    if (/^(recent|events)\//.test(path) && !parseSegmentPath(path) && !parseRecentPath(path))
      problems.push(broken(path, 0, 'not a file of the state'));
  return files;
}

export function broken(file: string, line: number, message: string): StateProblem {
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
  const from = first.lost?.from ?? first.seq;
  if (from !== name.first || last.seq !== name.last)
    problems.push(broken(name.path, 0, `holds commits ${from} to ${last.seq}, not those in its name`));
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

export interface Refolded {
  readonly view?: StateView;
  /** Derived files as the events give them. */
  readonly expected: ReadonlyMap<string, string>;
  /** Partitions as they were at the last fold. */
  readonly partitions?: StateView['partitions'];
  /** Files of older streams, held against the view at the last fold. */
  readonly streams?: ReturnType<typeof verifyStreams>;
  /** SHA-256 of the last segment; empty when there is none. */
  readonly chain: string;
}

/** Folds from nothing or from a checkpoint, writing the derived files at each end of a day and at the last fold. */
export function refold(
  files: readonly EventsFile[],
  texts: ReadonlyMap<string, string>,
  options: {
    readonly environment: string;
    readonly problems: StateProblem[];
    readonly folded: number;
    readonly start?: FoldStart | undefined;
    readonly isOldLayout: boolean;
  },
): Refolded {
  const { environment, problems, folded, start, isOldLayout } = options;
  const expected = new Map<string, string>();
  let view = start?.view ?? emptyView(environment);
  let chain = start?.digest ?? '';
  let foldedHere = false;
  let partitions: StateView['partitions'];
  let streams: ReturnType<typeof verifyStreams> | undefined;
  const close = (next: Batch): void => {
    if (view.at === undefined || utcDay(next.at) <= utcDay(view.at)) return;
    const snapshot = encodeSnapshot(view, { digest: chain, close: true, isOld: isOldLayout });
    for (const [path, text] of snapshot) if (/^(runs|rollups)\//.test(path)) expected.set(path, text);
    closeMonth(view, next, { texts, expected });
  };
  for (const { name, decoded } of files) {
    for (const batch of decoded.batches) {
      if (batch.seq > folded && !foldedHere) {
        foldedHere = true;
        partitions = folded > 0 ? view.partitions : undefined;
        streams = folded > 0 ? verifyStreams(texts, view) : undefined;
        addSnapshot(view, chain, { next: batch, folded, expected, isOldLayout, streams: streams?.right ?? new Map() });
      }
      close(batch);
      const next = fold(view, batch);
      if (!next.ok) {
        problems.push({ ...next.error, file: name.path });
        return { expected, chain };
      }
      view = next.value;
    }
    if (!('writer' in name)) chain = chainDigest(decoded.segment, texts.get(name.path)!);
  }
  if (folded > 0 && !foldedHere)
    problems.push(broken(INDEX_PATH, 0, `holds commit ${folded}, but the newest commit is ${view.seq}`));
  return { view, expected, partitions, chain, ...(streams ? { streams } : {}) };
}

function addSnapshot(
  view: StateView,
  digest: string,
  options: {
    readonly next: Batch;
    readonly folded: number;
    readonly expected: Map<string, string>;
    readonly isOldLayout: boolean;
    readonly streams: ReadonlyMap<string, string>;
  },
): void {
  if (options.folded === 0 || view.at === undefined) return;
  const close = utcDay(options.next.at) > utcDay(view.at);
  // What this fold let go is told by the events; what left before is told by the files.
  const older = new Map([...options.streams].filter(([path]) => !close || parseStreamsPath(path) !== utcDay(view.at!)));
  const filed = readStreams(older, view.at, []).streams;
  for (const [path, text] of encodeSnapshot(view, { digest, close, filed, isOld: options.isOldLayout }))
    options.expected.set(path, text);
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

/** Files of the state that follow from its events, but for leaves of partitions; pages are none of the state's. */
export function isDerived(path: string): boolean {
  return OWNED.test(path) && path !== FORMAT_PATH && !/^(recent|events)\//.test(path);
}

/** A month may have been summed later than its end, in as many shards as there were then. */
export function isMonth(path: string): boolean {
  return parseRollupPath(path)?.kind === 'month';
}
