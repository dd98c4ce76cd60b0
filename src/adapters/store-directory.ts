import path from 'node:path';
import { fail, ok } from '../base/result.ts';
import type { FileStore, HeldOutcome, OutputFile, StoreLoss } from '../ports.ts';
import { copyInto, digestOfFile, exists, sizeNow, sizeOf } from './file-copy.ts';

const MISSING: StoreLoss = { loss: 'missing', message: 'gone from storage' };
const DAMAGED: StoreLoss = { loss: 'damaged', message: 'damaged in storage: other content than its digest says' };

/** Copies in a folder of this machine (absolute; made when needed), as `<first 2 digits>/<digest>`. */
export function createDirectoryStore(folder: string): FileStore {
  const copyOf = (file: OutputFile): string => path.join(folder, file.digest.slice(0, 2), file.digest);
  return {
    looks: 'local',
    async save(files, from) {
      for (const file of files) {
        const copy = copyOf(file);
        if ((await sizeOf(copy)).size === file.bytes) continue;
        try {
          // The digest is taken of the copy: the file may have been written to since it was first read.
          await copyInto(from(file), copy, 0o444, file.digest);
        } catch (error) {
          const message = `${file.path} could not be kept: ${(error as Error).message}`;
          return fail({ code: 'infrastructure', message });
        }
      }
      return ok(files);
    },
    async fetch(_files, wanted) {
      const copy = copyOf(wanted);
      if (!(await exists(copy))) return fail(MISSING);
      return (await digestOfFile(copy)) === wanted.digest ? ok(copy) : fail(DAMAGED);
    },
    async holds(files) {
      const outcomes: HeldOutcome[] = [];
      for (const file of files) {
        // Not awaited: of partitions there may be thousands, and each look takes microseconds.
        const { size, isFile } = sizeNow(copyOf(file));
        if (isFile && size === file.bytes) outcomes.push({ kind: 'present' });
        else outcomes.push({ kind: 'lost', ...(isFile ? DAMAGED : MISSING) });
      }
      return outcomes;
    },
  };
}
