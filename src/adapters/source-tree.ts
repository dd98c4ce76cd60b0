import { isUtf8 } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync, type Stats } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { byText } from '../base/order.ts';
import type { SourceTree } from '../ports.ts';
import { listByFiles } from './checkout-listing.ts';
import { GIT_VARIABLE } from './git-location.ts';
import { type Environment, gitEnvironment } from './git-process.ts';

/** Folders that nobody means as sources, where no git says what is ignored. */
const UNLISTED = new Set(['.git', '.branchline', 'node_modules']);

/**
 * The working tree around a project's root, as it was when each file was first asked for. Inside of git, `files` is
 * what git lists (tracked or not, without ignored ones); outside it is a walk. A digest is the file's git blob id
 * (SHA-1 over `blob <size> NUL <bytes>`) of the bytes on disk: a later reader can take it from git without reading
 * the file. `.git` counts as outside of the repository.
 */
export function createSourceTree(root: string, env: Environment = process.env): SourceTree {
  const top = realpathSync(repositoryRoot(root));
  const folders = new Map<string, string | undefined>();
  const texts = new Map<string, string | undefined>();
  const digests = new Map<string, string | undefined>();
  const notUtf8 = new Map<string, number>();
  let listing: Listing | undefined;

  function listed(): Listing {
    listing ??= listFiles(root, env);
    return listing;
  }

  /** The real path of a folder; undefined when there is none. */
  function realFolder(folder: string): string | undefined {
    if (!folders.has(folder))
      folders.set(
        folder,
        attempt(() => realpathSync.native(folder)),
      );
    return folders.get(folder);
  }

  /** Where a path really is, and what is there. */
  function locate(path: string): { readonly real: string; readonly stats: Stats } | 'missing' | 'outside' {
    if (path.includes('\0')) return 'missing';
    const full = resolve(root, path);
    // Most files are no links in folders that were seen before: one look each.
    const folder = realFolder(dirname(full));
    const place = folder === undefined ? undefined : join(folder, basename(full));
    const stats = place === undefined ? undefined : attempt(() => lstatSync(place));
    if (place !== undefined && stats !== undefined && !stats.isSymbolicLink()) {
      return isInside(top, place) ? { real: place, stats } : 'outside';
    }
    const real = attempt(() => realpathSync.native(full));
    // A name that leads out is refused whether or not something is there.
    if (real === undefined) return isInside(top, place ?? lexical(full)) ? 'missing' : 'outside';
    return isInside(top, real) ? { real, stats: lstatSync(real) } : 'outside';
  }

  /** A path that does not exist, from its nearest folder that does. */
  function lexical(full: string): string {
    const parent = dirname(full);
    if (parent === full) return full;
    return join(realFolder(parent) ?? lexical(parent), basename(full));
  }

  function bytes(path: string): Buffer | undefined {
    const found = locate(path);
    if (typeof found === 'string' || !found.stats.isFile()) return undefined;
    return attempt(() => readFileSync(found.real));
  }

  return {
    files: () => listed().files,
    isTracked: (path) => listed().tracked.has(path),
    kind(path) {
      const found = locate(path);
      if (typeof found === 'string') return found;
      return found.stats.isFile() ? 'file' : found.stats.isDirectory() ? 'directory' : 'missing';
    },
    text(path) {
      if (!texts.has(path)) {
        const content = bytes(path);
        const text = content?.toString('utf8');
        texts.set(path, text);
        const isText = content !== undefined && isUtf8(content);
        if (content && text !== undefined && !isText) notUtf8.set(path, firstReplaced(text, content));
        // Both of one look at the file, so that a text and its digest never tell of two versions. The text gives the same
        // bytes again, so it is digested when somebody asks; few are asked for.
        if (!digests.has(path) && !isText) digests.set(path, content && blobId(content));
      }
      return texts.get(path);
    },
    notUtf8At(path) {
      this.text(path);
      return notUtf8.get(path);
    },
    digest(path) {
      if (!digests.has(path)) {
        const text = texts.get(path);
        const content = text === undefined ? bytes(path) : Buffer.from(text);
        digests.set(path, content && blobId(content));
      }
      return digests.get(path);
    },
  };
}

/** Where in a text the first sign stands that its bytes do not say. */
function firstReplaced(text: string, content: Buffer): number {
  let at = text.indexOf('\ufffd');
  let bytesBefore = Buffer.byteLength(text.slice(0, at));
  // The sign itself may have been written.
  while (content.subarray(bytesBefore, bytesBefore + 3).equals(REPLACEMENT)) {
    const next = text.indexOf('\ufffd', at + 1);
    bytesBefore += Buffer.byteLength(text.slice(at, next));
    at = next;
  }
  return at;
}

const REPLACEMENT = Buffer.from('\ufffd');

function blobId(content: Buffer): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}

/** The nearest folder upwards that git calls a working tree; the root itself outside of git. */
function repositoryRoot(root: string): string {
  for (let folder = resolve(root); ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return folder;
    if (dirname(folder) === folder) return resolve(root);
  }
}

function isInside(top: string, real: string): boolean {
  // Nearly every path; the rest is for what is unusual.
  if (real.startsWith(top + sep) && !/^\.git([\\/]|$)/i.test(real.slice(top.length + 1))) return true;
  const path = relative(top, real);
  const first = path.split(sep, 1)[0]!;
  return first !== '..' && first.toLowerCase() !== '.git' && !/^[A-Za-z]:/.test(path);
}

interface Listing {
  readonly files: readonly string[];
  readonly tracked: ReadonlySet<string>;
}

function listFiles(root: string, env: Environment): Listing {
  const listed = env[GIT_VARIABLE] === 'isomorphic' ? 'no git' : listByGit(root, env);
  if (typeof listed !== 'string') return listed;
  const found = listed === 'no git' ? listByFiles(root, env) : undefined;
  return found ?? { files: walk(root), tracked: new Set() };
}

function listByGit(root: string, env: Environment): Listing | 'no repository' | 'no git' {
  // Tagged, because what was deleted but not committed is listed both as `H` and as `R`.
  const git = spawnSync('git', ['ls-files', '-t', '--cached', '--others', '--deleted', '--exclude-standard', '-z'], {
    cwd: root,
    env: gitEnvironment(env),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 2 ** 30,
    windowsHide: true,
  });
  if (git.error !== undefined && git.pid === 0) return 'no git';
  if (git.status !== 0) return 'no repository';
  const listed = new Set<string>();
  const tracked = new Set<string>();
  const removed: string[] = [];
  for (const entry of git.stdout.split('\0')) {
    if (entry.startsWith('R ')) removed.push(entry.slice(2));
    else if (entry.length > 2) {
      listed.add(entry.slice(2));
      if (!entry.startsWith('? ')) tracked.add(entry.slice(2));
    }
  }
  for (const path of removed) listed.delete(path);
  return { files: [...listed].sort(byText), tracked };
}

function walk(root: string): readonly string[] {
  const files: string[] = [];
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of attempt(() => readdirSync(join(root, folder), { withFileTypes: true })) ?? []) {
      const path = `${folder}${entry.name}`;
      // Links to folders are not followed, as git does not.
      if (entry.isDirectory()) {
        if (!UNLISTED.has(entry.name)) folders.push(`${path}/`);
      } else files.push(path);
    }
  }
  return files.sort(byText);
}

function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
