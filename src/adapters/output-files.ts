import { createHash, randomBytes } from 'node:crypto';
import { constants, createReadStream, type Dirent, readdir } from 'node:fs';
import { access, chmod, copyFile, mkdir, open, realpath, rename, rm, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { byText } from '../base/order.ts';
import { fail, ok } from '../base/result.ts';
import type { OutputFile, OutputFiles } from '../ports.ts';

export interface OutputFilesOptions {
  /** The project's root: patterns and paths start here. Absolute. */
  readonly root: string;
  /** The work tree's root: nothing outside of it is read or written. Absolute; `root` or above. */
  readonly repository: string;
  /** Where published copies are kept, as `<first 2 digits>/<digest>`. Absolute; made when needed. */
  readonly store: string;
  /** Does git track this file (path from the project's root)? */
  readonly isTracked: (file: string) => boolean | Promise<boolean>;
}

/**
 * Files that steps write, and their published copies. A copy shares no bytes with the working file but by reflink, where
 * the file system can: a hard link would follow every later write in place. Patterns are those of `tinyglobby`, which
 * runs on Node 20, where `fs.glob` is missing, and which the tool chain brings anyway.
 */
export function createOutputFiles(options: OutputFilesOptions): OutputFiles {
  const { root, store, isTracked } = options;
  const copyOf = (file: OutputFile): string => path.join(store, file.digest.slice(0, 2), file.digest);
  const workingOf = (file: string): string => path.join(root, ...file.split('/'));

  async function isOutside(file: string): Promise<boolean> {
    const [boundary, real] = await Promise.all([realpath(options.repository), realPathOf(workingOf(file))]);
    return real !== boundary && !real.startsWith(boundary + path.sep);
  }
  async function isRefused(file: string): Promise<boolean> {
    return (await isOutside(file)) || (await isTracked(file));
  }

  return {
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

    async save(file) {
      const copy = copyOf(file);
      if ((await sizeOf(copy)).size === file.bytes) return ok(undefined);
      try {
        // The digest is taken of the copy: the working file may have been written to since it was first read.
        await copyInto(workingOf(file.path), copy, 0o444, file.digest);
        return ok(undefined);
      } catch (error) {
        return fail({ code: 'infrastructure', message: `${file.path} could not be kept: ${(error as Error).message}` });
      }
    },

    async restore(file) {
      if (await isRefused(file.path)) return 'refused';
      const working = workingOf(file.path);
      if ((await sizeOf(working)).size === file.bytes && (await digestOfFile(working)) === file.digest)
        return 'unchanged';
      const copy = copyOf(file);
      if (!(await exists(copy))) return 'missing';
      if ((await digestOfFile(copy)) !== file.digest) return 'damaged';
      await copyInto(copy, working, 0o644, file.digest);
      return 'restored';
    },

    async holds(file) {
      const { size, isFile } = await sizeOf(copyOf(file));
      if (!isFile) return 'missing';
      return size === file.bytes ? 'present' : 'damaged';
    },

    async remove(file) {
      if (await isRefused(file)) return;
      if ((await sizeOf(workingOf(file))).isFile) await unlink(workingOf(file));
    },
  };
}

async function pathsOf(root: string, pattern: string): Promise<string[]> {
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

async function sizeOf(file: string): Promise<{ readonly size: number; readonly isFile: boolean }> {
  try {
    const found = await stat(file);
    return { size: found.isFile() ? found.size : -1, isFile: found.isFile() };
  } catch {
    return { size: -1, isFile: false };
  }
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

async function digestOfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

/** Copies so that the target is there as a whole or not at all, also after a loss of power. Throws on other content. */
async function copyInto(source: string, target: string, mode: number, digest: string): Promise<void> {
  const folder = path.dirname(target);
  await mkdir(folder, { recursive: true });
  const aside = path.join(folder, `.branchline-${randomBytes(6).toString('hex')}.tmp`);
  try {
    await copyFile(source, aside, constants.COPYFILE_FICLONE);
    if ((await digestOfFile(aside)) !== digest) throw new Error('it changed while it was copied');
    await syncFile(aside);
    await chmod(aside, mode);
    await rename(aside, target);
  } finally {
    await rm(aside, { force: true });
  }
}

async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
