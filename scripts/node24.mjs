// `node scripts/node24.mjs <script> [args]` runs a script under the pinned Node 24, installing packages first if need be.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePackages, root } from './packages.mjs';

/** What vitest and rolldown ask for; used only where no pinned binary exists for the platform. */
const oldestUsable = [22, 18];

/**
 * The Node that tests and builds run on: the pinned one, or this one where no binary is published for the platform
 * (macOS, musl) and this one is new enough. Exits with 3 otherwise.
 */
export function pinnedNode() {
  const system = process.platform === 'win32' ? 'win' : process.platform;
  const name = process.platform === 'win32' ? 'node.exe' : path.join('bin', 'node');
  const pinned = path.join(root, 'node_modules', `node-${system}-${process.arch}`, name);
  if (existsSync(pinned) && spawnSync(pinned, ['--version']).status === 0) return pinned;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > oldestUsable[0] || (major === oldestUsable[0] && minor >= oldestUsable[1])) return process.execPath;
  process.stderr.write(
    `No Node 24 is published as a package for ${process.platform}-${process.arch}, and this is Node ${process.version}. ` +
      `Start the command with Node ${oldestUsable.join('.')} or newer.\n`,
  );
  process.exit(3);
}

/** The environment of what runs under `node`: its folder comes first on PATH, so that tools start the same Node. */
export function environmentOf(node) {
  const key = Object.keys(process.env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  return { ...process.env, [key]: `${path.dirname(node)}${path.delimiter}${process.env[key] ?? ''}` };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  ensurePackages();
  const node = pinnedNode();
  const [script, ...args] = process.argv.slice(2);
  const done = spawnSync(node, [path.resolve(root, script), ...args], { stdio: 'inherit', env: environmentOf(node) });
  if (done.error) throw done.error;
  process.exitCode = done.status ?? 1;
}
