import { timestamp } from '../../model/instant.ts';
import type {
  CacheListing,
  GitHubEnvironment,
  PullRequest,
  PullRequestComment,
  RepositoryFacts,
  RunArtifact,
  WorkflowFile,
  WorkflowJob,
  WorkflowRun,
} from '../../ports-github.ts';

/*
 * What a model holds, in the words of the REST API: only the fields that differ from GitHub's own example of the answer,
 * which is the rest. `time` of nothing is null, as GitHub says it.
 */
export type Shape = Readonly<Record<string, unknown>>;

const time = (at: number | undefined): string | null => (at === undefined ? null : timestamp(at).replace('.000Z', 'Z'));
const login = (name: string | undefined, example: unknown): unknown =>
  name === undefined ? null : { ...(example as object), login: name };

export function jobShape(job: WorkflowJob & { readonly run: number }, run: WorkflowRun, example: Shape): Shape {
  const hasMachine = job.runner !== undefined;
  return {
    ...example,
    id: job.id,
    run_id: job.run,
    run_attempt: job.attempt,
    head_sha: run.headCommit,
    head_branch: run.headBranch ?? null,
    workflow_name: 'branchline',
    name: job.name,
    status: job.status,
    conclusion: job.conclusion ?? null,
    created_at: time(job.createdAt ?? run.createdAt),
    // GitHub gives one to jobs that wait, too.
    started_at: time(job.startedAt ?? run.createdAt),
    completed_at: time(job.completedAt),
    labels: job.labels,
    runner_id: hasMachine ? 7 : null,
    runner_name: job.runner ?? null,
    runner_group_id: hasMachine ? 2 : null,
    runner_group_name: hasMachine ? (job.isSelfHosted ? 'Default' : 'GitHub Actions') : null,
  };
}

export function runShape(run: WorkflowRun, example: Shape): Shape {
  return {
    ...example,
    id: run.id,
    run_attempt: run.attempt,
    status: run.status,
    conclusion: run.conclusion ?? null,
    created_at: time(run.createdAt),
    run_started_at: time(run.createdAt),
    head_sha: run.headCommit,
    head_branch: run.headBranch ?? null,
    head_repository:
      run.headRepository === null ? null : { ...(example['head_repository'] as object), full_name: run.headRepository },
    event: run.event,
    actor: { ...(example['actor'] as object), login: run.actor },
    path: run.path,
  };
}

export function pullShape(pull: PullRequest, ownName: string, example: Shape): Shape {
  const [head, base] = [example['head'] as Shape, example['base'] as Shape];
  const repo = (side: Shape, name: string | null) =>
    name === null ? null : { ...(side['repo'] as object), full_name: name };
  return {
    ...example,
    requested_teams: [],
    number: pull.number,
    state: pull.state,
    merged_at: pull.isMerged ? '2026-11-22T08:00:00Z' : null,
    ...('merged' in example ? { merged: pull.isMerged } : {}),
    draft: pull.isDraft,
    title: pull.title,
    user: login(pull.author, example['user']),
    head: {
      ...head,
      label: `${pull.head.repository?.split('/')[0] ?? 'unknown'}:${pull.head.branch}`,
      ref: pull.head.branch,
      sha: pull.head.commit,
      repo: repo(head, pull.head.repository),
    },
    base: { ...base, ref: pull.base.branch, sha: pull.base.commit, repo: repo(base, ownName) },
  };
}

export function commentShape(comment: PullRequestComment, example: Shape): Shape {
  const user = login(comment.author, example['user']);
  return { ...example, id: comment.id, user, body: comment.body, html_url: comment.url };
}

export function repositoryShape(facts: RepositoryFacts, example: Shape): Shape {
  // Only of forks; in the example they lack what their own description asks for.
  const { source: _, parent: __, ...rest } = example;
  return {
    ...rest,
    language: null,
    name: facts.name.split('/')[1],
    full_name: facts.name,
    visibility: facts.visibility,
    private: facts.visibility !== 'public',
    default_branch: facts.defaultBranch,
    pushed_at: time(facts.pushedAt),
    fork: facts.isFork,
    archived: facts.isArchived,
  };
}

export function environmentShape(environment: GitHubEnvironment, example: Shape): Shape {
  const rules = example['protection_rules'] as readonly Shape[];
  const reviewersOf = rules.find((rule) => rule['type'] === 'required_reviewers')!;
  const [user] = reviewersOf['reviewers'] as readonly Shape[];
  const reviewers = environment.reviewers.map((name) => ({
    ...user,
    type: 'User',
    reviewer: { ...(user?.['reviewer'] as object), login: name },
  }));
  const { kind } = environment.branches;
  return {
    ...example,
    name: environment.name,
    protection_rules: [
      { id: 1, node_id: 'x', type: 'wait_timer', wait_timer: environment.waitMinutes },
      { ...reviewersOf, reviewers },
      { id: 3, node_id: 'x', type: 'branch_policy' },
    ],
    deployment_branch_policy:
      kind === 'any' ? null : { protected_branches: kind === 'protected', custom_branch_policies: kind === 'selected' },
  };
}

export function workflowShape(file: WorkflowFile, example: Shape): Shape {
  return { ...example, ...file };
}

export function artifactShape(artifact: RunArtifact & { readonly run: number }, example: Shape): Shape {
  const { digest: _, ...rest } = example;
  return {
    ...rest,
    id: artifact.id,
    name: artifact.name,
    size_in_bytes: artifact.bytes,
    expired: artifact.isExpired,
    created_at: time(artifact.createdAt),
    ...(artifact.digest === undefined ? {} : { digest: artifact.digest }),
    workflow_run: { ...(example['workflow_run'] as object), id: artifact.run },
  };
}

export function cacheEntryShape(entry: CacheListing, example: Shape): Shape {
  const { created_at: _, last_accessed_at: __, ...rest } = example;
  return {
    ...rest,
    id: entry.id,
    key: entry.key,
    ref: entry.ref,
    size_in_bytes: entry.bytes,
    ...(entry.createdAt === undefined ? {} : { created_at: time(entry.createdAt) }),
    ...(entry.lastUsedAt === undefined ? {} : { last_accessed_at: time(entry.lastUsedAt) }),
  };
}
