import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, scryptSync } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { appendFile, open, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { canonicalJson } from '../base/json.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { sizeOf } from './file-copy.ts';

/** Encrypts entries of the cache with a secret of the project. */
export interface Seal {
  /** Writes the sealed content of a file to another. */
  close(source: string, target: string): Promise<void>;
  /** Writes the open content of a file to another. */
  open(source: string, target: string): Promise<Result<void, SealProblem>>;
}
export type SealProblem =
  /** Not what was written: cut short or changed. */
  | { readonly code: 'damaged'; readonly message: string }
  /** Sealed with another secret. */
  | { readonly code: 'wrong-key'; readonly message: string };

// A line that says what this is, a line of JSON, the ciphertext, and the tag of 16 bytes. Both lines are authenticated
// with the content.
const MAGIC = 'branchline-sealed 1\n';
const CIPHER = 'aes-256-gcm';
const TAG_BYTES = 16;
const HEADER_BYTES_MAX = 1024;

interface SealHeader {
  readonly cipher: typeof CIPHER;
  /** Tells keys apart without telling anything of them. */
  readonly key: string;
  readonly salt: string;
  readonly nonce: string;
}

/** Is this file sealed? */
export async function isSealed(file: string): Promise<boolean> {
  return (await firstBytes(file, MAGIC.length)).toString('latin1') === MAGIC;
}

/** `secret`: `BRANCHLINE_STORAGE_KEY`, of any length. People choose such words, so it is stretched; once a process. */
export function createSeal(secret: string): Seal {
  let master: Buffer | undefined;
  const masterKey = (): Buffer => {
    // The salt is no secret and the same for all: who wants another key chooses another word.
    master ??= scryptSync(secret, 'branchline storage 1', 32, { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 });
    return master;
  };
  const keyName = (): string => createHmac('sha256', masterKey()).update('name').digest('hex').slice(0, 16);
  // A key of its own for each entry: no two share a key and a nonce, however many there are.
  const entryKey = (salt: string): Buffer =>
    Buffer.from(hkdfSync('sha256', masterKey(), Buffer.from(salt, 'hex'), 'entry', 32));
  return {
    async close(source, target) {
      const header: SealHeader = {
        cipher: CIPHER,
        key: keyName(),
        salt: randomBytes(16).toString('hex'),
        nonce: randomBytes(12).toString('hex'),
      };
      const head = Buffer.from(`${MAGIC}${canonicalJson({ ...header })}\n`);
      const cipher = createCipheriv(CIPHER, entryKey(header.salt), Buffer.from(header.nonce, 'hex'));
      cipher.setAAD(head);
      await pipeline(Readable.from([head]), createWriteStream(target));
      await pipeline(createReadStream(source), cipher, createWriteStream(target, { flags: 'a' }));
      await appendFile(target, cipher.getAuthTag());
    },
    async open(source, target) {
      const { size } = await sizeOf(source);
      const first = await firstBytes(source, HEADER_BYTES_MAX);
      const end = first.indexOf(10, MAGIC.length);
      const header = end < 0 ? undefined : parseHeader(first.toString('utf8', MAGIC.length, end));
      const bodyEnd = size - TAG_BYTES;
      if (header === undefined || bodyEnd < end + 1) return fail(damaged('its header cannot be read'));
      if (header.key !== keyName()) {
        const message = 'encrypted with another BRANCHLINE_STORAGE_KEY than the one that is set';
        return fail({ code: 'wrong-key', message });
      }
      const decipher = createDecipheriv(CIPHER, entryKey(header.salt), Buffer.from(header.nonce, 'hex'));
      decipher.setAAD(first.subarray(0, end + 1));
      decipher.setAuthTag(await bytesAt(source, bodyEnd, TAG_BYTES));
      const body =
        bodyEnd === end + 1 ? Readable.from([]) : createReadStream(source, { start: end + 1, end: bodyEnd - 1 });
      try {
        await pipeline(body, decipher, createWriteStream(target));
        return ok(undefined);
      } catch (error) {
        // Nothing of what was decrypted may be used when the tag does not fit.
        await rm(target, { force: true });
        // A full disk says so by its code; a tag that does not fit has none.
        if ((error as NodeJS.ErrnoException).syscall !== undefined) throw error;
        return fail(damaged('its content was changed or cut short'));
      }
    },
  };
}

function damaged(message: string): SealProblem {
  return { code: 'damaged', message };
}

function parseHeader(text: string): SealHeader | undefined {
  let parsed: Partial<SealHeader> | null;
  try {
    parsed = JSON.parse(text) as Partial<SealHeader> | null;
  } catch {
    return undefined;
  }
  const isHex = (value: unknown, length: number): boolean =>
    typeof value === 'string' && value.length === length && /^[0-9a-f]*$/.test(value);
  if (parsed?.cipher !== CIPHER || !isHex(parsed.key, 16) || !isHex(parsed.salt, 32) || !isHex(parsed.nonce, 24))
    return undefined;
  return parsed as SealHeader;
}

async function firstBytes(file: string, most: number): Promise<Buffer> {
  return bytesAt(file, 0, Math.min(most, Math.max((await sizeOf(file)).size, 0)));
}

async function bytesAt(file: string, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const handle = await open(file, 'r');
  try {
    await handle.read(bytes, 0, length, at);
    return bytes;
  } finally {
    await handle.close();
  }
}
