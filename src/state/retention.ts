import { byText } from '../base/order.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { type EpochMs, timestamp, utcDay } from '../model/instant.ts';
import type { StateView } from '../model/state.ts';
import { encodeCheckpoint, type FoldStart, isOldRollup, readCheckpoint, rollupDigests } from './checkpoint.ts';
import type { StateProblem } from './codec.ts';
import { emptyView } from './fold.ts';
import {
  CHECKPOINT_FOLDER,
  compareSegments,
  cutDayOf,
  foldedPath,
  parseDayRunsPath,
  parseRollupPath,
  parseSegmentPath,
  type SegmentName,
  utf8Bytes,
} from './layout.ts';
import { foldedSeq } from './needed-paths.ts';
import { broken, decodeFiles, refold } from './refold.ts';
import { encodeSnapshot } from './snapshot.ts';

/** What a cut takes away. */
export interface DroppedEvents {
  /** First and last day, as `2026-11-22`. */
  readonly from: string;
  readonly until: string;
  /** Days that had commits. */
  readonly days: number;
  readonly commits: number;
  readonly events: number;
  /** Runs whose steps and log lines go. */
  readonly runs: number;
  /** Of the segments and the files of runs, in UTF-8. */
  readonly bytes: number;
}

export interface HistoryCut {
  /** What the commit changes: null takes a file away. The version that says so is of the commit (`compactFiles`). */
  readonly files: ReadonlyMap<string, string | null>;
  readonly dropped: DroppedEvents;
}

/** What a retention leads to at a head, told by the names of its files. */
export interface CutPlan {
  /** The last day whose events go. */
  readonly day: string;
  /** Segments that go, in order. */
  readonly segments: readonly SegmentName[];
  /** Files to load for it. */
  readonly paths: readonly string[];
}

/**
 * The days that a retention lets go of: whole ones, closed and folded, older than `retentionMs`. Undefined when there
 * are none.
 */
export function planCut(
  listing: readonly string[],
  by: { readonly view: Pick<StateView, 'at'>; readonly now: EpochMs; readonly retentionMs: number },
): CutPlan | undefined {
  const { view, now, retentionMs } = by;
  if (view.at === undefined) return undefined;
  const oldest = utcDay(timestamp(now - retentionMs));
  // The day of the head may be open: its events stay.
  const end = oldest < utcDay(view.at) ? oldest : utcDay(view.at);
  const all = listing.map(parseSegmentPath).filter((name) => name !== undefined);
  all.sort(compareSegments);
  const folded = foldedSeq(listing);
  const segments = all.filter((name) => name.day < end && name.last <= folded);
  const last = segments.at(-1);
  if (last === undefined) return undefined;
  // What goes must be continued by what stays.
  const following = all[segments.length]?.path ?? foldedPath(folded);
  const since = (cutDayOf(listing) ?? segments[0]!.day).slice(0, 7);
  const rollups = listing.filter((path) => {
    const month = parseRollupPath(path)?.period.slice(0, 7);
    return month !== undefined && month >= since && month <= last.day.slice(0, 7);
  });
  const checkpoint = listing.filter((path) => path.startsWith(CHECKPOINT_FOLDER));
  return {
    day: last.day,
    segments,
    paths: [...checkpoint, ...segments.map(({ path }) => path), following, ...rollups],
  };
}

/**
 * The checkpoint at a cut, and what it stands for taken away: segments, and the runs of their days. Roll-ups stay. Nothing
 * goes that does not lead exactly to what stays: all that is wrong is a refusal.
 */
