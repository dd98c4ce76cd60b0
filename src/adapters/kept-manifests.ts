import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../base/digest.ts';
import type { KeptValues } from '../base/kept-values.ts';
import { removeUnused } from './unused-files.ts';

/** Shorter ones are read in less time than a file of what was read is looked for. */
export const KEPT_FROM_CHARS = 4096;

/**
 * What a version of the program read of manifests, in a folder, by the digest of their text. What cannot be kept is read
 * again the next time.
 */
export function keptManifests(folder: string, version: string): KeptValues {
  const placeOf = (text: string): string =>
    join(folder, `${sha256(`manifest 1 ${version} ${text}`).slice(0, 32)}.json`);
  let isTidy = false;
  return {
    read(text) {
      if (text.length < KEPT_FROM_CHARS) return undefined;
      try {
        return JSON.parse(readFileSync(placeOf(text), 'utf8'));
      } catch {
        // None, or one that was cut off.
        return undefined;
      }
    },
    keep(text, value) {
      if (text.length < KEPT_FROM_CHARS || !isJson(value)) return;
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        const place = placeOf(text);
        const beside = `${place}.${randomBytes(6).toString('hex')}`;
        writeFileSync(beside, JSON.stringify(value), { mode: 0o600, flag: 'wx' });
        renameSync(beside, place);
        // Once: it looks at all files, and a command may write thousands.
        if (!isTidy) removeUnused(folder);
        isTidy = true;
      } catch {
        // No room, or no right to write.
      }
    },
  };
}

/** Whether JSON gives the value back as it is: of what YAML can say, not infinity, -0 and what is no number. */
function isJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (Array.isArray(value)) return value.every(isJson);
  if (typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return false;
  return Object.values(value).every(isJson);
}
