import type { AssetKey } from '../model/project.ts';
import type { SourceTree } from '../ports.ts';

/**
 * Files that make an asset's code look changed and that git does not track: what a script writes beside its own code and
 * nobody named as an output changes with each run, so that the asset is never up to date. Each with its cure.
 */
export function untrackedCodeNotes(
  verdicts: readonly { readonly asset: AssetKey; readonly reason: string; readonly detail: readonly string[] }[],
  tree: Pick<SourceTree, 'kind' | 'isTracked'>,
): readonly string[] {
  const assets = new Map<string, AssetKey[]>();
  for (const { asset, reason, detail } of verdicts) {
    if (reason !== 'code_changed') continue;
    for (const path of detail)
      if (tree.isTracked?.(path) === false && tree.kind(path) === 'file')
        assets.set(path, [...(assets.get(path) ?? []), asset]);
  }
  return [...assets].map(
    ([path, of]) =>
      `${path} is not in git and counts as code of ${of.join(', ')}. If a run writes it, name it under \`outputs:\` of what does: outputs are no code.`,
  );
}
