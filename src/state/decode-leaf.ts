import type { StateProblem } from './codec.ts';
import { CountedColumn } from './counted-column.ts';
import { type Column, EvenTexts, LateColumn, ListColumn } from './leaf-columns.ts';
import { isCounted, isSeconds, SECONDS_MAX } from './leaf-scan.ts';
import { LeafText } from './leaf-text.ts';
import { LOSING_VERSION } from './partition-files.ts';
import { type LeafColumns, PartitionLeaf } from './partition-leaf.ts';
import { parseFile } from './record-files.ts';

const COUNTED = ['used', 'run', 'code', 'turn', 'rows', 'files', 'failed', 'checks'] as const;
/** Columns that most leaves do not have. */
const SELDOM = ['handled', 'lost'] as const;
type Counted = (typeof COUNTED)[number] | 'handled';
type Parsed = Readonly<Record<(typeof COUNTED)[number], CountedColumn>> & {
  readonly [K in (typeof SELDOM)[number]]?: CountedColumn;
};

/** What stands before each text of a column: `"`, and `1,"`. */
const IN_LIST = [0x22];
const COUNTED_ONCE = [0x31, 0x2c, 0x22];

/** Reads a leaf; what is wrong goes to `problems`. */
export function decodeLeaf(path: string, content: string, problems: StateProblem[]): PartitionLeaf | undefined {
  const text = LeafText.split(content);
  return (text && leafOfText(text)) ?? parseLeaf(path, content, problems);
}

/**
 * A leaf all of whose keys were made and none of which was lost, as most are, with versions of one length: read where its columns stand. Undefined for
 * any other, and for one that has something wrong.
 */
function leafOfText(text: LeafText): PartitionLeaf | undefined {
  const keys = text.keys();
  if (!keys) return undefined;
  const { length } = keys;
  const { bytes } = text;
  const counted = (member: Counted): CountedColumn | undefined => CountedColumn.of(text.value(member), length);
  const late = (member: Counted, of: 'pair' | 'numberOrNull'): Column | undefined =>
    isCounted(bytes, text.between(member), of, length) ? new LateColumn(() => counted(member)!) : counted(member);
  const data = EvenTexts.read(bytes, text.between('data'), IN_LIST, length);
  if (!data || !isSeconds(bytes, text.between('at'), length)) return undefined;
  const columns = {
    data,
    used: EvenTexts.read(bytes, text.between('used'), COUNTED_ONCE, length) ?? counted('used'),
    at: new LateColumn(() => new ListColumn(text.value('at') as number[])),
    run: counted('run'),
    code: counted('code'),
    turn: late('turn', 'pair'),
    rows: late('rows', 'numberOrNull'),
    files: counted('files'),
    failed: counted('failed'),
    checks: counted('checks'),
    ...(text.has('handled') ? { handled: counted('handled') } : {}),
  };
  for (const name of ['run', 'code', 'used'] as const) if (!isWhole(columns[name], isText)) return undefined;
  const whole = columns.turn instanceof LateColumn || isWhole(columns.turn, Array.isArray);
  if (!whole || Object.values(columns).includes(undefined)) return undefined;
  return new PartitionLeaf(text.asset, keys, columns as LeafColumns, true);
}

/** False where a column that was parsed is not there or holds anything else. */
function isWhole(column: Column | undefined, test: (value: unknown) => boolean): boolean {
  if (!(column instanceof CountedColumn)) return column !== undefined;
  return column.firstFailing(test, () => true) === undefined;
}

const isText = (value: unknown): boolean => typeof value === 'string';

/** Reads a leaf whatever its form; what is wrong goes to `problems`. */
function parseLeaf(path: string, content: string, problems: StateProblem[]): PartitionLeaf | undefined {
  const parsed = parseFile(path, content, problems, { newest: LOSING_VERSION });
  if (parsed === undefined) return undefined;
  const refuse = (message: string): undefined => void problems.push({ code: 'broken', file: path, line: 0, message });
  const { asset } = parsed;
  const keys = textsOf(parsed['keys']);
  const data = listOf(parsed['data'], keys);
  const seconds = listOf(parsed['at'], keys);
  const counted = keys && parsedColumns(parsed, keys.length);
  if (typeof asset !== 'string' || !keys || !data || !seconds || !counted)
    return refuse('the columns of the leaf are not of one length');
  const place = firstWrong(data, seconds, counted);
  if (place !== undefined) return refuse(`the record of \`${keys[place]}\` has the wrong form`);
  const columns = { ...counted, data: new ListColumn(data), at: new ListColumn(seconds) };
  return new PartitionLeaf(asset, keys, columns, !data.includes(null));
}

function textsOf(column: unknown): readonly string[] | undefined {
  return Array.isArray(column) && column.every((value) => typeof value === 'string') ? column : undefined;
}

function listOf(column: unknown, keys: readonly string[] | undefined): readonly unknown[] | undefined {
  return Array.isArray(column) && column.length === keys?.length ? column : undefined;
}

function parsedColumns(parsed: Readonly<Record<string, unknown>>, length: number): Parsed | undefined {
  const columns: { -readonly [K in keyof Parsed]?: CountedColumn } = {};
  for (const name of COUNTED) {
    const column = CountedColumn.of(parsed[name], length);
    if (column === undefined) return undefined;
    columns[name] = column;
  }
  for (const name of SELDOM) {
    if (parsed[name] === undefined) continue;
    const column = CountedColumn.of(parsed[name], length);
    if (column === undefined) return undefined;
    columns[name] = column;
  }
  return columns as Parsed;
}

function isTime(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) <= SECONDS_MAX;
}

/** The first place whose record lacks what every one that was made has. */
function firstWrong(data: readonly unknown[], seconds: readonly unknown[], counted: Parsed): number | undefined {
  const isMade = (place: number): boolean => data[place] !== null;
  for (let place = 0; place < data.length; place++)
    if (isMade(place) && !(isText(data[place]) && isTime(seconds[place]))) return place;
  for (const name of ['run', 'code', 'used'] as const) {
    const place = counted[name].firstFailing(isText, isMade);
    if (place !== undefined) return place;
  }
  return counted.turn.firstFailing(Array.isArray, isMade);
}
