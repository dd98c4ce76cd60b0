import type { Json } from '../base/json.ts';
import { unreachable } from '../base/result.ts';
import type { Check } from '../model/project.ts';
import { cellText } from '../sql/cell-text.ts';
import { columnDifferences, type DeclaredColumns } from './columns.ts';
import type { Observed } from './judge.ts';
import type { CheckQuery } from './query.ts';

type Rows = readonly (readonly Json[])[];

/** Makes of the rows that a check's query returned what `judge` looks at. `nulls` are the rows of `nullsSql`. */
export function observe(check: Check, query: CheckQuery, rows: Rows, nulls: Rows = []): Observed {
  switch (query.kind) {
    case 'count':
      return { kind: 'measured', value: numberOf(rows[0]?.[0]), of: numberOf(rows[0]?.[1]) ?? 0 };
    case 'failing-rows':
      return { kind: 'measured', value: numberOf(rows[0]?.[0]) };
    case 'value':
      return observeValue(rows);
    case 'columns': {
      const declared: DeclaredColumns = check.kind.type === 'columns' ? check.kind.columns : {};
      const found = rows.map(([name, type]) => ({ name: cellText(name), type: cellText(type) }));
      const counts = new Map(query.notNull.map((name, index) => [name, numberOf(nulls[0]?.[index]) ?? 0]));
      return {
        kind: 'columns',
        differences: columnDifferences(declared, found, counts),
        of: Object.keys(declared).length,
      };
    }
    default:
      return unreachable(query);
  }
}

function observeValue(rows: Rows): Observed {
  const value = rows[0]?.[0] ?? null;
  if (rows.length > 1)
    return { kind: 'raised', message: 'the query returned more than one row: `value: true` wants one value' };
  if (value === null) return { kind: 'measured', value: null };
  const number = numberOf(value);
  return number === null
    ? { kind: 'raised', message: `the query returned ${JSON.stringify(value).slice(0, 60)}, which is no number` }
    : { kind: 'measured', value: number };
}

/** Exact decimals and big integers arrive as text. Precision beyond a double does not matter to a bound. */
function numberOf(value: Json | undefined): number | null {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value !== 'string' || value.trim() === '') return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}
