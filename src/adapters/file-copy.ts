import { createHash, randomBytes } from 'node:crypto';
import { constants, createReadStream, statSync } from 'node:fs';
import { access, chmod, copyFile, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';

export async function sizeOf(file: string): Promise<{ readonly size: number; readonly isFile: boolean }> {
  try {
    const found = await stat(file);
    return { size: found.isFile() ? found.size : -1, isFile: found.isFile() };
  } catch {
    return { size: -1, isFile: false };
  }
}

/** The same at once. */
export function sizeNow(file: string): { readonly size: number; readonly isFile: boolean } {
  const found = statSync(file, { throwIfNoEntry: false });
  return found?.isFile() ? { size: found.size, isFile: true } : { size: -1, isFile: false };
}

export async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** SHA-256 of a file's bytes, hex. Throws when it cannot be read. */
export async function digestOfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

/** Has the file exactly this content? */
export async function isSame(file: string, expected: { digest: string; bytes: number }): Promise<boolean> {
  return (await sizeOf(file)).size === expected.bytes && (await digestOfFile(file)) === expected.digest;
}

/**
 * Copies so that the target is there as a whole or not at all, also after a loss of power. Throws on other content. It
 * shares no bytes with the source but by reflink, where the file system can: a hard link would follow every later write.
 */
export async function copyInto(source: string, target: string, mode: number, digest: string): Promise<void> {
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
