import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = '.github/workflows';

/** Every workflow file of a repository, by its path in it, in order. */
export function workflowTexts(top: string): Map<string, string> {
  const folder = join(top, FOLDER);
  if (!existsSync(folder)) return new Map();
  const names = readdirSync(folder)
    .filter((name) => /\.ya?ml$/.test(name))
    .sort();
  return new Map(names.map((name) => [`${FOLDER}/${name}`, readFileSync(join(folder, name), 'utf8')]));
}
