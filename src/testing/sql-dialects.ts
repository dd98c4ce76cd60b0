import { afterAll, beforeAll } from 'vitest';
import { databases } from '../adapters/sql-open.ts';
import type { ConnectionTarget, Sql, SqlSession } from '../ports.ts';
import { startPostgres, type TestPostgres } from './postgres.ts';
import { installedEngines, scratchDuckDB } from './sql-sessions.ts';

export type Dialect = 'duckdb' | 'postgres';

/** A database of each dialect, for the tests of one file. */
export interface TestDialects {
  readonly sql: Sql;
  /** There from the first test on. */
  readonly targets: Partial<Record<Dialect, ConnectionTarget>>;
  readonly scratch: ReturnType<typeof scratchDuckDB>;
  readonly opened: (dialect: Dialect, tag?: string) => Promise<SqlSession>;
}

/** Starts them before the tests of a file, and stops them after; `name`: that of the database at the server. */
export function testDialects(name: string): TestDialects {
  const sql = databases(installedEngines());
  const scratch = scratchDuckDB();
  let server: TestPostgres;
  const targets: Partial<Record<Dialect, ConnectionTarget>> = {};
  beforeAll(async () => {
    server = await startPostgres();
    targets.duckdb = scratch.target;
    targets.postgres = { type: 'postgres', url: server.database(name) };
  }, 60_000);
  afterAll(async () => {
    await server.stop();
    scratch.remove();
  }, 60_000);
  return {
    sql,
    targets,
    scratch,
    async opened(dialect, tag = 'branchline marts/a') {
      const session = await sql.open(targets[dialect]!, { tag });
      if (!session.ok) throw new Error(session.error.message);
      return session.value;
    },
  };
}
