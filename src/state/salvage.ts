import { sha256 } from '../base/digest.ts';
import { canonicalJson } from '../base/json.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { utcDay } from '../model/instant.ts';
import type { StateView } from '../model/state.ts';
import { type BatchHead, chainDigest, readEventLines, type SegmentHead } from './batch.ts';
import type { FoldStart } from './checkpoint.ts';
import { type StateProblem, splitEventId } from './codec.ts';
import { leaveOutCut } from './cut-events.ts';
import {
  compareRecent,
  compareSegments,
  parseRecentPath,
  parseSegmentPath,
  type RecentName,
  recentPath,
  type SegmentName,
  segmentPath,
} from './layout.ts';
import type { EventPart } from './long-events.ts';
import { foldedSeq } from './needed-paths.ts';

/** An event file with damage that nothing but its own history can undo, and what was made of it. */
export interface SalvagedFile {
  readonly path: string;
  /** As it was found; undefined when it was not there any more. */
  readonly found?: string;
  /** What stands in its place; undefined takes it away. */
  readonly text?: string;
  /** What is wrong with it, and so is left out: events that cannot be read, lines of commits. */
  readonly problems: readonly StateProblem[];
}

/** A commit's part of a file, as far as it can be read. */
interface Piece {
  /** Undefined: its line is damaged or gone. */
  head: BatchHead | undefined;
  readonly lines: string[];
  readonly ids: string[];
  /** Of each line: the part of an event that it is; undefined = it is a whole one. */
  readonly parts: (EventPart | undefined)[];
  /** Lines of it could not be read. */
  isLossy: boolean;
}

interface LooseFile {
  readonly name: SegmentName | RecentName;
  readonly found: string | undefined;
  segment: SegmentHead | undefined;
  readonly pieces: Piece[];
  readonly problems: StateProblem[];
  isChanged: boolean;
}

/**
 * What can still be read of event files that are damaged: each line that cannot is left out, a commit whose line is gone
 * gets one that stands for it, and marks say which numbers are lost, so that readers find no gap. Whole files are not
 * touched. Fails where a newer Branchline wrote something, which is no damage. `start`: the checkpoint that the events
 * follow.
 */
