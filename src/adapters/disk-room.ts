import { statfsSync } from 'node:fs';

/** Less than a commit may need, in bytes. */
const ROOM_MIN = 1024 * 1024;

/**
 * A sentence that says that the disk of a folder is full, where it is, with a blank before it. Found by looking: a program
 * that ran out of room says so in words of its own.
 */
export function fullDiskNote(folder: string): string {
  try {
    const { bavail, bsize } = statfsSync(folder);
    const bytes = bavail * bsize;
    return bytes < ROOM_MIN ? ` The disk of ${folder} is full: ${bytes} bytes are left.` : '';
  } catch {
    return '';
  }
}
