import type {
  CacheListing,
  Comparison,
  GitHubEnvironment,
  PullRequest,
  PullRequestComment,
  RepositoryFacts,
  RunArtifact,
  TokenDefaults,
  WorkflowFile,
  WorkflowJob,
  WorkflowRun,
} from '../../ports-github.ts';

/** What a workflow's token may do, by the names of `permissions:` in YAML; a name that is not there = none. */
export type TokenPermissions = Readonly<Record<string, 'read' | 'write'>>;

export interface ModelDispatch {
  readonly file: string;
  readonly ref: string;
  readonly inputs: Readonly<Record<string, string>>;
}

/**
 * A repository as GitHub holds it, in memory: what the fake and the loopback server answer from, so that both say the
 * same. A test changes it as people and other jobs would.
 */
export interface RepositoryModel {
  facts: RepositoryFacts;
  permissions: TokenPermissions;
  tokenDefaults: TokenDefaults;
  /** `heads/main` → commit. */
  readonly refs: Map<string, string>;
  /** Tags that are objects of their own: `tags/v1` → the object, whose commit is in `refs`. */
  readonly annotatedTags: Map<string, string>;
  /** Commit → parents. */
  readonly commits: Map<string, readonly string[]>;
  /** Branches of forks: `owner:branch` → commit. */
  readonly forkBranches: Map<string, string>;
  readonly pullRequests: Map<number, PullRequest>;
  readonly comments: Map<number, PullRequestComment & { readonly pullRequest: number }>;
  readonly runs: Map<number, WorkflowRun>;
  readonly jobs: (WorkflowJob & { readonly run: number })[];
  readonly environments: Map<string, GitHubEnvironment>;
  readonly workflowFiles: Map<string, WorkflowFile>;
  /** Of all workflow runs; `archive` is what a download gives. */
  readonly artifacts: (RunArtifact & { readonly run: number; readonly archive: Uint8Array })[];
  readonly cacheEntries: CacheListing[];
  /** Repository → tag of its newest release. */
  readonly releases: Map<string, string>;
  /** Refs of other repositories: `owner/name` → ref → commit. */
  readonly otherRefs: Map<string, ReadonlyMap<string, string>>;
  /** What `dispatchWorkflow` asked for, in order. */
  readonly dispatches: ModelDispatch[];
  /** The next free id: numbers as GitHub gives them out. */
  nextId: number;
}

/** The permissions that `init` writes for a tick, and the comment's. */
export const USUAL_PERMISSIONS: TokenPermissions = {
  actions: 'write',
  contents: 'write',
  'pull-requests': 'write',
  metadata: 'read',
};

/** An id of a commit that is as long as a real one: `commitId(1)`. */
export function commitId(n: number): string {
  return n.toString(16).padStart(40, '0');
}

/** A repository with a default branch of one commit, and nothing else. */
export function repositoryModel(overrides: Partial<RepositoryFacts> = {}): RepositoryModel {
  const first = commitId(1);
  const facts: RepositoryFacts = {
    name: 'acme/shop',
    visibility: 'private',
    defaultBranch: 'main',
    pushedAt: Date.parse('2026-11-22T08:00:00Z'),
    isFork: false,
    isArchived: false,
    ...overrides,
  };
  return {
    facts,
    permissions: USUAL_PERMISSIONS,
    tokenDefaults: { permissions: 'read' },
    refs: new Map([[`heads/${facts.defaultBranch}`, first]]),
    annotatedTags: new Map(),
    commits: new Map([[first, []]]),
    forkBranches: new Map(),
    pullRequests: new Map(),
    comments: new Map(),
    runs: new Map(),
    jobs: [],
    environments: new Map(),
    workflowFiles: new Map(),
    artifacts: [],
    cacheEntries: [],
    releases: new Map(),
    otherRefs: new Map(),
    dispatches: [],
    nextId: 1_000,
  };
}

/** A job that runs on a hosted machine. */
export function modelJob(run: number, changes: Partial<WorkflowJob> = {}): WorkflowJob & { readonly run: number } {
  return {
    id: run * 10 + 1,
    run,
    name: 'run',
    attempt: 1,
    status: 'in_progress',
    createdAt: Date.parse('2026-11-22T09:00:05Z'),
    startedAt: Date.parse('2026-11-22T09:00:10Z'),
    runner: 'GitHub Actions 7',
    labels: ['ubuntu-latest'],
    isSelfHosted: false,
    ...changes,
  };
}

/** A scheduled workflow run on the default branch. */
export function modelRun(id: number, changes: Partial<WorkflowRun> = {}): WorkflowRun {
  return {
    id,
    attempt: 1,
    status: 'in_progress',
    createdAt: Date.parse('2026-11-22T09:00:00Z'),
    headCommit: commitId(1),
    headBranch: 'main',
    headRepository: 'acme/shop',
    event: 'schedule',
    actor: 'octocat',
    path: '.github/workflows/branchline.yml',
    ...changes,
  };
}

/** An open pull request of the same repository; its branch and base are not made. */
export function modelPullRequest(number: number, changes: Partial<PullRequest> = {}): PullRequest {
  return {
    number,
    state: 'open',
    isMerged: false,
    isDraft: false,
    title: `Change ${number}`,
    author: 'octocat',
    head: { commit: commitId(2), branch: `change-${number}`, repository: 'acme/shop' },
    base: { commit: commitId(1), branch: 'main' },
    ...changes,
  };
}

/** The commit of a base or head as `compare` takes it: a commit, a branch, or `owner:branch`. */
export function commitNamed(model: RepositoryModel, name: string): string | undefined {
  if (model.commits.has(name)) return name;
  const owner = model.facts.name.split('/')[0];
  const own = name.startsWith(`${owner}:`) ? name.slice(`${owner}:`.length) : name;
  return model.refs.get(`heads/${own}`) ?? model.refs.get(`tags/${own}`) ?? model.forkBranches.get(name);
}

/** How two commits of the model stand; undefined when they have nothing in common. */
export function compareCommits(model: RepositoryModel, base: string, head: string): ModelComparison | undefined {
  const ofBase = ancestors(model, base);
  const ofHead = ancestors(model, head);
  const mergeBase = [...ofHead].find((commit) => ofBase.has(commit));
  if (mergeBase === undefined) return undefined;
  const aheadBy = [...ofHead].filter((commit) => !ofBase.has(commit)).length;
  const behindBy = [...ofBase].filter((commit) => !ofHead.has(commit)).length;
  const status = aheadBy === 0 ? (behindBy === 0 ? 'identical' : 'behind') : behindBy === 0 ? 'ahead' : 'diverged';
  return { mergeBase, status, aheadBy, behindBy };
}
export interface ModelComparison extends Comparison {
  readonly aheadBy: number;
  readonly behindBy: number;
}

/** A commit and all before it, nearest first. */
function ancestors(model: RepositoryModel, commit: string): Set<string> {
  const found = new Set([commit]);
  for (const each of found) for (const parent of model.commits.get(each) ?? []) found.add(parent);
  return found;
}
