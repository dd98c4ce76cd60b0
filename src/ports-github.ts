/**
 * GitHub as the engine sees it: only the calls that we make, in plain data. Part of the ports (ports.ts), in a file of
 * its own because the command line does not need it.
 */
import type { Result } from './base/result.ts';
import type { EpochMs } from './model/instant.ts';

/**
 * Why GitHub gave no answer that we can use. The message says what was asked, what came and what to do; it never holds
 * a token.
 */
export type GitHubRefusal =
  /** No answer within the deadline, or only errors of the server's own (5xx), after bounded tries. */
  | { readonly code: 'unreachable'; readonly message: string }
  /** 401 or 403. `permission` is the line to add under `permissions:` of the job (`actions: read`), when GitHub named it. */
  | { readonly code: 'forbidden'; readonly message: string; readonly permission?: string }
  /** 404: not there, or hidden from this token. */
  | { readonly code: 'not-found'; readonly message: string }
  /** A primary or secondary rate limit that lasts longer than we wait; nothing more is to be asked before `until`. */
  | { readonly code: 'limited'; readonly message: string; readonly until: EpochMs }
  /** 409, 410, 422: understood and refused (a dispatch of a workflow without that trigger, an artifact that expired). */
  | { readonly code: 'refused'; readonly message: string }
  /** More bytes than the caller allows. */
  | { readonly code: 'too-large'; readonly message: string };

export type GitHubAnswer<T> = Promise<Result<T, GitHubRefusal>>;

/** `owner/name`. */
export type RepositoryName = string;

/** Where a workflow run or a job is; `waiting`, `requested` and `pending` are `queued` here: nothing runs yet. */
export type RunStatus = 'queued' | 'in_progress' | 'completed';

/** A job of one attempt of a workflow run: what a claim's holder is judged by (state-branch, Claims). */
export interface WorkflowJob {
  readonly id: number;
  /** As the workflow shows it: `build (ubuntu-latest)`, not the key under `jobs`. */
  readonly name: string;
  readonly attempt: number;
  readonly status: RunStatus;
  /** `success`, `failure`, `cancelled`, `timed_out`, …; only of a completed one. */
  readonly conclusion?: string;
  /** When it had all that it needs but a machine. */
  readonly createdAt?: EpochMs;
  readonly startedAt?: EpochMs;
  readonly completedAt?: EpochMs;
  /** The machine that took it; absent while none has. Equals `RUNNER_NAME` inside of the job. */
  readonly runner?: string;
  readonly labels: readonly string[];
  /** A self-hosted machine may go on working after GitHub gave its job up. */
  readonly isSelfHosted: boolean;
}

export interface WorkflowRun {
  readonly id: number;
  /** The newest attempt, from 1. */
  readonly attempt: number;
  readonly status: RunStatus;
  readonly conclusion?: string;
  /** When the first attempt was made: the same for all attempts. */
  readonly createdAt: EpochMs;
  /** The commit of the code, the same for all attempts. */
  readonly headCommit: string;
  /** Absent for a tag or when the branch is gone. */
  readonly headBranch?: string;
  /** `owner/name` of where the code is from; null when that repository is gone. Differs from ours for a fork. */
  readonly headRepository: RepositoryName | null;
  /** `schedule`, `push`, `pull_request`, … */
  readonly event: string;
  /** Login of who started the first attempt; `dependabot[bot]`. */
  readonly actor?: string;
  /** `.github/workflows/branchline.yml`. */
  readonly path: string;
}

/** How a head stands to a base. `ahead`: the base is an ancestor of the head; `behind`: the head is one of the base. */
export interface Comparison {
  readonly mergeBase: string;
  readonly status: 'identical' | 'ahead' | 'behind' | 'diverged';
}

export interface PullRequest {
  readonly number: number;
  readonly state: 'open' | 'closed';
  readonly isMerged: boolean;
  readonly isDraft: boolean;
  readonly title: string;
  /** Login of the author; `dependabot[bot]`. Absent when the account is gone. */
  readonly author?: string;
  readonly head: {
    readonly commit: string;
    readonly branch: string;
    /** `owner/name`; null when the fork is gone. */
    readonly repository: RepositoryName | null;
  };
  readonly base: { readonly commit: string; readonly branch: string };
}

export interface PullRequestComment {
  readonly id: number;
  /** Absent when the account is gone. */
  readonly author?: string;
  readonly body: string;
  readonly url: string;
}

export interface RepositoryFacts {
  readonly name: RepositoryName;
  readonly visibility: 'public' | 'private' | 'internal';
  readonly defaultBranch: string;
  /** Last push to any branch; absent for a repository without one. */
  readonly pushedAt?: EpochMs;
  readonly isFork: boolean;
  readonly isArchived: boolean;
}

