import { digestOf, sha256 } from '../base/digest.ts';
import type { Json } from '../base/json.ts';
import type { AssetKey, Relation } from '../model/project.ts';
import type { Dialect } from './lex.ts';
import { quoteRelation } from './quote.ts';

// A column of the user's with the alias' name would be hashed instead of the row.
const ROW = '"__branchline_row"';

/**
 * Asks for what a table's data version is made of. DuckDB: row count, `bit_xor` and sum of row hashes, names and types
 * of columns. Postgres has no hash of its own that is stable and cheap: the row count only.
 */
export function dataVersionQuery(dialect: Dialect, relation: Relation): string {
  const name = quoteRelation(relation);
  switch (dialect) {
    case 'duckdb':
      return `select count(*), bit_xor(hash(${ROW}))::varchar, sum(hash(${ROW}))::varchar, (select string_agg(column_name || ' ' || column_type, chr(10)) from (describe ${name})) from ${name} as ${ROW}`;
    case 'postgres':
      return `select count(*) from ${name}`;
  }
}

/**
 * The data version from the one row that `dataVersionQuery` returned. Order of rows does not count; equal rows in equal
 * number give the same text. In Postgres, and where no relation is, it is the materialization.
 */
export function tableDataVersion(
  dialect: Dialect,
  engineVersion: string,
  row: readonly Json[],
  materialization: string,
): string {
  if (dialect === 'postgres') return materialization;
  const [count, xor, sum, columns] = row.map((value) => String(value ?? '0'));
  return `duckdb-${engineVersion}:${count}-${xor}-${sum}-${sha256(columns!).slice(0, 12)}`;
}

/** A view holds no data of its own: what it shows follows from its code and what it reads (semantics.md 13). */
export function viewDataVersion(codeVersion: string, upstream: Readonly<Record<AssetKey, string>>): string {
  return `view:${digestOf({ codeVersion, upstream }).slice(0, 32)}`;
}
