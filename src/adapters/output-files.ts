import { type Dirent, readdir } from 'node:fs';
import { realpath, unlink } from 'node:fs/promises';
import path from 'node:path';
import { byText } from '../base/order.ts';
import { fail, ok } from '../base/result.ts';
import type { FileStore, HeldOutcome, OutputFile, OutputFiles, RestoreOutcome } from '../ports.ts';
import { copyInto, digestOfFile, exists, isSame, sizeOf } from './file-copy.ts';

/** So many materializations a plan asks a store for that answers each over the network: the newest of them. */
const CALLS_MAX = 200;
const CALLS_AT_ONCE = 8;

export interface OutputFilesOptions {
  /** The project's root: patterns and paths start here. Absolute. */
  readonly root: string;
  /** The work tree's root: nothing outside of it is read or written. Absolute; `root` or above. */
  readonly repository: string;
  /** Keeps published copies; undefined = nothing is kept, and working files are left as they are. */
  readonly store: FileStore | undefined;
  /** Does git track this file (path from the project's root)? */
  readonly isTracked: (file: string) => boolean | Promise<boolean>;
}

/**
 * Files that steps write, and a store for their published copies. Patterns are those of `tinyglobby`, which runs on
 * Node 20, where `fs.glob` is missing, and which the tool chain brings anyway.
 */
export function createOutputFiles(options: OutputFilesOptions): OutputFiles {
  const { root, store, isTracked } = options;
  const workingOf = (file: string): string => path.join(root, ...file.split('/'));

  async function isOutside(file: string): Promise<boolean> {
    const [boundary, real] = await Promise.all([realpath(options.repository), realPathOf(workingOf(file))]);
    // Also of a work tree that is the root of a disk, whose name ends with a separator already.
    const way = path.relative(boundary, real);
    return path.isAbsolute(way) || way.split(path.sep, 1)[0] === '..';
  }
  async function isRefused(file: string): Promise<boolean> {
    return (await isOutside(file)) || (await isTracked(file));
  }
  async function restoreOne(files: readonly OutputFile[], file: OutputFile): Promise<RestoreOutcome> {
    if (store === undefined) return { kind: 'unchanged' };
    if (await isRefused(file.path)) return { kind: 'refused' };
    const working = workingOf(file.path);
    if (await isSame(working, file)) return { kind: 'unchanged' };
    const copy = await store.fetch(files, file);
    if (!copy.ok) return { kind: 'lost', ...copy.error };
    await copyInto(copy.value, working, 0o644, file.digest);
    return { kind: 'restored' };
  }

  return {
    looks: store?.looks ?? 'local',

    async find(pattern) {
      if (await isOutside(pattern.split(/[*?[{(!]/, 1)[0]!)) return fail({ code: 'outside', path: pattern });
      const found: OutputFile[] = [];
      for (const file of await pathsOf(root, pattern)) {
        if (await isOutside(file)) return fail({ code: 'outside', path: file });
        const { size, isFile } = await sizeOf(workingOf(file));
        if (!isFile) continue;
        if (await isTracked(file)) return fail({ code: 'tracked', path: file });
        found.push({ path: file, digest: await digestOfFile(workingOf(file)), bytes: size });
      }
      return ok(found);
    },

    async save(files) {
      return store === undefined || files.length === 0 ? ok(files) : store.save(files, (file) => workingOf(file.path));
    },

    async restore(files) {
      const outcomes: RestoreOutcome[] = [];
      for (const file of files) outcomes.push(await restoreOne(files, file));
      return outcomes;
    },

    async holds(files) {
      return store === undefined ? files.map(() => ({ kind: 'present' })) : store.holds(files);
    },

    async holdsEach(materializations) {
      if (store === undefined) return materializations.map((files) => files.map(() => ({ kind: 'present' })));
      // What such a store has lost beyond that is found when it is put in place: nobody reads it then either.
      const unasked: HeldOutcome = { kind: 'lost', loss: 'unavailable', message: 'it was not asked for' };
      const asked = store.looks === 'call' ? materializations.slice(-CALLS_MAX) : materializations;
      const passed = materializations.slice(0, materializations.length - asked.length);
      const outcomes: (readonly HeldOutcome[])[] = passed.map((files) => files.map(() => unasked));
      if (store.looks === 'local') for (const files of asked) outcomes.push(await store.holds(files));
      else
        for (let from = 0; from < asked.length; from += CALLS_AT_ONCE) {
          const some = asked.slice(from, from + CALLS_AT_ONCE);
          outcomes.push(...(await Promise.all(some.map((files) => store.holds(files)))));
        }
      return outcomes;
    },

    async remove(file) {
      if (store === undefined || (await isRefused(file))) return;
      if ((await sizeOf(workingOf(file))).isFile) await unlink(workingOf(file));
    },
  };
}

async function pathsOf(root: string, pattern: string): Promise<string[]> {
  // Loaded with the first step that writes files: most commands run none.
  const { glob, isDynamicPattern } = await import('tinyglobby');
  // A name without wildcards needs no walk through a folder that may be large.
  if (!isDynamicPattern(pattern)) {
    const file = path.posix.normalize(pattern.replace(/\\(.)/g, '$1'));
    return (await exists(path.join(root, file))) ? [file] : [];
  }
  const options = { cwd: root, ignore: ['**/.git/**'], expandDirectories: false, fs: { readdir: readLinksAsFiles } };
  return (await glob(pattern, options)).sort(byText);
}

type ReadDone = (error: NodeJS.ErrnoException | null, entries: Dirent[]) => void;

/**
 * A link is listed like a file and never walked through: a link to `/` would make us read the whole disk, and leaving
 * links out would hide from us that an output leads out of the repository.
 */
const readLinksAsFiles = ((folder: string, options: { withFileTypes: true }, done: ReadDone) => {
  readdir(folder, options, (error, entries) => {
    for (const entry of entries ?? []) {
      if (entry.isSymbolicLink()) Object.assign(entry, { isSymbolicLink: () => false, isFile: () => true });
    }
    done(error, entries);
  });
}) as typeof readdir;

/** The place that a path leads to, also when its last parts do not exist yet. */
async function realPathOf(file: string): Promise<string> {
  const missing: string[] = [];
  for (let at = path.resolve(file); ; at = path.dirname(at)) {
    try {
      return path.join(await realpath(at), ...missing);
    } catch {
      if (at === path.dirname(at)) return path.resolve(file);
      missing.unshift(path.basename(at));
    }
  }
}
