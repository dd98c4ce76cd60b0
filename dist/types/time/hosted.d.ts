/** Does this label of `runs-on` ask for a machine of GitHub's own? */
export declare function isHosted(label: string): boolean;
/** What is wrong with a maximum that such a machine never lets a run reach; `where`: what says so. Undefined = nothing. */
export declare function beyondHosted(ms: number, where: string): {
    readonly message: string;
    readonly help: string;
} | undefined;
