import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { inputFailure } from '../app/failure.ts';
import { fetchOutputs, fetchRefusal } from '../app/outputs-commands.ts';
import { count } from '../render/style.ts';
import { sizeText } from './outputs-list.ts';
import { type OutputsOptions, withOutputs } from './outputs-reading.ts';
import { printFailure, printJson } from './print.ts';

interface GetOptions extends OutputsOptions {
  readonly to: string;
  readonly force?: boolean;
}

/** `branchline outputs get [selection] --to <dir>`. */
export async function run(options: GetOptions, args: readonly string[]): Promise<number> {
  // From where the command was called: opening the project makes its root the current folder.
  const folder = resolve(options.to);
  return withOutputs(options, args[0] ?? '*', async ({ opened, world, published, commit }) => {
    const { host } = opened;
    try {
      mkdirSync(folder, { recursive: true });
    } catch (error) {
      const failure = inputFailure('folder', `${options.to} cannot be made: ${(error as Error).message}`);
      return printFailure(host, failure, options.json);
    }
    const fetched = await fetchOutputs(world.stores.outputsIn(folder), published, {
      force: options.force === true,
      onFiles: (done, total, name) => host.status(`${done} of ${total} files: ${name}`),
    });
    host.status('');
    if (!fetched.ok) return printFailure(host, fetched.error, options.json);
    const refusal = fetchRefusal(fetched.value);
    if (refusal) return printFailure(host, refusal, options.json);
    const files = fetched.value.map(({ of, file, outcome }) => ({
      asset: of.asset.key,
      ...(of.partition === undefined ? {} : { partition: of.partition }),
      path: file.path,
      bytes: file.bytes,
      digest: file.digest,
      outcome: outcome.kind,
    }));
    if (options.json) printJson({ version: 1, stateCommit: commit ?? null, to: folder, files });
    else {
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
      host.print(`${count(files.length, 'file')} (${sizeText(bytes)}) in ${options.to}`);
    }
    return 0;
  });
}
