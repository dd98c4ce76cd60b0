import { fail, ok, type Result } from '../../base/result.ts';
import type { GitHub, GitHubAnswer, GitHubRefusal, PullRequestComment } from '../../ports-github.ts';
import { commitNamed, compareCommits, type RepositoryModel } from './repository-model.ts';

/** A call of the port that answers. */
export type GitHubCall = Exclude<keyof GitHub, 'repository'>;

export interface FakeGitHub extends GitHub {
  /** What was asked, in order. */
  readonly calls: GitHubCall[];
  /** The next `times` calls of a kind (any, if undefined) are refused; `Infinity` = from now on. */
  refuse(call: GitHubCall | undefined, refusal: GitHubRefusal, times?: number): void;
}

/** Most comments and artifacts that a list reads (the adapter's bound too). */
const COMMENTS_MAX = 1_000;
const COMMENT_CHARACTERS_MAX = 65_536;

/** The port over a model, without HTTP: for tests of what is above it. Permissions of the model's token are honoured. */
export function fakeGitHub(model: RepositoryModel): FakeGitHub {
  const calls: GitHubCall[] = [];
  const refusals: { call: GitHubCall | undefined; refusal: GitHubRefusal; times: number }[] = [];

  async function answer<T>(
    call: GitHubCall,
    permission: string,
    find: () => Result<T, GitHubRefusal>,
  ): GitHubAnswer<T> {
    calls.push(call);
    const i = refusals.findIndex((entry) => entry.call === undefined || entry.call === call);
    if (i >= 0) {
      const entry = refusals[i]!;
      if (--entry.times <= 0) refusals.splice(i, 1);
      return fail(entry.refusal);
    }
    if (!isPermitted(model, permission)) {
      const line = permission.startsWith('administration') ? {} : { permission };
      return fail({ code: 'forbidden', message: `${call}: the token lacks \`${permission}\``, ...line });
    }
    return find();
  }
  const found = <T>(value: T | undefined, what: string): Result<T, GitHubRefusal> =>
    value === undefined ? notFound(what) : ok(value);

  return {
    repository: model.facts.name,
    calls,
    refuse(call, refusal, times = 1) {
      refusals.push({ call, refusal, times });
    },
    jobs: (run, attempt) =>
      answer('jobs', 'actions: read', () =>
        attempt <= (model.runs.get(run)?.attempt ?? 0)
          ? ok(model.jobs.filter((job) => job.run === run && job.attempt === attempt).map(({ run: _, ...job }) => job))
          : notFound(`workflow run ${run}`),
      ),
    workflowRun: (run) => answer('workflowRun', 'actions: read', () => found(model.runs.get(run), `run ${run}`)),
    compare: (base, head) =>
      answer('compare', 'contents: read', () => {
        const [from, to] = [commitNamed(model, base), commitNamed(model, head)];
        const comparison = from === undefined || to === undefined ? undefined : compareCommits(model, from, to);
        if (comparison === undefined) return notFound(`${base}...${head}`);
        return ok({ mergeBase: comparison.mergeBase, status: comparison.status });
      }),
    pullRequestsFrom: (owner, branch) =>
      answer('pullRequestsFrom', 'pull-requests: read', () =>
        ok(
          [...model.pullRequests.values()]
            .filter(({ head }) => head.branch === branch && head.repository?.split('/')[0] === owner)
            .sort((a, b) => b.number - a.number),
        ),
      ),
    pullRequest: (number) =>
      answer('pullRequest', 'pull-requests: read', () =>
        found(model.pullRequests.get(number), `pull request ${number}`),
      ),
    comments: (number) =>
      answer('comments', 'pull-requests: read', () => {
        if (!model.pullRequests.has(number)) return notFound(`pull request ${number}`);
        const all = [...model.comments.values()].filter((comment) => comment.pullRequest === number);
        return ok({ items: all.slice(0, COMMENTS_MAX).map(commentOf), isWhole: all.length <= COMMENTS_MAX });
      }),
    createComment: (number, body) =>
      answer('createComment', 'pull-requests: write', () => {
        if (!model.pullRequests.has(number)) return notFound(`pull request ${number}`);
        const comment = addComment(model, number, 'github-actions[bot]', body);
        return comment === undefined ? tooLong() : ok(commentOf(comment));
      }),
    updateComment: (id, body) =>
      answer('updateComment', 'pull-requests: write', () => {
        const old = model.comments.get(id);
        if (old === undefined) return notFound(`comment ${id}`);
        if (body.length > COMMENT_CHARACTERS_MAX) return tooLong();
        model.comments.set(id, { ...old, body });
        return ok(commentOf({ ...old, body }));
      }),
    repositoryFacts: () => answer('repositoryFacts', 'metadata: read', () => ok(model.facts)),
    environment: (name) =>
      answer('environment', 'actions: read', () => found(model.environments.get(name), `environment ${name}`)),
    workflowFile: (name) =>
      answer('workflowFile', 'actions: read', () => found(model.workflowFiles.get(name), `workflow ${name}`)),
    tokenDefaults: () => answer('tokenDefaults', 'administration: read', () => ok(model.tokenDefaults)),
    commitOf: (ref, repository) =>
      answer('commitOf', 'contents: read', () =>
        found(refsOf(model, repository)?.get(ref), `${ref} of ${repository ?? model.facts.name}`),
      ),
    latestRelease: (repository) =>
      answer('latestRelease', 'contents: read', () =>
        found(model.releases.get(repository ?? model.facts.name), `release of ${repository ?? model.facts.name}`),
      ),
    dispatchWorkflow: ({ file, ref, inputs = {} }) =>
      answer('dispatchWorkflow', 'actions: write', () => {
        if (!model.workflowFiles.has(file)) return notFound(`workflow ${file}`);
        if (commitNamed(model, ref) === undefined) return fail({ code: 'refused', message: `no ref ${ref}` });
        model.dispatches.push({ file, ref, inputs });
        return ok(undefined);
      }),
    artifacts: (run, name) =>
      answer('artifacts', 'actions: read', () => {
        const all = model.artifacts.filter((each) => each.run === run && (name === undefined || each.name === name));
        return ok({ items: all.map(({ run: _, archive: __, ...artifact }) => artifact).reverse(), isWhole: true });
      }),
    downloadArtifact: (id, bytesMax) =>
      answer('downloadArtifact', 'actions: read', () => {
        const artifact = model.artifacts.find((each) => each.id === id);
        if (artifact === undefined) return notFound(`artifact ${id}`);
        if (artifact.isExpired) return fail({ code: 'refused', message: `artifact ${id} has expired` });
        if (artifact.archive.length > bytesMax) return fail({ code: 'too-large', message: `artifact ${id}` });
        return ok(artifact.archive);
      }),
    cacheEntries: (prefix, ref) =>
      answer('cacheEntries', 'actions: read', () =>
        ok({
          items: model.cacheEntries.filter(
            (entry) => entry.key.startsWith(prefix) && (ref === undefined || entry.ref === ref),
          ),
          isWhole: true,
        }),
      ),
  };
}

