import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const UNUSED_MS = 30 * 86_400_000;

/** Removes files of a folder that were written more than a month ago: what older versions and writers that were cut off left. */
export function removeUnused(folder: string): void {
  const now = Date.now();
  for (const name of readdirSync(folder)) {
    const place = join(folder, name);
    const { mtimeMs } = statSync(place, { throwIfNoEntry: false }) ?? { mtimeMs: now };
    if (now - mtimeMs > UNUSED_MS) rmSync(place, { force: true });
  }
}
