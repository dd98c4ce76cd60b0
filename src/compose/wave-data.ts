import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readZip } from '../adapters/zip-reader.ts';
import type { AppFailure } from '../app/failure.ts';
import type { RecordedBlob } from '../app/shard-data.ts';
import { sha256 } from '../base/digest.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Wave } from '../model/wave.ts';
import type { Artifacts } from '../ports-storage.ts';
import type { TakenFile } from './storage.ts';
import { KEPT_DAYS, silentUploads, type UploadRefusal, type Uploads } from './wave-artifacts.ts';

/** As much as one commit of a branch of data takes: a part holds the files of at least one materialization. */
const PART_BYTES_MAX = 200_000_000;
const PART_FILES_MAX = 1_000;
/** What packing may add. */
const ARCHIVE_BYTES_MAX = PART_BYTES_MAX + 10_000_000;
/** Zeros are packed a thousand to one. */
const RATIO_MAX = 1_100;

/** Takes files that a branch of data is to keep from a job that may not push to the one that may. */
export interface DataCarrier {
  /** Uploads what was taken since the last time. What it could not upload it tries again. */
  upload(): Promise<Result<void, string>>;
}

/** Beside a file that was uploaded: whoever comes after this process need not do it again. */
const CARRIED = '.carried';

/** `taken`: all that branches of data took, in order. Parts have the numbers after `before`. */
export function createDataCarrier(
  artifacts: Artifacts,
  of: { readonly shard: string; readonly attempt: number; readonly before?: number },
  taken: () => readonly Pick<TakenFile, 'file'>[],
): DataCarrier {
  let parts = of.before ?? 0;
  return {
    async upload() {
      const files = new Set(taken().map(({ file }) => file));
      for (const part of partsOf([...files].filter((file) => !existsSync(file + CARRIED)))) {
        // The other job would not unpack it. A branch takes no more in one commit, so this is another store's file.
        if (part.bytes > PART_BYTES_MAX)
          return fail(
            `a file of ${Math.ceil(part.bytes / 1_000_000)} MB is for a branch, and files of at most ${PART_BYTES_MAX / 1_000_000} MB travel between jobs. Write it in smaller parts, or keep it elsewhere (\`storage: { type: cache }\`)`,
          );
        parts++;
        const name = `bl-data-${of.shard}-${parts}-a${of.attempt}`;
        const names = part.files.map((file) => basename(file));
        const done = await artifacts.upload({ name, folder: part.folder, files: names, retentionDays: KEPT_DAYS });
        if (!done.ok) return fail(done.error.message);
        for (const file of part.files) writeFileSync(file + CARRIED, '');
      }
      return ok(undefined);
    },
  };
}

/** Files that branches of data had taken in a process that was ended, in the private folder of a job. */
export function filesLeft(privateFolder: string): readonly Pick<TakenFile, 'file'>[] {
  return readdirSync(privateFolder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /(^|\/)scratch\/[^/]+\/branch\/.*\/[0-9a-f]{64}$/.test(file))
    .sort()
    .map((file) => ({ file: join(privateFolder, file) }));
}

interface Part {
  readonly folder: string;
  readonly files: string[];
  bytes: number;
}

function partsOf(files: readonly string[]): readonly Part[] {
  const parts: Part[] = [];
  for (const file of files) {
    const { size } = statSync(file);
    const open = parts.find(
      (part) =>
        part.folder === dirname(file) && part.files.length < PART_FILES_MAX && part.bytes + size <= PART_BYTES_MAX,
    );
    if (open) {
      open.files.push(file);
      open.bytes += size;
    } else parts.push({ folder: dirname(file), files: [file], bytes: size });
  }
  return parts;
}

/** Takes files (absolute paths) into git; their ids, in order. */
export type TakeFiles = (files: readonly string[]) => Promise<Result<readonly string[], string>>;

/**
 * Takes in the files that the shards of a wave uploaded, as far as they are what is recorded: by digest, their ids in git.
 * What is missing or something else is left out, with a word.
 */
export async function takeInData(
  uploads: Uploads,
  wave: Wave,
  from: { readonly temp: string; readonly take: TakeFiles; readonly warn: (text: string) => void },
  recorded: readonly RecordedBlob[],
): Promise<Result<ReadonlyMap<string, string>, AppFailure>> {
  const kept = new Map<string, string>();
  if (recorded.length === 0) return ok(kept);
  const names = await uploads.names();
  if (!names.ok) return fail(silentUploads('The files could not be looked for', names.error));
  const wanted = new Map(recorded.map((each) => [each.digest, each]));
  const shards = new Set(wave.shards.map(({ id }) => id));
  for (const name of names.value) {
    const [, shard, attempt] = /^bl-data-(s\d{3})-\d{1,4}-a(\d+)$/.exec(name) ?? [];
    if (shard === undefined || !shards.has(shard) || Number(attempt) !== wave.attempt) continue;
    const files = await readPart(uploads, name);
    if (!files.ok && files.error.isSilence)
      return fail(silentUploads(`The files of ${name} could not be fetched`, files.error));
    const ids = files.ok ? await takeWanted(files.value, wanted, from) : fail(files.error.message);
    if (!ids.ok) from.warn(`The files of ${name} are left out: ${ids.error}.`);
    else for (const [digest, blob] of ids.value) kept.set(digest, blob);
  }
  return ok(kept);
}

async function readPart(
  uploads: Uploads,
  name: string,
): Promise<Result<ReadonlyMap<string, Uint8Array>, UploadRefusal>> {
  const archive = await uploads.read(name, ARCHIVE_BYTES_MAX);
  if (!archive.ok) return archive;
  const files = readZip(archive.value, { filesMax: PART_FILES_MAX, bytesMax: PART_BYTES_MAX, ratioMax: RATIO_MAX });
  return files.ok ? files : fail({ message: files.error, isSilence: false });
}

/** Names of files are their digests, and nobody's word counts for that. */
async function takeWanted(
  files: ReadonlyMap<string, Uint8Array>,
  wanted: ReadonlyMap<string, RecordedBlob>,
  { temp, take }: { readonly temp: string; readonly take: TakeFiles },
): Promise<Result<ReadonlyMap<string, string>, string>> {
  const good = [...files].filter(
    ([name, content]) => wanted.get(name)?.bytes === content.length && sha256(content) === name,
  );
  const folder = mkdtempSync(join(temp, 'data-'));
  try {
    for (const [name, content] of good) writeFileSync(join(folder, name), content);
    const ids = await take(good.map(([name]) => join(folder, name)));
    return ids.ok ? ok(new Map(good.map(([name], i) => [name, ids.value[i]!]))) : ids;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
