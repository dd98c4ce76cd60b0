import { closeSync, openSync, readSync } from 'node:fs';
import { isAbsolute, relative, resolve } from 'node:path';
import type { SqlFailure } from '../ports.ts';

/**
 * Whether DuckDB says that a database file is no whole one. It has no error code for that; of a file that is too short it
 * speaks in the same words when that is a file of data which a query reads, so there it must be one of these.
 */
export function isDamage(message: string, files: readonly string[]): boolean {
  if (/Corrupt database file|is not a valid DuckDB database file/.test(message)) return true;
  return message.includes('Could not read enough bytes from file') && files.some((file) => message.includes(file));
}

/**
 * The failure that damage is. A session reads its own file and those that its SQL attaches, and DuckDB often does not say
 * which of them is meant: then the checksum that it read tells it.
 */
export function damageFailure(message: string, own: string, attached: readonly string[]): SqlFailure {
  const text = [own, ...attached].reduce((all, file) => all.replaceAll(file, shortPath(file)), message.trim());
  const others = attached.filter((file) => file !== own);
  const found = others.length === 0 ? own : damagedOf([own, ...others], message);
  if (found === own) return { code: 'damaged', message: message.includes(own) ? text : `${shortPath(own)}: ${text}` };
  if (found !== undefined)
    return {
      code: 'attached-damaged',
      message: `${shortPath(found)}, which is attached to it, is damaged: ${text.replace(/[.!]+$/, '')}`,
    };
  const names = [own, ...others].map(shortPath).join(', ');
  return { code: 'damaged', message: `one of ${names}: ${text}` };
}

function damagedOf(files: readonly string[], message: string): string | undefined {
  const named = files.filter((file) => message.includes(file));
  // A path may be the beginning of another one.
  if (named.length > 0) return named.reduce((longest, file) => (file.length > longest.length ? file : longest));
  const block = /stored checksum (\d+) in block at location (\d+)/.exec(message);
  if (block === null) return undefined;
  return files.find((file) => checksumAt(file, Number(block[2])) === BigInt(block[1]!));
}

/** What a block of a database file begins with. */
function checksumAt(file: string, at: number): bigint | undefined {
  try {
    const handle = openSync(file, 'r');
    try {
      const bytes = Buffer.alloc(8);
      return readSync(handle, bytes, 0, 8, at) === 8 ? bytes.readBigUInt64LE() : undefined;
    } finally {
      closeSync(handle);
    }
  } catch {
    return undefined;
  }
}

/** Files that a text of SQL attaches by name; what it puts together from pieces is not among them. */
export function attachedBy(sql: string): readonly string[] {
  const found = sql.matchAll(
    /\battach\s+(?:or\s+replace\s+)?(?:database\s+)?(?:if\s+not\s+exists\s+)?'((?:[^']|'')+)'/gi,
  );
  return [...found].map(([, path]) => resolve(path!.replaceAll("''", "'")));
}

/** From the project's folder where it is inside of it: messages are recorded, and other machines have other folders. */
export function shortPath(path: string): string {
  const inside = relative(process.cwd(), path);
  return inside.startsWith('..') || isAbsolute(inside) ? path : inside;
}
