import { sha256 } from '../base/digest.ts';
import { canonicalJson } from '../base/json.ts';
import { byText } from '../base/order.ts';
import type { StateView } from '../model/state.ts';
import type { StateProblem } from './codec.ts';
import { decodeSnapshot } from './decode-snapshot.ts';
import { formatOf } from './format-file.ts';
import {
  CHECKPOINT_FOLDER,
  cutDayOf,
  cutPath,
  INDEX_PATH,
  isCutFormat,
  monthRollupPath,
  parseRollupPath,
} from './layout.ts';
import { encodeLeaves } from './partition-files.ts';
import { readLeaves } from './read.ts';
import { parseFile } from './record-files.ts';
import { count, day, mapping, object, text } from './shape.ts';
import { encodeMonth, encodeSnapshot } from './snapshot.ts';

// Where events were dropped, `checkpoint/` has the view that they gave, in the files of a snapshot, and
// `checkpoint/<day>.json` says where that was and which digests its files and the older roll-ups have. With it, what is
// left is as good as the whole: it can be verified, and rebuilt.

/** `checkpoint/<day>.json`. */
export interface Cut {
  readonly v: number;
  /** The last day whose events were dropped. */
  readonly day: string;
  /** The last commit whose events were dropped. */
  readonly seq: number;
  /** SHA-256 of the last segment that was dropped: the first one that is left continues it. */
  readonly digest: string;
  /** SHA-256 of each file of the checkpoint, by path. */
  readonly files: Readonly<Record<string, string>>;
  /** By month: SHA-256 over the paths and digests of its roll-ups of days up to `day`. */
  readonly rollups: Readonly<Record<string, string>>;
}
const cutShape = object<Cut>({
  v: count,
  day,
  seq: count,
  digest: text,
  files: mapping(text),
  rollups: mapping(text),
});

/** Where a fold begins: at nothing, or at a checkpoint. */
export interface FoldStart {
  readonly view: StateView;
  /** SHA-256 of the segment before; empty at nothing. */
  readonly digest: string;
}

export interface Checkpoint extends FoldStart {
  readonly cut: Cut;
  /** Sums of months, as the roll-ups of their days give them, where there are any: these days are truth now. */
  readonly months: ReadonlyMap<string, string>;
}

const SNAPSHOT_FOLDER = 'snapshot/';
const LEAVES_FOLDER = 'partitions/';
/** A checkpoint's leaves are in a folder of it; its other files are named as those of a snapshot. */
const toCheckpoint = (path: string): string =>
  path.startsWith(LEAVES_FOLDER) ? CHECKPOINT_FOLDER + path : CHECKPOINT_FOLDER + path.slice(SNAPSHOT_FOLDER.length);
function fromCheckpoint(path: string): string {
  const rest = path.slice(CHECKPOINT_FOLDER.length);
  return rest.startsWith(LEAVES_FOLDER) ? rest : SNAPSHOT_FOLDER + rest;
}

/** Roll-ups of days that no event is left of: what they say is truth. */
export function isOldRollup(path: string, cutDay: string | undefined): boolean {
  const name = parseRollupPath(path);
  return cutDay !== undefined && name?.kind === 'day' && name.period <= cutDay;
}

/** SHA-256 of each month's roll-ups of days up to the cut, whatever else the texts are. */
export function rollupDigests(texts: ReadonlyMap<string, string>, cutDay: string): Record<string, string> {
  const lines = new Map<string, string[]>();
  for (const path of [...texts.keys()].sort(byText)) {
    if (!isOldRollup(path, cutDay)) continue;
    const month = parseRollupPath(path)!.period.slice(0, 7);
    lines.set(month, [...(lines.get(month) ?? []), `${path} ${sha256(texts.get(path)!)}\n`]);
  }
  return Object.fromEntries([...lines].map(([month, all]) => [month, sha256(all.join(''))]));
}

/** The files of a checkpoint at a view whose day is closed. `rollups`: digests by month. */
export function encodeCheckpoint(
  view: StateView,
  cut: Pick<Cut, 'day' | 'digest' | 'rollups'>,
  isOld: boolean,
): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  // Not closed: a checkpoint has all of its streams in its index.
  for (const [path, content] of encodeSnapshot(view, { digest: cut.digest, close: false, isOld }))
    if (path.startsWith(SNAPSHOT_FOLDER) && path.endsWith('.json')) files.set(toCheckpoint(path), content);
  for (const [asset, records] of view.partitions ?? [])
    for (const [path, content] of encodeLeaves(asset, [], new Map(), records)) files.set(toCheckpoint(path), content);
  const digests = Object.fromEntries([...files].map(([path, content]) => [path, sha256(content)]));
  const head: Cut = { v: 1, seq: view.seq, files: digests, ...cut };
  files.set(cutPath(cut.day), `${canonicalJson(head)}\n`);
  return files;
}

