import type { Json } from '../base/json.ts';
import type { Check } from '../model/project.ts';
import type { CheckQuery } from './query.ts';

/** Longest text kept of one value of a sample, in UTF-16 code units: samples are committed. */
const VALUE_LENGTH_MAX = 100;
const COLUMNS_MAX = 8;

/** Columns that name a row: those of the asset's first `unique` check, so that a sample can be found again. */
export function keyColumns(checks: readonly Check[]): readonly string[] {
  for (const { kind } of checks) if (kind.type === 'unique') return kind.columns;
  return [];
}

/** What asks for failing rows, when the check failed, keeps samples, and its kind has some. */
export function samplesSql(query: CheckQuery): string | undefined {
  return query.kind === 'count' || query.kind === 'failing-rows' ? query.samplesSql : undefined;
}

/** Rows as objects, bounded in rows, columns and length. */
export function sampleRows(
  columns: readonly { readonly name: string }[],
  rows: readonly (readonly Json[])[],
  rowsMax: number,
): readonly Json[] {
  return rows
    .slice(0, rowsMax)
    .map((row) =>
      Object.fromEntries(
        columns.slice(0, COLUMNS_MAX).map((column, index) => [column.name, shortened(row[index] ?? null)]),
      ),
    );
}

function shortened(value: Json): Json {
  const text =
    typeof value === 'string' ? value : value !== null && typeof value === 'object' ? JSON.stringify(value) : undefined;
  if (text === undefined) return value;
  return text.length > VALUE_LENGTH_MAX ? `${text.slice(0, VALUE_LENGTH_MAX - 1)}…` : text;
}