export function cutHistory(
  plan: CutPlan,
  input: {
    readonly listing: readonly string[];
    readonly texts: ReadonlyMap<string, string>;
    readonly environment: string;
    readonly isOldLayout: boolean;
  },
): Result<HistoryCut, readonly StateProblem[]> {
  const { listing, texts, environment, isOldLayout } = input;
  const problems: StateProblem[] = plan.paths
    .filter((path) => !texts.has(path))
    .map((file) => ({ code: 'missing', file, line: 0, message: 'the file is listed and was not read' }));
  if (problems.length > 0) return fail(problems);
  const months = new Set([(cutDayOf(listing) ?? '').slice(0, 7)]);
  const checkpoint = readCheckpoint(texts, problems, months);
  const start: FoldStart = checkpoint ?? { view: emptyView(environment), digest: '' };
  const names = plan.segments.map(({ path }) => path);
  const files = decodeFiles(names, texts, problems, start.digest);
  if (problems.length > 0) return fail(problems);
  const refolded = refold(files, texts, { environment, problems, folded: 0, start, isOldLayout });
  const { view, chain } = refolded;
  if (view === undefined || problems.length > 0) return fail(problems);
  const expected = new Map(refolded.expected);
  for (const [path, text] of encodeSnapshot(view, { digest: chain, close: true })) expected.set(path, text);
  compare(plan, { texts, expected, chain }, problems);
  if (problems.length > 0) return fail(problems);

  const runs = [...expected].filter(([path]) => parseDayRunsPath(path));
  const changed = new Map<string, string | null>();
  for (const path of listing) {
    const runDay = parseDayRunsPath(path)?.day;
    const isOld = runDay !== undefined && runDay <= plan.day;
    if (isOld || path.startsWith(CHECKPOINT_FOLDER)) changed.set(path, null);
  }
  for (const path of names) changed.set(path, null);
  const rollups = { ...rollupDigests(texts, plan.day) };
  for (const [month, digest] of Object.entries(checkpoint?.cut.rollups ?? {})) rollups[month] ??= digest;
  for (const [path, text] of encodeCheckpoint(view, { day: plan.day, digest: chain, rollups }, isOldLayout))
    changed.set(path, text);
  return ok({ files: changed, dropped: sumUp(plan, { texts, runs, files }) });
}

/** What stays must continue what goes, and its sums must be those of the events. */
function compare(
  plan: CutPlan,
  found: {
    readonly texts: ReadonlyMap<string, string>;
    readonly expected: ReadonlyMap<string, string>;
    readonly chain: string;
  },
  problems: StateProblem[],
): void {
  const { texts, expected, chain } = found;
  const following = plan.paths.find(
    (path) => parseSegmentPath(path) && !plan.segments.some((own) => own.path === path),
  );
  const marker = plan.paths.find((path) => path.startsWith('snapshot/folded-'));
  const continued = following === undefined ? texts.get(marker ?? '')?.trim() : afterOf(texts.get(following)!);
  if (continued !== chain)
    problems.push(
      broken(following ?? marker ?? '', 1, 'does not continue the segment before: one of the two was edited'),
    );
  const first = plan.segments[0]!.day;
  for (const [path, text] of expected)
    if (parseRollupPath(path)?.kind === 'day' && texts.get(path) !== text)
      problems.push(broken(path, 0, 'differs from what the events give'));
  for (const path of texts.keys())
    if (isOldRollup(path, plan.day) && parseRollupPath(path)!.period >= first && !expected.has(path))
      problems.push(broken(path, 0, 'no event asks for this file'));
}

function afterOf(segment: string): string | undefined {
  try {
    return (JSON.parse(segment.slice(0, segment.indexOf('\n'))) as { segment?: { after?: string } }).segment?.after;
  } catch {
    return undefined;
  }
}

function sumUp(
  plan: CutPlan,
  of: {
    readonly texts: ReadonlyMap<string, string>;
    readonly runs: readonly (readonly [string, string])[];
    readonly files: ReturnType<typeof decodeFiles>;
  },
): DroppedEvents {
  const batches = of.files.flatMap(({ decoded }) => decoded.batches);
  const days = [...new Set(plan.segments.map(({ day }) => day))].sort(byText);
  const texts = [...plan.segments.map(({ path }) => of.texts.get(path)!), ...of.runs.map(([, text]) => text)];
  return {
    from: days[0]!,
    until: plan.day,
    days: days.length,
    commits: new Set(batches.map(({ seq }) => seq)).size,
    events: batches.reduce((sum, { events }) => sum + events.length, 0),
    runs: of.runs.reduce((sum, [, text]) => sum + text.split('\n').length - 1, 0),
    bytes: texts.reduce((sum, text) => sum + utf8Bytes(text), 0),
  };
}
