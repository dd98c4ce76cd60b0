import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { initFiles, projectNameOf } from '../app/init.ts';
import type { GlobalOptions } from './main.ts';
import { schemaFiles } from './schema.ts';

/** `branchline init [name]`: writes what is missing and says what it left alone. */
export async function run(options: GlobalOptions, args: readonly string[]): Promise<number> {
  const root = resolve(options.project ?? '.');
  const name = args[0] ?? projectNameOf(basename(root));
  if (!/^[a-z0-9_-]+$/.test(name)) {
    process.stderr.write(
      `\`${name}\` cannot be a project's name: use lower-case letters, digits, - and _ (\`${projectNameOf(name)}\`).\n`,
    );
    return 2;
  }
  const read = (path: string): string | undefined =>
    existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined;
  const files = initFiles(name, read);
  for (const file of files) {
    const path = join(root, file.path);
    if (file.action === 'keep') continue;
    mkdirSync(dirname(path), { recursive: true });
    // `wx`: a file that came into being since we looked is not overwritten either.
    if (file.action === 'create') writeFileSync(path, file.text, { flag: 'wx' });
    else appendFileSync(path, file.text);
  }
  const schemas = join(root, '.branchline', 'schemas');
  mkdirSync(schemas, { recursive: true });
  for (const [file, text] of schemaFiles()) writeFileSync(join(schemas, file), text);
  if (options.json)
    process.stdout.write(
      `${JSON.stringify({ version: 1, name, files: files.map(({ path, action }) => ({ path, action })) })}\n`,
    );
  else {
    const words = { create: 'new', append: 'added to', keep: 'kept' } as const;
    for (const file of files) process.stdout.write(`${words[file.action].padEnd(9)} ${file.path}\n`);
    const git = existsSync(join(root, '.git')) ? '' : ' (in a git repository: `git init` first)';
    process.stdout.write(`\nNext${git}: \`branchline check\`, then \`branchline run\`.\n`);
  }
  return 0;
}
