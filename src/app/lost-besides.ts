import type { Plan } from '../model/plan.ts';
import type { AssetKey } from '../model/project.ts';
import { partitionName } from '../plan/partitioned.ts';
import type { KeysByAsset } from '../plan/reads.ts';
import { WHOLE } from '../time/partitions/mapping.ts';
import { lostNote } from './lost-note.ts';
import type { LostWorld } from './lost-upstream.ts';

/** What the steps of a plan are to make, or may. */
export function madeBy({ steps }: Plan): KeysByAsset {
  const making = new Map<AssetKey, readonly string[]>();
  for (const { verdict, partitions, assets } of steps)
    if (verdict !== 'skip')
      for (const { asset } of assets) making.set(asset, [...(making.get(asset) ?? []), ...(partitions ?? [WHOLE])]);
  return making;
}

/** What is gone of what a plan looked at, and stays so because the run makes other things. */
export function notMadeBy(plan: Plan, lost: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  if (lost.size === 0) return lost;
  const rest = new Map(lost);
  for (const [asset, keys] of madeBy(plan)) for (const key of keys) rest.delete(partitionName(asset, key));
  return rest;
}

/** The same in words, with the way out: mostly nothing is gone, and then nobody has to know where to look for more. */
export async function lostBesides(
  worldOf: () => LostWorld,
  rest: ReadonlyMap<string, string> | undefined,
): Promise<string | undefined> {
  return rest === undefined || rest.size === 0 ? undefined : lostNote(worldOf(), rest);
}
