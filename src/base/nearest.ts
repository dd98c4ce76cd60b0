/** Edits (insert, delete, replace, swap neighbours) between two words; stops counting above `limit`. */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, before[j - 2]! + 1);
      row.push(best);
    }
    before = above;
    above = row;
  }
  return above[b.length]!;
}

/**
 * The candidate that somebody most likely meant, or undefined when none is near enough (at most a third of the
 * word's letters may differ, and always at least one). Ties go to the first candidate. A word that is the beginning of
 * just one candidate, or begins with just one, means that one: `warning` for `warn`.
 */
export function nearestWord(word: string, candidates: Iterable<string>): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3));
  let best: string | undefined;
  let bestDistance = limit + 1;
  const known = [...candidates];
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase(), limit);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best ?? sameBeginning(word.toLowerCase(), known);
}

const beginningMin = 4;

function sameBeginning(word: string, candidates: readonly string[]): string | undefined {
  const [only, ...others] = candidates.filter((candidate) => {
    const [short, long] = [word, candidate.toLowerCase()].sort((a, b) => a.length - b.length) as [string, string];
    return short.length >= beginningMin && long.startsWith(short);
  });
  return others.length === 0 ? only : undefined;
}
