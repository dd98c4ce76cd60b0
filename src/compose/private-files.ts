// What a command leaves in the private folder of a project, for people: logs of steps, and the report of a state that no
// branch shows.

import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Runs whose step logs are kept on this machine. */
const LOG_FOLDERS_MAX = 30;

/** Removes the oldest folders of logs. */
export function pruneLogs(folder: string): void {
  if (!existsSync(folder)) return;
  const entries = readdirSync(folder).map((name) => ({
    path: join(folder, name),
    at: statSync(join(folder, name)).mtimeMs,
  }));
  for (const { path } of entries.sort((a, b) => b.at - a.at).slice(LOG_FOLDERS_MAX))
    rmSync(path, { recursive: true, force: true });
}

/** Writes pages into a folder: the report of the local environment, which no branch shows. */
export function writePages(folder: string, pages: ReadonlyMap<string, string | null>): void {
  for (const [path, text] of pages) {
    const target = join(folder, path);
    if (text === null) rmSync(target, { force: true });
    else {
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, text);
    }
  }
}
