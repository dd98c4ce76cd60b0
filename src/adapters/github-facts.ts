import type { RestEndpointMethodTypes } from '@octokit/rest';
import { type EpochMs, epochMs } from '../model/instant.ts';
import type {
  CacheListing,
  GitHubEnvironment,
  PullRequest,
  PullRequestComment,
  RepositoryFacts,
  RunArtifact,
  RunStatus,
  WorkflowFile,
  WorkflowJob,
  WorkflowRun,
} from '../ports-github.ts';

type Answers = RestEndpointMethodTypes;
type Job = Answers['actions']['listJobsForWorkflowRunAttempt']['response']['data']['jobs'][number];
type Run = Answers['actions']['getWorkflowRun']['response']['data'];
type Pull = Answers['pulls']['list']['response']['data'][number] | Answers['pulls']['get']['response']['data'];
type Comment = Answers['issues']['listComments']['response']['data'][number];
type Repository = Answers['repos']['get']['response']['data'];
type Environment = Answers['repos']['getEnvironment']['response']['data'];
type Workflow = Answers['actions']['getWorkflow']['response']['data'];
type Artifact = Answers['actions']['listWorkflowRunArtifacts']['response']['data']['artifacts'][number];
type CacheEntry = Answers['actions']['getActionsCacheList']['response']['data']['actions_caches'][number];

/** The runner group of GitHub's own machines, small and standard; any other may hold machines of the user's. */
const HOSTED_GROUP = 'GitHub Actions';

export function jobOf(job: Job, attempt: number): WorkflowJob {
  return {
    id: job.id,
    name: job.name,
    attempt: job.run_attempt ?? attempt,
    status: statusOf(job.status),
    ...given('conclusion', job.conclusion),
    ...instant('createdAt', job.created_at),
    ...instant('startedAt', job.started_at),
    ...instant('completedAt', job.completed_at),
    ...given('runner', job.runner_name),
    labels: job.labels,
    // Where no machine has it yet, the label tells; a machine of an unknown group may be anybody's.
    isSelfHosted: job.runner_group_name ? job.runner_group_name !== HOSTED_GROUP : job.labels.includes('self-hosted'),
  };
}

export function runOf(run: Run): WorkflowRun {
  return {
    id: run.id,
    attempt: run.run_attempt ?? 1,
    status: statusOf(run.status),
    ...given('conclusion', run.conclusion),
    createdAt: epochMs(run.created_at),
    headCommit: run.head_sha,
    ...given('headBranch', run.head_branch),
    // Typed as always there, and null once a fork is gone.
    headRepository: (run.head_repository as { full_name?: string } | null)?.full_name ?? null,
    event: run.event,
    ...given('actor', run.actor?.login),
    path: run.path,
  };
}

/** What has not begun is queued, whatever GitHub waits for. */
function statusOf(status: string | null): RunStatus {
  return status === 'completed' || status === 'in_progress' ? status : 'queued';
}

export function pullRequestOf(pull: Pull): PullRequest {
  return {
    number: pull.number,
    state: pull.state === 'closed' ? 'closed' : 'open',
    isMerged: pull.merged_at !== null,
    isDraft: pull.draft ?? false,
    title: pull.title,
    ...given('author', (pull.user as { login?: string } | null)?.login),
    head: {
      commit: pull.head.sha,
      branch: pull.head.ref,
      repository: (pull.head.repo as { full_name?: string } | null)?.full_name ?? null,
    },
    base: { commit: pull.base.sha, branch: pull.base.ref },
  };
}

export function commentOf(comment: Comment): PullRequestComment {
  return {
    id: comment.id,
    ...given('author', comment.user?.login),
    body: comment.body ?? '',
    url: comment.html_url,
  };
}

export function factsOf(repository: Repository): RepositoryFacts {
  return {
    name: repository.full_name,
    visibility: visibilityOf(repository),
    defaultBranch: repository.default_branch,
    // Typed as always there, and null in an empty repository.
    ...instant('pushedAt', repository.pushed_at as string | null),
    isFork: repository.fork,
    isArchived: repository.archived,
  };
}
function visibilityOf({ visibility, private: isPrivate }: Repository): RepositoryFacts['visibility'] {
  if (visibility === 'public' || visibility === 'private' || visibility === 'internal') return visibility;
  return isPrivate ? 'private' : 'public';
}

/** `patterns`: what another request told of selected branches. */
export function environmentOf(environment: Environment, patterns: readonly string[] | undefined): GitHubEnvironment {
  const rules = environment.protection_rules ?? [];
  const reviewers = rules.flatMap((rule) => ('reviewers' in rule ? (rule.reviewers ?? []) : []));
  const wait = rules.find((rule) => 'wait_timer' in rule) as { readonly wait_timer?: number } | undefined;
  return {
    name: environment.name,
    reviewers: reviewers.flatMap(({ reviewer }) => {
      const name = reviewer === undefined ? undefined : 'slug' in reviewer ? reviewer.slug : reviewer.login;
      return name === undefined ? [] : [name];
    }),
    waitMinutes: wait?.wait_timer ?? 0,
    branches: branchesOf(environment, patterns),
  };
}
function branchesOf(
  { deployment_branch_policy: policy }: Environment,
  patterns: readonly string[] | undefined,
): GitHubEnvironment['branches'] {
  if (!policy) return { kind: 'any' };
  return policy.protected_branches ? { kind: 'protected' } : { kind: 'selected', patterns };
}

export function workflowFileOf(workflow: Workflow): WorkflowFile {
  return { id: workflow.id, name: workflow.name, path: workflow.path, state: workflow.state };
}

export function artifactOf(artifact: Artifact): RunArtifact {
  return {
    id: artifact.id,
    name: artifact.name,
    bytes: artifact.size_in_bytes,
    isExpired: artifact.expired,
    ...instant('createdAt', artifact.created_at),
    ...given('digest', artifact.digest),
  };
}

export function cacheEntryOf(entry: CacheEntry): CacheListing {
  return {
    id: entry.id ?? 0,
    key: entry.key ?? '',
    ref: entry.ref ?? '',
    bytes: entry.size_in_bytes ?? 0,
    ...instant('createdAt', entry.created_at),
    ...instant('lastUsedAt', entry.last_accessed_at),
  };
}

/** A field, if it has a value: GitHub says null or leaves it out, we leave it out. */
function given<K extends string, V>(name: K, value: V | null | undefined): { readonly [P in K]?: V } {
  return (value === null || value === undefined ? {} : { [name]: value }) as { [P in K]?: V };
}
function instant<K extends string>(name: K, at: string | null | undefined): { readonly [P in K]?: EpochMs } {
  return given(name, at === null || at === undefined ? undefined : epochMs(at));
}
