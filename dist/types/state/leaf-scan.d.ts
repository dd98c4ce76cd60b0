/** What `Date` tells at most. */
export declare const SECONDS_MAX = 8640000000000;
/** True when a list of so many seconds since 1970 stands between two places: `[1796030585,1796030591.25]`. */
export declare function isSeconds(bytes: Uint8Array, [from, to]: readonly [number, number], count: number): boolean;
/**
 * True when a column of so many places stands there, equal neighbours counted: of `pair`s of whole numbers
 * (`[1,[7,1],2,[8,1]]`), or of whole numbers and `null` (`[1,7,2,null]`).
 */
export declare function isCounted(bytes: Uint8Array, [from, to]: readonly [number, number], of: 'pair' | 'numberOrNull', count: number): boolean;
