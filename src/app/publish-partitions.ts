import { fail, ok, type Result } from '../base/result.ts';
import type { AssetKey, Relation } from '../model/project.ts';
import type { SqlFailure, SqlSession } from '../ports.ts';
import { cellText } from '../sql/cell-text.ts';
import { quoteIdentifier, quoteRelation } from '../sql/quote.ts';
import { type DataVersionSource, writeStamp } from '../sql/stamps.ts';

/** One partition with the condition that finds its rows. */
export interface PartitionRows {
  readonly key: string;
  /** SQL condition on the relation's columns. */
  readonly rows: string;
  readonly materialization: string;
}

export interface PartitionPublication {
  readonly live: Relation;
  readonly copy: Relation;
  readonly environment: string;
  readonly asset: AssetKey;
  readonly at: string;
  readonly partitions: readonly PartitionRows[];
  /** Condition on all of them. */
  readonly rows: string;
  readonly signal?: AbortSignal;
}

export interface PublishedPartition {
  readonly dataVersion: string;
  readonly rows: number;
}

/**
 * Puts the copy's rows in the place of the partitions' rows: delete, insert and stamps are one transaction, so readers
 * see the old partitions or the new ones, and no other partition is touched (semantics.md 14). A row of the copy that
 * belongs to none of them would be there twice after the next run, so it is refused.
 */
export async function publishPartitions(
  session: SqlSession,
  input: PartitionPublication,
): Promise<Result<ReadonlyMap<string, PublishedPartition>, SqlFailure>> {
  const stray = await strayRows(session, input);
  if (!stray.ok) return stray;
  const live = await columnsOf(session, input.live);
  if (!live.ok) return live;
  const copy = await columnsOf(session, input.copy);
  if (!copy.ok) return copy;
  const differ = live.value.length === 0 ? undefined : columnDifference(input, live.value, copy.value);
  if (differ !== undefined) return fail({ code: 'sql', message: differ });
  return inTransaction(session, async () => {
    for (const sql of swapStatements(session, input, live.value, copy.value)) {
      const done = await send(session, sql, input.signal);
      if (!done.ok) return done;
    }
    return stampAll(session, input);
  });
}

async function strayRows(session: SqlSession, input: PartitionPublication): Promise<Result<void, SqlFailure>> {
  const copy = quoteRelation(input.copy);
  const counted = await session.query(
    `select count(*), count(*) - count(case when ${input.rows} then 1 end) from ${copy}`,
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
  const names = input.partitions.map(({ key }) => key);
  const what = names.length === 1 ? `the partition ${names[0]}` : `the partitions ${names[0]} to ${names.at(-1)}`;
  return fail({
    code: 'sql',
    message: `${stray} of ${all} rows do not belong to ${what}: select only its rows (\`where … >= $partition_start and … < $partition_end\`, or \`= $partition_key\`)`,
  });
}

type Columns = readonly string[];

/** Names of a relation's columns; none when there is no such relation. */
async function columnsOf(session: SqlSession, { schema, name }: Relation): Promise<Result<Columns, SqlFailure>> {
  const where = schema === undefined ? 'table_schema = current_schema()' : 'table_schema = $schema';
  const found = await session.query(
    `select column_name from information_schema.columns where table_name = $name and ${where} order by ordinal_position`,
    { name, ...(schema === undefined ? {} : { schema }) },
  );
  return found.ok ? ok(found.value.rows.map(([column]) => cellText(column))) : found;
}

function columnDifference({ live }: PartitionPublication, before: Columns, now: Columns): string | undefined {
  const added = now.filter((column) => !before.includes(column));
  const gone = before.filter((column) => !now.includes(column));
  if (added.length + gone.length === 0) return undefined;
  const parts = [
    added.length > 0 ? `has ${added.join(', ')} in addition` : '',
    gone.length > 0 ? `lacks ${gone.join(', ')}` : '',
  ].filter((part) => part !== '');
  return `this partition ${parts.join(' and ')}, compared with the other partitions in ${quoteRelation(live)}: alter the table to fit, or drop it and backfill all partitions`;
}

function swapStatements(
  session: SqlSession,
  input: PartitionPublication,
  live: Columns,
  copy: Columns,
): readonly string[] {
  const [to, from] = [quoteRelation(input.live), quoteRelation(input.copy)];
  if (live.length === 0) return [`alter table ${from} rename to ${quoteIdentifier(input.live.name)}`];
  const columns = copy.map(quoteIdentifier).join(', ');
  return [
    `delete from ${to} where ${input.rows}`,
    `insert into ${to} (${columns}) select ${columns} from ${from}`,
    `drop table ${session.dialect === 'duckdb' ? 'if exists ' : ''}${from}`,
  ];
}

async function stampAll(
  session: SqlSession,
  input: PartitionPublication,
): Promise<Result<ReadonlyMap<string, PublishedPartition>, SqlFailure>> {
  const published = new Map<string, PublishedPartition>();
  const live = quoteRelation(input.live);
  for (const { key, rows, materialization } of input.partitions) {
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
