// Generated from scripts/generate/vocabulary by `npm run generate`. Do not edit.

/** Whether a parsed file fits its schema. What is wrong with it is found by walking the schema itself. */
export declare function validateProject(value: unknown): boolean;
export declare function validateManifest(value: unknown): boolean;
export declare function validateScenario(value: unknown): boolean;
