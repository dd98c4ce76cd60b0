import { editDistance } from '../base/nearest.ts';

/**
 * A path as written in a manifest, from the project's root: `./x` is beside the manifest, anything else is from the
 * root already. Undefined when it is absolute or leaves the root. Patterns keep their wildcards.
 */
export function projectPath(written: string, manifest: string): string | undefined {
  const text = written.replaceAll('\\', '/');
  if (text.startsWith('/') || /^[A-Za-z]:/.test(text)) return undefined;
  const folder = text.startsWith('./') ? manifest.split('/').slice(0, -1) : [];
  const segments = [...folder];
  for (const segment of text.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') segments.push(segment);
    else if (segments.pop() === undefined) return undefined;
  }
  return segments.join('/');
}

/** The file that was most likely meant by a path that is not there: the same name elsewhere, else the nearest path. */
export function nearestFile(path: string, files: readonly string[]): string | undefined {
  const name = path.split('/').at(-1)!;
  const sameName = files.filter((file) => file.split('/').at(-1) === name);
  const candidates = sameName.length > 0 ? sameName : files;
  let limit = sameName.length > 0 ? path.length + 200 : Math.max(2, Math.floor(name.length / 3));
  let best: string | undefined;
  for (const file of candidates) {
    const distance = editDistance(path, file, limit);
    if (distance > limit) continue;
    best = file;
    limit = distance - 1;
    if (limit < 0) break;
  }
  return best;
}
