import type { Json } from '../base/json.ts';
import { unreachable } from '../base/result.ts';
import type { Check, CheckKind } from '../model/project.ts';
import type { Dialect } from '../sql/lex.ts';
import { quoteIdentifier, quoteLiteral } from '../sql/quote.ts';

/** What a check asks a database. */
export type CheckQuery =
  /** One row: failing rows (or the number measured), rows checked. */
  | { readonly kind: 'count'; readonly sql: string; readonly samplesSql?: string }
  /** Rows name and type of each column; `nullsSql` counts rows without a value, for the columns in `notNull`. */
  | { readonly kind: 'columns'; readonly sql: string; readonly nullsSql?: string; readonly notNull: readonly string[] }
  /** One row, failing rows only: what they were of is not known. `prefix` is what stands before the user's select. */
  | { readonly kind: 'failing-rows'; readonly sql: string; readonly prefix: number; readonly samplesSql?: string }
  /** The user's own select; the first column of its first row is the value. */
  | { readonly kind: 'value'; readonly sql: string };

export interface CheckQueryOptions {
  readonly dialect: Dialect;
  /** The relation judged, quoted. */
  readonly relation: string;
  /** The relation that `relationships` looks into, quoted. */
  readonly to?: string;
  /** The user's own select, rendered, without a semicolon at its end: for checks of kind `sql`. */
  readonly select?: string;
  /** Columns that name a row in samples, such as those of a `unique` check; the check's own columns are shown as well. */
  readonly keyColumns?: readonly string[];
}

/**
 * The SQL of a check; undefined when none is asked for (`run`, `reported`, several in one execution). A missing value
 * never fails a rule on values (dbt's reading): `not_null` is the check for that.
 */
export function checkSql(check: Check, options: CheckQueryOptions): CheckQuery | undefined {
  const { kind } = check;
  switch (kind.type) {
    case 'row_count':
      return { kind: 'count', sql: `select count(*) as value, count(*) as checked from ${source(check, options)}` };
    case 'unique':
      return uniqueQuery(check, kind.columns, options);
    case 'not_null':
    case 'accepted_values':
    case 'range':
    case 'regex':
      return conditionQuery(check, failingCondition(kind, options.dialect), ruleColumns(kind), options);
    case 'relationships':
      return relationshipsQuery(check, kind, options);
    case 'columns':
      return columnsQuery(kind.columns, options);
    case 'sql':
      return sqlQuery(check, kind.value, options);
    case 'run':
    case 'reported':
    case 'multi':
      return undefined;
    default:
      return unreachable(kind);
  }
}

type RowRule = Extract<CheckKind, { readonly type: 'not_null' | 'accepted_values' | 'range' | 'regex' }>;

/** The condition that a row fails by; it is null or false for rows that are fine. */
function failingCondition(kind: RowRule, dialect: Dialect): string {
  switch (kind.type) {
    case 'not_null':
      return anyOf(kind.columns.map((column) => `${quoteIdentifier(column)} is null`));
    case 'accepted_values':
      return anyOf(Object.entries(kind.values).map(([column, values]) => notAccepted(quoteIdentifier(column), values)));
    case 'range':
      return anyOf(Object.entries(kind.ranges).flatMap(([column, range]) => outside(quoteIdentifier(column), range)));
    case 'regex':
      return anyOf(
        Object.entries(kind.patterns).map(([column, pattern]) => mismatch(quoteIdentifier(column), pattern, dialect)),
      );
    default:
      return unreachable(kind);
  }
}

function anyOf(conditions: readonly string[]): string {
  return conditions.length === 0 ? 'false' : conditions.join(' or ');
}

function notAccepted(column: string, values: readonly Json[]): string {
  const literals = values.filter((value) => value !== null).map((value) => quoteLiteral(scalar(value)));
  return literals.length === 0 ? `${column} is not null` : `${column} not in (${literals.join(', ')})`;
}

/** A list or object among accepted values compares as its JSON text. */
function scalar(value: Json): string | number | boolean | null {
  return value !== null && typeof value === 'object' ? JSON.stringify(value) : value;
}

function outside(
  column: string,
  range: { readonly min?: number | string; readonly max?: number | string },
): readonly string[] {
  const conditions: string[] = [];
  if (range.min !== undefined) conditions.push(`${column} < ${quoteLiteral(range.min)}`);
  if (range.max !== undefined) conditions.push(`${column} > ${quoteLiteral(range.max)}`);
  return conditions;
}

function mismatch(column: string, pattern: string, dialect: Dialect): string {
  switch (dialect) {
    case 'duckdb':
      return `not regexp_matches(${column}::varchar, ${quoteLiteral(pattern)})`;
    case 'postgres':
      return `${column}::text !~ ${quoteLiteral(pattern)}`;
    default:
      return unreachable(dialect);
  }
}

