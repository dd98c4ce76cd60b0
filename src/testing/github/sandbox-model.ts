import type { GitSandbox } from '../git-sandbox.ts';
import type { WorkflowEvent } from './events.ts';
import { modelJob, modelPullRequest, modelRun, type RepositoryModel } from './repository-model.ts';
import type { ResultsService } from './results-service.ts';

/** What the REST API says follows from what git and the services hold. */
export function refreshModel(
  model: RepositoryModel,
  {
    sandbox,
    origin,
    results,
  }: { readonly sandbox: GitSandbox; readonly origin: string; readonly results: ResultsService },
): void {
  model.refs.clear();
  model.commits.clear();
  for (const line of lines(sandbox.git(origin, 'for-each-ref', '--format=%(objectname) %(refname)'))) {
    const [commit = '', ref = ''] = line.split(' ');
    model.refs.set(ref.replace(/^refs\//, ''), commit);
  }
  for (const line of lines(sandbox.git(origin, 'rev-list', '--all', '--parents'))) {
    const [commit = '', ...parents] = line.split(' ');
    model.commits.set(commit, parents);
  }
  const { artifacts, cache, blobs } = results;
  model.artifacts.splice(0);
  for (const { id, name, run, bytes, digest, blob, isFinished } of artifacts.artifacts) {
    if (!isFinished) continue;
    const given = digest === undefined ? {} : { digest };
    model.artifacts.push({ id, name, run, bytes, isExpired: false, archive: blobs.blobs.get(blob)!, ...given });
  }
  model.cacheEntries.splice(0);
  for (const { id, key, ref, blob, isFinished } of cache.entries) {
    if (isFinished) model.cacheEntries.push({ id, key, ref, bytes: blobs.blobs.get(blob)?.length ?? 0 });
  }
}

export interface PullRequestOptions {
  readonly number: number;
  readonly branch: string;
  readonly base?: string;
  /** `mona/shop`: it comes from there, and its branch is none of ours. */
  readonly fork?: string;
  readonly author?: string;
  readonly title?: string;
}
export interface PushedPullRequest {
  readonly head: string;
  /** The commit that GitHub makes of it and its base. */
  readonly merge: string;
  readonly base: string;
}

export function notePullRequest(model: RepositoryModel, options: PullRequestOptions, pushed: PushedPullRequest): void {
  const { number, branch, base = 'main', fork, author = 'octocat', title = 'Change' } = options;
  if (fork !== undefined) model.forkBranches.set(`${fork.split('/')[0]}:${branch}`, pushed.head);
  const head = { commit: pushed.head, branch, repository: fork ?? model.facts.name };
  const from = { commit: pushed.base, branch: base };
  model.pullRequests.set(number, modelPullRequest(number, { author, title, head, base: from }));
}

export interface NotedJob {
  readonly run: number;
  readonly attempt: number;
  readonly job: string;
  readonly runner: string;
  readonly isSelfHosted: boolean;
  /** Default: those of the usual machine. */
  readonly labels?: readonly string[];
}

/** The workflow run of an event, and its job, which has just begun. */
export function noteJob(model: RepositoryModel, event: WorkflowEvent, noted: NotedJob): void {
  const { run, attempt, job, runner, isSelfHosted } = noted;
  // One after the other, as people click: the time of a workflow run tells two clicks apart. Before any of its jobs.
  const createdAt = Date.parse('2026-11-22T09:00:00Z') + ((run - 1) % 10) * 1000;
  const facts = { attempt, event: event.name, actor: event.actor, createdAt, ...headOf(model, event) };
  model.runs.set(run, modelRun(run, facts));
  const labels = noted.labels ?? (isSelfHosted ? ['self-hosted'] : ['ubuntu-latest']);
  model.jobs.push(modelJob(run, { id: model.nextId++, name: job, attempt, runner, labels, isSelfHosted }));
}

/** Of a pull request its own head, though its job has the merge. */
function headOf(model: RepositoryModel, event: WorkflowEvent) {
  const pull = event.payload['pull_request'] as
    | {
        readonly head: {
          readonly sha: string;
          readonly ref: string;
          readonly repo: { readonly full_name: string } | null;
        };
      }
    | undefined;
  if (pull !== undefined) {
    const { sha, ref, repo } = pull.head;
    return { headCommit: sha, headBranch: ref, headRepository: repo?.full_name ?? null };
  }
  return {
    headCommit: event.sha,
    headRepository: model.facts.name,
    ...(event.ref.startsWith('refs/heads/') ? { headBranch: event.ref.slice('refs/heads/'.length) } : {}),
  };
}

/** A job is over, and with it its workflow run. */
export function noteEnd(
  model: RepositoryModel,
  ended: {
    readonly run: number;
    readonly attempt: number;
    readonly runnerName: string;
    /** Other jobs of the workflow run follow. */
    readonly isFollowed: boolean;
  },
  conclusion: string,
): void {
  const { run, attempt, runnerName } = ended;
  const at = model.jobs.findLastIndex((job) => job.run === run && job.attempt === attempt && job.runner === runnerName);
  const job = model.jobs[at]!;
  const completedAt = (job.startedAt ?? 0) + 60_000;
  model.jobs[at] = { ...job, status: 'completed', conclusion, completedAt };
  const workflowRun = model.runs.get(run)!;
  if (workflowRun.attempt === attempt && !ended.isFollowed)
    model.runs.set(run, { ...workflowRun, status: 'completed', conclusion });
}

export function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
