// Generated from scripts/generate/vocabulary by `npm run generate`. Do not edit.

/** The schemas; those of project and manifest share their definitions. Treat it as frozen. */
export declare function vocabulary(): {
  readonly project: object;
  readonly manifest: object;
  readonly scenario: object;
  readonly definitions: Readonly<Record<string, object>>;
  /** Names of the definitions that a manifest needs. */
  readonly manifestDefinitions: readonly string[];
  readonly scenarioDefinitions: Readonly<Record<string, object>>;
};
