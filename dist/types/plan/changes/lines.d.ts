import type { LineCounts } from '../../model/changes.js';
/**
 * Lines gained and lost between two texts, as `git diff --numstat` means to count them: the shortest edit script (Myers
 * 1986; git itself may pass over a line that stands often, and count it as lost and gained). Line ends count as one,
 * however they are written. Texts that differ in more than 2,000 lines are counted by which lines they hold, without
 * regard to order: never more than the script would have.
 */
export declare function countLines(before: string, after: string): LineCounts;
