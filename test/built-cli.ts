import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { rolldown } from 'rolldown';

const repository = path.resolve(import.meta.dirname, '..');

/**
 * Builds the command line and the Action once for the whole suite, beside dist: what the sources make now is tested, whether or not
 * dist is current (that is a check of its own). The program that cuts itself off is bundled too: it is started often.
 */
export async function setup(): Promise<() => void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'branchline-cli-'));
  const script = path.join(repository, 'scripts', 'build.mjs');
  const built = spawnSync(process.execPath, [script, '--into', folder], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`the command line could not be built:\n${built.stderr}`);
  process.env['BRANCHLINE_TEST_DIST'] = folder;
  process.env['BRANCHLINE_TEST_CLI'] = path.join(folder, 'cli.js');
  process.env['BRANCHLINE_TEST_CUT_OFF'] = path.join(folder, 'cut-off', 'cut-off-run.js');
  await bundleCutOffRun(path.join(folder, 'cut-off'));
  return () => rmSync(folder, { recursive: true, force: true });
}

async function bundleCutOffRun(dir: string): Promise<void> {
  const bundle = await rolldown({
    cwd: repository,
    input: 'src/testing/cut-off-run.ts',
    platform: 'node',
    external: [/^node:/, '@duckdb/node-api', 'pg'],
  });
  await bundle.write({ dir, format: 'esm' });
  await bundle.close();
}
