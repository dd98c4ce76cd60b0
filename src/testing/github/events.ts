/** An event as it reaches a job: its payload, and the part of the `github` context that follows from it. */
export interface WorkflowEvent {
  readonly name: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** GITHUB_REF. */
  readonly ref: string;
  /** GITHUB_SHA. */
  readonly sha: string;
  readonly actor: string;
  /** Of pull requests only. */
  readonly headRef?: string;
  readonly baseRef?: string;
}

export interface EventPlace {
  /** The commit. */
  readonly sha: string;
  readonly repository?: string;
  readonly defaultBranch?: string;
  readonly isPrivate?: boolean;
}

function repositoryOf({ repository = 'acme/shop', defaultBranch = 'main', isPrivate = true }: EventPlace) {
  const [owner, name] = repository.split('/');
  return {
    id: 1,
    name,
    full_name: repository,
    private: isPrivate,
    owner: { login: owner, type: 'Organization' },
    html_url: `https://github.com/${repository}`,
    default_branch: defaultBranch,
    visibility: isPrivate ? 'private' : 'public',
  };
}
const sender = (login: string) => ({ login, id: 5, type: login.endsWith('[bot]') ? 'Bot' : 'User' });

/** A cron line of the default branch has come due (GitHub says which, and nothing else). */
export function scheduleEvent(place: EventPlace & { readonly cron?: string }): WorkflowEvent {
  const { cron = '23 * * * *', defaultBranch = 'main', sha } = place;
  return {
    name: 'schedule',
    payload: { schedule: cron, repository: repositoryOf(place) },
    ref: `refs/heads/${defaultBranch}`,
    sha,
    actor: 'octocat',
  };
}

export function pushEvent(
  place: EventPlace & {
    readonly branch?: string;
    readonly tag?: string;
    readonly before?: string;
    readonly at?: string;
  },
): WorkflowEvent {
  const { branch = 'main', tag, sha, before = '0'.repeat(40), at = '2026-11-22T09:00:00Z' } = place;
  const ref = tag === undefined ? `refs/heads/${branch}` : `refs/tags/${tag}`;
  const commit = { id: sha, message: 'change', timestamp: at, author: { name: 'Ada', email: 'ada@example.org' } };
  return {
    name: 'push',
    payload: {
      ref,
      before,
      after: sha,
      created: false,
      deleted: false,
      forced: false,
      head_commit: commit,
      commits: [commit],
      repository: repositoryOf(place),
      sender: sender('octocat'),
    },
    ref,
    sha,
    actor: 'octocat',
  };
}

export interface PullRequestEventOptions extends EventPlace {
  readonly number: number;
  readonly action?: 'opened' | 'synchronize' | 'reopened' | 'edited' | 'closed';
  /** `repository` null: the fork is gone. */
  readonly head: { readonly branch: string; readonly sha: string; readonly repository?: string | null };
  readonly base: { readonly branch?: string; readonly sha: string };
  readonly author?: string;
  readonly title?: string;
  readonly isMerged?: boolean;
}

/** `sha` is the merge commit that GitHub made for it. */
export function pullRequestEvent(options: PullRequestEventOptions): WorkflowEvent {
  const { number, action = 'opened', head, base, author = 'octocat', title = 'Change', isMerged = false } = options;
  const own = repositoryOf(options);
  const from = head.repository === undefined ? own.full_name : head.repository;
  const state = action === 'closed' ? 'closed' : 'open';
  const owner = from?.split('/')[0];
  return {
    name: 'pull_request',
    payload: {
      action,
      number,
      pull_request: {
        id: number,
        number,
        state,
        title,
        body: null,
        draft: false,
        merged: isMerged,
        user: sender(author),
        html_url: `${own.html_url}/pull/${number}`,
        head: {
          label: `${owner ?? 'unknown'}:${head.branch}`,
          ref: head.branch,
          sha: head.sha,
          repo: from === null ? null : { ...own, full_name: from, fork: from !== own.full_name },
        },
        base: {
          label: `${own.owner.login}:${base.branch ?? 'main'}`,
          ref: base.branch ?? 'main',
          sha: base.sha,
          repo: own,
        },
      },
      repository: own,
      sender: sender(author),
    },
    ref: `refs/pull/${number}/merge`,
    sha: options.sha,
    actor: author,
    headRef: head.branch,
    baseRef: base.branch ?? 'main',
  };
}

/** Inputs come as text, whatever their type is. */
export function workflowDispatchEvent(
  place: EventPlace & { readonly branch?: string; readonly inputs?: Readonly<Record<string, string>> },
): WorkflowEvent {
  const { branch = 'main', inputs = {}, sha } = place;
  const ref = `refs/heads/${branch}`;
  const workflow = '.github/workflows/branchline.yml';
  const payload = { inputs, ref, workflow, repository: repositoryOf(place), sender: sender('octocat') };
  return { name: 'workflow_dispatch', payload, ref, sha, actor: 'octocat' };
}

export function repositoryDispatchEvent(
  place: EventPlace & { readonly type?: string; readonly clientPayload?: Readonly<Record<string, unknown>> },
): WorkflowEvent {
  const { type = 'tick', clientPayload = {}, defaultBranch = 'main', sha } = place;
  return {
    name: 'repository_dispatch',
    payload: {
      action: type,
      branch: defaultBranch,
      client_payload: clientPayload,
      repository: repositoryOf(place),
      sender: sender('octocat'),
    },
    ref: `refs/heads/${defaultBranch}`,
    sha,
    actor: 'octocat',
  };
}

/** A merge queue asks whether `sha` may go on top of the base. */
export function mergeGroupEvent(
  place: EventPlace & { readonly baseSha: string; readonly base?: string },
): WorkflowEvent {
  const { sha, baseSha, base = 'main' } = place;
  const ref = `refs/heads/gh-readonly-queue/${base}/pr-5-${baseSha}`;
  return {
    name: 'merge_group',
    payload: {
      action: 'checks_requested',
      merge_group: { head_sha: sha, head_ref: ref, base_sha: baseSha, base_ref: `refs/heads/${base}` },
      repository: repositoryOf(place),
      sender: sender('github-merge-queue[bot]'),
    },
    ref,
    sha,
    actor: 'octocat',
  };
}

/** Another workflow run is over. Of a fork's, `pull_requests` is empty: GitHub does not say which one it was. */
export function workflowRunEvent(
  place: EventPlace & {
    readonly run: number;
    readonly event?: string;
    readonly head: { readonly sha: string; readonly branch: string; readonly repository: string };
    readonly conclusion?: string;
    readonly author?: string;
  },
): WorkflowEvent {
  const { run, event = 'pull_request', head, conclusion = 'success', author = 'mona', defaultBranch = 'main' } = place;
  const own = repositoryOf(place);
  return {
    name: 'workflow_run',
    payload: {
      action: 'completed',
      workflow_run: {
        id: run,
        name: 'branchline-pr',
        event,
        status: 'completed',
        conclusion,
        run_attempt: 1,
        head_sha: head.sha,
        head_branch: head.branch,
        head_repository: { ...own, full_name: head.repository, owner: sender(head.repository.split('/')[0]!) },
        actor: sender(author),
        pull_requests: [],
        path: '.github/workflows/branchline-pr.yml',
      },
      workflow: { id: 9, name: 'branchline-pr', path: '.github/workflows/branchline-pr.yml', state: 'active' },
      repository: own,
      sender: sender(author),
    },
    ref: `refs/heads/${defaultBranch}`,
    sha: place.sha,
    actor: author,
  };
}