/** A GitHub environment (Settings > Environments) and what it holds up. */
export interface GitHubEnvironment {
  readonly name: string;
  /** Logins and team slugs that must approve each job; empty = nobody. */
  readonly reviewers: readonly string[];
  readonly waitMinutes: number;
  /**
   * Which branches may use it. `patterns` hold names and globs of branches and tags; undefined where this token may not
   * read them.
   */
  readonly branches:
    | { readonly kind: 'any' }
    | { readonly kind: 'protected' }
    | { readonly kind: 'selected'; readonly patterns: readonly string[] | undefined };
}

export interface WorkflowFile {
  readonly id: number;
  readonly name: string;
  readonly path: string;
  /** `disabled_inactivity`: 60 days without activity. Switched on again on the Actions page. */
  readonly state: 'active' | 'deleted' | 'disabled_fork' | 'disabled_inactivity' | 'disabled_manually';
}

/** What a workflow's token may do when the workflow says nothing (Settings > Actions > General). */
export interface TokenDefaults {
  readonly permissions: 'read' | 'write';
}

/** An artifact as the REST API lists it, of any attempt of a workflow run. */
export interface RunArtifact {
  readonly id: number;
  readonly name: string;
  readonly bytes: number;
  readonly isExpired: boolean;
  readonly createdAt?: EpochMs;
  /** `sha256:<hex>` of the archive; absent for old ones. */
  readonly digest?: string;
}

/** An entry of the Actions cache as the REST API lists it. */
export interface CacheListing {
  readonly id: number;
  readonly key: string;
  /** The ref that made it: readable there, and everywhere when it is the default branch. */
  readonly ref: string;
  readonly bytes: number;
  readonly createdAt?: EpochMs;
  readonly lastUsedAt?: EpochMs;
}

/** A list that was read up to a bound. */
export interface Bounded<T> {
  readonly items: readonly T[];
  /** False when there is more than was read. */
  readonly isWhole: boolean;
}

/**
 * The REST API, for one repository and one token. Never throws for what GitHub says: each call gives a value or a
 * refusal within the deadline of the adapter, all waiting included. Lists are read page by page, up to a bound.
 */
export interface GitHub {
  readonly repository: RepositoryName;

  /** All jobs of one attempt of a workflow run. `actions: read`. */
  jobs(run: number, attempt: number): GitHubAnswer<readonly WorkflowJob[]>;
  /** `actions: read`. */
  workflowRun(run: number): GitHubAnswer<WorkflowRun>;
  /** Commits, branches, or `owner:branch` of a fork. `contents: read`. */
  compare(base: string, head: string): GitHubAnswer<Comparison>;

  /** Pull requests, open and closed, from `branch` of `owner`, newest first. `pull-requests: read`. */
  pullRequestsFrom(owner: string, branch: string): GitHubAnswer<readonly PullRequest[]>;
  pullRequest(number: number): GitHubAnswer<PullRequest>;
  /** Oldest first. `pull-requests: read`. */
  comments(pullRequest: number): GitHubAnswer<Bounded<PullRequestComment>>;
  /** At most 65,536 characters. `pull-requests: write`. */
  createComment(pullRequest: number, body: string): GitHubAnswer<PullRequestComment>;
  updateComment(comment: number, body: string): GitHubAnswer<PullRequestComment>;

  repositoryFacts(): GitHubAnswer<RepositoryFacts>;
  /** `not-found` also in a private repository of a plan without environments. `actions: read`. */
  environment(name: string): GitHubAnswer<GitHubEnvironment>;
  /** By file name: `branchline.yml`. `actions: read`. */
  workflowFile(name: string): GitHubAnswer<WorkflowFile>;
  /** Needs the permission Administration, which no workflow token has: `forbidden` is the usual answer there. */
  tokenDefaults(): GitHubAnswer<TokenDefaults>;
  /** The commit of a branch or tag (`heads/main`, `tags/v1`), of any repository that the token sees. `contents: read`. */
  commitOf(ref: string, repository?: RepositoryName): GitHubAnswer<string>;
  /** The tag of the newest release that is no draft and no pre-release. */
  latestRelease(repository?: RepositoryName): GitHubAnswer<string>;

  /** Starts a workflow by `workflow_dispatch`. `actions: write`. */
  dispatchWorkflow(request: {
    readonly file: string;
    readonly ref: string;
    readonly inputs?: Readonly<Record<string, string>>;
  }): GitHubAnswer<void>;
  /** Of all attempts of a workflow run, newest first; of one name if given. `actions: read`. */
  artifacts(run: number, name?: string): GitHubAnswer<Bounded<RunArtifact>>;
  /** The archive (zip), as GitHub keeps it: hostile until proven otherwise. `too-large` above `bytesMax`. */
  downloadArtifact(id: number, bytesMax: number): GitHubAnswer<Uint8Array>;
  /** Entries whose key begins with `prefix`, of all refs or one. `actions: read`. */
  cacheEntries(prefix: string, ref?: string): GitHubAnswer<Bounded<CacheListing>>;
}
