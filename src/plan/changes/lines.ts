import type { LineCounts } from '../../model/changes.ts';

/** Edits up to which the shortest script is searched for: work and memory grow with their square. */
const EDITS_MAX = 2000;

/**
 * Lines gained and lost between two texts, as `git diff --numstat` means to count them: the shortest edit script (Myers
 * 1986; git itself may pass over a line that stands often, and count it as lost and gained). Line ends count as one,
 * however they are written. Texts that differ in more than 2,000 lines are counted by which lines they hold, without
 * regard to order: never more than the script would have.
 */
export function countLines(before: string, after: string): LineCounts {
  const a = linesOf(before);
  const b = linesOf(after);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const from = a.slice(start, a.length - end);
  const to = b.slice(start, b.length - end);
  const edits = shortestScript(from, to);
  if (edits === undefined) return byContent(from, to);
  const added = (edits + to.length - from.length) / 2;
  return { added, removed: edits - added };
}

function linesOf(text: string): readonly string[] {
  const lines = text.split(/\r\n|\r|\n/);
  // What stands behind the last line end is no line.
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** The number of insertions and deletions of the shortest script; undefined when it is longer than `EDITS_MAX`. */
function shortestScript(a: readonly string[], b: readonly string[]): number | undefined {
  if (a.length === 0 || b.length === 0) return a.length + b.length;
  const most = Math.min(EDITS_MAX, a.length + b.length);
  // The furthest place in `a` on each diagonal, after so many edits.
  const furthest = new Int32Array(2 * most + 3);
  for (let edits = 0; edits <= most; edits++) {
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const at = diagonal + most + 1;
      const isDown = diagonal === -edits || (diagonal !== edits && (furthest[at - 1] ?? 0) < (furthest[at + 1] ?? 0));
      let x = isDown ? (furthest[at + 1] ?? 0) : (furthest[at - 1] ?? 0) + 1;
      while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x++;
      furthest[at] = x;
      if (x >= a.length && x - diagonal >= b.length) return edits;
    }
  }
  return undefined;
}

function byContent(a: readonly string[], b: readonly string[]): LineCounts {
  const counts = new Map<string, number>();
  for (const line of a) counts.set(line, (counts.get(line) ?? 0) + 1);
  let common = 0;
  for (const line of b) {
    const left = counts.get(line) ?? 0;
    if (left === 0) continue;
    counts.set(line, left - 1);
    common++;
  }
  return { added: b.length - common, removed: a.length - common };
}
