import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The first file of each name that a page shows: a comment in its first line names it. */
export function filesOfPage(page: string): Record<string, string> {
  const markdown = readFileSync(path.resolve(import.meta.dirname, '..', '..', page), 'utf8');
  const files: Record<string, string> = {};
  for (const [, text = ''] of markdown.matchAll(/^```\w+\n([\s\S]*?)^```$/gm)) {
    const name = /^(?:#|--|\/\/) ([\w./-]+\.\w+)\b/.exec(text)?.[1];
    if (name !== undefined) files[name] ??= text;
  }
  return files;
}
