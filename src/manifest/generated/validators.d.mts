// Generated from scripts/generate/vocabulary by `npm run generate`. Do not edit.

/** Whether a parsed file fits its schema, by the library's word; for tests and benchmarks. */
export declare function validateProject(value: unknown): boolean;
export declare function validateManifest(value: unknown): boolean;
export declare function validateScenario(value: unknown): boolean;
