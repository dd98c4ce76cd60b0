import { byText } from '../base/order.ts';
import type { StateView } from '../model/state.ts';
import { isOldRollup, readCheckpoint } from './checkpoint.ts';
import { expectedClosedDays } from './closed-days.ts';
import type { StateProblem } from './codec.ts';
import { checkFormat, formatOf } from './format-file.ts';
import {
  FILE_BYTES_MAX,
  FORMAT,
  FORMAT_PATH,
  formatFor,
  layoutOf,
  OLD_FORMAT,
  parseFoldedPath,
  utf8Bytes,
} from './layout.ts';
import { foldedSeq } from './needed-paths.ts';
import { decodeHistory } from './older-days.ts';
import { verifyLeaves } from './partition-verify.ts';
import { broken, decodeFiles, isDerived, isMonth, refold } from './refold.ts';

export interface Verification {
  /** In the order of files and lines. */
  readonly problems: readonly StateProblem[];
  readonly commits: number;
  readonly events: number;
  /** The view folded from the events alone; undefined when they could not be read. */
  readonly view?: StateView;
}

/** A file that is longer than any of a state may be: it is read like the others, and a server may refuse it. */
export interface LongFile {
  readonly file: string;
  readonly bytes: number;
}

/** The files of a tree that are over 1 MiB, in the order of their paths. */
export function longFiles(texts: ReadonlyMap<string, string>): readonly LongFile[] {
  return [...texts]
    .map(([file, text]) => ({ file, bytes: text.length * 3 <= FILE_BYTES_MAX ? 0 : utf8Bytes(text) }))
    .filter(({ bytes }) => bytes > FILE_BYTES_MAX)
    .sort((a, b) => byText(a.file, b.file));
}

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
  // Where it is damaged, the files of older days are not among the texts.
  const history = decodeHistory(texts, problems);
  if (problems.length > 0) return { problems, commits: 0, events: 0 };
  const checkpoint = readCheckpoint(texts, problems);
  const layout = layoutOf(formatOf(texts));
  const isOldLayout = layout === OLD_FORMAT;
  const cutFormat = formatFor({ isCut: true, layout });
  if (checkpoint && formatOf(texts) !== cutFormat)
    problems.push(broken(FORMAT_PATH, 0, `format: there is a checkpoint, so it must be ${cutFormat}`));
  if (history.length > 0 && layout !== FORMAT)
    problems.push(broken(FORMAT_PATH, 0, `format: files of days have left the tree, so it must be ${FORMAT} or more`));
  // Where a checkpoint is damaged, all that is left would be held against nothing.
  if (problems.length > 0) return { problems, commits: 0, events: 0 };
  const files = decodeFiles(listing, texts, problems, checkpoint?.digest);
  const batches = files.flatMap((file) => file.decoded.batches);
  const counts = {
    commits: new Set(batches.map((batch) => batch.seq)).size,
    events: batches.reduce((sum, batch) => sum + batch.events.length, 0),
  };
  // A refold of half of the events would only repeat the same problem for every file.
  if (problems.length > 0) return { problems, ...counts };
  const folded = foldedSeq(listing);
  const start = checkpoint;
  const refolded = refold(files, texts, { environment, problems, folded, start, isOldLayout });
  const { view, expected, partitions } = refolded;
  if (view && problems.length === 0) {
    const derived = new Map([...(checkpoint?.months ?? []), ...expected, ...expectedClosedDays(listing, view)]);
    // Roll-ups older than the checkpoint are truth: they were held against their digest.
    const younger = listing.filter((path) => !isOldRollup(path, checkpoint?.cut.day));
    compareFiles(younger, texts, derived, problems);
    problems.push(...verifyLeaves(texts, partitions), ...(refolded.streams?.problems ?? []));
  }
  return { problems, ...counts, ...(view ? { view } : {}) };
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

/** First line, from 1, in which two texts differ. */
function firstDifference(a: string, b: string): number {
  const left = a.split('\n');
  const right = b.split('\n');
  const at = left.findIndex((line, i) => line !== right[i]);
  return at < 0 ? left.length + 1 : at + 1;
}
