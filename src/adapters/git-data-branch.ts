import { rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { byText } from '../base/order.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { EpochMs } from '../model/instant.ts';
import type { RefMove, StoreUnreachable } from '../ports-state.ts';
import { identity, zeroId } from './git-ids.ts';
import { type ObjectReader, unlessSilent } from './git-object-reader.ts';
import { type ObjectStore, systemObjects } from './git-objects.ts';
import { gitWords, runGit } from './git-process.ts';
import type { RemoteCalls } from './git-remote-ref.ts';

/** One commit of data: blobs that are here already, by path; null takes a path away. */
export interface DataChange {
  /** Subject, blank line, trailers. */
  readonly message: string;
  readonly at: EpochMs;
  readonly files: ReadonlyMap<string, string | null>;
}

/** A branch that keeps published files as they are. Its refs move with the state's; its content is found by blob id. */
export interface DataBranch {
  /** Without `refs/heads/`. */
  readonly branch: string;
  /** Takes files (absolute paths) into the private repository; yields their ids, in order. */
  take(files: readonly string[]): Promise<Result<readonly string[], string>>;
  /** What is at the tip: blob by path. */
  tip(): Promise<Result<ReadonlyMap<string, string>, StoreUnreachable>>;
  /** Writes a blob to an absolute path; false when neither this machine nor the branch's home has it. */
  read(blob: string, into: string): Promise<Result<boolean, StoreUnreachable>>;
  /** Puts commits on top of the tip as it is now, without moving the ref. Undefined: the tip has it all. */
  prepare(changes: readonly DataChange[]): Promise<Result<RefMove | undefined, StoreUnreachable>>;
}

/** `remote`: the calls that reach this branch, not the state's. `reader`: of the private repository. */
export function createDataBranch(
  store: ObjectStore,
  remote: RemoteCalls,
  branch: string,
  reader: ObjectReader,
): DataBranch {
  const objects = systemObjects(store, reader);
  const lookAtTip = async (): Promise<Result<Tip, StoreUnreachable>> => {
    const seen = await remote.look();
    if (!seen.ok) return seen;
    const commit = seen.value.head?.id;
    const entries = commit === undefined ? [] : await objects.listTree(commit, '');
    if (entries === undefined)
      return fail({ code: 'unreachable', message: `the commit ${commit} of ${branch} could not be read` });
    return ok({ commit, blobs: new Map(entries.map(({ path, blob }) => [path, blob])) });
  };
  const readTip = () => unlessSilent(lookAtTip);
  let seen: Promise<Result<Tip, StoreUnreachable>> | undefined;
  return {
    branch,
    async take(files) {
      if (files.length === 0) return ok([]);
      const exit = await runGit({
        args: ['hash-object', '-w', '--no-filters', '--stdin-paths'],
        ...store,
        input: `${files.join('\n')}\n`,
      });
      return exit.code === 0 ? ok(exit.stdout.toString().trim().split('\n')) : fail(gitWords(exit.stderr));
    },
    async tip() {
      // Once is enough for a look; what is prepared looks again.
      seen ??= readTip();
      const tip = await seen;
      return tip.ok ? ok(tip.value.blobs) : tip;
    },
    async read(blob, into) {
      if (await writeBlob(store, blob, into)) return ok(true);
      const brought = await remote.bringBlobs([blob]);
      if (brought.ok) return ok(await writeBlob(store, blob, into));
      // The server refuses an id that it does not know; is it there at all?
      const refs = await remote.list([`refs/heads/${branch}`]);
      return refs.ok ? ok(false) : refs;
    },
    async prepare(changes) {
      const tip = await readTip();
      if (!tip.ok) return tip;
      const here = await present(
        store,
        changes.flatMap(({ files }) => [...files.values()].filter((blob) => blob !== null)),
      );
      const commits = effective(changes, tip.value.blobs, here);
      if (commits.length === 0) return ok(undefined);
      const written = await writeChain(store, tip.value.commit, commits);
      if (!written.ok)
        return fail({ code: 'unreachable', message: `data for ${branch} could not be written: ${written.error}` });
      return ok({ ref: `refs/heads/${branch}`, commit: written.value, expected: tip.value.commit });
    },
  };
}

interface Tip {
  readonly commit: string | undefined;
  readonly blobs: ReadonlyMap<string, string>;
}

/** The changes without what is so already, and without blobs that are not here: those cannot be pushed by anybody here. */
function effective(
  changes: readonly DataChange[],
  tip: ReadonlyMap<string, string>,
  here: ReadonlySet<string>,
): readonly DataChange[] {
  const blobs = new Map(tip);
  return changes.flatMap((change) => {
    const files = new Map<string, string | null>();
    for (const [path, blob] of [...change.files].sort(([a], [b]) => byText(a, b))) {
      if (blob === null ? !blobs.has(path) : blobs.get(path) === blob || !here.has(blob)) continue;
      files.set(path, blob);
      if (blob === null) blobs.delete(path);
      else blobs.set(path, blob);
    }
    return files.size === 0 ? [] : [{ ...change, files }];
  });
}

/** Those of the blobs that the private repository has. */
async function present(store: ObjectStore, blobs: readonly string[]): Promise<ReadonlySet<string>> {
  if (blobs.length === 0) return new Set();
  const exit = await runGit({ args: ['cat-file', '--batch-check'], ...store, input: `${blobs.join('\n')}\n` });
  const lines = exit.stdout.toString().split('\n');
  return new Set(lines.filter((line) => / blob \d+$/.test(line)).map((line) => line.split(' ')[0]!));
}

/** False when the blob is not here. */
async function writeBlob(store: ObjectStore, blob: string, into: string): Promise<boolean> {
  const exit = await runGit({ args: ['cat-file', 'blob', blob], ...store });
  if (exit.code !== 0) return false;
  await writeFile(into, exit.stdout);
  return true;
}

/** Commits one after the other in one process; gives the id of the last. */
async function writeChain(
  store: ObjectStore,
  parent: string | undefined,
  changes: readonly DataChange[],
): Promise<Result<string, string>> {
  const parts: string[] = [];
  for (const [i, { message, at, files }] of changes.entries()) {
    const when = `${Math.floor(at / 1000)} +0000`;
    const text = message.endsWith('\n') ? message : `${message}\n`;
    parts.push(`commit refs/pending\nmark :${i + 1}\nauthor ${identity} ${when}\ncommitter ${identity} ${when}\n`);
    parts.push(`data ${Buffer.byteLength(text)}\n${text}\n`);
    if (i > 0) parts.push(`from :${i}\n`);
    else if (parent !== undefined) parts.push(`from ${parent}\n`);
    for (const [path, blob] of files)
      parts.push(blob === null ? `D ${quoted(path)}\n` : `M 100644 ${blob} ${quoted(path)}\n`);
    parts.push('\n');
  }
  // The ref that fast-import insists on is dropped before it is ever written.
  parts.push(`get-mark :${changes.length}\nreset refs/pending\nfrom ${zeroId(store.format)}\n\ndone\n`);
  const exit = await runGit({
    args: ['fast-import', '--quiet', '--done', '--date-format=raw'],
    ...store,
    input: parts.join(''),
  });
  const commit = exit.stdout.toString().trim();
  if (exit.code === 0 && commit !== '') return ok(commit);
  if (exit.pid !== undefined) rmSync(join(store.gitDir, `fast_import_crash_${exit.pid}`), { force: true });
  return fail(gitWords(exit.stderr));
}

function quoted(path: string): string {
  return `"${path.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`;
}
