import type { Plan } from '../model/plan.ts';
import type { AssetKey, Project } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import { assetOf, openPartitionReader, partitionName } from '../plan/partitioned.ts';
import type { KeysByAsset } from '../plan/reads.ts';
import type { KeysAt } from '../time/partitions/keys.ts';
import { WHOLE } from '../time/partitions/mapping.ts';
import { commandFor, keysText, lostKeysOf } from './lost-advice.ts';

/** What the steps of a plan are to make, or may. */
export function madeBy({ steps }: Plan): KeysByAsset {
  const making = new Map<AssetKey, readonly string[]>();
  for (const { verdict, partitions, assets } of steps)
    if (verdict !== 'skip')
      for (const { asset } of assets) making.set(asset, [...(making.get(asset) ?? []), ...(partitions ?? [WHOLE])]);
  return making;
}

/** What of this plan's assets is gone and stays so, because the run makes other partitions; in words, with the way out. */
export function lostBesides(
  world: {
    readonly project: Project;
    readonly environment: string;
    readonly view: StateView;
    readonly at: KeysAt;
    readonly lost: ReadonlyMap<string, string>;
  },
  plan: Plan,
): string | undefined {
  const { lost, project, environment } = world;
  if (lost.size === 0) return undefined;
  const making = madeBy(plan);
  const rest = new Map(lost);
  for (const [asset, keys] of making) for (const key of keys) rest.delete(partitionName(asset, key));
  if (rest.size === 0) return undefined;
  const reader = openPartitionReader(project, world.view, world.at);
  const left = { project, environment, reader, lost: rest };
  const named = new Set([...rest.keys()].map(assetOf));
  const assets = Object.keys(project.assets).filter((key) => named.has(key) && lostKeysOf(left, key).length > 0);
  const what = assets.slice(0, 3).map((asset) => {
    const keys = lostKeysOf(left, asset);
    return keys[0] === WHOLE
      ? asset
      : `${keys.length} of ${reader.keysOf(asset).length} partitions of ${asset} (${keysText(keys)})`;
  });
  const more = assets.length > 3 ? ` and of ${assets.length - 3} more assets` : '';
  const [why] = rest.values();
  return `Data lost, and not made by this run: ${what.join(', ')}${more}: ${why}. \`${commandFor(left, assets)}\` makes it again.`;
}
