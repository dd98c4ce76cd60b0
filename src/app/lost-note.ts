import { assetOf, openPartitionReader } from '../plan/partitioned.ts';
import { WHOLE } from '../time/partitions/mapping.ts';
import { commandFor, keysText, lostKeysOf } from './lost-advice.ts';
import { type LostWorld, lostUpstream } from './lost-upstream.ts';

/** What is gone and stays so, in words, with the one command that makes it again from the uppermost of its chain. */
export async function lostNote(world: LostWorld, rest: ReadonlyMap<string, string>): Promise<string> {
  const { project, environment, view, at } = world;
  const reader = openPartitionReader(project, view, at);
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
  const all = { ...left, lost: new Map([...(await lostUpstream(world, assets)), ...rest]) };
  return `Data lost, and not made by this run: ${what.join(', ')}${more}: ${why}. \`${commandFor(all, assets)}\` makes it again.`;
}
