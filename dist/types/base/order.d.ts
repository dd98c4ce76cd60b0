/** Order by code unit, the same on every machine and in every locale (unlike `localeCompare`). */
export declare function byText(a: string, b: string): number;
/** The entries of a record, ordered by key. */
export declare function sortedEntries<T>(record: Readonly<Record<string, T>>): [string, T][];
/** A copy without repetitions, in code unit order. */
export declare function sortedUnique(values: Iterable<string>): string[];
