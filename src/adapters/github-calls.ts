import { fail, ok } from '../base/result.ts';
import type { EpochMs } from '../model/instant.ts';
import { timestamp } from '../model/instant.ts';
import type { GitHubAnswer, GitHubRefusal } from '../ports-github.ts';
import { limitOfAnswer, missingPermission } from './github-limits.ts';
import type { CallProgress, Calls, makeOctokit, OctokitOptions } from './github-octokit.ts';

export type OctokitClient = ReturnType<typeof makeOctokit>;

export interface GitHubCallsOptions extends OctokitOptions {
  /** Milliseconds that a call may take, all tries and waits included. */
  readonly deadlineMs: number;
}

export interface CallSpec {
  /** For messages: `the jobs of workflow run 7`. */
  readonly what: string;
  /** The line under `permissions:` that it needs. */
  readonly permission: string;
  /** False for what would be done twice if it was done and the answer was lost. Default: true. */
  readonly isRepeatable?: boolean;
}
/** What goes with each request of a call. */
export interface RequestOptions {
  readonly signal: AbortSignal;
  readonly retries?: number;
}
/** A refusal that the caller of the client decides on by itself, out of the middle of a call. */
export class Refused extends Error {
  readonly refusal: GitHubRefusal;
  constructor(refusal: GitHubRefusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/** Performs calls: each gives a value or a refusal before its deadline. The client is loaded by the first. */
export function gitHubCalls(
  options: GitHubCallsOptions,
): <T>(spec: CallSpec, act: (client: OctokitClient, request: RequestOptions) => Promise<T>) => GitHubAnswer<T> {
  const { clock, deadlineMs } = options;
  const calls: Calls = new WeakMap();
  let client: Promise<OctokitClient> | undefined;
  const load = async (): Promise<OctokitClient> => {
    const { makeOctokit } = await import('./github-octokit.ts');
    return makeOctokit(options, calls);
  };

  return async (spec, act) => {
    client ??= load();
    const octokit = await client;
    const end = new AbortController();
    const call: CallProgress = { endsAt: clock.now() + deadlineMs, tries: 0 };
    calls.set(end.signal, call);
    const isDone = new AbortController();
    const tooLate = clock.sleep(deadlineMs, isDone.signal).then(() => 'too-late' as const);
    const request = { signal: end.signal, ...(spec.isRepeatable === false ? { retries: 0 } : {}) };
    const work = act(octokit, request).then(
      (value) => ok(value),
      (error: unknown) => fail(error instanceof Refused ? error.refusal : judge(spec, call, error, clock.now())),
    );
    const done = await Promise.race([work, tooLate]);
    isDone.abort();
    // Whatever is still waiting or under way is of no use any more.
    end.abort();
    if (done !== 'too-late') return done;
    return fail(unreachable(spec, call, `not within ${Math.round(deadlineMs / 1000)} s`));
  };
}

/** What an error of the client means. One that is not about an answer is a bug of ours, and is thrown on. */
function judge(spec: CallSpec, call: CallProgress, error: unknown, now: EpochMs): GitHubRefusal {
  const { status, message } = error as { readonly status?: unknown; readonly message?: unknown };
  if (typeof status !== 'number') throw error;
  const until = call.limitedUntil ?? limitOfAnswer(call.answer, now);
  if (until !== undefined) {
    const message = `GitHub asks to wait until ${timestamp(until)} before ${spec.what} can be asked for (rate limit)`;
    return { code: 'limited', message, until };
  }
  const said = call.answer === undefined ? undefined : firstLine(message);
  if (status === 401) {
    return { code: 'forbidden', message: `${spec.what}: GitHub does not take the token (401). Is it still valid?` };
  }
  if (status === 403) return forbidden(spec, call, said);
  if (status === 404) {
    return { code: 'not-found', message: `${spec.what}: GitHub has none, or hides it from this token (404)` };
  }
  if (status < 500) return { code: 'refused', message: `${spec.what}: GitHub says no (${status}): ${said}` };
  return unreachable(spec, call, said ?? firstLine(message));
}

function forbidden(spec: CallSpec, call: CallProgress, said: string | undefined): GitHubRefusal {
  const header = call.answer?.headers.get('x-accepted-github-permissions');
  const permission = missingPermission(header, spec.permission);
  const start = `${spec.what}: GitHub refuses it to this token (403: ${said}).`;
  if (permission === undefined) {
    return { code: 'forbidden', message: `${start} No permission of a workflow's token covers it.` };
  }
  return {
    code: 'forbidden',
    message: `${start} Add \`${permission}\` under \`permissions:\` of the job.`,
    permission,
  };
}

function unreachable(spec: CallSpec, call: CallProgress, why: string): GitHubRefusal {
  const last = call.answer === undefined ? 'no answer came' : `the last answer was ${call.answer.status}`;
  const tries = call.tries === 1 ? '1 try' : `${call.tries} tries`;
  return { code: 'unreachable', message: `${spec.what}: GitHub gave no usable answer in ${tries}; ${last} (${why})` };
}

/** What GitHub says may be a page. */
function firstLine(message: unknown): string {
  return String(message).split('\n')[0]!.slice(0, 300);
}
