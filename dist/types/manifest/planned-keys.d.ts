/** By definition of the schema; `Project` and `Manifest` are the files themselves. */
export declare const plannedKeys: Readonly<Record<string, readonly string[]>>;
/** Values of `type` that come later, by definition. */
export declare const plannedValues: Readonly<Record<string, readonly string[]>>;
/** What other tools call it. Only where the nearest word would not be found by its letters. */
export declare const otherWords: Readonly<Record<string, string>>;
