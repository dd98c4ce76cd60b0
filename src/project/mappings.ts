import { sortedEntries } from '../base/order.ts';
import { unreachable } from '../base/result.ts';
import type { WrittenPartitionMapping } from '../manifest/generated/written.ts';
import type { PartitionMapping, PartitionsDef } from '../model/partitions.ts';
import { impossibleKeys, openPartitions, type Partitions } from '../time/partitions/keys.ts';
import { mappingProblem } from '../time/partitions/mapping.ts';
import type { AssetDraft } from './resolve-assets.ts';
import { didYouMean, type Resolving } from './resolving.ts';

/** A mapping as written: one of the words that need no more than their name, or a mapping of one key. */
export function resolveMapping(written: 'identity' | 'all' | 'last' | WrittenPartitionMapping): PartitionMapping {
  if (typeof written === 'string') return { kind: written };
  if (written.all) return { kind: 'all' };
  if (written.last) return { kind: 'last' };
  if (written.specific) return { kind: 'specific', keys: written.specific.map(String) };
  if (written.static)
    return {
      kind: 'static',
      keys: Object.fromEntries(sortedEntries(written.static).map(([key, keys]) => [key, keys.map(String)])),
    };
  if (written.time_window)
    return {
      kind: 'time_window',
      startOffset: written.time_window.start_offset ?? 0,
      endOffset: written.time_window.end_offset ?? 0,
    };
  return { kind: 'identity' };
}

/** One asset of a dependency. */
interface Side {
  readonly key: string;
  readonly partitions: Partitions | undefined;
}

/** Reports mappings that cannot fit the partitions of their two assets, and keys in them that cannot exist. */
export function verifyMappings(drafts: ReadonlyMap<string, AssetDraft>, resolving: Resolving): void {
  const open = (def: PartitionsDef | undefined) => (def === undefined ? undefined : openPartitions(def));
  for (const { asset, depPlaces } of drafts.values()) {
    for (const dep of asset.deps) {
      const upstream = { key: dep, partitions: open(drafts.get(dep)?.asset.partitions) };
      const downstream = { key: asset.key, partitions: open(asset.partitions) };
      const mapping = asset.mappings?.[dep] ?? { kind: 'default' as const };
      if (downstream.partitions === undefined && upstream.partitions === undefined && mapping.kind === 'default')
        continue;
      const problem =
        mappingProblem({ upstream: upstream.partitions, downstream: downstream.partitions, mapping }) ??
        unknownKeys(mapping, upstream, downstream);
      if (problem === undefined) continue;
      resolving.findings.error(
        'bad-mapping',
        depPlaces.get(dep)!(),
        `\`${asset.key}\` cannot read \`${dep}\` so: ${problem}`,
      );
    }
  }
}

/** Keys that a mapping names, or would need, and that can never be partitions of the asset whose they are to be. */
function unknownKeys(mapping: PartitionMapping, upstream: Side, downstream: Side): string | undefined {
  switch (mapping.kind) {
    case 'specific':
      return unknownOf(upstream, mapping.keys);
    case 'identity': {
      const def = downstream.partitions?.def;
      return def?.kind === 'static' ? unknownOf(upstream, def.keys) : undefined;
    }
    case 'static': {
      const problems = [
        unknownOf(downstream, Object.keys(mapping.keys)),
        unknownOf(upstream, Object.values(mapping.keys).flat()),
      ].filter((problem) => problem !== undefined);
      if (problems.length === 0) return undefined;
      return `${problems.join('; ')} (\`static\` says by partition of \`${downstream.key}\` which ones of \`${upstream.key}\` it reads)`;
    }
    case 'all':
    case 'default':
    case 'last':
    case 'time_window':
      return undefined;
    default:
      return unreachable(mapping);
  }
}

function unknownOf({ key: asset, partitions }: Side, keys: readonly string[]): string | undefined {
  if (partitions === undefined) return undefined;
  const { def } = partitions;
  const wrong = keys.filter((key) => impossibleKeys(partitions, key).length > 0);
  if (wrong.length === 0) return undefined;
  const names = wrong.map((key) => `\`${key}\``).join(', ');
  const near =
    def.kind === 'static' ? didYouMean(wrong[0]!, def.keys) : impossibleKeys(partitions, wrong[0]!)[0]!.message;
  return `\`${asset}\` has no ${wrong.length === 1 ? 'partition' : 'partitions'} ${names}${near === undefined ? '' : `; ${near}`}`;
}
