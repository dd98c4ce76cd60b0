import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fail, ok, type Result } from '../base/result.ts';
import type { FileStore, HeldOutcome, OutputFile, StoreLoss, StoreRefusal } from '../ports.ts';
import { copyInto, digestOfFile, isSame } from './file-copy.ts';
import type { DataBranch } from './git-data-branch.ts';

export interface BranchStoreOptions {
  readonly data: DataBranch;
  /** A folder for this process alone (absolute). */
  readonly scratch: string;
  /** The largest file that is taken. */
  readonly maxFileBytes: number;
}

/** All files of one materialization, which become one commit. */
const COMMIT_BYTES_MAX = 200_000_000;

/**
 * Published files as they are, on a branch. Saving takes them into the private repository; the push goes with the commit
 * of the state that records them, so neither is ever without the other.
 */
export function createBranchStore({ data, scratch, maxFileBytes }: BranchStoreOptions): FileStore {
  const contentOf = (file: OutputFile): string => path.join(scratch, file.digest);
  const lost = (loss: StoreLoss['loss'], message: string): StoreLoss => ({ loss, message });
  return {
    looks: 'local',
    async save(files, from) {
      const tooMuch = refusalOf(files, maxFileBytes, data.branch);
      if (tooMuch) return fail(tooMuch);
      try {
        // What goes into git is a copy whose digest was taken: the file may have been written to since.
        for (const file of files)
          if (!(await isSame(contentOf(file), file))) await copyInto(from(file), contentOf(file), 0o444, file.digest);
      } catch (error) {
        return fail(notKept(`${files[0]!.path} could not be kept: ${(error as Error).message}`));
      }
      const blobs = await data.take(files.map(contentOf));
      if (!blobs.ok) return fail(notKept(`${files[0]!.path} could not be taken into git: ${blobs.error}`));
      return ok(files.map((file, i) => ({ ...file, blob: blobs.value[i]! })));
    },

    async fetch(_files, wanted) {
      const { blob } = wanted;
      if (blob === undefined) return fail(lost('missing', `never kept on ${data.branch}`));
      const content = contentOf(wanted);
      if (await isSame(content, wanted)) return ok(content);
      await mkdir(scratch, { recursive: true });
      const read = await data.read(blob, `${content}.part`);
      if (!read.ok) return fail(lost('unavailable', read.error.message));
      if (!read.value) return fail(lost('missing', `gone from ${data.branch}`));
      if ((await digestOfFile(`${content}.part`)) !== wanted.digest)
        return fail(lost('damaged', `damaged on ${data.branch}: other content than its digest says`));
      await copyInto(`${content}.part`, content, 0o444, wanted.digest);
      return ok(content);
    },

    async holds(files) {
      const tip = await data.tip();
      if (!tip.ok) return files.map(() => ({ kind: 'lost', ...lost('unavailable', tip.error.message) }));
      const outcomes: HeldOutcome[] = [];
      for (const file of files) outcomes.push(await held(tip.value, file, () => this.fetch(files, file)));
      return outcomes;
    },
  };
}

/** At the tip it is there; what is not at the tip may be in the history, and only asking for it tells. */
async function held(
  tip: ReadonlyMap<string, string>,
  file: OutputFile,
  fetch: () => Promise<Result<string, StoreLoss>>,
): Promise<HeldOutcome> {
  if (file.blob !== undefined && tip.get(file.path) === file.blob) return { kind: 'present' };
  const fetched = await fetch();
  return fetched.ok ? { kind: 'present' } : { kind: 'lost', ...fetched.error };
}

function refusalOf(files: readonly OutputFile[], maxFileBytes: number, branch: string): StoreRefusal | undefined {
  const instead =
    'A branch is for small data that people read: write it in smaller parts, or keep it elsewhere (`storage: { type: cache }`, a bucket, a database)';
  const large = files.find(({ bytes }) => bytes > maxFileBytes);
  if (large)
    return notKept(
      `${large.path} has ${sizeText(large.bytes)}, and ${branch} takes files up to ${sizeText(maxFileBytes)} (\`storage.max_file\`). ${instead}`,
    );
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total <= COMMIT_BYTES_MAX) return undefined;
  return notKept(
    `${files[0]!.path}${files.length === 1 ? ' has' : ` and ${files.length - 1} more have`} ${sizeText(total)}, and one commit of ${branch} takes ${sizeText(COMMIT_BYTES_MAX)}. ${instead}`,
  );
}

function notKept(message: string): StoreRefusal {
  return { code: 'infrastructure', message };
}

function sizeText(bytes: number): string {
  const [size, unit] = bytes < 1_000_000 ? [bytes / 1_000, 'kB'] : [bytes / 1_000_000, 'MB'];
  return `${Number(size.toFixed(1))} ${unit}`;
}
