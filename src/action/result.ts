import type { AppFailure } from '../app/failure.ts';
import type { SummaryInput } from '../render/summary/summary.ts';
import type { Annotation } from './annotations.ts';
import type { OutputName } from './runner.ts';

/** What came of a job, in a word: the output `status`. Closed. */
export type JobStatus =
  /** All went well. */
  | 'success'
  /** A step or a check failed, or the manifests have errors. */
  | 'failure'
  /** Somebody stopped it. */
  | 'canceled'
  /** The time was over: the next tick carries the rest on. */
  | 'requeued'
  /** There was nothing to do, or it was done already. */
  | 'nothing'
  /** It was not allowed, or the outside did not take part. */
  | 'refused';

/** What a job did, ready to be told. */
export interface JobResult {
  /** Exit code (docs/exit-codes.md). */
  readonly exit: number;
  readonly status: JobStatus;
  readonly outputs: Partial<Readonly<Record<Exclude<OutputName, 'status'>, string>>>;
  readonly summary: Partial<Omit<SummaryInput, 'project' | 'billing'>>;
  readonly annotations: readonly Annotation[];
}

/** A result of nothing done, with why. */
export function idleResult(text: string): JobResult {
  return {
    exit: 0,
    status: 'nothing',
    outputs: {},
    summary: { title: 'nothing was done', notes: [text] },
    annotations: [],
  };
}

/** A result that is a refusal: what is wrong, and what to do. */
export function refusedResult(failure: AppFailure): JobResult {
  const { exit, message, help } = failure;
  return {
    exit,
    status: exit === 2 ? 'failure' : 'refused',
    outputs: {},
    summary: { failure: { message, ...(help === undefined ? {} : { help }) } },
    annotations: [
      { level: 'error', title: titleOf(message), message: help === undefined ? message : `${message}\n${help}` },
    ],
  };
}

/** What a job had done before something else that it was to do was refused. */
export function stoppedBy(result: JobResult, failure: AppFailure): JobResult {
  const refused = refusedResult(failure);
  const hasRun = (result.summary.runs ?? []).length > 0;
  // By exit code 2 nothing was run.
  const end: Pick<JobResult, 'exit' | 'status'> =
    hasRun && refused.exit === 2 ? { exit: 1, status: 'failure' } : refused;
  const { exit, status } = result.exit === 0 ? end : result;
  return {
    ...result,
    exit,
    status,
    summary: { ...result.summary, ...refused.summary },
    annotations: [...refused.annotations, ...result.annotations],
  };
}

/** A command of the command line that printed what it found: the log has that, and its exit code says how it ended. */
export function printedResult(words: readonly string[], exit: number): JobResult {
  const told = { exit, status: STATUS_OF_EXIT.get(exit) ?? 'failure', outputs: {} } as const;
  const name = `branchline ${words.join(' ')}`;
  const what = 'What it printed is in the log of this job';
  if (exit === 0) return { ...told, summary: { title: `${name} is done`, notes: [`${what}.`] }, annotations: [] };
  const title = `${name} ended with exit code ${exit}`;
  const message = `${what}, and says why and what to do.`;
  return {
    ...told,
    summary: { title, notes: [message] },
    annotations: [{ level: 'error', title: titleOf(title), message }],
  };
}

// docs/exit-codes.md
const STATUS_OF_EXIT: ReadonlyMap<number, JobStatus> = new Map([
  [0, 'success'],
  [3, 'refused'],
  [130, 'canceled'],
]);

function titleOf(message: string): string {
  const line = message.split('\n')[0] ?? '';
  return line.length > 100 ? `${line.slice(0, 100)}…` : line;
}

/** What a refused push or call means in a workflow: the line that the job lacks, ready to be pasted. */
export function withPermissionLines(failure: AppFailure): AppFailure {
  const lines = PERMISSIONS[failure.code];
  if (lines === undefined) return failure;
  const advice = `If the token of the job may not write, give the job this permission:\n\npermissions:\n${lines}`;
  return { ...failure, help: failure.help === undefined ? advice : `${failure.help}\n\n${advice}` };
}

/** By the failure's code. */
const PERMISSIONS: Readonly<Record<string, string>> = {
  'state-denied': '  contents: write # to push the state branch',
  'state-no-access': '  contents: write # to read and push the state branch',
};
