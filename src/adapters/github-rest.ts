import { ok } from '../base/result.ts';
import type { Clock } from '../ports.ts';
import type { Bounded, GitHub } from '../ports-github.ts';
import { downloadAsset } from './github-asset.ts';
import { type CallSpec, gitHubCalls, type OctokitClient, type RequestOptions } from './github-calls.ts';
import {
  artifactOf,
  cacheEntryOf,
  commentOf,
  environmentOf,
  factsOf,
  jobOf,
  pullRequestOf,
  runOf,
  workflowFileOf,
} from './github-facts.ts';

const DEADLINE_MS = 60_000;
const TRY_MS = 15_000;
const PER_PAGE = 100;
/** Requests that one list makes at most. */
const PAGES_MAX = 10;

export interface GitHubRestOptions {
  /** GITHUB_API_URL: `https://api.github.com`, or that of GitHub Enterprise. Never a host of our own choosing. */
  readonly apiUrl: string;
  readonly token: string;
  /** `owner/name`. */
  readonly repository: string;
  readonly clock: Clock;
  /** Milliseconds that a call may take, all tries and waits included. */
  readonly deadlineMs?: number;
  /** Milliseconds that one try may take to be answered. */
  readonly tryMs?: number;
  /** Milliseconds of a second that is waited between tries and writes; `unpaced` = writes are not spaced. */
  readonly pace?: { readonly secondMs: number } | 'unpaced';
}

/** The REST API through GitHub's client: bounded tries, bounded waits, and refusals that say what to do. */
export function gitHubRest(options: GitHubRestOptions): GitHub {
  const { repository, deadlineMs = DEADLINE_MS, tryMs = TRY_MS, pace = { secondMs: 1000 } } = options;
  const call = gitHubCalls({ ...options, deadlineMs, tryMs, pace });
  const here = place(repository);
  const actions = (what: string): CallSpec => ({ what, permission: 'actions: read' });
  const contents = (what: string): CallSpec => ({ what, permission: 'contents: read' });
  const pulls = (what: string): CallSpec => ({ what, permission: 'pull-requests: read' });

  return {
    repository,

    async jobs(run, attempt) {
      const found = await call(actions(`jobs of attempt ${attempt} of workflow run ${run}`), (octokit, request) =>
        pages(async (page) => {
          const parameters = { ...here, ...page, run_id: run, attempt_number: attempt, request };
          const { data } = await octokit.rest.actions.listJobsForWorkflowRunAttempt(parameters);
          return data.jobs.map((job) => jobOf(job, attempt));
        }),
      );
      return found.ok ? ok(found.value.items) : found;
    },
    workflowRun: (run) =>
      call(actions(`workflow run ${run}`), async (octokit, request) =>
        runOf((await octokit.rest.actions.getWorkflowRun({ ...here, run_id: run, request })).data),
      ),
    compare: (base, head) =>
      call(contents(`the comparison ${base}...${head}`), async (octokit, request) => {
        // One commit a page: only what they have in common is asked for.
        const parameters = { ...here, basehead: `${base}...${head}`, per_page: 1, request };
        const { data } = await octokit.rest.repos.compareCommitsWithBasehead(parameters);
        return { mergeBase: data.merge_base_commit.sha, status: data.status };
      }),

    async pullRequestsFrom(owner, branch) {
      const found = await call(pulls(`pull requests from ${owner}:${branch}`), (octokit, request) =>
        pages(async (page) => {
          const order = { state: 'all', sort: 'created', direction: 'desc' } as const;
          const parameters = { ...here, ...page, ...order, head: `${owner}:${branch}`, request };
          return (await octokit.rest.pulls.list(parameters)).data.map(pullRequestOf);
        }),
      );
      return found.ok ? ok(found.value.items) : found;
    },
    pullRequest: (number) =>
      call(pulls(`pull request ${number}`), async (octokit, request) =>
        pullRequestOf((await octokit.rest.pulls.get({ ...here, pull_number: number, request })).data),
      ),
    comments: (number) =>
      call(pulls(`comments of pull request ${number}`), (octokit, request) =>
        pages(async (page) => {
          const { data } = await octokit.rest.issues.listComments({ ...here, ...page, issue_number: number, request });
          return data.map(commentOf);
        }),
      ),
    createComment: (number, body) =>
      call(
        { what: `a comment on pull request ${number}`, permission: 'pull-requests: write', isRepeatable: false },
        async (octokit, request) =>
          commentOf((await octokit.rest.issues.createComment({ ...here, issue_number: number, body, request })).data),
      ),
    updateComment: (comment, body) =>
      call({ what: `comment ${comment}`, permission: 'pull-requests: write' }, async (octokit, request) =>
        commentOf((await octokit.rest.issues.updateComment({ ...here, comment_id: comment, body, request })).data),
      ),

    repositoryFacts: () =>
      call({ what: `repository ${repository}`, permission: 'metadata: read' }, async (octokit, request) =>
        factsOf((await octokit.rest.repos.get({ ...here, request })).data),
      ),
    environment: (name) =>
      call(actions(`environment ${name}`), async (octokit, request) => {
        const where = { ...here, environment_name: name, request };
        const { data } = await octokit.rest.repos.getEnvironment(where);
        const isSelected = data.deployment_branch_policy?.custom_branch_policies === true;
        return environmentOf(data, isSelected ? await branchPatterns(octokit, where) : undefined);
      }),
    workflowFile: (name) =>
      call(actions(`workflow ${name}`), async (octokit, request) =>
        workflowFileOf((await octokit.rest.actions.getWorkflow({ ...here, workflow_id: name, request })).data),
      ),
    tokenDefaults: () =>
      call(
        { what: 'the default permissions of workflow tokens', permission: 'administration: read' },
        async (octokit, request) => {
          const parameters = { ...here, request };
          const { data } = await octokit.rest.actions.getGithubActionsDefaultWorkflowPermissionsRepository(parameters);
          return { permissions: data.default_workflow_permissions };
        },
      ),
    commitOf: (ref, other = repository) =>
      call(contents(`${ref} of ${other}`), (octokit, request) => commitAt(octokit, { ...place(other), ref, request })),
    latestRelease: (other = repository) =>
      call(
        contents(`the newest release of ${other}`),
        async (octokit, request) =>
          (await octokit.rest.repos.getLatestRelease({ ...place(other), request })).data.tag_name,
      ),

    dispatchWorkflow: ({ file, ref, inputs = {} }) =>
      call(
        { what: `a start of ${file} on ${ref}`, permission: 'actions: write', isRepeatable: false },
        async (octokit, request) => {
          const parameters = { ...here, workflow_id: file, ref, inputs: { ...inputs }, request };
          await octokit.rest.actions.createWorkflowDispatch(parameters);
        },
      ),
    artifacts: (run, name) =>
      call(actions(`artifacts of workflow run ${run}`), (octokit, request) =>
        pages(async (page) => {
          const filter = name === undefined ? {} : { name };
          const parameters = { ...here, ...page, ...filter, run_id: run, request };
          return (await octokit.rest.actions.listWorkflowRunArtifacts(parameters)).data.artifacts.map(artifactOf);
        }),
      ),
    downloadArtifact: (id, bytesMax) =>
      call(actions(`artifact ${id}`), async (octokit, request) => {
        const parameters = { ...here, artifact_id: id, archive_format: 'zip' };
        // The place of the bytes is another host's, which must not see the token.
        const { headers } = await octokit.rest.actions.downloadArtifact({
          ...parameters,
          request: { ...request, redirect: 'manual' },
        });
        return downloadAsset(headers.location, { what: `artifact ${id}`, bytesMax, signal: request.signal });
      }),
    cacheEntries: (prefix, ref) =>
      call(actions(`cache entries ${prefix}*`), (octokit, request) =>
        pages(async (page) => {
          const filter = { key: prefix, ...(ref === undefined ? {} : { ref }) };
          const { data } = await octokit.rest.actions.getActionsCacheList({ ...here, ...page, ...filter, request });
          return data.actions_caches.map(cacheEntryOf);
        }),
      ),
  };
}

