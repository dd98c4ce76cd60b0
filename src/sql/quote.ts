import type { Relation } from '../model/project.ts';

/** An identifier as SQL, whatever its characters: `order` → `"order"`. Throws on NUL, which no database takes. */
export function quoteIdentifier(name: string): string {
  if (name.includes('\0')) throw new Error('an identifier cannot hold a NUL character');
  return `"${name.replaceAll('"', '""')}"`;
}

/** Schema and name, each quoted. */
export function quoteRelation(relation: Relation): string {
  const name = quoteIdentifier(relation.name);
  return relation.schema === undefined ? name : `${quoteIdentifier(relation.schema)}.${name}`;
}

/**
 * A text, number, boolean or null as a SQL literal, for values that the project declares (accepted values, ranges):
 * as literals they take the column's type, which a bound text would not. Throws on NUL and on numbers that are not finite.
 */
export function quoteLiteral(value: string | number | boolean | null): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new Error(`not a SQL number: ${value}`);
    return String(value);
  }
  if (value.includes('\0')) throw new Error('a SQL text cannot hold a NUL character');
  return `'${value.replaceAll("'", "''")}'`;
}
