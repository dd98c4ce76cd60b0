import { type GitCall, runGit } from './git-process.ts';

/** The texts of those of the blobs that are here, or that git may ask a remote for, in one process. */
export async function readBlobs(
  place: Omit<GitCall, 'args' | 'input'>,
  blobs: Iterable<string>,
): Promise<Map<string, string>> {
  const ids = [...new Set(blobs)];
  const texts = new Map<string, string>();
  if (ids.length === 0) return texts;
  const { stdout } = await runGit({ args: ['cat-file', '--batch'], ...place, input: `${ids.join('\n')}\n` });
  let at = 0;
  while (at < stdout.length) {
    // `<id> SP blob SP <size> LF <bytes> LF`, or `<id> SP missing LF`
    const end = stdout.indexOf(10, at);
    if (end < 0) break;
    const [id, type, size] = stdout.toString('latin1', at, end).split(' ');
    at = end + 1;
    if (type !== 'blob') continue;
    const bytes = Number(size);
    texts.set(id!, stdout.toString('utf8', at, at + bytes));
    at += bytes + 1;
  }
  return texts;
}
