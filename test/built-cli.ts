import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/**
 * Builds the command line once for the whole suite, beside dist: what the sources make now is tested, whether or not
 * dist is current (that is a check of its own).
 */
export function setup(): () => void {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'branchline-cli-'));
  const script = path.resolve(import.meta.dirname, '..', 'scripts', 'build.mjs');
  const built = spawnSync(process.execPath, [script, '--into', folder], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`the command line could not be built:\n${built.stderr}`);
  process.env['BRANCHLINE_TEST_CLI'] = path.join(folder, 'cli.js');
  return () => rmSync(folder, { recursive: true, force: true });
}
