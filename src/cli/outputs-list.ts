import { type ListedOutputs, listOutputs } from '../app/outputs-commands.ts';
import type { HeldOutcome } from '../ports.ts';
import { columns, paint, type Style } from '../render/style.ts';
import { type OutputsOptions, withOutputs } from './outputs-reading.ts';
import { printJson } from './print.ts';

/** `branchline outputs list [selection]`. */
export async function run(options: OutputsOptions, args: readonly string[]): Promise<number> {
  return withOutputs(options, args[0] ?? '*', async ({ opened, world, published, commit }) => {
    const listed = await listOutputs(world.stores.outputs, published, (done, total, name) =>
      opened.host.status(`${done} of ${total} files: ${name}`),
    );
    opened.host.status('');
    if (options.json) {
      const assets = listed.map((one) => ({ ...assetJson(one), storage: storageOf(one) }));
      printJson({ version: 1, environment: options.environment, stateCommit: commit ?? null, assets });
    } else opened.host.print(tableOf(listed, opened.style));
    return 0;

    function storageOf({ asset }: ListedOutputs): string {
      return world.stores.storageOf(asset.storage).type;
    }
  });
}

function assetJson({ asset, partition, made, files, held }: ListedOutputs) {
  return {
    asset: asset.key,
    ...(partition === undefined ? {} : { partition }),
    run: made.run,
    at: made.at,
    dataVersion: made.dataVersion,
    files: files.map((file, i) => ({
      path: file.path,
      bytes: file.bytes,
      digest: file.digest,
      held: wordOf(held[i]!),
      ...(file.blob === undefined ? {} : { blob: file.blob }),
    })),
  };
}

/** `present`, or in what way it is not there. */
function wordOf(held: HeldOutcome): 'present' | 'missing' | 'damaged' | 'unavailable' {
  return held.kind === 'present' ? 'present' : held.loss;
}

function tableOf(listed: readonly ListedOutputs[], style: Style): string {
  const rows = listed.flatMap(({ name, files, held }) =>
    files.map((file, i) => {
      const outcome = held[i]!;
      const note = outcome.kind === 'present' ? '' : paint(style, 'red', outcome.message);
      return [file.path, sizeText(file.bytes), file.digest.slice(0, 12), paint(style, 'dim', name), note];
    }),
  );
  return columns(rows).join('\n');
}

/** `0 B`, `12.3 kB`, `4 MB`. */
export function sizeText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let [size, unit] = [bytes, 0];
  for (; size >= 1000 && unit < units.length - 1; unit++) size /= 1000;
  return `${Number(size.toFixed(1))} ${units[unit]}`;
}
