import { canonicalJson } from '../base/json.ts';
import { seqText } from './layout.ts';
import type { SalvagedFile } from './salvage.ts';

const FOLDER = 'quarantine';

/** Where commit `seq` keeps a damaged file of events as it found it. */
export function quarantinePath(seq: number, path: string): string {
  return `${FOLDER}/${seqText(seq)}/${path}`;
}

/** True of the files below. */
export function isQuarantine(path: string): boolean {
  return path.startsWith(`${FOLDER}/`);
}

/** What commit `seq` found damaged: the files as they were, and a record that says what is wrong with each. */
export function encodeQuarantine(seq: number, salvaged: readonly SalvagedFile[]): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const records = salvaged.map(({ path, found, problems }) => {
    if (found !== undefined) files.set(quarantinePath(seq, path), found);
    return {
      path,
      ...(found === undefined ? {} : { kept: quarantinePath(seq, path) }),
      problems: problems.map(({ line, message }) => ({ line, message })),
    };
  });
  files.set(`${FOLDER}/${seqText(seq)}.json`, `${canonicalJson({ v: 1, files: records })}\n`);
  return files;
}
