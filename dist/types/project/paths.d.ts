/**
 * A path as written in a manifest, from the project's root: `./x` is beside the manifest, anything else is from the
 * root already. Undefined when it is absolute or leaves the root. Patterns keep their wildcards.
 */
export declare function projectPath(written: string, manifest: string): string | undefined;
/** The file that was most likely meant by a path that is not there: the same name elsewhere, else the nearest path. */
export declare function nearestFile(path: string, files: readonly string[]): string | undefined;