/** What a cut says; problems where it is damaged. Undefined also where there never was one. */
export function readCut(texts: ReadonlyMap<string, string>, problems: StateProblem[]): Cut | undefined {
  const cutDay = cutDayOf(texts.keys());
  if (cutDay === undefined) return undefined;
  const path = cutPath(cutDay);
  const parsed = parseFile(path, texts.get(path)!, problems);
  if (parsed === undefined) return undefined;
  const wrong = cutShape.test(parsed) ?? (parsed['day'] === cutDay ? undefined : 'day: not the one in its name');
  if (wrong === undefined) return parsed as unknown as Cut;
  problems.push({ code: 'broken', file: path, line: 0, message: wrong });
  return undefined;
}

/**
 * The checkpoint of a tree, or undefined: where there is none, or with problems. `months`: those whose older roll-ups are
 * among the texts and are held against their digest; all of them where it is absent.
 */
export function readCheckpoint(
  texts: ReadonlyMap<string, string>,
  problems: StateProblem[],
  months?: ReadonlySet<string>,
): Checkpoint | undefined {
  const before = problems.length;
  const own = [...texts.keys()].filter((path) => path.startsWith(CHECKPOINT_FOLDER));
  const cut = readCut(texts, problems);
  if (cut === undefined) {
    if ((own.length > 0 || isCutFormat(formatOf(texts))) && problems.length === before)
      problems.push(
        lostOf(`${CHECKPOINT_FOLDER}<day>.json`, 'the file that says where events were dropped is missing'),
      );
    return undefined;
  }
  for (const [path, digest] of Object.entries(cut.files)) {
    const content = texts.get(path);
    if (content === undefined) problems.push(lostOf(path, 'the file is not there'));
    else if (sha256(content) !== digest) problems.push(brokenOf(path, 'differs from its digest: it was edited'));
  }
  for (const path of own)
    if (path !== cutPath(cut.day) && !Object.hasOwn(cut.files, path))
      problems.push(brokenOf(path, 'not a file of the checkpoint'));
  checkRollups(texts, { cut, months }, problems);
  if (problems.length > before) return undefined;
  const files = new Map<string, string>();
  for (const path of Object.keys(cut.files)) files.set(fromCheckpoint(path), texts.get(path)!);
  for (const [path, content] of texts) if (isOldRollup(path, cut.day)) files.set(path, content);
  const decoded = decodeSnapshot(files);
  if (!decoded.ok) {
    problems.push(...decoded.error.map((problem) => inCheckpoint(problem)));
    return undefined;
  }
  const leaves = readLeaves(files, problems);
  const { view } = decoded.value;
  if (view.seq !== cut.seq || decoded.value.digest !== cut.digest)
    problems.push(brokenOf(toCheckpoint(INDEX_PATH), `is not the view at commit ${cut.seq}`));
  if (problems.length > before) return undefined;
  const start = leaves.size === 0 ? view : { ...view, partitions: leaves };
  return { cut, view: start, digest: cut.digest, months: sumsOf(texts, view, cut.day) };
}

function checkRollups(
  texts: ReadonlyMap<string, string>,
  { cut, months }: { readonly cut: Cut; readonly months: ReadonlySet<string> | undefined },
  problems: StateProblem[],
): void {
  const found = rollupDigests(texts, cut.day);
  for (const month of new Set([...Object.keys(cut.rollups), ...Object.keys(found)])) {
    if (months !== undefined && !months.has(month)) continue;
    if (found[month] !== cut.rollups[month])
      problems.push(
        brokenOf(`rollups/day/${month}`, 'the roll-ups of that month differ from their digest: one was edited or lost'),
      );
  }
}

/** Sums of the months before the cut's that were written: the events of their days are gone. */
function sumsOf(texts: ReadonlyMap<string, string>, view: StateView, cutDay: string): ReadonlyMap<string, string> {
  const sums = new Map<string, string>();
  for (const month of new Set([...view.days.keys()].map((each) => each.slice(0, 7)))) {
    if (month >= cutDay.slice(0, 7) || !texts.has(monthRollupPath(month))) continue;
    const days = [...view.days].filter(([each]) => each.startsWith(month)).map(([, cells]) => cells);
    for (const [path, content] of encodeMonth(month, days)) sums.set(path, content);
  }
  return sums;
}

function inCheckpoint(problem: StateProblem): StateProblem {
  return problem.file.startsWith(SNAPSHOT_FOLDER) ? { ...problem, file: toCheckpoint(problem.file) } : problem;
}
function brokenOf(file: string, message: string): StateProblem {
  return { code: 'broken', file, line: 0, message };
}
function lostOf(file: string, message: string): StateProblem {
  return { code: 'missing', file, line: 0, message };
}
