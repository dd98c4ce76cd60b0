import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import { removeUnused } from './unused-files.ts';

/** What has been compiled of a file of code, and can be had as bytes. */
interface Compiled {
  readonly cachedDataRejected?: boolean | undefined;
  createCachedData(): Uint8Array;
}

interface Noted {
  readonly file: string;
  readonly compiled: Compiled;
  /** How long the program that wrote what was read had been at work; undefined where nothing was read. */
  readonly work: number | undefined;
}

/** After the bytes: of which source they are, by its size and time, and how long the program had been at work. */
const FIELDS = 3;
const TRAILER_BYTES = FIELDS * Float64Array.BYTES_PER_ELEMENT;
const MICROSECONDS = 1000;

/**
 * Compiled code in a folder, a file for each file of code. It holds the functions that had been run when it was written, and
 * is written anew by whoever is twice as long at work: that has run others, and can afford it.
 */
export class KeptCode {
  private readonly noted: Noted[] = [];
  private readonly workOf = new Map<string, number>();

  private readonly folder: string;
  private readonly workMs: () => number;

  /** `workMs`: how long this program has been at work. */
  constructor(folder: string, workMs = cpuMs) {
    this.folder = folder;
    this.workMs = workMs;
  }

  /** What was kept of a file of code; undefined if nothing was, or of another source. */
  read(file: string): Uint8Array | undefined {
    try {
      const { size, mtimeMs } = statSync(file);
      const bytes = readFileSync(this.placeOf(file));
      const end = bytes.length - TRAILER_BYTES;
      if (end <= 0 || bytes.readDoubleLE(end) !== size || bytes.readDoubleLE(end + 8) !== mtimeMs) return undefined;
      this.workOf.set(file, bytes.readDoubleLE(end + 16));
      return bytes.subarray(0, end);
    } catch {
      return undefined;
    }
  }

  /** What was made of a file of code, to be kept when the program ends. */
  note(file: string, compiled: Compiled): void {
    const isRead = compiled.cachedDataRejected === false;
    this.noted.push({ file, compiled, work: isRead ? this.workOf.get(file) : undefined });
  }

  /** Writes what is not kept yet. What cannot be written is compiled again the next time. */
  write(): void {
    const work = this.workMs();
    const due = this.noted.filter((each) => each.work === undefined || work > 2 * each.work);
    if (due.length === 0) return;
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      for (const each of due) this.writeOne(each, work);
      removeUnused(this.folder);
    } catch {
      // No room, or no right to write: the next command does without as well.
    }
  }

  private writeOne({ file, compiled }: Noted, work: number): void {
    const { size, mtimeMs } = statSync(file);
    const trailer = Buffer.alloc(TRAILER_BYTES);
    for (const [index, value] of [size, mtimeMs, work].entries()) trailer.writeDoubleLE(value, index * 8);
    const place = this.placeOf(file);
    // Not by process id: in two containers that share a folder it is the same, and V8 falls over a mixture of both.
    const beside = `${place}.${randomBytes(6).toString('hex')}`;
    const handle = openSync(beside, 'wx', 0o600);
    try {
      for (const bytes of [compiled.createCachedData(), trailer]) writeWhole(handle, bytes);
      // V8 believes what it reads: after a power cut the name must not stand for blocks that were never written.
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(beside, place);
  }

  private placeOf(file: string): string {
    return join(this.folder, basename(file));
  }
}

function writeWhole(handle: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / MICROSECONDS;
}
