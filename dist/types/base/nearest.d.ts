/** Edits (insert, delete, replace, swap neighbours) between two words; stops counting above `limit`. */
export declare function editDistance(a: string, b: string, limit: number): number;
/**
 * The candidate that somebody most likely meant, or undefined when none is near enough (at most a third of the
 * word's letters may differ, and always at least one). Ties go to the first candidate. A word that is the beginning of
 * just one candidate, or begins with just one, means that one: `warning` for `warn`.
 */
export declare function nearestWord(word: string, candidates: Iterable<string>): string | undefined;
