import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ConnectionTarget, SqlRows, SqlSession } from '../ports.ts';

/** The environment in which drivers come from this checkout's own node_modules, so that tests download nothing. */
export function installedEngines(): Readonly<Record<string, string | undefined>> {
  const main = createRequire(import.meta.url).resolve('@duckdb/node-api/package.json');
  return { ...process.env, BRANCHLINE_ENGINES: dirname(dirname(dirname(main))) };
}

/** A DuckDB file in a folder of its own. */
export function scratchDuckDB(): {
  readonly target: ConnectionTarget & { readonly type: 'duckdb' };
  readonly folder: string;
  remove(): void;
} {
  const folder = mkdtempSync(join(tmpdir(), 'branchline-duckdb-'));
  return {
    folder,
    target: { type: 'duckdb', path: join(folder, 'warehouse.duckdb'), extensions: [] },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Rows of a statement that must succeed. */
export async function rowsOf(
  session: SqlSession,
  sql: string,
  binds: Parameters<SqlSession['query']>[1] = {},
): Promise<SqlRows['rows']> {
  const result = await session.query(sql, binds);
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}\n${sql}`);
  return result.value.rows;
}
