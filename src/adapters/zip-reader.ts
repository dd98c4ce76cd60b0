import { inflateRawSync } from 'node:zlib';
import { fail, ok, type Result } from '../base/result.ts';

export interface ZipLimits {
  readonly filesMax: number;
  /** Of all files together, unpacked. */
  readonly bytesMax: number;
  /** Unpacked bytes for each packed one. */
  readonly ratioMax: number;
  /** Names may have folders before them. */
  readonly inFolders?: boolean;
}

const PLAIN = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;
/** As journals are named, below the name of a project: no part begins with a dot, so none leads out. */
const FOLDED = /^(?:[A-Za-z0-9_%-][A-Za-z0-9_.%-]{0,199}\/){0,8}[A-Za-z0-9_%-][A-Za-z0-9_.%-]{0,199}$/;

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
/** The end record stands behind everything but a comment of at most 65,535 bytes. */
const END_BYTES = 22;
const COMMENT_MAX = 65_535;
const STORED = 0;
const DEFLATED = 8;

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly unpacked: number;
  /** Of the local header. */
  readonly at: number;
}

/**
 * The files of an archive that a stranger made: names without folders, each once, within the limits, with the sizes and
 * checksums that the archive promises. Anything else is refused as a whole, before more than the limit is unpacked.
 */
export function readZip(bytes: Uint8Array, limits: ZipLimits): Result<ReadonlyMap<string, Uint8Array>, string> {
  const archive = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries = readEntries(archive, limits.filesMax);
  if (!entries.ok) return entries;
  const refused = refusalOf(entries.value, limits);
  if (refused !== undefined) return fail(refused);
  const files = new Map<string, Uint8Array>();
  for (const entry of entries.value) {
    const content = unpack(archive, entry);
    if (!content.ok) return content;
    files.set(entry.name, content.value);
  }
  return ok(files);
}

function readEntries(archive: Buffer, filesMax: number): Result<readonly Entry[], string> {
  const end = findEnd(archive);
  if (end === undefined) return fail('it is no zip archive');
  const count = archive.readUInt16LE(end + 10);
  if (count !== archive.readUInt16LE(end + 8) || archive.readUInt16LE(end + 4) !== 0)
    return fail('it has several parts');
  if (count > filesMax) return fail(`it has more than ${filesMax} files`);
  const entries: Entry[] = [];
  let at = archive.readUInt32LE(end + 16);
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || archive.readUInt32LE(at) !== CENTRAL) return fail('its list of files is broken');
    const nameLength = archive.readUInt16LE(at + 28);
    const next = at + 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
    if (next > end) return fail('its list of files is broken');
    if ((archive.readUInt16LE(at + 8) & 1) !== 0) return fail('it is encrypted');
    entries.push({
      name: archive.toString('latin1', at + 46, at + 46 + nameLength),
      method: archive.readUInt16LE(at + 10),
      crc: archive.readUInt32LE(at + 16),
      packed: archive.readUInt32LE(at + 20),
      unpacked: archive.readUInt32LE(at + 24),
      at: archive.readUInt32LE(at + 42),
    });
    at = next;
  }
  return ok(entries);
}

function findEnd(archive: Buffer): number | undefined {
  const first = Math.max(0, archive.length - END_BYTES - COMMENT_MAX);
  for (let at = archive.length - END_BYTES; at >= first; at--) {
    if (archive.readUInt32LE(at) === END && at + END_BYTES + archive.readUInt16LE(at + 20) === archive.length)
      return at;
  }
  return undefined;
}

function refusalOf(
  entries: readonly Entry[],
  { bytesMax, ratioMax, inFolders = false }: ZipLimits,
): string | undefined {
  const names = new Set<string>();
  let total = 0;
  for (const { name, method, packed, unpacked } of entries) {
    // Plain names alone: no folder, no way out of one, nothing that a disk or a terminal would read otherwise.
    if (!(inFolders ? FOLDED : PLAIN).test(name)) return 'the name of one of its files is no plain one';
    if (names.has(name.toLowerCase())) return 'it has one file twice';
    names.add(name.toLowerCase());
    if (method !== STORED && method !== DEFLATED) return 'it is packed in a way that is not known';
    if (method === STORED && packed !== unpacked) return 'its sizes contradict each other';
    total += unpacked;
    if (total > bytesMax) return `unpacked it has more than ${bytesMax} bytes`;
    if (unpacked > 1000 && unpacked > packed * ratioMax) return `it is packed more than ${ratioMax} to 1`;
  }
  return undefined;
}

function unpack(archive: Buffer, { method, crc, packed, unpacked, at, name }: Entry): Result<Uint8Array, string> {
  if (at + 30 > archive.length || archive.readUInt32LE(at) !== LOCAL)
    return fail('one of its files is not where it should be');
  const nameLength = archive.readUInt16LE(at + 26);
  if (archive.toString('latin1', at + 30, at + 30 + nameLength) !== name) return fail('one of its files has two names');
  const start = at + 30 + nameLength + archive.readUInt16LE(at + 28);
  if (start + packed > archive.length) return fail('it is cut short');
  const content = archive.subarray(start, start + packed);
  const inflated = method === STORED ? content : inflate(content, unpacked);
  if (inflated === undefined || inflated.length !== unpacked)
    return fail('one of its files has another size than it says');
  if (crc32(inflated) !== crc) return fail('the checksum of one of its files is wrong');
  return ok(inflated);
}

/** Stops as soon as there is more than was promised. */
function inflate(content: Buffer, unpacked: number): Buffer | undefined {
  try {
    return inflateRawSync(content, { maxOutputLength: Math.max(1, unpacked) });
  } catch {
    return undefined;
  }
}

const TABLE = Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) !== 0 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 0xff]!;
  return (crc ^ 0xffffffff) >>> 0;
}
