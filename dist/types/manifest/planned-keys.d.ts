/** By definition of the schema; `Project` and `Manifest` are the files themselves. */
export declare const plannedKeys: Readonly<Record<string, readonly string[]>>;
/** Values of `type` that come later, by definition. */
export declare const plannedValues: Readonly<Record<string, readonly string[]>>;
/** Tags with meaning; without the prefix, which is `branchline/` or, as an alias, `dagster/`. */
export declare const plannedTags: string[];
/** What other tools call it. Only where the nearest word would not be found by its letters. */
export declare const otherWords: Readonly<Record<string, string>>;
