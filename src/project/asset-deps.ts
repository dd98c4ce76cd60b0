import { byText } from '../base/order.ts';
import type { Span } from '../model/diagnostic.ts';
import type { PartitionMapping } from '../model/partitions.ts';
import type { AssetKey } from '../model/project.ts';
import { below, type Place, spanOf } from './findings.ts';
import { type AssetKeys, type Found, type Layer, lookup } from './layers.ts';
import { resolveMapping } from './mappings.ts';
import { didYouMean, type Resolving, type SqlSource } from './resolving.ts';
import type { SqlPart } from './sql-template.ts';

/** An upstream as written: its key, or with a mapping of partitions. */
export type WrittenDep = NonNullable<NonNullable<AssetKeys['deps']>[number]>;

/** Where an asset may say what it reads. */
interface DepsWritten {
  readonly layers: readonly Layer[];
  /** Of the step that makes it together with others. */
  readonly sharedDeps: readonly Found<WrittenDep>[];
  readonly sql?: { readonly source: SqlSource; readonly parts: readonly SqlPart[] } | undefined;
}

/** What an asset reads, each with where that is said first; assets that nobody declares are reported. */
export function resolveDeps(
  key: AssetKey,
  { layers, sharedDeps, sql }: DepsWritten,
  resolving: Resolving,
): {
  readonly places: ReadonlyMap<AssetKey, () => Span>;
  readonly mappings: Readonly<Record<AssetKey, PartitionMapping>>;
} {
  const mappings: Record<AssetKey, PartitionMapping> = {};
  const places = new Map<AssetKey, () => Span>();
  const addWritten = (dep: WrittenDep, place: () => Span): void => {
    add(typeof dep === 'string' ? dep : dep.asset, place);
    if (typeof dep !== 'string' && dep.partition_mapping) mappings[dep.asset] ??= resolveMapping(dep.partition_mapping);
  };
  const add = (dep: string, place: () => Span): void => {
    if (isKnownAsset(dep, place, resolving) && !places.has(dep)) places.set(dep, place);
  };
  for (const { value, place } of sharedDeps) addWritten(value, () => spanOf(depPlace(value, place)));
  const own = lookup(layers, 'deps');
  for (const [index, dep] of (own?.value ?? []).entries())
    addWritten(dep, () => spanOf(depPlace(dep, below(own!.place, index))));
  for (const part of sql?.parts ?? []) {
    if (part.kind !== 'ref') continue;
    const spanAt = (): Span => sql!.source.spanAt({ offset: part.keyOffset, length: part.asset.length });
    if (part.asset === key)
      resolving.findings.error('cycle', spanAt(), `\`${key}\` reads itself`, {
        help: 'write `${{ this }}` for its own table',
      });
    else add(part.asset, spanAt);
  }
  return { places, mappings };
}

function depPlace(dep: WrittenDep, place: Place): Place {
  return typeof dep === 'string' ? place : below(place, 'asset');
}

/** Whether there is such an asset. Reports it when not, with the nearest key. */
export function isKnownAsset(key: AssetKey, place: () => Span, { definitions, findings, broken }: Resolving): boolean {
  const { assets, specs, multiAssets } = definitions;
  if (assets.has(key) || specs.has(key)) return true;
  if (broken.name('assets', key)) return false;
  const several = multiAssets.get(key);
  if (several !== undefined) {
    const names = Object.keys(several.value.specs).sort(byText);
    findings.error('unknown-asset', place(), `\`${key}\` makes several assets and is none itself`, {
      help: `name the ones that are meant: ${names.slice(0, 5).join(', ')}`,
    });
    return false;
  }
  const help =
    didYouMean(key, [...assets.keys(), ...specs.keys()]) ??
    'assets that others make are declared with `external: true`';
  findings.error('unknown-asset', place(), `there is no asset \`${key}\``, { help });
  return false;
}
