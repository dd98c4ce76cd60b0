/** Whether a path is a pattern at all. */
export declare function isPattern(path: string): boolean;
/**
 * A test for paths by a pattern with `*`, `**`, `?`, `[a-z]`, `{a,b}`. `a/**` matches all that is below `a`, at any depth.
 * A character behind `\\` stands for itself.
 */
export declare function globMatcher(pattern: string): (path: string) => boolean;
/** `a{b,c}d` as `abd` and `acd`; also nested. */
export declare function expandBraces(pattern: string): readonly string[];
/** Whether some path matches both patterns. Classes such as `[a-z]` count as any one letter, so this errs towards yes for them. */
export declare function patternsOverlap(a: string, b: string): boolean;
