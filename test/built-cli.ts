import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { rolldown } from 'rolldown';

const repository = path.resolve(import.meta.dirname, '..');

/**
 * Builds the command line and the Action once for the whole suite, beside dist: what the sources make now is tested,
 * whether or not dist is current (that is a check of its own). Programs of tests are bundled too: they are started often.
 */
export async function setup(): Promise<() => void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'branchline-cli-'));
  const script = path.join(repository, 'scripts', 'build.mjs');
  const built = spawnSync(process.execPath, [script, '--into', folder], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`the command line could not be built:\n${built.stderr}`);
  process.env['BRANCHLINE_TEST_DIST'] = folder;
  process.env['BRANCHLINE_TEST_CLI'] = path.join(folder, 'cli.js');
  for (const [name, variable] of Object.entries(programs)) {
    const dir = path.join(folder, name);
    process.env[variable] = path.join(dir, `${name}.mjs`);
    await bundleProgram(`src/testing/${name}.ts`, dir);
  }
  return () => rmSync(folder, { recursive: true, force: true });
}

/** Programs of src/testing, with the environment variable that names where each was bundled to. */
const programs = { 'cut-off-run': 'BRANCHLINE_TEST_CUT_OFF', 'contend-run': 'BRANCHLINE_TEST_CONTEND' };

async function bundleProgram(input: string, dir: string): Promise<void> {
  const bundle = await rolldown({
    cwd: repository,
    input,
    platform: 'node',
    external: [/^node:/, '@duckdb/node-api', 'pg'],
  });
  await bundle.write({ dir, format: 'esm', entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' });
  await bundle.close();
}
