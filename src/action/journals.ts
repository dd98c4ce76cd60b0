import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** One job leaves one journal; a machine of one's own may have others. */
const JOURNALS_MAX = 20;

/** Journals of every project in the private folder, from it with `/`. */
export function journalsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const found: string[] = [];
  for (const project of readdirSync(folder).sort()) {
    const own = join(project, 'journals', 'production');
    if (!existsSync(join(folder, own))) continue;
    for (const name of readdirSync(join(folder, own)).sort())
      if (name.endsWith('.jsonl')) found.push([project, 'journals', 'production', name].join('/'));
  }
  return found.slice(0, JOURNALS_MAX);
}
