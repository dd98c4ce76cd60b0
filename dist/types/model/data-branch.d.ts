/** `state.branch` when nothing is written. */
export declare const DEFAULT_STATE_BRANCH = "branchline/state";
/** The branch of data that goes with a branch of state. */
export declare function dataBranchOf(stateBranch: string): string;
