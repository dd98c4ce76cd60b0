import { type AppFailure, outsideFailure } from '../app/failure.ts';

/**
 * Does what writes files to a place that the user named. What the file system refuses is an answer, not a bug;
 * anything else is thrown on.
 */
export function tryWriting(place: string, write: () => void): AppFailure | undefined {
  try {
    write();
    return undefined;
  } catch (error) {
    const { code, syscall, path } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    return outsideFailure('cannot-write', `${path ?? place} cannot be written: ${reasonOf(code)}.`, helpFor(code));
  }
}

function reasonOf(code: string): string {
  switch (code) {
    case 'EEXIST':
    case 'ENOTDIR':
      return 'a file is where a folder is needed';
    case 'EISDIR':
      return 'a folder is where a file is needed';
    case 'EACCES':
    case 'EPERM':
      return 'it is not permitted';
    case 'EROFS':
      return 'the file system is read-only';
    case 'ENOSPC':
    case 'EDQUOT':
      return 'the disk is full';
    default:
      return `the system says ${code}`;
  }
}

function helpFor(code: string): string {
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'Make room, and do it again.';
  return code === 'EEXIST' || code === 'ENOTDIR' || code === 'EISDIR'
    ? 'Name another folder, or move what is in the way.'
    : 'Name another folder, or change its permissions.';
}
