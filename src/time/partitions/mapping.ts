import { fail, ok, type Result, unreachable } from '../../base/result.ts';
import type { PartitionMapping, PartitionsDef } from '../../model/partitions.ts';
import { impossibleKeys, type KeysAt, type Partitions, placesIn } from './keys.ts';

/** One side of a dependency: undefined = not partitioned. */
export interface MappedSides {
  readonly upstream: Partitions | undefined;
  readonly downstream: Partitions | undefined;
  readonly mapping: PartitionMapping;
}

/** Which upstream keys each downstream key reads. */
export interface OpenMapping {
  /** A key reads the partition of the same key alone, or nothing where there is none. */
  readonly isSameKey: boolean;
  /** Upstream keys that a downstream key reads, in order; of an unpartitioned downstream the key is `''`. */
  upstreamOf(key: string): readonly string[];
  /** Downstream keys that read one of these upstream keys, in order. */
  downstreamOf(keys: ReadonlySet<string>): readonly string[];
}

/** The key of an asset that has no partitions. */
export const WHOLE = '';
const WHOLE_ALONE: readonly string[] = [WHOLE];
const NONE: readonly string[] = [];
const WHOLE_KEYS: KeySet = { list: WHOLE_ALONE, places: new Map([[WHOLE, 0]]) };

/**
 * Why a mapping cannot fit its two definitions; undefined = it fits. Rules of semantics.md 4: between two definitions of
 * time windows overlap; otherwise equal keys are needed for `identity`.
 */
export function mappingProblem({ upstream, downstream, mapping }: MappedSides): string | undefined {
  const both = upstream !== undefined && downstream !== undefined;
  switch (mapping.kind) {
    case 'default':
      return both && !fitsByDefault(upstream.def, downstream.def)
        ? 'the partitions of the two assets have nothing in common; write `partition_mapping:` (`all`, `last`, `specific: […]`, `static: {…}`)'
        : undefined;
    case 'identity':
      if (!both) return '`identity` needs partitions on both sides';
      return haveKeysInCommon(upstream, downstream)
        ? undefined
        : 'no key of the one is ever a key of the other, so `identity` reads nothing; leave the mapping out, or write another one';
    case 'all':
    case 'last':
      return upstream ? undefined : `\`${mapping.kind}\` needs an upstream that has partitions`;
    case 'specific':
      return upstream ? undefined : '`specific` needs an upstream that has partitions';
    case 'static':
      return both ? undefined : '`static` needs partitions on both sides';
    case 'time_window': {
      if (!both || upstream.def.kind !== 'time' || downstream.def.kind !== 'time')
        return '`time_window` needs time windows on both sides';
      const { startOffset, endOffset } = mapping;
      return startOffset > endOffset && sameDefinition(upstream.def, downstream.def)
        ? `it would begin ${startOffset - endOffset} ${startOffset - endOffset === 1 ? 'window' : 'windows'} after it ends and read nothing: \`start_offset\` (${startOffset}) is at most \`end_offset\` (${endOffset})`
        : undefined;
    }
    default:
      return unreachable(mapping);
  }
}

function fitsByDefault(upstream: PartitionsDef, downstream: PartitionsDef): boolean {
  if (upstream.kind === 'time' && downstream.kind === 'time') return true;
  if (sameDefinition(upstream, downstream)) return true;
  if (upstream.kind === 'multi') return sharedDimension(upstream, downstream) !== undefined;
  return downstream.kind === 'multi' && sharedDimension(downstream, upstream) !== undefined;
}

/** False when keys of the two are written in forms that can never be the same text. */
function haveKeysInCommon(upstream: Partitions, downstream: Partitions): boolean {
  const [above, below] = [upstream.def, downstream.def];
  if (above.kind === 'time' && below.kind === 'time') return above.format === below.format;
  if (above.kind === 'static' && below.kind !== 'static')
    return above.keys.some((key) => impossibleKeys(downstream, key).length === 0);
  const isMulti = (def: PartitionsDef): boolean => def.kind === 'multi';
  return isMulti(above) === isMulti(below) || above.kind === 'dynamic' || below.kind === 'dynamic';
}

/** The dimension of a multi definition that is the other definition; undefined when there is none. */
function sharedDimension(multi: PartitionsDef & { kind: 'multi' }, other: PartitionsDef): string | undefined {
  if (other.kind === 'multi') return undefined;
  const text = JSON.stringify(other);
  return Object.keys(multi.dimensions)
    .sort()
    .find((name) => JSON.stringify(multi.dimensions[name]) === text);
}

/** The keys of a definition at an instant. Who opens many mappings keeps them: they are the same for all of them. */
export interface KeySet {
  readonly list: readonly string[];
  /** Number of each key in the list. */
  readonly places: ReadonlyMap<string, number>;
}

export function keySet(list: readonly string[]): KeySet {
  return { list, places: placesIn(list) };
}

