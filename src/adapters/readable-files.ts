import { type Dirent, readdirSync, readFileSync } from 'node:fs';

/** The text of a file; undefined when there is none that can be read. */
export function readableText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** What is in a folder, sorted by name; nothing when there is none that can be read. */
export function readableEntries(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}

/** The names of the same. */
export function readableNames(folder: string): string[] {
  return readableEntries(folder).map(({ name }) => name);
}