/** Is `actions: read` among what the token may do? Writing includes reading. */
export function isPermitted(model: RepositoryModel, permission: string): boolean {
  const [scope = '', level] = permission.split(': ');
  const given = model.permissions[scope];
  return given === 'write' || given === level || (scope === 'contents' && level === 'read' && isPublic(model));
}
function isPublic(model: RepositoryModel): boolean {
  return model.facts.visibility === 'public';
}

/** Adds a comment as somebody; undefined when it is longer than GitHub takes. */
export function addComment(
  model: RepositoryModel,
  pullRequest: number,
  author: string,
  body: string,
): (PullRequestComment & { readonly pullRequest: number }) | undefined {
  if (body.length > COMMENT_CHARACTERS_MAX) return undefined;
  const id = model.nextId++;
  const url = `https://github.com/${model.facts.name}/pull/${pullRequest}#issuecomment-${id}`;
  const comment = { id, pullRequest, author, body, url };
  model.comments.set(id, comment);
  return comment;
}

function commentOf({ pullRequest: _, ...comment }: PullRequestComment & { readonly pullRequest: number }) {
  return comment;
}
function refsOf(model: RepositoryModel, repository: string | undefined): ReadonlyMap<string, string> | undefined {
  return repository === undefined || repository === model.facts.name ? model.refs : model.otherRefs.get(repository);
}
function notFound(what: string): { readonly ok: false; readonly error: GitHubRefusal } {
  return fail({ code: 'not-found', message: `${what}: not there, or hidden from this token` });
}
function tooLong(): { readonly ok: false; readonly error: GitHubRefusal } {
  return fail({ code: 'refused', message: `a comment holds at most ${COMMENT_CHARACTERS_MAX} characters` });
}
