import { digestOf } from '../base/digest.ts';
import type { AssetKey } from '../model/project.ts';
import { quoteLiteral } from './quote.ts';

/** The alias under which a relation is hashed: a column of the user's with that name would be hashed instead of the row. */
export const ROW_ALIAS = '"__branchline_row"';

/**
 * The data version of a DuckDB table, as an SQL expression over its rows: row count, `bit_xor` and sum of row hashes,
 * and a digest of names and types of columns. The order of rows does not count; equal rows in equal number give the
 * same text. (An empty table has no row to ask for its columns.) Postgres has no hash that is stable and cheap.
 */
export function duckdbDataVersion(engineVersion: string): string {
  const hash = `hash(${ROW_ALIAS})`;
  const columns = `left(sha256(coalesce(any_value(typeof(${ROW_ALIAS})), '')), 12)`;
  const parts = ['count(*)', `coalesce(bit_xor(${hash}), 0)`, `coalesce(sum(${hash}), 0)`, columns];
  return `concat(${quoteLiteral(`duckdb-${engineVersion}:`)}, concat_ws('-', ${parts.join(', ')}))`;
}

/** A view holds no data of its own: what it shows follows from its code and what it reads (semantics.md 13). */
export function viewDataVersion(codeVersion: string, upstream: Readonly<Record<AssetKey, string>>): string {
  return `view:${digestOf({ codeVersion, upstream }).slice(0, 32)}`;
}
