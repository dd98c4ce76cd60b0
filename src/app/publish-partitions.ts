import { fail, ok, type Result } from '../base/result.ts';
import type { AssetKey, Relation } from '../model/project.ts';
import type { SqlFailure, SqlSession } from '../ports.ts';
import { cellText } from '../sql/cell-text.ts';
import { quoteIdentifier, quoteRelation } from '../sql/quote.ts';
import { type DataVersionSource, forgetOthers, forgetRelation, writeStamp } from '../sql/stamps.ts';
import type { ZonedColumns } from './partition-rows.ts';

/** One partition that is made. */
export interface PartitionToMake {
  readonly key: string;
  readonly materialization: string;
}

/** SQL condition that finds the rows of some keys, given the columns whose type knows the zone. */
export type RowsOfKeys = (keys: readonly string[], zoned: ZonedColumns) => string;

/** What is left of a table besides what is published: the rest was made by nobody that the state knows of. */
export interface KeepOnly {
  /** Made before, also those that the definition has no longer. */
  readonly keys: readonly string[];
  /** Condition that finds their rows; fails with the keys that it cannot find. */
  readonly rowsOf: (keys: readonly string[], zoned: ZonedColumns) => Result<string, readonly string[]>;
}

export interface PartitionPublication {
  readonly live: Relation;
  readonly copy: Relation;
  readonly environment: string;
  readonly asset: AssetKey;
  readonly at: string;
  /** Those of the copy. */
  readonly partitions: readonly PartitionToMake[];
  /** Keys of those that take the place of what is there; the others stay as they are. */
  readonly publish: ReadonlySet<string>;
  readonly rowsOf: RowsOfKeys;
  readonly keepOnly?: KeepOnly;
  readonly signal?: AbortSignal;
}

export interface PublishedPartition {
  readonly dataVersion: string;
  readonly rows: number;
}

/**
 * Puts the copy's rows in the place of the partitions' rows: delete, insert and stamps are one transaction, so readers
 * see the old partitions or the new ones, and no other partition is touched (semantics.md 14). A row of the copy that
 * belongs to none of the partitions it was made for would be there twice after the next run, so it is refused.
 */
export async function publishPartitions(
  session: SqlSession,
  input: PartitionPublication,
): Promise<Result<ReadonlyMap<string, PublishedPartition>, SqlFailure>> {
  const copy = await columnsOf(session, input.copy);
  if (!copy.ok) return copy;
  const stray = await strayRows(session, input, zonedOf(copy.value));
  if (!stray.ok) return stray;
  const live = await columnsOf(session, input.live);
  if (!live.ok) return live;
  const differ = live.value.size === 0 ? undefined : columnDifference(input, live.value, copy.value);
  if (differ !== undefined) return fail({ code: 'sql', message: differ });
  // Of a table that is no more, its stamps say nothing.
  const cleared = live.value.size === 0 ? ok([forgetRelation(input.live)]) : takeOutOthers(input, zonedOf(live.value));
  if (!cleared.ok) return cleared;
  return inTransaction(session, async () => {
    for (const sql of [...swapStatements(session, input, live.value, copy.value), ...cleared.value]) {
      const done = await send(session, sql, input.signal);
      if (!done.ok) return done;
    }
    return stampAll(session, input, zonedOf(live.value.size === 0 ? copy.value : live.value));
  });
}

async function strayRows(
  session: SqlSession,
  input: PartitionPublication,
  zoned: ZonedColumns,
): Promise<Result<void, SqlFailure>> {
  const copy = quoteRelation(input.copy);
  const names = input.partitions.map(({ key }) => key);
  const counted = await session.query(
    `select count(*), count(*) - count(case when ${input.rowsOf(names, zoned)} then 1 end) from ${copy}`,
  );
  if (!counted.ok)
    return fail({
      ...counted.error,
      line: undefined,
      column: undefined,
      message: `\`partition_expr\`: ${counted.error.message}`,
    });
  const [all, stray] = (counted.value.rows[0] ?? []).map(Number) as [number, number];
  if (stray === 0) return ok(undefined);
  const what = names.length === 1 ? `the partition ${names[0]}` : `the partitions ${names[0]} to ${names.at(-1)}`;
  return fail({
    code: 'sql',
    message: `${stray} of ${all} rows do not belong to ${what}: select only its rows (\`where … >= $partition_start and … < $partition_end\`, or \`= $partition_key\`)`,
  });
}

/** Types by name, in the relation's order; none when there is no such relation. */
type Columns = ReadonlyMap<string, string>;

async function columnsOf(session: SqlSession, { schema, name }: Relation): Promise<Result<Columns, SqlFailure>> {
  const where = schema === undefined ? 'table_schema = current_schema()' : 'table_schema = $schema';
  const found = await session.query(
    `select column_name, data_type from information_schema.columns where table_name = $name and ${where} order by ordinal_position`,
    { name, ...(schema === undefined ? {} : { schema }) },
  );
  if (!found.ok) return found;
  return ok(new Map(found.value.rows.map(([column, type]) => [cellText(column), cellText(type)] as const)));
}

