import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, ok, type Result } from '../base/result.ts';
import { type Environment, runGit } from './git-process.ts';
import { readableNames } from './readable-files.ts';

/** The format of object ids: a private repository must speak the one of the repository that it works for. */
export type ObjectFormat = 'sha1' | 'sha256';

let created = 0;

/**
 * Makes a bare repository at `gitDir` unless one is there. Whoever comes second finds the first one's: it is made
 * aside and renamed into place. Its few files are written as gitrepository-layout(5) says, without hooks and without
 * asking git: in a workflow each wake-up makes one.
 */
export function ensurePrivateRepository(gitDir: string, format: ObjectFormat): Result<void, string> {
  if (existsSync(join(gitDir, 'HEAD'))) return ok(undefined);
  const aside = `${gitDir}.new-${process.pid}-${++created}`;
  try {
    for (const folder of FOLDERS) mkdirSync(join(aside, folder), { recursive: true });
    writeFileSync(join(aside, 'config'), CONFIG[format]);
    writeFileSync(join(aside, 'HEAD'), 'ref: refs/heads/main\n');
    renameSync(aside, gitDir);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    if (!existsSync(join(gitDir, 'HEAD'))) return fail(error instanceof Error ? error.message : String(error));
  }
  return ok(undefined);
}

const FOLDERS = ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags'];

const CONFIG: Readonly<Record<ObjectFormat, string>> = {
  sha1: '[core]\n\trepositoryformatversion = 0\n\tbare = true\n',
  sha256: '[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectformat = sha256\n',
};

// A fetch of depth 1 leaves a pack and a line in `shallow`, a commit a handful of loose objects. The bounds keep what
// each later call has to open small; git's own `gc --auto` does not look at `shallow`.
const PACKS_MAX = 64;
const SHALLOW_BYTES_MAX = 8192;
const LOOSE_SAMPLE_MAX = 27;

/**
 * Packs the private repository when it has grown past its bounds; else costs three looks at the disk. Objects that
 * nothing refers to are kept for two weeks, because another process may be about to refer to them.
 */
export async function tidyPrivateRepository(gitDir: string, env: Environment): Promise<'tidied' | 'not-needed'> {
  const packs = readableNames(join(gitDir, 'objects', 'pack')).filter((name) => name.endsWith('.pack')).length;
  const loose = readableNames(join(gitDir, 'objects', '17')).length;
  const shallow = statSync(join(gitDir, 'shallow'), { throwIfNoEntry: false })?.size ?? 0;
  if (packs <= PACKS_MAX && loose <= LOOSE_SAMPLE_MAX && shallow <= SHALLOW_BYTES_MAX) return 'not-needed';
  await runGit({
    args: ['gc', '--quiet', '--prune=2.weeks.ago'],
    gitDir,
    env,
    // Blobs that were never fetched are promised by the remote, not lost.
    config: [
      ['remote.state.url', gitDir],
      ['remote.state.promisor', 'true'],
      // A bitmap needs all objects: with promised ones missing, git gives up altogether.
      ['repack.writeBitmaps', 'false'],
    ],
  });
  return 'tidied';
}
