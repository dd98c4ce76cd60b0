import { readFileSync } from 'node:fs';

/**
 * Paths in a git index (gitformat-index(5), versions 2 to 4), from the top of the working tree; undefined when there is
 * no index, or none that can be read here (split, or sparse with folders).
 */
export function readIndexPaths(file: string): readonly string[] | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch {
    return undefined;
  }
  if (bytes.length < 32 || bytes.toString('latin1', 0, 4) !== 'DIRC') return undefined;
  const version = bytes.readUInt32BE(4);
  const count = bytes.readUInt32BE(8);
  if (version < 2 || version > 4) return undefined;
  const paths: string[] = [];
  let at = 12;
  let before = Buffer.alloc(0);
  for (let i = 0; i < count; i++) {
    const start = at;
    if (start + 62 > bytes.length) return undefined;
    const mode = bytes.readUInt32BE(start + 24);
    const isExtended = (bytes.readUInt16BE(start + 60) & 0x4000) !== 0;
    at = start + 62 + (isExtended ? 2 : 0);
    let path: Buffer;
    if (version === 4) {
      // Only what differs from the path before: how much of its end goes, then what is new.
      const cut = readOffset(bytes, at);
      const end = bytes.indexOf(0, cut.next);
      if (end < 0) return undefined;
      path = Buffer.concat([before.subarray(0, before.length - cut.value), bytes.subarray(cut.next, end)]);
      at = end + 1;
    } else {
      const end = bytes.indexOf(0, at);
      if (end < 0) return undefined;
      path = bytes.subarray(at, end);
      // At least one NUL, up to a multiple of eight.
      at = start + ((end - start + 8) & ~7);
    }
    before = Buffer.from(path);
    // A folder of a sparse index.
    if (mode >> 12 === 0o4) return undefined;
    paths.push(path.toString('utf8'));
  }
  return hasSplit(bytes, at) ? undefined : [...new Set(paths)];
}

/** Seven bits a byte, the first with the lowest offset added (as in packs). */
function readOffset(bytes: Buffer, start: number): { readonly value: number; readonly next: number } {
  let at = start;
  let byte = bytes[at++] ?? 0;
  let value = byte & 0x7f;
  while (byte & 0x80) {
    byte = bytes[at++] ?? 0;
    value = ((value + 1) << 7) | (byte & 0x7f);
  }
  return { value, next: at };
}

/** An extension `link`: most entries are in another file. */
function hasSplit(bytes: Buffer, start: number): boolean {
  for (let at = start; at + 8 <= bytes.length - 20; at += 8 + bytes.readUInt32BE(at + 4))
    if (bytes.toString('latin1', at, at + 4) === 'link') return true;
  return false;
}
