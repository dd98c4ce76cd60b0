/** Why a use case could not do what was asked: an expected refusal, with the exit code that it means (docs/exit-codes.md). */
export interface AppFailure {
  readonly exit: 1 | 2 | 3;
  /** Stable kebab-case, for `--json`. */
  readonly code: string;
  /** What is wrong. One or more sentences. */
  readonly message: string;
  /** What to do about it. */
  readonly help?: string;
}

export function inputFailure(code: string, message: string, help?: string): AppFailure {
  return { exit: 2, code, message, ...(help === undefined ? {} : { help }) };
}

export function outsideFailure(code: string, message: string, help?: string): AppFailure {
  return { exit: 3, code, message, ...(help === undefined ? {} : { help }) };
}
