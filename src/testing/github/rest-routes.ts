import { addComment } from './fake-github.ts';
import { commitNamed, compareCommits, type RepositoryModel } from './repository-model.ts';
import {
  artifactShape,
  cacheEntryShape,
  commentShape,
  environmentShape,
  jobShape,
  pullShape,
  repositoryShape,
  runShape,
  type Shape,
  workflowShape,
} from './rest-shapes.ts';

/** A request that fits its description. */
export interface RestRequest {
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Shape;
  /** GitHub's own example of a good answer. */
  readonly example: unknown;
  /** A signed URL under which bytes can be had for a while. */
  readonly sign: (bytes: Uint8Array) => string;
}
export interface RestAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}
export interface RestRoute {
  /** As GitHub's description has it: `GET /repos/{owner}/{repo}`. */
  readonly route: string;
  /** What the token needs, as `x-accepted-github-permissions` says it. */
  readonly accepts: string;
  readonly answer: (model: RepositoryModel, request: RestRequest) => RestAnswer;
}

const ok = (body: unknown): RestAnswer => ({ status: 200, body });
const refusal = (status: number, message: string): RestAnswer => ({
  status,
  body: { message, documentation_url: 'https://docs.github.com/rest', status: String(status) },
});
const notFound = refusal(404, 'Not Found');

/** One page of a list, and the whole count. */
function page<T>(all: readonly T[], query: URLSearchParams, sizeDefault = 30): readonly T[] {
  const size = Math.min(Number(query.get('per_page') ?? sizeDefault), 100);
  const first = (Number(query.get('page') ?? 1) - 1) * size;
  return all.slice(first, first + size);
}
function first(example: unknown, list: string): Shape {
  return ((example as Shape)[list] as readonly Shape[])[0]!;
}
function refsOf(model: RepositoryModel, { owner, repo }: Readonly<Record<string, string>>) {
  const name = `${owner}/${repo}`;
  return name === model.facts.name ? model.refs : model.otherRefs.get(name);
}

const ACTIONS = '/repos/{owner}/{repo}/actions';

