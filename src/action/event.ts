import { fail, ok, type Result } from '../base/result.ts';
import type { Variables } from '../run/secrets.ts';

/** Where a workflow run stands: a branch, a tag, or the merge commit of a pull request. */
export interface GitRef {
  readonly kind: 'branch' | 'tag' | 'other';
  /** Without `refs/heads/` and `refs/tags/`. */
  readonly name: string;
}

export interface PullRequestEvent {
  readonly kind: 'pull_request';
  readonly action: string;
  readonly number: number;
  /** The fork is gone when there is no repository. */
  readonly head: { readonly commit: string; readonly branch: string; readonly repository?: string };
  readonly base: { readonly commit: string; readonly branch: string };
  readonly author?: string;
}

/** The event that started the workflow run, as far as it is understood. Text in it comes from outside. */
export type WorkflowEvent =
  | { readonly kind: 'schedule' }
  | { readonly kind: 'repository_dispatch' }
  | {
      readonly kind: 'push';
      readonly commit: string;
      readonly at?: string;
      /** What the branch was; absent when the push made it. */
      readonly before?: string;
      readonly isDeletion: boolean;
    }
  | { readonly kind: 'workflow_dispatch'; readonly inputs: Readonly<Record<string, string>> }
  | PullRequestEvent
  | { readonly kind: 'merge_group'; readonly head: string; readonly base: string }
  | { readonly kind: 'workflow_run'; readonly run: number }
  | { readonly kind: 'unknown'; readonly name: string };

/** All that a job knows of where it runs. */
export interface JobContext {
  readonly event: WorkflowEvent;
  readonly ref: GitRef;
  /** Known where the event says it, or comes from the default branch itself. */
  readonly defaultBranch?: string;
  /** `owner/name`. */
  readonly repository: string;
  /** Anybody may read it; undefined where the event does not say. */
  readonly isPublic?: boolean;
  /** `https://github.com`, or that of another server. */
  readonly server: string;
  /** The commit of the code. */
  readonly commit: string;
  readonly workflow: string;
  /** From 1. */
  readonly attempt: number;
  readonly job: string;
  readonly runner?: string;
  /** Absolute folders. */
  readonly workspace: string;
  readonly temp: string;
}

/** Variables that every runner sets and without which nothing can be told apart. */
const NEEDED = [
  'GITHUB_EVENT_NAME',
  'GITHUB_REPOSITORY',
  'GITHUB_RUN_ID',
  'GITHUB_JOB',
  'GITHUB_WORKSPACE',
  'RUNNER_TEMP',
] as const;

/** Reads the surroundings of a job from the runner's variables and the event's payload (the parsed JSON). */
export function readContext(env: Variables, payload: unknown): Result<JobContext, string> {
  const missing = NEEDED.filter((name) => !env[name]);
  if (missing.length > 0)
    return fail(
      `this is not a job of a workflow: ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not set`,
    );
  const event = readEvent(env['GITHUB_EVENT_NAME']!, payload);
  if (!event.ok) return event;
  const ref = readRef(env['GITHUB_REF'] ?? '');
  const runner = env['RUNNER_NAME'];
  const isPrivate = valueAt(payload, 'repository', 'private');
  const defaultBranch = defaultBranchOf(event.value, ref, payload);
  return ok({
    event: event.value,
    ref,
    ...(defaultBranch === undefined ? {} : { defaultBranch }),
    repository: env['GITHUB_REPOSITORY']!,
    ...(typeof isPrivate === 'boolean' ? { isPublic: !isPrivate } : {}),
    server: env['GITHUB_SERVER_URL'] ?? 'https://github.com',
    commit: env['GITHUB_SHA'] ?? '',
    workflow: env['GITHUB_RUN_ID']!,
    attempt: Math.max(1, Number(env['GITHUB_RUN_ATTEMPT'] ?? 1) || 1),
    job: env['GITHUB_JOB']!,
    ...(runner ? { runner } : {}),
    workspace: env['GITHUB_WORKSPACE']!,
    temp: env['RUNNER_TEMP']!,
  });
}