function place(repository: string): { readonly owner: string; readonly repo: string } {
  const [owner = '', repo = ''] = repository.split('/');
  return { owner, repo };
}

/** Page by page until one is not full, or the bound. */
async function pages<T>(
  read: (page: { readonly per_page: number; readonly page: number }) => Promise<readonly T[]>,
): Promise<Bounded<T>> {
  const items: T[] = [];
  for (let page = 1; page <= PAGES_MAX; page++) {
    const found = await read({ per_page: PER_PAGE, page });
    items.push(...found);
    if (found.length < PER_PAGE) return { items, isWhole: true };
  }
  return { items, isWhole: false };
}

/** Undefined where the token may see the environment and not its branches. */
async function branchPatterns(
  octokit: OctokitClient,
  where: {
    readonly owner: string;
    readonly repo: string;
    readonly environment_name: string;
    readonly request: RequestOptions;
  },
): Promise<readonly string[] | undefined> {
  try {
    const { data } = await octokit.rest.repos.listDeploymentBranchPolicies({ ...where, per_page: PER_PAGE });
    return data.branch_policies.flatMap(({ name }) => (name === undefined ? [] : [name]));
  } catch (error) {
    const { status } = error as { readonly status?: unknown };
    if (status === 403 || status === 404) return undefined;
    throw error;
  }
}

/** An annotated tag is an object that points at the commit. */
async function commitAt(
  octokit: OctokitClient,
  where: { readonly owner: string; readonly repo: string; readonly ref: string; readonly request: RequestOptions },
): Promise<string> {
  const { ref, ...repository } = where;
  let { object } = (await octokit.rest.git.getRef({ ...repository, ref })).data;
  // A tag of a tag of a tag is nobody's.
  for (let depth = 0; object.type === 'tag' && depth < 3; depth++) {
    object = (await octokit.rest.git.getTag({ ...repository, tag_sha: object.sha })).data.object;
  }
  return object.sha;
}
