/** Tags that the engine reads: without the prefix, which is `branchline/` or, as an alias, `dagster/`. */
export declare const engineTags: string[];
/** Tags that the engine writes on runs, without the prefix. */
export declare const writtenTags: string[];
/** All that may stand behind `dagster/` where a limit counts a tag. */
export declare const dagsterTagNames: readonly string[];
/** A key of a tag with the engine's own prefix: `dagster/schedule_name` is `branchline/schedule`. Others as they are. */
export declare function ownTag(key: string): string;
/** Tags of Dagster that no run carries here, and what takes their place. */
export declare const absentDagsterTags: Readonly<Record<string, string>>;
