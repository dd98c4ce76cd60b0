// Generated from scripts/generate/vocabulary by `npm run generate`. Do not edit.

/** Whether a value has the shape of schemas/pr-plan.schema.json. */
export declare function validate(value: unknown): boolean;
