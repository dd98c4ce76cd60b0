import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { canonicalJson } from '../base/json.ts';
import { byText } from '../base/order.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { digestOfFile, sizeOf } from './file-copy.ts';

/** One content of an archive. */
export interface ArchivedFile {
  /** SHA-256, hex. */
  readonly digest: string;
  readonly bytes: number;
}

// A line that says what this is, a line of JSON with the contents' digests and sizes, then the contents themselves in
// that order. Equal contents give equal bytes: no names, no times, no owners.
const MAGIC = 'branchline-files 1\n';
/** Digests and sizes of some 100,000 files: more than one entry ever bundles. */
const HEADER_BYTES_MAX = 16 * 1024 * 1024;

/** Writes contents into one file at `target`. Throws when a source changed since its digest was taken, or the disk refuses. */
export async function writeArchive(
  files: readonly (ArchivedFile & { readonly from: string })[],
  target: string,
): Promise<void> {
  const sorted = [...files].sort((a, b) => byText(a.digest, b.digest));
  const index = canonicalJson({ files: sorted.map(({ digest, bytes }) => ({ digest, bytes })) });
  await mkdir(path.dirname(target), { recursive: true });
  await pipeline(Readable.from(contents(sorted, `${MAGIC}${index}\n`)), createWriteStream(target));
}

async function* contents(
  files: readonly (ArchivedFile & { readonly from: string })[],
  head: string,
): AsyncGenerator<Uint8Array> {
  yield Buffer.from(head);
  for (const { digest, from } of files) {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(from)) {
      hash.update(chunk as Uint8Array);
      yield chunk as Uint8Array;
    }
    if (hash.digest('hex') !== digest) throw new Error('it changed while it was saved');
  }
}

/**
 * Takes the contents out of an archive, each to `<folder>/<digest>`. What it yields has been looked at byte by byte; the
 * error says what is wrong with the archive, and then nothing of it is there.
 */
export async function readArchive(source: string, folder: string): Promise<Result<readonly string[], string>> {
  const head = await readHead(source);
  if (!head.ok) return head;
  await mkdir(folder, { recursive: true });
  let at = head.value.headBytes;
  const made: string[] = [];
  for (const { digest, bytes } of head.value.files) {
    const target = path.join(folder, digest);
    const aside = `${target}.part`;
    const range = bytes === 0 ? Readable.from([]) : createReadStream(source, { start: at, end: at + bytes - 1 });
    await pipeline(range, createWriteStream(aside));
    at += bytes;
    if ((await digestOfFile(aside)) !== digest) {
      await Promise.all([aside, ...made].map((file) => rm(file, { force: true })));
      return fail('other content than its digest says');
    }
    await rename(aside, target);
    made.push(target);
  }
  return ok(head.value.files.map(({ digest }) => digest));
}

interface Head {
  readonly files: readonly ArchivedFile[];
  readonly headBytes: number;
}

async function readHead(source: string): Promise<Result<Head, string>> {
  const { size } = await sizeOf(source);
  const handle = await open(source, 'r');
  try {
    const first = Buffer.alloc(Math.min(size, HEADER_BYTES_MAX));
    await handle.read(first, 0, first.length, 0);
    if (first.toString('latin1', 0, MAGIC.length) !== MAGIC) return fail('it is no archive of Branchline');
    const end = first.indexOf(10, MAGIC.length);
    const files = end < 0 ? undefined : parseIndex(first.toString('utf8', MAGIC.length, end));
    if (files === undefined) return fail('its list of contents cannot be read');
    const headBytes = end + 1;
    const expected = files.reduce((sum, { bytes }) => sum + bytes, headBytes);
    return expected === size ? ok({ files, headBytes }) : fail(`it has ${size} bytes instead of ${expected}`);
  } finally {
    await handle.close();
  }
}

/** Others may have written it: nothing in it becomes a path before it was looked at. */
function parseIndex(text: string): readonly ArchivedFile[] | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  const files = (parsed as { files?: unknown } | null)?.files;
  if (!Array.isArray(files)) return undefined;
  for (const file of files as Partial<ArchivedFile>[]) {
    if (typeof file?.digest !== 'string' || !/^[0-9a-f]{64}$/.test(file.digest)) return undefined;
    if (!Number.isSafeInteger(file.bytes) || file.bytes! < 0) return undefined;
  }
  return files as ArchivedFile[];
}