function ruleColumns(kind: RowRule): readonly string[] {
  switch (kind.type) {
    case 'not_null':
      return kind.columns;
    case 'accepted_values':
      return Object.keys(kind.values);
    case 'range':
      return Object.keys(kind.ranges);
    case 'regex':
      return Object.keys(kind.patterns);
    default:
      return unreachable(kind);
  }
}

function conditionQuery(
  check: Check,
  condition: string,
  columns: readonly string[],
  options: CheckQueryOptions,
): CheckQuery {
  const from = source(check, options);
  return {
    kind: 'count',
    sql: `select count(*) filter (where ${condition}) as value, count(*) as checked from ${from}`,
    ...samples(check, columns, options, (shown) => `select ${shown} from ${from} where (${condition})`),
  };
}

/** Rows that share their key with another row; a key with a missing part equals none. */
function uniqueQuery(check: Check, columns: readonly string[], options: CheckQueryOptions): CheckQuery {
  const from = source(check, options);
  const names = columns.map(quoteIdentifier).join(', ');
  const missing = columns.map((column) => `${quoteIdentifier(column)} is null`).join(' or ');
  const complete = columns.map((column) => `${quoteIdentifier(column)} is not null`).join(' and ');
  const counted = `select count(*) as branchline_rows, (${missing}) as branchline_missing from ${from} group by ${names}`;
  return {
    kind: 'count',
    sql: `select coalesce(sum(branchline_rows) filter (where branchline_rows > 1 and not branchline_missing), 0) as value, coalesce(sum(branchline_rows), 0) as checked from (${counted}) as counted`,
    ...samples(
      check,
      columns,
      { ...options, keyColumns: [] },
      (shown) => `select ${shown} from ${from} where ${complete} group by ${names} having count(*) > 1`,
    ),
  };
}

function relationshipsQuery(
  check: Check,
  kind: Extract<CheckKind, { readonly type: 'relationships' }>,
  options: CheckQueryOptions,
): CheckQuery {
  const column = quoteIdentifier(kind.column);
  const field = quoteIdentifier(kind.field);
  // Distinct, so that a field that repeats does not multiply rows; a join, because `not in` of many rows is slow in Postgres.
  const known = `select distinct ${field} as known_value from ${options.to} where ${field} is not null`;
  const from = `(select * from ${source(check, options)}) as judged left join (${known}) as known on judged.${column} = known.known_value`;
  const failing = `judged.${column} is not null and known.known_value is null`;
  const judged = (name: string): string => `judged.${quoteIdentifier(name)}`;
  return {
    kind: 'count',
    sql: `select count(*) filter (where ${failing}) as value, count(*) as checked from ${from}`,
    ...samples(check, [kind.column], options, (shown) => `select ${shown} from ${from} where ${failing}`, judged),
  };
}

function columnsQuery(
  columns: Extract<CheckKind, { readonly type: 'columns' }>['columns'],
  options: CheckQueryOptions,
): CheckQuery {
  const notNull = Object.entries(columns)
    .filter(([, column]) => column.nullable === false)
    .map(([name]) => name);
  const counts = notNull.map((name) => `count(*) filter (where ${quoteIdentifier(name)} is null)`);
  const sql =
    options.dialect === 'duckdb'
      ? `select column_name, column_type from (describe ${options.relation})`
      : `select attname::text, format_type(atttypid, atttypmod) from pg_attribute where attrelid = ${quoteLiteral(options.relation)}::regclass and attnum > 0 and not attisdropped order by attnum`;
  return {
    kind: 'columns',
    sql,
    notNull,
    ...(counts.length > 0 ? { nullsSql: `select ${counts.join(', ')} from ${options.relation}` } : {}),
  };
}

function sqlQuery(check: Check, value: boolean, options: CheckQueryOptions): CheckQuery {
  const select = options.select ?? '';
  if (value) return { kind: 'value', sql: select };
  // On lines of its own, so that a comment at the end of the user's text does not swallow the rest.
  const prefix = 'select count(*) as value from (\n';
  const samplesSql =
    check.samples > 0 ? { samplesSql: `select * from (\n${select}\n) as failing limit ${check.samples}` } : {};
  return { kind: 'failing-rows', sql: `${prefix}${select}\n) as failing`, prefix: prefix.length, ...samplesSql };
}

/** The relation, or the part of it that `where` leaves. Also a subquery, so that `where` sees columns of the relation only. */
function source(check: Check, options: CheckQueryOptions): string {
  return check.where === undefined
    ? options.relation
    : `(select * from ${options.relation} where (\n${check.where}\n)) as restricted`;
}

function samples(
  check: Check,
  columns: readonly string[],
  options: CheckQueryOptions,
  select: (shown: string) => string,
  name: (column: string) => string = quoteIdentifier,
): { readonly samplesSql?: string } {
  if (check.samples === 0) return {};
  const shown = [...new Set([...(options.keyColumns ?? []), ...columns])];
  const order = shown.map((_, index) => index + 1).join(', ');
  return { samplesSql: `${select(shown.map(name).join(', '))} order by ${order} limit ${check.samples}` };
}