export function salvageEvents(
  texts: ReadonlyMap<string, string>,
  start?: FoldStart,
): Result<SalvagedFile[], readonly StateProblem[]> {
  const strays: SalvagedFile[] = [];
  const segments: SegmentName[] = [];
  const recent: RecentName[] = [];
  for (const [path, found] of texts) {
    const [segment, newest] = [parseSegmentPath(path), parseRecentPath(path)];
    if (segment) segments.push(segment);
    else if (newest) recent.push(newest);
    else if (/^(recent|events)\//.test(path))
      strays.push({
        path,
        found,
        problems: [{ code: 'broken', file: path, line: 0, message: 'not a file of the state' }],
      });
  }
  const names = [...segments.sort(compareSegments), ...recent.sort(compareRecent)];
  const files = withMissing(
    names.map((name) => readLoosely(name, texts.get(name.path)!)),
    { before: start?.view.seq ?? 0, folded: foldedSeq(texts.keys()) },
  );
  const newer = files.flatMap(({ problems }) => problems.filter(({ code }) => code === 'newer'));
  if (newer.length > 0) return fail(newer);
  leaveOutCut(files);
  nameCommits(files, start?.view);
  markLost(files, start?.view.streams);
  const written = chainAgain(files, start?.digest);
  return ok([
    ...strays,
    ...files
      .filter(({ isChanged }) => isChanged)
      .map((file) => ({
        path: file.name.path,
        ...(file.found === undefined ? {} : { found: file.found }),
        text: written.get(file)!,
        problems: file.problems,
      })),
  ]);
}

const EPOCH = '1970-01-01T00:00:00.000Z';
/** Writer of commits that stand for others. */
const LOST_WRITER = 'lost';

const isRecent = (name: SegmentName | RecentName): name is RecentName => 'writer' in name;
const firstOf = (name: SegmentName | RecentName): number => (isRecent(name) ? name.seq : name.first);
const lastOf = (name: SegmentName | RecentName): number => (isRecent(name) ? name.seq : name.last);

function newPiece(head: BatchHead | undefined): Piece {
  return { head, lines: [], ids: [], parts: [], isLossy: head === undefined };
}

function readLoosely(name: SegmentName | RecentName, found: string): LooseFile {
  const pieces: Piece[] = [];
  const problems: StateProblem[] = [];
  let segment: SegmentHead | undefined;
  let isEdited = !found.endsWith('\n');
  for (const line of readEventLines(name.path, found)) {
    if (line.kind !== 'problem' && canonicalJson(line.value) !== line.text) {
      isEdited = true;
      problems.push({
        code: 'broken',
        file: name.path,
        line: line.number,
        message: 'not in canonical form: the line was edited, and what it says now counts',
      });
    }
    switch (line.kind) {
      case 'problem':
        problems.push(line.problem);
        // A commit's line begins so; what follows then belongs to a commit whose number follows from its neighbours.
        if (line.text.startsWith('{"commit"')) pieces.push(newPiece(undefined));
        else if (pieces.length > 0) pieces.at(-1)!.isLossy = true;
        break;
      case 'segment':
        segment = line.head;
        break;
      case 'commit':
        pieces.push(newPiece(line.head));
        break;
      case 'event': {
        if (pieces.length === 0) pieces.push(newPiece(undefined));
        const piece = pieces.at(-1)!;
        piece.lines.push(canonicalJson(line.value));
        piece.ids.push(line.event.id);
        piece.parts.push(undefined);
        break;
      }
      case 'part': {
        if (pieces.length === 0) pieces.push(newPiece(undefined));
        const piece = pieces.at(-1)!;
        piece.lines.push(canonicalJson(line.value));
        piece.ids.push(line.part.id);
        piece.parts.push(line.part);
        break;
      }
    }
  }
  if (pieces.length === 0) pieces.push(newPiece(undefined));
  if (!isRecent(name) && segment === undefined && problems.length === 0)
    problems.push({ code: 'broken', file: name.path, line: 1, message: 'the line of the segment is missing' });
  return { name, found, segment, pieces, problems, isChanged: isEdited || problems.length > 0 };
}

/**
 * A file that is gone is told by the numbers of its neighbours: one that stands for it takes its place. `before`: the
 * commit that a checkpoint holds; `folded`: the one up to which a snapshot was made, by one after it.
 */
function withMissing(
  files: readonly LooseFile[],
  { before, folded }: { readonly before: number; readonly folded: number },
): LooseFile[] {
  const whole: LooseFile[] = [];
  let last = before;
  for (const file of files) {
    const first = firstOf(file.name);
    if (first > last + 1) whole.push(missing(last + 1, first - 1, file.name));
    last = Math.max(last, lastOf(file.name));
    whole.push(file);
  }
  if (folded === last && last > 0) whole.push(missing(last + 1, last + 1));
  return whole;
}

/** Between commits of the branch; `before` is the file that follows. */
function missing(from: number, to: number, before?: SegmentName | RecentName): LooseFile {
  const path =
    before === undefined || isRecent(before) ? recentPath(to, LOST_WRITER, to) : segmentPath(before.day, from, to);
  const name = (parseRecentPath(path) ?? parseSegmentPath(path))!;
  const message = from === to ? `commit ${from} is missing` : `commits ${from} to ${to} are missing`;
  const problems: StateProblem[] = [{ code: 'missing', file: path, line: 0, message }];
  return { name, found: undefined, segment: undefined, pieces: [newPiece(undefined)], problems, isChanged: true };
}

/** Gives each commit whose line is gone a line that stands for it, with the numbers of all that are missing there. */
function nameCommits(files: readonly LooseFile[], before: StateView | undefined): void {
  let seq = before?.seq ?? 0;
  let at =
    before?.at ?? files.flatMap(({ pieces }) => pieces).find(({ head }) => head !== undefined)?.head?.at ?? EPOCH;
  for (const file of files) {
    const { name, pieces } = file;
    const named: Piece[] = [];
    const push = (piece: Piece & { head: BatchHead }): void => {
      named.push(piece);
      ({ seq, at } = piece.head);
    };
    const standIn = (from: number, to: number): Piece & { head: BatchHead } => {
      const day = isRecent(name) ? utcDay(at) : name.day;
      const head = {
        seq: to,
        ...(isRecent(name) ? { writer: name.writer, tx: name.tx } : { writer: LOST_WRITER, tx: to }),
        // Order is by number; the instant only has to be on the file's day.
        at: utcDay(at) === day ? at : `${day}T00:00:00.000Z`,
        ...(name.part === undefined ? {} : { part: name.part }),
        lost: { from },
      };
      return { ...newPiece(undefined), head };
    };
    for (const [i, piece] of pieces.entries()) {
      const { head } = piece;
      if (head !== undefined) {
        const from = head.lost?.from ?? head.seq;
        if (from > seq + 1) push(standIn(seq + 1, from - 1));
        push({ ...piece, head });
        continue;
      }
      const next = pieces.slice(i + 1).find((later) => later.head !== undefined)?.head;
      const to = next ? (next.lost?.from ?? next.seq) - 1 : lastOf(name);
      const before = named.at(-1);
      // A part of a commit has its number already; else what looked like a commit's line was none.
      const stand = to > seq || before === undefined ? standIn(Math.min(seq + 1, to), to) : before;
      stand.lines.push(...piece.lines);
      stand.ids.push(...piece.ids);
      stand.parts.push(...piece.parts);
      if (stand !== before) push(stand as Piece & { head: BatchHead });
    }
    if (seq < lastOf(name)) push(standIn(seq + 1, lastOf(name)));
    if (named.length !== pieces.length || named.some(({ head }, i) => head !== pieces[i]!.head)) file.isChanged = true;
    pieces.splice(0, pieces.length, ...named);
  }
}

/** Marks where numbers of streams are missing: where lines were lost, or else where the gap shows. */
function markLost(files: readonly LooseFile[], before: StateView['streams'] | undefined): void {
  const places = files.flatMap((file) => file.pieces.map((piece) => ({ file, piece })));
  const counted = new Map<string, { n: number; place: number }>();
  for (const [stream, n] of before ?? []) counted.set(stream, { n, place: -1 });
  let lossy = -1;
  for (const [place, { piece }] of places.entries()) {
    if (piece.isLossy) lossy = place;
    for (const [stream, n] of Object.entries(piece.head?.lost?.streams ?? {}))
      if (n > (counted.get(stream)?.n ?? 0)) counted.set(stream, { n, place });
    for (const id of piece.ids) {
      const { stream, n } = splitEventId(id)!;
      const known = counted.get(stream) ?? { n: 0, place: -1 };
      if (n <= known.n) continue;
      counted.set(stream, { n, place });
      if (n === known.n + 1) continue;
      // Never before an event of the stream that is there: it would be taken for one that counts already.
      const target = places[lossy >= known.place && lossy >= 0 ? lossy : place]!;
      const head = target.piece.head!;
      const streams = { ...head.lost?.streams, [stream]: n - 1 };
      target.piece.head = { ...head, lost: { ...head.lost, streams } };
      target.file.isChanged = true;
    }
  }
}

/** The texts of the files, with each segment continuing the one before, whatever became of that. */
function chainAgain(files: readonly LooseFile[], before = ''): ReadonlyMap<LooseFile, string> {
  const texts = new Map<LooseFile, string>();
  let after = before;
  for (const [i, file] of files.entries()) {
    const { name, pieces } = file;
    const body = pieces.map(({ head, lines }) => [canonicalJson({ commit: head }), ...lines, ''].join('\n')).join('');
    if (isRecent(name)) {
      texts.set(file, body);
      continue;
    }
    const following = files[i + 1]?.segment?.after;
    const digest = file.segment && file.found !== undefined ? chainDigest(file.segment, file.found) : undefined;
    const isContinued = following === undefined || following === digest;
    if (!isContinued && file.problems.length === 0)
      file.problems.push({
        code: 'broken',
        file: name.path,
        line: 0,
        message: 'is not what the segment after it continues: it was edited, and what it says now counts',
      });
    if (!isContinued || file.segment?.after !== after) file.isChanged = true;
    const writers = { ...file.segment?.writers };
    for (const { head } of pieces) writers[head!.writer] = Math.max(head!.tx, writers[head!.writer] ?? 0);
    const segment: SegmentHead = {
      after,
      first: name.first,
      last: name.last,
      writers: file.segment?.writers ?? writers,
      ...(following === undefined ? {} : { was: following }),
    };
    const text = `${canonicalJson({ segment })}\n${body}`;
    texts.set(file, text);
    after = following ?? (file.isChanged ? sha256(text) : digest!);
  }
  return texts;
}