function zonedOf(columns: Columns): ZonedColumns {
  return new Set([...columns].filter(([, type]) => /^timestamp with time zone$/i.test(type)).map(([column]) => column));
}

/** Columns of a relation whose type knows the zone of an instant. */
export async function zonedColumns(session: SqlSession, relation: Relation): Promise<ZonedColumns> {
  const columns = await columnsOf(session, relation);
  return columns.ok ? zonedOf(columns.value) : new Set();
}

function columnDifference({ live }: PartitionPublication, before: Columns, now: Columns): string | undefined {
  const added = [...now.keys()].filter((column) => !before.has(column));
  const gone = [...before.keys()].filter((column) => !now.has(column));
  if (added.length + gone.length === 0) return undefined;
  const parts = [
    added.length > 0 ? `has ${added.join(', ')} in addition` : '',
    gone.length > 0 ? `lacks ${gone.join(', ')}` : '',
  ].filter((part) => part !== '');
  return `this partition ${parts.join(' and ')}, compared with the other partitions in ${quoteRelation(live)}: alter the table to fit, or drop it and make all partitions anew`;
}

function swapStatements(
  session: SqlSession,
  input: PartitionPublication,
  live: Columns,
  copy: Columns,
): readonly string[] {
  const [to, from] = [quoteRelation(input.live), quoteRelation(input.copy)];
  const names = [...input.publish];
  const isAll = input.partitions.every(({ key }) => input.publish.has(key));
  const of = (columns: Columns): string => input.rowsOf(names, zonedOf(columns));
  if (live.size === 0)
    return [
      ...(isAll ? [] : [`delete from ${from} where not coalesce(${of(copy)}, false)`]),
      `alter table ${from} rename to ${quoteIdentifier(input.live.name)}`,
    ];
  const columns = [...copy.keys()].map(quoteIdentifier).join(', ');
  return [
    `delete from ${to} where ${of(live)}`,
    `insert into ${to} (${columns}) select ${columns} from ${from}${isAll ? '' : ` where ${of(copy)}`}`,
    `drop table ${session.dialect === 'duckdb' ? 'if exists ' : ''}${from}`,
  ];
}

/** Takes out what is neither published now nor was made before: rows and stamps. */
function takeOutOthers(input: PartitionPublication, zoned: ZonedColumns): Result<readonly string[], SqlFailure> {
  const { live, keepOnly, environment, asset } = input;
  if (keepOnly === undefined) return ok([]);
  const partitions = [...new Set([...keepOnly.keys, ...input.publish])];
  const rows = keepOnly.rowsOf(partitions, zoned);
  if (!rows.ok) {
    const some = rows.error.slice(0, 3).join(', ');
    const message = `what this state did not make cannot be taken out of ${quoteRelation(live)}: it has made ${some}${rows.error.length > 3 ? ' and others' : ''} too, whose rows the asset's partitions no longer tell from the rest. Drop the table and make all partitions anew`;
    return fail({ code: 'sql', message });
  }
  return ok([
    `delete from ${quoteRelation(live)} where not coalesce(${rows.value}, false)`,
    forgetOthers(live, { environment, asset, partitions }),
  ]);
}

async function stampAll(
  session: SqlSession,
  input: PartitionPublication,
  zoned: ZonedColumns,
): Promise<Result<ReadonlyMap<string, PublishedPartition>, SqlFailure>> {
  const published = new Map<string, PublishedPartition>();
  const live = quoteRelation(input.live);
  for (const { key, materialization } of input.partitions) {
    if (!input.publish.has(key)) continue;
    const rows = input.rowsOf([key], zoned);
    const dataVersion: DataVersionSource =
      session.dialect === 'duckdb'
        ? { table: input.live, engineVersion: session.engineVersion, where: rows }
        : materialization;
    const stamp = {
      environment: input.environment,
      asset: input.asset,
      partition: key,
      materialization,
      dataVersion,
      at: input.at,
    };
    let version = '';
    for (const sql of writeStamp(session.dialect, stamp, input.live)) {
      const done = await send(session, sql, input.signal);
      if (!done.ok) return done;
      version = cellText(done.value.rows[0]?.[0]);
    }
    const counted = await send(session, `select count(*) from ${live} where ${rows}`, input.signal);
    if (!counted.ok) return counted;
    published.set(key, { dataVersion: version, rows: Number(counted.value.rows[0]?.[0]) });
  }
  return ok(published);
}

async function inTransaction<T>(
  session: SqlSession,
  work: () => Promise<Result<T, SqlFailure>>,
): Promise<Result<T, SqlFailure>> {
  const begun = await session.query('begin');
  if (!begun.ok) return begun;
  const done = await work();
  const ended = done.ok ? await session.query('commit') : undefined;
  if (ended?.ok) return done;
  await session.query('rollback');
  if (ended !== undefined) return ended;
  // Places inside of the engine's own statements tell the user nothing.
  return done.ok ? done : fail({ ...done.error, line: undefined, column: undefined });
}

function send(session: SqlSession, sql: string, signal: AbortSignal | undefined) {
  return session.query(sql, {}, signal ? { signal } : {});
}
