import { unreachable } from '../base/result.ts';
import type { Sql } from '../ports.ts';
import { loadEngine } from './engine-fetch.ts';
import { type DuckDBEngine, openDuckDB } from './sql-duckdb.ts';
import { openPostgres, type PgEngine } from './sql-postgres.ts';

/** The `Sql` port over the real databases; each driver is fetched when the first connection of its kind is opened. */
export function databases(env: Readonly<Record<string, string | undefined>>): Sql {
  return {
    async open(target, { tag, readOnly = false, onProgress }) {
      switch (target.type) {
        case 'duckdb': {
          const engine = await loadEngine<DuckDBEngine>('duckdb', { env, onProgress });
          return engine.ok ? openDuckDB(engine.value, target, readOnly) : engine;
        }
        case 'postgres': {
          const engine = await loadEngine<PgEngine>('pg', { env, onProgress });
          return engine.ok ? openPostgres(engine.value, target, { tag, readOnly }) : engine;
        }
        default:
          return unreachable(target);
      }
    },
  };
}
