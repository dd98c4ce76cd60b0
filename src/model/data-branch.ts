/** `state.branch` when nothing is written. */
export const DEFAULT_STATE_BRANCH = 'branchline/state';

/** The branch of data that goes with a branch of state. */
export function dataBranchOf(stateBranch: string): string {
  return stateBranch === DEFAULT_STATE_BRANCH ? 'branchline/data' : `${stateBranch}-data`;
}
