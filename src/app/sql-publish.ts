import { fail, ok, type Result } from '../base/result.ts';
import type { Failure } from '../model/failure.ts';
import type { Relation } from '../model/project.ts';
import type { SqlFailure, SqlRows, SqlSession } from '../ports.ts';
import { cellText } from '../sql/cell-text.ts';
import {
  dependentViews,
  dropStatement,
  duckdbSwap,
  liveRelation,
  POSTGRES_DEPENDENTS,
  POSTGRES_LIVE,
  postgresSwap,
} from '../sql/publish.ts';
import { quoteIdentifier, quoteRelation } from '../sql/quote.ts';
import { CREATE_STAMPS, PRUNE_STAMPS, STAMP_SCHEMA, type Stamp, writeStamp } from '../sql/stamps.ts';
import { attemptFailure } from './sql-failure.ts';

type Outcome = Result<void, SqlFailure>;

/** Schemas known to be there, by session: asked once, not once an asset. */
const ensured = new WeakMap<SqlSession, Set<string>>();

/** Makes a schema unless it is there. Asks first in Postgres, where `create … if not exists` needs a right to create. */
export async function ensureSchema(session: SqlSession, schema: string | undefined): Promise<Outcome> {
  if (schema === undefined) return ok(undefined);
  return once(session, `schema ${schema}`, async () => {
    if (session.dialect === 'postgres') {
      const there = await session.query('select 1 from pg_namespace where nspname = $schema', { schema });
      if (!there.ok) return there;
      if (there.value.rows.length > 0) return there;
    }
    return session.query(`create schema if not exists ${quoteIdentifier(schema)}`);
  });
}

/** Makes the stamp table and its schema. */
export async function ensureStamps(session: SqlSession): Promise<Outcome> {
  return once(session, 'stamps', async () => {
    const schema = await ensureSchema(session, STAMP_SCHEMA);
    const made = schema.ok ? await session.query(CREATE_STAMPS) : schema;
    return made.ok && session.dialect === 'duckdb' ? session.query(PRUNE_STAMPS) : made;
  });
}

async function once(
  session: SqlSession,
  what: string,
  make: () => Promise<Result<unknown, SqlFailure>>,
): Promise<Outcome> {
  const known = ensured.get(session) ?? new Set();
  ensured.set(session, known);
  if (known.has(what)) return ok(undefined);
  let made = await make();
  // Two sessions that create at once: the loser is refused even with `if not exists`, and finds it made.
  if (!made.ok) made = await make();
  if (!made.ok) return made;
  known.add(what);
  return ok(undefined);
}

/** Removes a stray or unpublished copy, whatever its kind. */
export async function dropCopy(session: SqlSession, copy: Relation): Promise<Outcome> {
  const table = await session.query(dropStatement(copy, 'table'));
  if (table.ok) return ok(undefined);
  // `drop table if exists` of a view is refused: then it is a view.
  const view = await session.query(dropStatement(copy, 'view'));
  return view.ok ? ok(undefined) : table;
}

export interface Publication {
  readonly live: Relation;
  readonly copy: Relation;
  readonly kind: 'table' | 'view';
  /** The select that the copy was built from. */
  readonly select: string;
  readonly stamp: Stamp;
  readonly signal?: AbortSignal;
}

/** The data version that was published. */
type Published = Result<string, SqlFailure>;

/** Gives the copy the asset's name and writes the stamp, in one transaction: readers see the old data or the new. */
export async function publishCopy(session: SqlSession, publication: Publication): Promise<Published> {
  switch (session.dialect) {
    case 'duckdb':
      return publishInDuckDB(session, publication);
    case 'postgres':
      return publishInPostgres(session, publication);
  }
}

async function publishInDuckDB(
  session: SqlSession,
  { live, copy, kind, stamp, signal }: Publication,
): Promise<Published> {
  const attempt = (liveKind: 'table' | 'view'): Promise<Published> =>
    inTransaction(session, [...duckdbSwap(live, copy, kind, liveKind), ...writeStamp('duckdb', stamp, live)], signal);
  // What stands there is nearly always of the same kind. To ask the catalog costs 11 ms with 1,000 tables, so it is
  // tried, and tried with the other kind when that was refused.
  const done = await attempt(kind);
  if (done.ok || done.error.code !== 'sql') return done;
  const other = await attempt(kind === 'table' ? 'view' : 'table');
  return other.ok ? other : done;
}