/** Opens a mapping at an instant. The error is a sentence: it does not fit. */
export function openMapping(
  sides: MappedSides,
  at: KeysAt,
  keysOf: (partitions: Partitions) => KeySet = (partitions) => {
    const list = partitions.keys(at);
    return keySet(list);
  },
): Result<OpenMapping, string> {
  const problem = mappingProblem(sides);
  if (problem !== undefined) return fail(problem);
  const { list: upstreamKeys, places: existing } = sides.upstream ? keysOf(sides.upstream) : WHOLE_KEYS;
  const downstreamKeys = sides.downstream ? keysOf(sides.downstream).list : WHOLE_ALONE;
  const read = reader(sides, existing, upstreamKeys);
  return ok({
    isSameKey: readsSameKey(sides),
    upstreamOf: read,
    downstreamOf(keys) {
      // Many keys mostly read the same list: it is looked through once.
      const judged = new Map<readonly string[], boolean>();
      return downstreamKeys.filter((key) => {
        const all = read(key);
        const known = judged.get(all) ?? all.some((upstream) => keys.has(upstream));
        judged.set(all, known);
        return known;
      });
    },
  });
}

function readsSameKey({ upstream, downstream, mapping }: MappedSides): boolean {
  if (upstream === undefined || downstream === undefined) return false;
  return mapping.kind === 'identity' || (mapping.kind === 'default' && sameDefinition(upstream.def, downstream.def));
}

/**
 * Whether what is there is read, not keys by name: of a key that the upstream's definition lacks the data would be read too.
 */
export function readsAll(sides: {
  readonly upstream: PartitionsDef | undefined;
  readonly downstream: PartitionsDef | undefined;
  readonly mapping: PartitionMapping;
}): boolean {
  const { upstream, downstream, mapping } = sides;
  if (upstream === undefined) return false;
  if (mapping.kind === 'all') return true;
  if (mapping.kind !== 'default' && mapping.kind !== 'time_window') return false;
  if (downstream === undefined) return true;
  if (sameDefinition(upstream, downstream)) return false;
  // Of other windows whatever overlaps is read, of several dimensions all keys with one value.
  return upstream.kind === 'multi' || (upstream.kind === 'time' && downstream.kind === 'time');
}

function reader(
  { upstream, downstream, mapping }: MappedSides,
  existing: ReadonlyMap<string, number>,
  all: readonly string[],
): (key: string) => readonly string[] {
  if (upstream === undefined) return () => WHOLE_ALONE;
  const known = (keys: readonly string[]): readonly string[] => keys.filter((key) => existing.has(key));
  switch (mapping.kind) {
    case 'all':
      return () => all;
    case 'last': {
      const last = all.slice(-1);
      return () => last;
    }
    case 'specific': {
      const named = known(mapping.keys);
      return () => named;
    }
    case 'static':
      return (key) => known(mapping.keys[key] ?? []);
    case 'identity':
      return (key) => known([key]);
    case 'time_window':
      return windowReader(upstream, downstream!, existing, mapping);
    case 'default':
      return defaultReader(upstream, downstream, existing, all);
    default:
      return unreachable(mapping);
  }
}

function defaultReader(
  upstream: Partitions,
  downstream: Partitions | undefined,
  existing: ReadonlyMap<string, number>,
  all: readonly string[],
): (key: string) => readonly string[] {
  if (downstream === undefined) return () => all;
  if (sameDefinition(upstream.def, downstream.def)) return (key) => (existing.has(key) ? [key] : []);
  if (upstream.def.kind === 'time' && downstream.def.kind === 'time')
    return windowReader(upstream, downstream, existing, { startOffset: 0, endOffset: 0 });
  if (upstream.def.kind === 'multi') {
    const dimension = sharedDimension(upstream.def, downstream.def)!;
    const byValue = new Map<string, string[]>();
    for (const key of all) {
      const value = upstream.split(key)?.[dimension] ?? '';
      const keys = byValue.get(value);
      if (keys) keys.push(key);
      else byValue.set(value, [key]);
    }
    return (key) => byValue.get(key) ?? NONE;
  }
  const dimension = sharedDimension(downstream.def as PartitionsDef & { kind: 'multi' }, upstream.def)!;
  return (key) => {
    const value = downstream.split(key)?.[dimension];
    return value !== undefined && existing.has(value) ? [value] : [];
  };
}

/** Upstream windows that overlap the downstream one, both ends moved by upstream windows. */
function windowReader(
  upstream: Partitions,
  downstream: Partitions,
  existing: ReadonlyMap<string, number>,
  by: { readonly startOffset: number; readonly endOffset: number },
): (key: string) => readonly string[] {
  const above = upstream.windows!;
  return (key) => {
    const window = downstream.windows!.find(key);
    if (window === undefined) return [];
    const overlapping = above.overlapping(window.start, window.end);
    if (by.startOffset === 0 && by.endOffset === 0)
      return overlapping.map((each) => each.key).filter((each) => existing.has(each));
    const first = overlapping[0] && above.shift(overlapping[0], by.startOffset);
    const last = overlapping.at(-1) && above.shift(overlapping.at(-1)!, by.endOffset);
    // What would lie before the first upstream window is left out, as nothing was ever there.
    const start = first?.start ?? above.first;
    if (last === undefined || start === undefined) return [];
    return above
      .overlapping(start, last.end)
      .map((each) => each.key)
      .filter((each) => existing.has(each));
  };
}

/** True when the definitions are the same windows: then runs may share chunks. */
export function sameDefinition(one: PartitionsDef | undefined, other: PartitionsDef | undefined): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
