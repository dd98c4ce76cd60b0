import type { CheckStatus } from '../model/events.js';
import type { Check, Severity } from '../model/project.js';
/** What was observed of a check. */
export type Observed = 
/** Failing rows or the number measured, and rows checked where that is known; null = the query gave no number. */
{
    readonly kind: 'measured';
    readonly value: number | null;
    readonly of?: number;
}
/** For checks of kind `columns`: what differs, and how many columns were declared. */
 | {
    readonly kind: 'columns';
    readonly differences: readonly string[];
    readonly of: number;
}
/** For checks by exit code or report. */
 | {
    readonly kind: 'passed';
    readonly passed: boolean;
    readonly value?: number;
    readonly message?: string;
}
/** It could not be judged. */
 | {
    readonly kind: 'raised';
    readonly message: string;
};
export interface Verdict {
    readonly status: CheckStatus;
    /** How bad it is when it did not pass; the check's own severity when it did. */
    readonly severity: Severity;
    /** Plain speech, without the check's name. */
    readonly message: string;
    readonly value?: number;
    readonly of?: number;
}
/** The rules of semantics.md section 7 and vocabulary.md, "Checks". */
export declare function judge(check: Check, observed: Observed): Verdict;
/** A result that keeps a copy from being published, and downstream from running (the table of semantics.md 7). */
export declare function isHolding(check: Check, verdict: Verdict): boolean;
