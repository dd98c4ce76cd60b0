import { digestOf } from '../../base/digest.ts';
import type { AssetKey } from '../../model/project.ts';
import type { Side } from './side.ts';

/**
 * New key → removed key of assets that most likely are the same: they have the same code, and no other new or removed
 * asset has it. The relation may differ, because by default it follows from the key.
 */
export function findRenames(
  base: Side,
  removed: readonly AssetKey[],
  head: Side,
  added: readonly AssetKey[],
): ReadonlyMap<AssetKey, AssetKey> {
  const before = byCode(base, removed);
  const renames = new Map<AssetKey, AssetKey>();
  for (const [code, now] of byCode(head, added)) {
    const was = before.get(code);
    if (now.length === 1 && was?.length === 1) renames.set(now[0]!, was[0]!);
  }
  return renames;
}

function byCode(side: Side, keys: readonly AssetKey[]): ReadonlyMap<string, readonly AssetKey[]> {
  const found = new Map<string, AssetKey[]>();
  for (const key of keys) {
    const parts = side.codeOf(key)?.parts;
    if (parts === undefined) continue;
    const code = digestOf(Object.fromEntries(Object.entries(parts).filter(([part]) => !/^relation(:|$)/.test(part))));
    found.set(code, [...(found.get(code) ?? []), key]);
  }
  return found;
}