function readRef(ref: string): GitRef {
  if (ref.startsWith('refs/heads/')) return { kind: 'branch', name: ref.slice('refs/heads/'.length) };
  if (ref.startsWith('refs/tags/')) return { kind: 'tag', name: ref.slice('refs/tags/'.length) };
  return { kind: 'other', name: ref };
}

/** These events run on the default branch alone. */
const ON_DEFAULT_BRANCH = new Set(['schedule', 'repository_dispatch', 'workflow_run']);

function defaultBranchOf(event: WorkflowEvent, ref: GitRef, payload: unknown): string | undefined {
  const said = textAt(payload, 'repository', 'default_branch');
  if (said !== undefined) return said;
  return ON_DEFAULT_BRANCH.has(event.kind) && ref.kind === 'branch' ? ref.name : undefined;
}

function readEvent(name: string, payload: unknown): Result<WorkflowEvent, string> {
  const broken = (what: string): Result<never, string> =>
    fail(`the payload of the event ${name} has no ${what}; is GITHUB_EVENT_PATH the runner's own file?`);
  switch (name) {
    case 'schedule':
    case 'repository_dispatch':
      return ok({ kind: name });
    case 'push': {
      const commit = textAt(payload, 'after');
      if (commit === undefined) return broken('after');
      const at = textAt(payload, 'head_commit', 'timestamp');
      const isDeletion = valueAt(payload, 'deleted') === true;
      const before = textAt(payload, 'before');
      const isOld = before !== undefined && !/^0+$/.test(before);
      return ok({
        kind: 'push',
        commit,
        isDeletion,
        ...(at === undefined ? {} : { at }),
        ...(isOld ? { before } : {}),
      });
    }
    case 'workflow_dispatch':
      return ok({ kind: 'workflow_dispatch', inputs: textsOf(valueAt(payload, 'inputs')) });
    case 'pull_request':
      return pullRequestOf(payload) ?? broken('pull_request with number, head and base');
    case 'merge_group': {
      const head = textAt(payload, 'merge_group', 'head_sha');
      const base = textAt(payload, 'merge_group', 'base_sha');
      if (head === undefined || base === undefined) return broken('merge_group with head_sha and base_sha');
      return ok({ kind: 'merge_group', head, base });
    }
    case 'workflow_run': {
      const run = valueAt(payload, 'workflow_run', 'id');
      return typeof run === 'number' ? ok({ kind: 'workflow_run', run }) : broken('workflow_run with id');
    }
    default:
      return ok({ kind: 'unknown', name });
  }
}

function pullRequestOf(payload: unknown): Result<PullRequestEvent, never> | undefined {
  const number = valueAt(payload, 'pull_request', 'number');
  const head = textAt(payload, 'pull_request', 'head', 'sha');
  const branch = textAt(payload, 'pull_request', 'head', 'ref');
  const baseCommit = textAt(payload, 'pull_request', 'base', 'sha');
  const baseBranch = textAt(payload, 'pull_request', 'base', 'ref');
  const isWhole = typeof number === 'number' && head && branch && baseCommit && baseBranch;
  if (!isWhole) return undefined;
  const repository = textAt(payload, 'pull_request', 'head', 'repo', 'full_name');
  const author = textAt(payload, 'pull_request', 'user', 'login');
  return ok({
    kind: 'pull_request',
    action: textAt(payload, 'action') ?? '',
    number,
    head: { commit: head, branch, ...(repository === undefined ? {} : { repository }) },
    base: { commit: baseCommit, branch: baseBranch },
    ...(author === undefined ? {} : { author }),
  });
}

function valueAt(value: unknown, ...path: readonly string[]): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}

function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = valueAt(value, ...path);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

/** Inputs of a dispatch: booleans and numbers come as text or as what they are. */
function textsOf(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => ['string', 'boolean', 'number'].includes(typeof each))
      .map(([name, each]) => [name, String(each)]),
  );
}
