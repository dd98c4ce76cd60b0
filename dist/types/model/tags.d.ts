/** Tags by key. */
export type Tags = Readonly<Record<string, string>>;
/** The other spelling of a tag of the engine: `dagster/priority` of `branchline/priority`, and the other way round. */
export declare function otherSpelling(key: string): string | undefined;
/**
 * Tags of two sources, of which the nearer has the last word: also where it spells a tag of the engine in Dagster's way
 * and the farther one in ours, or the reverse. Readers take our spelling first, so both side by side would let the
 * farther one win.
 */
export declare function layeredTags(farther: Tags | undefined, nearer: Tags | undefined): Tags;
