/** Characters of a version as partitions keep it. */
export declare const VERSION_CHARS_MAX = 12;
/** A data version as partitions keep it: a longer one as 12 hex digits of its digest. */
export declare function shortVersion(version: string): string;
/** A data version as the history of an asset keeps it: a digest cut to its first 16 digits, with a mark. */
export declare function citedVersion(version: string): string;
/** Digest over what was read of each upstream: data versions by asset, shortened. */
export declare function usedDigest(upstream: Readonly<Record<string, string>>): string;
/** One version for several partitions: of one, its own; of several, a digest that changes when any of them does. */
export declare function combinedVersion(versions: Iterable<readonly [partition: string, version: string]>): string | undefined;
