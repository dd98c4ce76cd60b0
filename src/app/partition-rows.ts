import type { MultiPartitions } from '../model/partitions.ts';
import type { Asset } from '../model/project.ts';
import { quoteIdentifier, quoteLiteral } from '../sql/quote.ts';
import { openPartitions, type Partitions } from '../time/partitions/keys.ts';
import { type Instants, instantsOf } from './step-partition.ts';

/** Columns whose type knows the zone of an instant: they are compared with instants, all others with what the wall shows. */
export type ZonedColumns = ReadonlySet<string>;
const NONE: ZonedColumns = new Set();

/**
 * Which rows belong to some keys, as a condition on the asset's `partition_expr`; undefined = nothing says. On the
 * wall the second pass of a repeated hour cannot be told from the first: its rows all belong to the second.
 */
export function rowsOf(
  asset: Pick<Asset, 'partitionExpr'>,
  partitions: Partitions,
  keys: readonly string[],
  zoned: ZonedColumns = NONE,
): string | undefined {
  const { partitionExpr: expr } = asset;
  if (expr === undefined) return undefined;
  const { def } = partitions;
  if (typeof expr === 'string') return def.kind === 'multi' ? undefined : rowsOfOne(expr, partitions, keys, zoned);
  return def.kind === 'multi' ? rowsOfProduct(expr, def, partitions, keys, zoned) : undefined;
}

function rowsOfOne(expr: string, { windows }: Partitions, keys: readonly string[], zoned: ZonedColumns): string {
  const column = columnOf(expr);
  if (windows === undefined) return `cast(${column} as varchar) in (${keys.map(quoteLiteral).join(', ')})`;
  const { timezone } = windows.def;
  const literal = (at: Instants): string =>
    zoned.has(expr)
      ? `cast(${quoteLiteral(at.offset)} as timestamp with time zone)`
      : `cast(${quoteLiteral(at.wall)} as timestamp)`;
  // Neighbours are one span, so that a long range is a short condition.
  const spans: { start: number; end: number }[] = [];
  for (const key of keys) {
    const window = windows.find(key);
    if (window === undefined) continue;
    const last = spans.at(-1);
    if (last?.end === window.start) last.end = window.end;
    else spans.push({ start: window.start, end: window.end });
  }
  const conditions = spans.map(
    ({ start, end }) =>
      `${column} >= ${literal(instantsOf(timezone, start))} and ${column} < ${literal(instantsOf(timezone, end))}`,
  );
  return anyOf(conditions);
}

/** Keys of several dimensions, those alike but for the last dimension together. */
function rowsOfProduct(
  expr: Readonly<Record<string, string>>,
  def: MultiPartitions,
  partitions: Partitions,
  keys: readonly string[],
  zoned: ZonedColumns,
): string {
  const names = Object.keys(def.dimensions).sort();
  const single = new Map(names.map((name) => [name, openPartitions(def.dimensions[name]!)]));
  const last = names.at(-1)!;
  const groups = new Map<string, { readonly first: Readonly<Record<string, string>>; readonly last: string[] }>();
  for (const key of keys) {
    const split = partitions.split(key);
    if (split === undefined) continue;
    const name = names.slice(0, -1).map((dimension) => split[dimension]);
    const group = groups.get(name.join('|')) ?? { first: split, last: [] };
    groups.set(name.join('|'), group);
    group.last.push(split[last]!);
  }
  const conditionOf = (name: string, of: readonly string[]): string =>
    rowsOfOne(expr[name]!, single.get(name)!, of, zoned);
  return anyOf(
    [...groups.values()].map((group) =>
      [...names.slice(0, -1).map((name) => conditionOf(name, [group.first[name]!])), conditionOf(last, group.last)]
        .map((condition) => `(${condition})`)
        .join(' and '),
    ),
  );
}

function anyOf(conditions: readonly string[]): string {
  if (conditions.length === 0) return '1 = 0';
  return conditions.length === 1 ? conditions[0]! : conditions.map((condition) => `(${condition})`).join(' or ');
}

function columnOf(expr: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(expr) ? quoteIdentifier(expr) : `(${expr})`;
}
