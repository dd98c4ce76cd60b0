/** A job on a machine of one's own ends after 5 days, whatever its `timeout-minutes` say (GitHub's usage limits). */
export declare const OWN_JOB_MINUTES: number;
/** Does this label of `runs-on` ask for a machine of GitHub's own? */
export declare function isHosted(label: string): boolean;
/** What is wrong with a maximum that such a machine never lets a run reach; `where`: what says so. Undefined = nothing. */
export declare function beyondHosted(ms: number, where: string): {
    readonly message: string;
    readonly help: string;
} | undefined;
/** The same of any machine: no job on GitHub is longer than one on a machine of one's own. */
export declare function beyondAnyJob(ms: number, where: string): {
    readonly message: string;
    readonly help: string;
} | undefined;