export const routes: readonly RestRoute[] = [
  {
    route: `GET ${ACTIONS}/runs/{run_id}/attempts/{attempt_number}/jobs`,
    accepts: 'actions=read',
    answer(model, { path, query, example }) {
      const run = model.runs.get(Number(path['run_id']));
      const attempt = Number(path['attempt_number']);
      if (run === undefined || attempt > run.attempt) return notFound;
      const jobs = model.jobs.filter((job) => job.run === run.id && job.attempt === attempt);
      const shapes = page(jobs, query).map((job) => jobShape(job, run, first(example, 'jobs')));
      return ok({ total_count: jobs.length, jobs: shapes });
    },
  },
  {
    route: `GET ${ACTIONS}/runs/{run_id}`,
    accepts: 'actions=read',
    answer(model, { path, example }) {
      const run = model.runs.get(Number(path['run_id']));
      return run === undefined ? notFound : ok(runShape(run, example as Shape));
    },
  },
  {
    route: 'GET /repos/{owner}/{repo}/compare/{basehead}',
    accepts: 'contents=read',
    answer(model, { path, example }) {
      const [base = '', head = ''] = path['basehead']!.split('...').map((name) => commitNamed(model, name) ?? '');
      const found = base === '' || head === '' ? undefined : compareCommits(model, base, head);
      if (found === undefined) return notFound;
      const commit = (example as Shape)['merge_base_commit'] as Shape;
      return ok({
        ...(example as Shape),
        status: found.status,
        ahead_by: found.aheadBy,
        behind_by: found.behindBy,
        total_commits: found.aheadBy,
        base_commit: { ...commit, sha: base },
        merge_base_commit: { ...commit, sha: found.mergeBase },
      });
    },
  },
  {
    route: 'GET /repos/{owner}/{repo}/pulls',
    accepts: 'pull_requests=read',
    answer(model, { query, example }) {
      const [owner, branch] = (query.get('head') ?? ':').split(/:(.*)/);
      const state = query.get('state') ?? 'open';
      const found = [...model.pullRequests.values()]
        .filter((pull) => state === 'all' || pull.state === state)
        .filter(
          ({ head }) => !query.has('head') || (head.branch === branch && head.repository?.split('/')[0] === owner),
        )
        .sort((a, b) => b.number - a.number);
      const [shape] = example as readonly Shape[];
      return ok(page(found, query).map((pull) => pullShape(pull, model.facts.name, shape!)));
    },
  },
  {
    route: 'GET /repos/{owner}/{repo}/pulls/{pull_number}',
    accepts: 'pull_requests=read',
    answer(model, { path, example }) {
      const pull = model.pullRequests.get(Number(path['pull_number']));
      return pull === undefined ? notFound : ok(pullShape(pull, model.facts.name, example as Shape));
    },
  },
  {
    route: 'GET /repos/{owner}/{repo}/issues/{issue_number}/comments',
    accepts: 'issues=read; pull_requests=read',
    answer(model, { path, query, example }) {
      const number = Number(path['issue_number']);
      if (!model.pullRequests.has(number)) return notFound;
      const comments = [...model.comments.values()].filter(({ pullRequest }) => pullRequest === number);
      const [shape] = example as readonly Shape[];
      return ok(page(comments, query).map((comment) => commentShape(comment, shape!)));
    },
  },
  {
    route: 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments',
    accepts: 'issues=write; pull_requests=write',
    answer(model, { path, body, example }) {
      const number = Number(path['issue_number']);
      if (!model.pullRequests.has(number)) return notFound;
      const comment = addComment(model, number, 'github-actions[bot]', String(body['body']));
      if (comment === undefined) return refusal(422, 'Body is too long (maximum is 65536 characters)');
      return { status: 201, body: commentShape(comment, example as Shape) };
    },
  },
  {
    route: 'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}',
    accepts: 'issues=write; pull_requests=write',
    answer(model, { path, body, example }) {
      const old = model.comments.get(Number(path['comment_id']));
      if (old === undefined) return notFound;
      const text = String(body['body']);
      if (text.length > 65_536) return refusal(422, 'Body is too long (maximum is 65536 characters)');
      const comment = { ...old, body: text };
      model.comments.set(old.id, comment);
      return ok(commentShape(comment, example as Shape));
    },
  },
  {
    route: 'GET /repos/{owner}/{repo}',
    accepts: 'metadata=read',
    answer: (model, { example }) => ok(repositoryShape(model.facts, example as Shape)),
  },
  {
    route: 'GET /repos/{owner}/{repo}/environments/{environment_name}',
    accepts: 'actions=read',
    answer(model, { path, example }) {
      const environment = model.environments.get(path['environment_name']!);
      return environment === undefined ? notFound : ok(environmentShape(environment, example as Shape));
    },
  },
  {
    route: 'GET /repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies',
    accepts: 'actions=read',
    answer(model, { path, query }) {
      const branches = model.environments.get(path['environment_name']!)?.branches;
      if (branches?.kind !== 'selected' || branches.patterns === undefined) return notFound;
      const policies = branches.patterns.map((name, i) => ({ id: i + 1, node_id: `x${i}`, name, type: 'branch' }));
      return ok({ total_count: policies.length, branch_policies: page(policies, query) });
    },
  },
  {
    route: `GET ${ACTIONS}/workflows/{workflow_id}`,
    accepts: 'actions=read',
    answer(model, { path, example }) {
      const file = model.workflowFiles.get(path['workflow_id']!);
      return file === undefined ? notFound : ok(workflowShape(file, example as Shape));
    },
  },
  {
    route: `GET ${ACTIONS}/permissions/workflow`,
    accepts: 'administration=read',
    answer: (model) =>
      ok({
        default_workflow_permissions: model.tokenDefaults.permissions,
        can_approve_pull_request_reviews: false,
      }),
  },
  {
    route: 'GET /repos/{owner}/{repo}/git/ref/{ref}',
    accepts: 'contents=read',
    answer(model, { path, example }) {
      const commit = refsOf(model, path)?.get(path['ref']!);
      if (commit === undefined) return notFound;
      const { object, ...rest } = example as Shape;
      const tag = model.annotatedTags.get(path['ref']!);
      const target = tag === undefined ? { type: 'commit', sha: commit } : { type: 'tag', sha: tag };
      return ok({ ...rest, ref: `refs/${path['ref']}`, object: { ...(object as Shape), ...target } });
    },
  },
  {
    route: 'GET /repos/{owner}/{repo}/git/tags/{tag_sha}',
    accepts: 'contents=read',
    answer(model, { path, example }) {
      const [ref] = [...model.annotatedTags].find(([, sha]) => sha === path['tag_sha']) ?? [];
      const commit = ref === undefined ? undefined : refsOf(model, path)?.get(ref);
      if (commit === undefined) return notFound;
      const { object, ...rest } = example as Shape;
      return ok({
        ...rest,
        sha: path['tag_sha'],
        object: { ...(object as Shape), type: 'commit', sha: commit },
      });
    },
  },
  {
    route: 'GET /repos/{owner}/{repo}/releases/latest',
    accepts: 'contents=read',
    answer(model, { path, example }) {
      const tag = model.releases.get(`${path['owner']}/${path['repo']}`);
      return tag === undefined ? notFound : ok({ ...(example as Shape), tag_name: tag });
    },
  },
  {
    route: `POST ${ACTIONS}/workflows/{workflow_id}/dispatches`,
    accepts: 'actions=write',
    answer(model, { path, body }) {
      const [file, ref] = [path['workflow_id']!, String(body['ref'])];
      if (!model.workflowFiles.has(file)) return notFound;
      if (commitNamed(model, ref) === undefined) return refusal(422, `No ref found for: ${ref}`);
      model.dispatches.push({ file, ref, inputs: (body['inputs'] ?? {}) as Record<string, string> });
      return { status: 204 };
    },
  },
  {
    route: `GET ${ACTIONS}/runs/{run_id}/artifacts`,
    accepts: 'actions=read',
    answer(model, { path, query, example }) {
      const name = query.get('name');
      const found = model.artifacts
        .filter((each) => each.run === Number(path['run_id']) && (name === null || each.name === name))
        .reverse();
      const shapes = page(found, query).map((each) => artifactShape(each, first(example, 'artifacts')));
      return ok({ total_count: found.length, artifacts: shapes });
    },
  },
  {
    route: `GET ${ACTIONS}/artifacts/{artifact_id}/{archive_format}`,
    accepts: 'actions=read',
    answer(model, { path, sign }) {
      const artifact = model.artifacts.find(({ id }) => id === Number(path['artifact_id']));
      if (artifact === undefined) return notFound;
      if (artifact.isExpired) return refusal(410, 'Artifact has expired');
      return { status: 302, headers: { location: sign(artifact.archive) } };
    },
  },
  {
    route: `GET ${ACTIONS}/caches`,
    accepts: 'actions=read',
    answer(model, { query, example }) {
      const found = model.cacheEntries.filter(
        (entry) =>
          entry.key.startsWith(query.get('key') ?? '') && (!query.has('ref') || entry.ref === query.get('ref')),
      );
      const shapes = page(found, query).map((entry) => cacheEntryShape(entry, first(example, 'actions_caches')));
      return ok({ total_count: found.length, actions_caches: shapes });
    },
  },
];
