import { byText } from '../base/order.ts';
import type { PartitionsDef } from '../model/partitions.ts';
import type { AssetKey, Project } from '../model/project.ts';
import type { Keyless } from '../plan/keyless.ts';
import { nameSome } from '../render/style.ts';

/** What is left out and why, in words, with what to do; undefined = nothing is. */
export function keylessText(project: Project, { assets, readers }: Omit<Keyless, 'rest'>): string | undefined {
  if (assets.length === 0) return undefined;
  const one = assets.length === 1;
  const also =
    readers.length === 0
      ? ''
      : `, and so ${readers.length === 1 ? 'is' : 'are'} ${nameSome(readers)}, which ${readers.length === 1 ? 'reads' : 'read'} ${one ? 'it' : 'them'}`;
  return `${nameSome(assets)} ${one ? 'has' : 'have'} no partitions yet: ${one ? 'it is' : 'they are'} left out${also}. ${keylessCure(project, assets)}`;
}

/** How keys of such assets come to be. */
export function keylessCure(project: Project, assets: readonly AssetKey[]): string {
  const defs = assets.flatMap((key) => project.assets[key]?.partitions ?? []);
  const sets = [...new Set(defs.flatMap(dynamicSets))].sort(byText);
  const adds = sets.map((set) => `\`branchline partitions add ${set} <key>\``);
  const isTimed = defs.some((def) => dynamicSets(def).length === 0);
  const parts = [
    ...(adds.length > 0 ? [`add keys by ${nameSome(adds)}`] : []),
    ...(isTimed ? ['look at `start:` of its partitions'] : []),
  ];
  const text = parts.join(', or ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function dynamicSets(def: PartitionsDef): string[] {
  if (def.kind === 'dynamic') return [def.name];
  return def.kind === 'multi' ? Object.values(def.dimensions).flatMap(dynamicSets) : [];
}
