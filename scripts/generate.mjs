// `npm run generate` runs every generator of scripts/generate; `--check` writes nothing and exits 1 if a file is stale.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { root } from './packages.mjs';

const folder = path.join(root, 'scripts', 'generate');
const generators = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.mjs')) : [];

let stale = 0;
for (const name of generators.sort()) {
  const done = spawnSync(process.execPath, [path.join(folder, name), ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
  });
  if (done.status !== 0) stale += 1;
}
process.exitCode = stale > 0 ? 1 : 0;
