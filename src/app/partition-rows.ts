import { fail, ok, type Result } from '../base/result.ts';
import type { MultiPartitions, PartitionsDef } from '../model/partitions.ts';
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

/** Windows are looked for from here on where the definition begins later: it may have begun earlier once. */
const LONG_AGO = '1970-01-01';

/**
 * The same for keys that may lie outside of the definition as it is now: before its start, after its end, or taken out of it.
 * Fails with the keys whose rows nothing says (those of other windows, of other dimensions).
 */
export function rowsOfAny(
  asset: Pick<Asset, 'partitionExpr'>,
  def: PartitionsDef,
  keys: readonly string[],
  zoned: ZonedColumns = NONE,
): Result<string, readonly string[]> {
  const wide = openPartitions(widened(def));
  const lacking = keys.filter((key) => rowsOf(asset, wide, [key], zoned)?.includes(NO_ROWS));
  return lacking.length > 0 ? fail(lacking) : ok(rowsOf(asset, wide, keys, zoned)!);
}

function widened(def: PartitionsDef): PartitionsDef {
  switch (def.kind) {
    case 'time': {
      const { end: _end, ...open } = def;
      return def.start < LONG_AGO ? open : { ...open, start: LONG_AGO };
    }
    case 'multi': {
      const dimensions = Object.entries(def.dimensions).map(([name, each]) => [name, widened(each)] as const);
      return { ...def, dimensions: Object.fromEntries(dimensions) as MultiPartitions['dimensions'] };
    }
    case 'static':
    case 'dynamic':
      return def;
  }
}

const NO_ROWS = '1 = 0';

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
  if (conditions.length === 0) return NO_ROWS;
  return conditions.length === 1 ? conditions[0]! : conditions.map((condition) => `(${condition})`).join(' or ');
}

function columnOf(expr: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(expr) ? quoteIdentifier(expr) : `(${expr})`;
}
