// The least that a check of manifests can do: read each file, parse it, run the compiled validator.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { load } from 'js-yaml';
import { validateManifest } from '../../src/manifest/generated/validators.mjs';

const folder = process.argv[2] ?? '.';
let valid = 0;
for (const name of readdirSync(folder, { recursive: true })) {
  if (!name.endsWith('.yaml')) continue;
  if (!validateManifest(load(readFileSync(path.join(folder, name), 'utf8'))))
    throw new Error(`${String(name)} is not valid`);
  valid += 1;
}
process.stdout.write(`${valid} manifests\n`);
