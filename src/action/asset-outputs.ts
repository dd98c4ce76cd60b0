import type { AssetKey } from '../model/project.ts';
import { count } from '../render/style.ts';
import type { JobResult } from './result.ts';

/**
 * Characters of the list. GitHub drops a job's outputs that are over 1 MB together, and counts two bytes for a character:
 * https://docs.github.com/en/actions/writing-workflows/workflow-syntax-for-github-actions#jobsjob_idoutputs. What is left is
 * for the others, of which ids of runs and the matrix can be long.
 */
const LIST_CHARS_MAX = 200_000;

/** The outputs that tell which assets were made or changed, and what to say where not all of them have room. */
export function assetOutputs(assets: Iterable<AssetKey>): {
  readonly outputs: Required<Pick<JobResult['outputs'], 'changed-assets' | 'changed-count'>>;
  readonly notes: readonly string[];
} {
  const all = [...new Set(assets)].sort();
  let chars = 1;
  const fits = all.findIndex((asset) => {
    chars += JSON.stringify(asset).length + 1;
    return chars > LIST_CHARS_MAX;
  });
  const named = fits < 0 ? all : all.slice(0, fits);
  const left = all.length - named.length;
  return {
    outputs: { 'changed-assets': JSON.stringify(named), 'changed-count': String(all.length) },
    notes:
      left === 0
        ? []
        : [
            `The output \`changed-assets\` names the first ${named.length} of ${count(all.length, 'asset')} by name: GitHub drops outputs of a job that are over 1 MB. \`changed-count\` counts all.`,
          ],
  };
}
