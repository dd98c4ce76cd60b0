import type { StoreUnreachable } from '../ports-state.ts';

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

/** The state could not be read: the line, or the account. `help`: what to do where it is the line. */
export function stateUnreachable(error: StoreUnreachable, help?: string): AppFailure {
  if (error.code === 'unreachable') return outsideFailure('state-unreachable', error.message, help);
  return outsideFailure(
    'state-no-access',
    error.message,
    'Try `git ls-remote` with the address of the remote: does this account see the repository? A token needs access to its contents (in a workflow: `permissions: contents: write` on the job; of a fine-grained token: *Contents*; where the organisation has single sign-on the token must be authorized for it).',
  );
}

/** `--at` named nothing that a state has: `label` says whose. An instant is one that no commit is as old as. */
export function noSuchMoment(label: string, at: string): AppFailure {
  const isInstant = /^\d{4}-\d{2}-\d{2}/.test(at);
  return inputFailure(
    'unknown-commit',
    isInstant ? `Nothing was recorded yet at ${at} in ${label}.` : `There is no commit \`${at}\` in ${label}.`,
    isInstant
      ? '`branchline state log` shows where it begins.'
      : '`branchline state log` lists them; an instant is written as 2026-11-21 or 2026-11-21T09:00:00Z.',
  );
}

/** What was thrown because a disk has no room is no bug of ours: the file that could not be written, and what to do. */
export function fullDisk(thrown: unknown): AppFailure | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const { code, path } = thrown as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return undefined;
  const where = path === undefined ? 'A file' : path;
  return outsideFailure(
    'disk-full',
    `${where} cannot be written: ${code === 'ENOSPC' ? 'the disk is full' : 'the disk quota is used up'}.`,
    'Make room, then run the command again. What was recorded is safe, and what is in the journal of this machine is taken in.',
  );
}
