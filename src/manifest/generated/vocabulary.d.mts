// Generated from scripts/generate/vocabulary by `npm run generate`. Do not edit.

/** Both schemas; definitions are shared. Treat it as frozen. */
export declare function vocabulary(): {
  readonly project: object;
  readonly manifest: object;
  readonly definitions: Readonly<Record<string, object>>;
  /** Names of the definitions that a manifest needs. */
  readonly manifestDefinitions: readonly string[];
};
