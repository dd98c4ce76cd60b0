import type { Failure } from '../model/failure.ts';
import type { AssetKey } from '../model/project.ts';
import { partitionName } from '../plan/partitioned.ts';
import { restoreOutputs } from './outputs.ts';
import { publishedFiles, type StepContext } from './step-context.ts';

/**
 * Before a step that adds to what it made last: its own published outputs are put in place, or, with a full refresh,
 * taken away. What is lost fails it: starting empty would make a short history look like a whole one.
 */
export async function prepareIncremental(
  context: StepContext,
  lost: ReadonlyMap<AssetKey, string>,
): Promise<Failure | undefined> {
  const { run } = context;
  for (const asset of context.assets) {
    if (!asset.incremental) continue;
    const published = publishedFiles(run, asset.key) ?? {};
    const outputs = run.outputs(asset);
    if (run.fullRefresh) {
      for (const path of Object.keys(published)) await outputs.remove(path);
      continue;
    }
    const names = run.partition?.keys.map((key) => partitionName(asset.key, key)) ?? [asset.key];
    const found = names.map((name) => lost.get(name)).find((message) => message !== undefined);
    if (found !== undefined) return lostHistory(asset.key, `data lost: ${found}`);
    const restored = await restoreOutputs(outputs, asset.key, published);
    if (restored.ok) continue;
    const { error } = restored;
    return error.code === 'data-lost' || error.code === 'output-damaged'
      ? lostHistory(asset.key, error.message)
      : error;
  }
  return undefined;
}

function lostHistory(asset: AssetKey, what: string): Failure {
  return {
    class: 'step',
    code: 'data-lost',
    message: `${what}. ${asset} adds to its last outputs (\`incremental: true\`), so it does not start empty by itself; \`branchline run --select key:${asset} --full-refresh\` makes it from nothing`,
  };
}
