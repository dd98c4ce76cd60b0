import { numberText } from './bounds.ts';

// Names of one type, by what each dialect reports; the first of a row is the common name.
const ALIASES: readonly (readonly string[])[] = [
  ['bigint', 'int8', 'int64', 'long', 'bigserial'],
  ['integer', 'int', 'int4', 'int32', 'signed', 'serial'],
  ['smallint', 'int2', 'int16', 'short', 'smallserial'],
  ['tinyint', 'int1'],
  ['double', 'double precision', 'float8', 'float64'],
  ['float', 'real', 'float4', 'float32'],
  ['varchar', 'text', 'string', 'character varying', 'char', 'bpchar', 'character'],
  ['boolean', 'bool', 'logical'],
  ['decimal', 'numeric', 'dec'],
  ['timestamp', 'datetime', 'timestamp without time zone'],
  ['timestamp with time zone', 'timestamptz'],
  ['time', 'time without time zone'],
  ['blob', 'bytea', 'binary', 'varbinary'],
];
const COMMON = new Map(
  ALIASES.flatMap(([common, ...others]) => [common!, ...others].map((name) => [name, common!] as const)),
);

/**
 * Whether a declared type is the one found, by any of its usual names. A declared `decimal` or `varchar` without a
 * size fits every size; a declared size must be the size found.
 */
export function sameType(declared: string, found: string): boolean {
  const [a, b] = [typeParts(declared), typeParts(found)];
  return a.name === b.name && a.list === b.list && (a.size === '' || a.size === b.size);
}

function typeParts(text: string): { readonly name: string; readonly size: string; readonly list: string } {
  const plain = text.toLowerCase().replace(/"/g, '').replace(/\s+/g, ' ').trim();
  const list = /(?:\[\d*\])+$/.exec(plain)?.[0] ?? '';
  const bare = plain.slice(0, plain.length - list.length);
  // The size may stand in the middle: `timestamp(3) with time zone`. Nested types are compared as they are.
  const match = /^([a-z_0-9 ]+)(\([\d, ]+\))?( [a-z ]+)?$/.exec(bare);
  if (!match) return { name: bare.replace(/\s/g, ''), size: '', list };
  const name = (match[1]!.trim() + (match[3] ?? '')).trim();
  return { name: COMMON.get(name) ?? name, size: (match[2] ?? '').replace(/\s/g, ''), list };
}

export interface FoundColumn {
  readonly name: string;
  readonly type: string;
}

export type DeclaredColumns = Readonly<Record<string, { readonly type?: string; readonly nullable?: boolean }>>;

/**
 * What differs between a contract and a relation, one sentence each: columns that are missing, that nobody declared,
 * of another type, or with missing values where `nullable: false`. The order of columns does not count.
 */
export function columnDifferences(
  declared: DeclaredColumns,
  found: readonly FoundColumn[],
  nulls: ReadonlyMap<string, number>,
): readonly string[] {
  const byName = new Map(found.map((column) => [column.name, column]));
  const differences: string[] = [];
  for (const [name, column] of Object.entries(declared)) {
    const actual = byName.get(name);
    const rows = nulls.get(name) ?? 0;
    if (!actual) differences.push(`${name} is missing`);
    else if (column.type !== undefined && !sameType(column.type, actual.type)) {
      differences.push(`${name} is ${actual.type.toLowerCase()}, not ${column.type.toLowerCase()}`);
    }
    if (actual && column.nullable === false && rows > 0) {
      differences.push(`${name} is missing in ${numberText(rows)} ${rows === 1 ? 'row' : 'rows'}`);
    }
  }
  for (const column of found) {
    if (!Object.hasOwn(declared, column.name)) differences.push(`${column.name} is not declared`);
  }
  return differences;
}
