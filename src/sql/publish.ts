import type { Json } from '../base/json.ts';
import type { Relation } from '../model/project.ts';
import { cellText } from './cell-text.ts';
import type { Dialect } from './lex.ts';
import { quoteIdentifier, quoteRelation } from './quote.ts';

/** What stands under a name; `other` is nothing that the engine made (a materialized view, a foreign table …). */
export type RelationKind = 'none' | 'table' | 'view' | 'other';

/** What a relation is, as far as publishing over it must know. */
export interface LiveRelation {
  readonly kind: RelationKind;
  /** Name and type of each column, in order; empty where the dialect needs no comparison. */
  readonly columns: readonly (readonly [name: string, type: string])[];
}

/** A view that reads the relation, directly or through others. */
export interface DependentView {
  readonly relation: Relation;
  readonly kind: 'view' | 'other';
  readonly definition: string;
}

export interface BuildStatement {
  readonly sql: string;
  /** Length of what stands before the user's select, for places of errors. */
  readonly prefix: number;
}

/** Builds a relation from a select. DuckDB replaces a stray copy by itself; in Postgres it was dropped before. */
export function buildStatement(
  dialect: Dialect,
  into: Relation,
  kind: 'table' | 'view',
  select: string,
): BuildStatement {
  const create = dialect === 'duckdb' ? 'create or replace' : 'create';
  const prefix = `${create} ${kind} ${quoteRelation(into)} as\n`;
  return { sql: prefix + select, prefix: prefix.length };
}

/** Removes a relation of a kind that may be there. */
export function dropStatement(relation: Relation, kind: 'table' | 'view'): string {
  return `drop ${kind} if exists ${quoteRelation(relation)}`;
}

/**
 * DuckDB: the copy takes the asset's name. Views read by name there, so none needs care. `liveKind` must be what stands
 * under the name, if anything does: `drop table if exists` of a view is an error.
 */
export function duckdbSwap(
  live: Relation,
  copy: Relation,
  kind: 'table' | 'view',
  liveKind: 'table' | 'view',
): readonly string[] {
  return [dropStatement(live, liveKind), renameStatement(copy, kind, live)];
}

function renameStatement(from: Relation, kind: 'table' | 'view', to: Relation): string {
  return `alter ${kind} ${quoteRelation(from)} rename to ${quoteIdentifier(to.name)}`;
}

export type PostgresSwap =
  | { readonly kind: 'statements'; readonly statements: readonly string[] }
  /** Something stands there that must not be dropped. */
  | { readonly kind: 'refused'; readonly message: string };

export interface PostgresSwapInput {
  readonly live: Relation;
  readonly copy: Relation;
  readonly kind: 'table' | 'view';
  /** The select of a view, to replace it in place. */
  readonly select: string;
  readonly current: LiveRelation;
  readonly next: LiveRelation;
  readonly dependents: readonly DependentView[];
}

/**
 * Postgres: views hold on to the relation itself, not to its name. So a table of the same shape keeps its identity
 * (`truncate` and `insert` in one transaction; grants and indexes stay), and so does a view (`create or replace`).
 * Of another shape, it is dropped together with the views over it, which are made again from their definitions.
 */
export function postgresSwap(input: PostgresSwapInput): PostgresSwap {
  const { live, copy, kind, current, next } = input;
  const name = quoteRelation(live);
  const rename = renameStatement(copy, kind, live);
  if (current.kind === 'none') return { kind: 'statements', statements: [rename] };
  if (current.kind === 'other') {
    return {
      kind: 'refused',
      message: `${name} is neither a table nor a plain view: Branchline did not make it and does not replace it`,
    };
  }
  if (current.kind === kind && sameShape(current, next)) {
    return { kind: 'statements', statements: kind === 'view' ? replaceView(input) : refill(input) };
  }
  const fixed = input.dependents.find((view) => view.kind === 'other');
  if (fixed) {
    return {
      kind: 'refused',
      message: `the columns of ${name} changed, and ${quoteRelation(fixed.relation)} depends on it: drop that materialized view, publish, and create it again`,
    };
  }
  return {
    kind: 'statements',
    statements: [
      ...input.dependents.toReversed().map((view) => dropStatement(view.relation, 'view')),
      dropStatement(live, current.kind),
      rename,
      ...input.dependents.map((view) => `create view ${quoteRelation(view.relation)} as\n${view.definition}`),
    ],
  };
}

function sameShape(a: LiveRelation, b: LiveRelation): boolean {
  return JSON.stringify(a.columns) === JSON.stringify(b.columns);
}

function replaceView({ live, copy, select }: PostgresSwapInput): readonly string[] {
  return [`create or replace view ${quoteRelation(live)} as\n${select}`, dropStatement(copy, 'view')];
}

function refill({ live, copy, next }: PostgresSwapInput): readonly string[] {
  const columns = next.columns.map(([column]) => quoteIdentifier(column)).join(', ');
  const [to, from] = [quoteRelation(live), quoteRelation(copy)];
  return [
    `truncate ${to}`,
    `insert into ${to} (${columns}) select ${columns} from ${from}`,
    dropStatement(copy, 'table'),
  ];
}

/** One row (kind letter, columns as JSON text) for what stands under `$name`, quoted; none when nothing does (Postgres). */
export const POSTGRES_LIVE = `select c.relkind::text, coalesce((
  select json_agg(json_build_array(a.attname, format_type(a.atttypid, a.atttypmod)) order by a.attnum)
  from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)::text, '[]')
from pg_class c where c.oid = to_regclass($name)`;

/** Views over `$name`, nearest first: schema, name, kind letter, definition (Postgres). */
export const POSTGRES_DEPENDENTS = `with recursive dependents(oid, level) as (
  select r.ev_class, 1 from pg_depend d join pg_rewrite r on r.oid = d.objid
  where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass
    and d.refobjid = to_regclass($name) and r.ev_class <> d.refobjid
  union
  select r.ev_class, dependents.level + 1 from dependents
  join pg_depend d on d.refobjid = dependents.oid and d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass
  join pg_rewrite r on r.oid = d.objid
  where r.ev_class <> dependents.oid and dependents.level < 100
)
select n.nspname::text, c.relname::text, c.relkind::text, pg_get_viewdef(c.oid)
from dependents join pg_class c on c.oid = dependents.oid join pg_namespace n on n.oid = c.relnamespace
group by n.nspname, c.relname, c.relkind, c.oid order by max(dependents.level), n.nspname, c.relname`;

/** Reads the rows of `POSTGRES_LIVE`. */
export function liveRelation(rows: readonly (readonly Json[])[]): LiveRelation {
  const row = rows[0];
  if (!row) return { kind: 'none', columns: [] };
  const letter = cellText(row[0]);
  return {
    kind: letter === 'r' || letter === 'p' ? 'table' : letter === 'v' ? 'view' : 'other',
    columns: JSON.parse(cellText(row[1])) as [string, string][],
  };
}

/** Reads the rows of `POSTGRES_DEPENDENTS`. */
export function dependentViews(rows: readonly (readonly Json[])[]): readonly DependentView[] {
  return rows.map(([schema, name, letter, definition]) => ({
    relation: { schema: cellText(schema), name: cellText(name) },
    kind: letter === 'v' ? 'view' : 'other',
    definition: cellText(definition),
  }));
}
