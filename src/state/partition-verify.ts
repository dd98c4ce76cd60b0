import { canonicalJson } from '../base/json.ts';
import type { StateView } from '../model/state.ts';
import type { StateProblem } from './codec.ts';
import { decodeLeaf } from './decode-leaf.ts';
import { encodeLeaves, leafFolder, leafPaths, leavesOf, parseLeafPath } from './partition-files.ts';

/**
 * Whether the leaves of a tree hold what its events give: every partition in the leaf that it belongs to, equal to the
 * refolded one, and none that no event made. Where a leaf begins depends on when it was split, so bytes are not compared.
 */
export function verifyLeaves(texts: ReadonlyMap<string, string>, folded: StateView['partitions']): StateProblem[] {
  const problems: StateProblem[] = [];
  const leaves = leavesOf(texts.keys());
  const found = new Map<string, Set<string>>();
  const broken = (file: string, message: string): void =>
    void problems.push({ code: 'broken', file, line: 0, message });
  for (const [path, text] of texts) {
    if (!path.startsWith('partitions/')) continue;
    if (parseLeafPath(path) === undefined) {
      broken(path, 'not a file of the state');
      continue;
    }
    const leaf = decodeLeaf(path, text, problems);
    if (leaf === undefined) continue;
    if (!path.startsWith(leafFolder(leaf.asset))) broken(path, `\`${leaf.asset}\` does not belong into this folder`);
    const seen = found.get(leaf.asset) ?? new Set<string>();
    found.set(leaf.asset, seen);
    for (const [place, key] of leaf.keys.entries()) {
      const expected = folded?.get(leaf.asset)?.get(key);
      if (!leafPaths(leaves, leaf.asset, [key]).has(path))
        broken(path, `the partition \`${key}\` belongs into another leaf`);
      else if (expected === undefined) broken(path, `no event made the partition \`${key}\``);
      else if (canonicalJson(expected as never) !== canonicalJson(leaf.recordAt(place) as never))
        broken(path, `the partition \`${key}\` differs from what the events give`);
      seen.add(key);
    }
  }
  for (const [asset, records] of folded ?? []) {
    const seen = found.get(asset);
    const missing = [...records.keys()].find((key) => !seen?.has(key));
    if (missing !== undefined)
      problems.push({
        code: 'missing',
        file: leafFolder(asset),
        line: 0,
        message: `the events made the partition \`${missing}\` of \`${asset}\`, and no leaf holds it`,
      });
  }
  return problems;
}

/**
 * The leaves as the events give them, where one is wrong: all are cut anew, since where a leaf begins is known only
 * together with the others. Null takes a file away; empty when nothing is wrong.
 */
export function repairLeaves(
  texts: ReadonlyMap<string, string>,
  folded: StateView['partitions'],
): Map<string, string | null> {
  const files = new Map<string, string | null>();
  if (verifyLeaves(texts, folded).length === 0) return files;
  for (const path of texts.keys()) if (path.startsWith('partitions/')) files.set(path, null);
  for (const [asset, records] of folded ?? [])
    for (const [path, text] of encodeLeaves(asset, [], new Map(), records)) {
      if (texts.get(path) === text) files.delete(path);
      else files.set(path, text);
    }
  return files;
}
