// Generated from scripts/generate/vocabulary by `npm run generate`. Do not edit.

/** The schemas without what is for people, with the definitions of all of them. Treat it as frozen. */
export declare function shapes(): {
  readonly project: object;
  readonly manifest: object;
  readonly scenario: object;
  readonly definitions: Readonly<Record<string, object>>;
};
