import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { commandOf } from '../src/testing/machine.ts';

const repository = path.resolve(import.meta.dirname, '..');
let folder = '';

/** A repository with the real script and an npm that only notes how it was called. */
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'branchline-packages-'));
  mkdirSync(path.join(folder, 'scripts'));
  cpSync(path.join(repository, 'scripts', 'packages.mjs'), path.join(folder, 'scripts', 'packages.mjs'));
  write('package-lock.json', '{ "lockfileVersion": 3 }\n');
  write(
    'npm.js',
    "const fs = require('node:fs');\nfs.mkdirSync('node_modules', { recursive: true });\n" +
      "fs.appendFileSync('calls', process.argv.slice(2, 3).join(' ') + '\\n');\n",
  );
  write('package.json', '{ "type": "commonjs" }\n');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string) => writeFileSync(path.join(folder, name), text);
const calls = () => (existsSync(path.join(folder, 'calls')) ? readFileSync(path.join(folder, 'calls'), 'utf8') : '');

/** With the oldest Node that we promise, if this machine has it: the script is what a newcomer starts first. */
function ensure() {
  const script = "const { ensurePackages } = await import('./scripts/packages.mjs'); ensurePackages();";
  return spawnSync(commandOf('node20') ?? process.execPath, ['--input-type=module', '-e', script], {
    cwd: folder,
    env: { ...process.env, npm_execpath: path.join(folder, 'npm.js') },
    encoding: 'utf8',
  });
}

test('installs once, and again when the lock file changes', () => {
  expect(ensure().status).toBe(0);
  expect(ensure().status).toBe(0);
  expect(calls()).toBe('ci\n');
  write('package-lock.json', '{ "lockfileVersion": 3, "packages": {} }\n');
  expect(ensure().status).toBe(0);
  expect(calls()).toBe('ci\nci\n');
});

test('a refusal of npm is said, ends the command, and is tried again next time', () => {
  write('npm.js', "require('node:fs').appendFileSync('calls', 'ci\\n');\nprocess.exit(7);\n");
  const done = ensure();
  expect(done.status).toBe(3);
  expect(done.stderr).toContain('exit code 7');
  expect(ensure().status).toBe(3);
  expect(calls()).toBe('ci\nci\n');
});

test('leaves alone packages that are borrowed by a link', () => {
  mkdirSync(path.join(folder, 'elsewhere'));
  symlinkSync(path.join(folder, 'elsewhere'), path.join(folder, 'node_modules'));
  expect(ensure().status).toBe(0);
  expect(calls()).toBe('');
});
