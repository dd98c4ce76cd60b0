/** Failure classes of semantics.md section 2. */
export type FailureClass = 'step' | 'timeout' | 'crash' | 'cancel' | 'infrastructure';
/** Why an attempt, step or run failed. `message` is one sentence for people, already redacted. */
export interface Failure {
    readonly class: FailureClass;
    /** Stable kebab-case: `exit-code`, `signal`, `sql`, `check-failed`, `check-errored`, `output-missing`, `timeout`, `data-lost`, … */
    readonly code: string;
    readonly message: string;
    readonly exitCode?: number;
    readonly signal?: string;
    /** The last lines of the step's output, at most 8 KiB, already redacted. */
    readonly logTail?: string;
}
/** Whether the message names what to do, and the command of what failed would not help. */
export declare function isCuredByMessage(failure: Pick<Failure, 'code'> | undefined): boolean;
