// What every generator of scripts/generate ends with, so that `--check` means the same for each.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './packages.mjs';

/**
 * Writes generated files, or with `--check` among the arguments compares them: then each stale one is named and the exit
 * code becomes 1.
 *
 * @param {Record<string, string>} files text by path, relative to the repository
 */
export function writeOrCheck(files) {
  const isCheck = process.argv.includes('--check');
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(root, name);
    if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
    if (isCheck) {
      process.stderr.write(
        `${name} is not what its generator writes. Run \`npm run generate\` and commit the result.\n`,
      );
      process.exitCode = 1;
      continue;
    }
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    process.stderr.write(`wrote ${name}\n`);
  }
}
