import type { PartitionFacts, PartitionMaterialization, PartitionRecord, Turn } from '../model/state.ts';
import type { StateProblem } from './codec.ts';
import { CountedColumn } from './counted-column.ts';
import { parseFile } from './record-files.ts';
import { secondsText } from './seconds-text.ts';

const COUNTED = ['used', 'run', 'code', 'turn', 'rows', 'files', 'failed', 'checks'] as const;
/** `handled` is there where assets ask for their runs by themselves. */
type Counted = Readonly<Record<(typeof COUNTED)[number], CountedColumn>> & { readonly handled?: CountedColumn };

/**
 * A leaf as it was parsed: columns that are looked into by place. A record is put together only for who asks for a whole
 * one, because ten thousand of them an asset cost more than everything that is told from them.
 */
export class PartitionLeaf {
  readonly asset: string;
  /** In the order of their bytes. */
  readonly keys: readonly string[];
  /** Data versions; null = never made. */
  private readonly data: readonly (string | null)[];
  /** Seconds since 1970. */
  private readonly seconds: readonly number[];
  private readonly counted: Counted;

  constructor(
    asset: string,
    keys: readonly string[],
    columns: {
      readonly data: readonly (string | null)[];
      readonly seconds: readonly number[];
      readonly counted: Counted;
    },
  ) {
    this.asset = asset;
    this.keys = keys;
    this.data = columns.data;
    this.seconds = columns.seconds;
    this.counted = columns.counted;
  }

  /** What status and staleness are told from, of the key at a place. */
  factsAt(place: number): PartitionFacts {
    const { counted } = this;
    const dataVersion = this.data[place]!;
    const failed = counted.failed.at(place) as PartitionRecord['failed'] | null;
    const checks = counted.checks.at(place) as PartitionRecord['checks'] | null;
    return {
      materialized:
        dataVersion === null
          ? undefined
          : {
              codeVersion: counted.code.at(place) as string,
              dataVersion,
              used: counted.used.at(place) as string,
            },
      failed: failed ?? undefined,
      checks: checks ?? undefined,
    };
  }

  /** Writes what staleness is told from into an object of the caller. */
  glanceAt(
    place: number,
    into: { dataVersion: string | undefined; codeVersion: string; used: string; hasFailed: boolean },
  ): void {
    const { counted } = this;
    into.dataVersion = this.data[place] ?? undefined;
    into.codeVersion = counted.code.at(place) as string;
    into.used = counted.used.at(place) as string;
    into.hasFailed = counted.failed.at(place) !== null;
  }

  /** Null = never made. */
  dataVersionAt(place: number): string | null {
    return this.data[place]!;
  }

  recordAt(place: number): PartitionRecord {
    const { counted } = this;
    const record: { -readonly [K in keyof PartitionRecord]: PartitionRecord[K] } = {};
    const failed = counted.failed.at(place) as PartitionRecord['failed'] | null;
    const checks = counted.checks.at(place) as PartitionRecord['checks'] | null;
    if (failed !== null) record.failed = failed;
    if (checks !== null) record.checks = checks;
    const handled = (counted.handled?.at(place) ?? null) as PartitionRecord['handled'] | null;
    if (handled) record.handled = handled;
    const dataVersion = this.data[place]!;
    if (dataVersion === null) return record;
    const made: { -readonly [K in keyof PartitionMaterialization]: PartitionMaterialization[K] } = {
      run: counted.run.at(place) as string,
      at: secondsText(this.seconds[place]!),
      codeVersion: counted.code.at(place) as string,
      dataVersion,
      used: counted.used.at(place) as string,
      turn: counted.turn.at(place) as Turn,
    };
    const rows = counted.rows.at(place) as number | null;
    const files = counted.files.at(place) as PartitionMaterialization['files'] | null;
    if (rows !== null) made.rows = rows;
    if (files !== null) made.files = files;
    record.materialized = made;
    return record;
  }
}

/** Reads a leaf; what is wrong goes to `problems`. */
export function decodeLeaf(path: string, content: string, problems: StateProblem[]): PartitionLeaf | undefined {
  const parsed = parseFile(path, content, problems);
  if (parsed === undefined) return undefined;
  const refuse = (message: string): undefined => void problems.push({ code: 'broken', file: path, line: 0, message });
  const { asset } = parsed;
  const keys = textsOf(parsed['keys']);
  const data = listOf(parsed['data'], keys);
  const seconds = listOf(parsed['at'], keys);
  const counted = keys && countedOf(parsed, keys.length);
  if (typeof asset !== 'string' || !keys || !data || !seconds || !counted)
    return refuse('the columns of the leaf are not of one length');
  const place = firstWrong(data, seconds, counted);
  if (place !== undefined) return refuse(`the record of \`${keys[place]}\` has the wrong form`);
  return new PartitionLeaf(asset, keys, {
    data: data as (string | null)[],
    seconds: seconds as number[],
    counted,
  });
}

function textsOf(column: unknown): readonly string[] | undefined {
  return Array.isArray(column) && column.every((value) => typeof value === 'string') ? column : undefined;
}

function listOf(column: unknown, keys: readonly string[] | undefined): readonly unknown[] | undefined {
  return Array.isArray(column) && column.length === keys?.length ? column : undefined;
}

function countedOf(parsed: Readonly<Record<string, unknown>>, length: number): Counted | undefined {
  const columns: { -readonly [K in keyof Counted]?: CountedColumn } = {};
  for (const name of COUNTED) {
    const column = CountedColumn.of(parsed[name], length);
    if (column === undefined) return undefined;
    columns[name] = column;
  }
  if (parsed['handled'] !== undefined) {
    const handled = CountedColumn.of(parsed['handled'], length);
    if (handled === undefined) return undefined;
    columns.handled = handled;
  }
  return columns as Counted;
}

/** The first place whose record lacks what every one that was made has. */
function firstWrong(data: readonly unknown[], seconds: readonly unknown[], counted: Counted): number | undefined {
  const isMade = (place: number): boolean => data[place] !== null;
  const isText = (value: unknown): boolean => typeof value === 'string';
  for (let place = 0; place < data.length; place++)
    if (isMade(place) && !(isText(data[place]) && typeof seconds[place] === 'number')) return place;
  for (const name of ['run', 'code', 'used'] as const) {
    const place = counted[name].firstFailing(isText, isMade);
    if (place !== undefined) return place;
  }
  return counted.turn.firstFailing(Array.isArray, isMade);
}
