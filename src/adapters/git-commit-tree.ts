import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { byText } from '../base/order.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { SourceTree } from '../ports.ts';
import { readBlobs } from './git-blobs.ts';
import { type Environment, type GitConfig, gitEnvironment, gitWords, runGit } from './git-process.ts';

/** The repository that holds a commit, and how to call git in it. Nothing of it is written. */
export interface CommitPlace {
  readonly cwd?: string;
  readonly gitDir?: string;
  readonly env: Environment;
  /** For objects that a partial repository has to ask for. */
  readonly config?: GitConfig;
}

export interface CommitTreeOptions extends CommitPlace {
  readonly commit: string;
  /** The project's root inside of the repository: `''`, or a path with `/` and no end. */
  readonly folder: string;
  /** Another version of the same project: what it holds with the same bytes is taken from there. */
  readonly beside?: SourceTree;
  /** Brings objects that a partial repository lacks, in one go. */
  readonly bring?: (blobs: readonly string[]) => Promise<Result<void, string>>;
}

interface TreeEntry {
  readonly blob: string;
  readonly isLink: boolean;
}

/** Links on the way to one file. */
const LINKS_MAX = 40;
/** What comparisons read, manifests and code: brought in one call. Anything else is asked for one by one. */
const READ_AHEAD = /\.(ya?ml|sql|py|sh|bash|js|mjs|ts|r|jl|pl|rb|ps1)$/i;
/** Bytes of one file that are read at all. */
const FILE_BYTES_MAX = 2 ** 26;

/**
 * The files of a commit as a source tree: what a checkout of it would hold, without one. Links are followed inside of
 * the repository only. A digest is the blob id, as for the working tree.
 */
export async function openCommitTree(options: CommitTreeOptions): Promise<Result<SourceTree, string>> {
  const { commit, folder, beside } = options;
  const listed = await runGit({
    args: ['ls-tree', '-r', '-z', '--full-tree', commit, '--'],
    ...placeOf(options),
  });
  if (listed.code !== 0) return fail(gitWords(listed.stderr) || `git could not list the files of ${commit}`);
  const entries = parseTree(listed.stdout.toString());
  const below = folder === '' ? '' : `${folder}/`;
  const files = [...entries.keys()]
    .filter((path) => path.startsWith(below))
    .map((path) => path.slice(below.length))
    .sort(byText);
  const wanted = wantedBlobs(entries, below, beside);
  const brought = wanted.length === 0 ? ok(undefined) : await options.bring?.(wanted);
  if (brought?.ok === false) return brought;
  const texts = await readBlobs(placeOf(options), wanted);
  return ok(sourceTree({ ...options, entries, files, texts, folders: foldersOf(entries) }));
}

function placeOf({ cwd, gitDir, env, config }: CommitPlace): CommitPlace {
  return {
    env,
    ...(cwd === undefined ? {} : { cwd }),
    ...(gitDir === undefined ? {} : { gitDir }),
    ...(config === undefined ? {} : { config }),
  };
}

function parseTree(text: string): ReadonlyMap<string, TreeEntry> {
  const entries = new Map<string, TreeEntry>();
  for (const line of text.split('\0')) {
    // `<mode> SP <type> SP <id> TAB <path>`
    const tab = line.indexOf('\t');
    const [mode, type, blob] = line.slice(0, Math.max(tab, 0)).split(' ');
    if (type === 'blob' && blob !== undefined) entries.set(line.slice(tab + 1), { blob, isLink: mode === '120000' });
  }
  return entries;
}

function foldersOf(entries: ReadonlyMap<string, TreeEntry>): ReadonlySet<string> {
  const folders = new Set(['']);
  for (const path of entries.keys()) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  }
  return folders;
}

/** Blobs that will most likely be read and are not beside us: manifests, code, and all links. */
function wantedBlobs(
  entries: ReadonlyMap<string, TreeEntry>,
  below: string,
  beside: SourceTree | undefined,
): readonly string[] {
  const wanted = new Set<string>();
  for (const [path, { blob, isLink }] of entries) {
    if (isLink) wanted.add(blob);
    else if (path.startsWith(below) && READ_AHEAD.test(path) && beside?.digest(path.slice(below.length)) !== blob) {
      wanted.add(blob);
    }
  }
  return [...wanted];
}

interface Opened extends CommitTreeOptions {
  readonly entries: ReadonlyMap<string, TreeEntry>;
  readonly files: readonly string[];
  readonly folders: ReadonlySet<string>;
  readonly texts: Map<string, string>;
}

function sourceTree(opened: Opened): SourceTree {
  const { folder, files, entries, folders, texts, beside } = opened;
  const digests = new Map<string, string>();

  function bytesOf(blob: string): Buffer | undefined {
    const { stdout, status } = spawnSync('git', ['cat-file', 'blob', blob], {
      cwd: opened.cwd,
      env: gitEnvironment(opened.env, opened.config, opened.gitDir),
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: FILE_BYTES_MAX,
      timeout: 60_000,
      windowsHide: true,
    });
    return status === 0 ? stdout : undefined;
  }

  function textOf(blob: string, path: string): string | undefined {
    const known = texts.get(blob) ?? (beside?.digest(path) === blob ? beside.text(path) : undefined);
    if (known !== undefined) return known;
    const text = bytesOf(blob)?.toString('utf8');
    if (text !== undefined) texts.set(blob, text);
    return text;
  }

  /** `/` and the place from the top of the repository, or why there is none. */
  function locate(path: string): `/${string}` | 'missing' | 'outside' {
    const found = resolveLinks(path.split('/'), folder === '' ? [] : folder.split('/'), {
      linkAt: (place) => {
        const entry = entries.get(place);
        return entry?.isLink ? (textOf(entry.blob, place) ?? '') : undefined;
      },
    });
    return found === undefined ? 'outside' : entries.has(found) || folders.has(found) ? `/${found}` : 'missing';
  }

  return {
    files: () => files,
    kind(path) {
      const place = locate(path);
      if (place === 'missing' || place === 'outside') return place;
      return entries.has(place.slice(1)) ? 'file' : 'directory';
    },
    text(path) {
      const entry = entries.get(locate(path).slice(1));
      return entry && textOf(entry.blob, path);
    },
    digest(path) {
      const entry = entries.get(locate(path).slice(1));
      // In a repository of the newer object format the id is another digest than the working tree's.
      if (entry === undefined || entry.blob.length === 40) return entry?.blob;
      const known = digests.get(entry.blob) ?? blobId(bytesOf(entry.blob));
      if (known !== undefined) digests.set(entry.blob, known);
      return known;
    },
  };
}

function blobId(bytes: Buffer | undefined): string | undefined {
  return bytes && createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

/** Where a path leads, from the top of the repository; undefined when it leaves it, or goes round in circles. */
function resolveLinks(
  path: readonly string[],
  from: readonly string[],
  tree: { readonly linkAt: (place: string) => string | undefined },
): string | undefined {
  const rest = [...path];
  const place = [...from];
  let links = 0;
  for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (place.pop() === undefined) return undefined;
      continue;
    }
    place.push(part);
    const target = tree.linkAt(place.join('/'));
    if (target === undefined) continue;
    if (++links > LINKS_MAX || target.startsWith('/') || /^[A-Za-z]:/.test(target)) return undefined;
    place.pop();
    rest.unshift(...target.split('/'));
  }
  return place.join('/');
}
