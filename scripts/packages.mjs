// Makes a clone ready by itself: `npm test` on a machine with only git and Node is one command. Dependency-free, Node 20.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository. */
export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** What the installed packages depend on: the lock file and the platform that picks the binaries. */
function wantedStamp() {
  const lock = readFileSync(path.join(root, 'package-lock.json'));
  return `${createHash('sha256').update(lock).digest('hex')} ${process.platform}-${process.arch}\n`;
}

/**
 * Installs the packages of the lock file unless they are there. Exits the process with 3 when npm refuses, since nothing
 * that follows could work.
 */
export function ensurePackages() {
  const folder = path.join(root, 'node_modules');
  const stampFile = path.join(folder, '.installed-lock');
  const wanted = wantedStamp();
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted) return;
  // A link means that another clone owns the packages: `npm ci` would empty them under its feet.
  if (existsSync(folder) && lstatSync(folder).isSymbolicLink()) return;
  process.stderr.write('Installing the packages of package-lock.json (once, until the lock file changes) …\n');
  const { file, prefix } = npmCommand();
  const flags = ['ci', '--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  const done = spawnSync(file, [...prefix, ...flags, '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: prefix.length === 0 && process.platform === 'win32',
  });
  if (done.status !== 0) {
    const why = done.error ? done.error.message : `exit code ${done.status}`;
    process.stderr.write(
      `npm ci did not succeed (${why}). What npm said is above; is the package registry in reach?\n`,
    );
    process.exit(3);
  }
  writeFileSync(stampFile, wanted);
}

/** The npm that started us, run by this very Node; without one, the `npm` on the PATH. */
function npmCommand() {
  const started = process.env.npm_execpath;
  if (started?.endsWith('.js') && existsSync(started)) return { file: process.execPath, prefix: [started] };
  return { file: 'npm', prefix: [] };
}
