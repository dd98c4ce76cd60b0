import { canonicalJson } from '../base/json.ts';
import { byText } from '../base/order.ts';
import type { StateProblem } from './codec.ts';
import { FILE_BYTES_MAX, INDEX_PATH, utf8Bytes } from './layout.ts';
import { piecesOf } from './long-text.ts';
import { parseFile, RECORD_VERSION } from './record-files.ts';
import { indexShape, type SnapshotIndex } from './record-shapes.ts';
import { count, mapping } from './shape.ts';

/** Version of an index that has members in files of their own: a reader that knows only the first says so. */
const LONG_VERSION = 2;
/** Of a member's text in one file: quotes make it up to twice as long. */
const PIECE_BYTES = FILE_BYTES_MAX / 2 - 1024;
/** Whether a push has landed is asked of these alone (`model/landing.ts`): they stay. */
const STAYS = 'writers';

const memberPath = (member: string, piece: number): string =>
  `snapshot/index-${member}.${String(piece).padStart(4, '0')}.json`;

/**
 * The files of an index: every member on its own line, so that a change of one thing changes few lines. Where that is
 * longer than a file may be, the longest members (a run of many thousand steps, its claim) are in files of their own.
 */
export function encodeIndex(index: SnapshotIndex): Map<string, string> {
  const members = new Map(
    Object.entries(index).flatMap(([key, value]): [string, string][] =>
      value === undefined ? [] : [[key, canonicalJson(value)]],
    ),
  );
  const files = new Map<string, string>();
  const whole = joined(members);
  if (utf8Bytes(whole) <= FILE_BYTES_MAX) return files.set(INDEX_PATH, whole);
  const long: Record<string, number> = {};
  let bytes = utf8Bytes(whole) + 1024;
  const longestFirst = [...members].sort(([a, x], [b, y]) => utf8Bytes(y) - utf8Bytes(x) || byText(a, b));
  for (const [key, text] of longestFirst) {
    if (bytes <= FILE_BYTES_MAX) break;
    if (key === STAYS) continue;
    const pieces = piecesOf(text, PIECE_BYTES);
    for (const [at, piece] of pieces.entries())
      files.set(memberPath(key, at + 1), `${canonicalJson({ v: RECORD_VERSION, text: piece })}\n`);
    long[key] = pieces.length;
    members.delete(key);
    bytes -= utf8Bytes(text);
  }
  members.set('long', canonicalJson(long)).set('v', String(LONG_VERSION));
  return files.set(INDEX_PATH, joined(members));
}

function joined(members: ReadonlyMap<string, string>): string {
  const lines = [...members].sort(([a], [b]) => byText(a, b)).map(([key, text]) => `${canonicalJson(key)}:${text}`);
  return `{${lines.join(',\n')}}\n`;
}

/** The index among the files of a snapshot; what is wrong with it goes to `problems`. */
export function decodeIndex(files: ReadonlyMap<string, string>, problems: StateProblem[]): SnapshotIndex | undefined {
  const parsed = parseFile(INDEX_PATH, files.get(INDEX_PATH) ?? '', problems, { newest: LONG_VERSION });
  if (!parsed) return undefined;
  const whole = parsed['v'] === LONG_VERSION ? withMembers(parsed, files, problems) : parsed;
  if (!whole) return undefined;
  const wrong = indexShape.test(whole);
  if (wrong === undefined) return whole as unknown as SnapshotIndex;
  problems.push({ code: 'broken', file: INDEX_PATH, line: 0, message: wrong });
  return undefined;
}

/** The index with the members that are in files of their own; as one of the first version. */
function withMembers(
  { long, ...rest }: Record<string, unknown>,
  files: ReadonlyMap<string, string>,
  problems: StateProblem[],
): Record<string, unknown> | undefined {
  const before = problems.length;
  const wrong = mapping(count).test(long);
  if (wrong !== undefined) problems.push({ code: 'broken', file: INDEX_PATH, line: 0, message: `long: ${wrong}` });
  const members: Record<string, unknown> = {};
  for (const [key, pieces] of wrong === undefined ? Object.entries(long as Record<string, number>) : []) {
    let text = '';
    for (let at = 1; at <= pieces; at++) text += pieceAt(memberPath(key, at), files, problems);
    if (problems.length > before) continue;
    try {
      members[key] = JSON.parse(text);
    } catch {
      problems.push({ code: 'broken', file: memberPath(key, 1), line: 0, message: 'its pieces are not JSON together' });
    }
  }
  return problems.length > before ? undefined : { ...rest, ...members, v: RECORD_VERSION };
}

function pieceAt(path: string, files: ReadonlyMap<string, string>, problems: StateProblem[]): string {
  const content = files.get(path);
  if (content === undefined) {
    problems.push({ code: 'missing', file: path, line: 0, message: 'the file is not there' });
    return '';
  }
  const piece = parseFile(path, content, problems)?.['text'];
  if (typeof piece === 'string') return piece;
  problems.push({ code: 'broken', file: path, line: 0, message: 'text: is missing' });
  return '';
}