async function publishInPostgres(
  session: SqlSession,
  { live, copy, kind, select, stamp, signal }: Publication,
): Promise<Published> {
  const [current, next] = [await inspect(session, live), await inspect(session, copy)];
  if (!current.ok) return current;
  if (!next.ok) return next;
  const dependents = await session.query(POSTGRES_DEPENDENTS, { name: quoteRelation(live) });
  if (!dependents.ok) return dependents;
  const views = dependentViews(dependents.value.rows).filter(
    (view) => quoteRelation(view.relation) !== quoteRelation(copy),
  );
  const swap = postgresSwap({
    live,
    copy,
    kind,
    select,
    current: liveRelation(current.value.rows),
    next: liveRelation(next.value.rows),
    dependents: views,
  });
  if (swap.kind === 'refused') return fail({ code: 'sql', message: swap.message });
  const done = await inTransaction(session, [...swap.statements, ...writeStamp('postgres', stamp, live)], signal);
  if (done.ok || views.length === 0) return done;
  return fail({
    ...done.error,
    message: `${done.error.message} (while publishing over ${quoteRelation(live)}, which these views read: ${views.map((view) => quoteRelation(view.relation)).join(', ')})`,
  });
}

function inspect(session: SqlSession, relation: Relation): Promise<Result<SqlRows, SqlFailure>> {
  return session.query(POSTGRES_LIVE, { name: quoteRelation(relation) });
}

/** Writes the stamp alone: for statements that make no relation, or of one that a script has made. */
export function writeStampOnly(session: SqlSession, stamp: Stamp, live?: Relation): Promise<Published> {
  return inTransaction(session, writeStamp(session.dialect, stamp, live));
}

export interface DirectBuild {
  readonly live: Relation;
  /** `create or replace table …`, with its binds. */
  readonly build: () => Promise<Result<number | undefined, Failure>>;
  readonly stamp: Stamp;
  /** Called before the commit; a failure rolls back. */
  readonly onBuilt: () => Promise<Failure | undefined>;
  readonly signal?: AbortSignal;
}

export type DirectOutcome =
  | { readonly kind: 'published'; readonly dataVersion: string; readonly rows: number | undefined }
  | { readonly kind: 'failed'; readonly failure: Failure };

/**
 * DuckDB: builds under the asset's own name inside of the publishing transaction. Nobody sees it before the commit, so
 * where no check must judge a copy first, this is as safe as a copy and costs half the statements.
 */
export async function buildInTransaction(session: SqlSession, direct: DirectBuild): Promise<DirectOutcome> {
  const begun = await session.query('begin');
  if (!begun.ok) return { kind: 'failed', failure: attemptFailure(begun.error) };
  const built = await direct.build();
  if (!built.ok) {
    await session.query('rollback');
    return { kind: 'failed', failure: built.error };
  }
  const stopped = await direct.onBuilt();
  if (stopped) {
    await session.query('rollback');
    return { kind: 'failed', failure: stopped };
  }
  const done = await finishTransaction(session, writeStamp('duckdb', direct.stamp, direct.live), direct.signal);
  if (!done.ok) return { kind: 'failed', failure: attemptFailure(done.error) };
  return { kind: 'published', dataVersion: done.value, rows: built.value };
}

/** All or nothing. A stop in the middle rolls back. Yields what the last statement returned. */
async function inTransaction(
  session: SqlSession,
  statements: readonly string[],
  signal?: AbortSignal,
): Promise<Published> {
  const begun = await session.query('begin');
  return begun.ok ? finishTransaction(session, statements, signal) : begun;
}

async function finishTransaction(
  session: SqlSession,
  statements: readonly string[],
  signal?: AbortSignal,
): Promise<Published> {
  let returned = '';
  for (const sql of statements) {
    const done = await session.query(sql, {}, signal ? { signal } : {});
    if (done.ok) {
      returned = cellText(done.value.rows[0]?.[0]);
      continue;
    }
    await session.query('rollback');
    // Places inside of the engine's own statements tell the user nothing.
    return fail({ ...done.error, line: undefined, column: undefined });
  }
  const committed = await session.query('commit');
  if (committed.ok) return ok(returned);
  await session.query('rollback');
  return committed;
}
