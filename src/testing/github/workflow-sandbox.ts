import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type GitHttpServer, startGitHttpServer } from '../git-http.ts';
import { type GitSandbox, makeGitSandbox } from '../git-sandbox.ts';
import { type PullRequestEventOptions, pullRequestEvent, type WorkflowEvent } from './events.ts';
import { type RepositoryModel, repositoryModel, type TokenPermissions, USUAL_PERMISSIONS } from './repository-model.ts';
import { type RestApi, startRestApi } from './rest-api.ts';
import { type ResultsService, startResultsService } from './results-service.ts';
import { type ActionStep, type StartedStep, startAction } from './runner.ts';
import { type JobIdentity, jobOnBranch, runtimeToken } from './runtime-token.ts';
import {
  lines,
  noteEnd,
  noteJob,
  notePullRequest,
  type PullRequestOptions,
  type PushedPullRequest,
  refreshModel,
} from './sandbox-model.ts';

export const repositoryRoot = path.resolve(import.meta.dirname, '..', '..', '..');

export interface JobStart extends Partial<Omit<ActionStep, 'action' | 'built'>> {
  readonly event: WorkflowEvent;
  /** The sub-action: `''` = the main one, `plan`, `comment`, or an absolute folder. Default: the main one. */
  readonly action?: string;
  /** Default: a new workflow run. */
  readonly run?: number;
  /** A re-run has the number of its attempt; default 1. */
  readonly attempt?: number;
  /** The key under `jobs`; default `run`. */
  readonly job?: string;
  /** What the REST API calls it; default: its key. */
  readonly jobName?: string;
  /** `runs-on`, for the REST API. */
  readonly labels?: readonly string[];
  /** Other jobs of the workflow run follow: it is not over when this one is. */
  readonly isFollowed?: boolean;
  /** Of the token; default: those that `init` writes. Without `contents: write` nothing can be pushed. */
  readonly permissions?: TokenPermissions;
  /** What is checked out: a commit (default: that of the event), or `none`. */
  readonly checkout?: string;
  /** Caches that the job sees; default: those of the event's branch and of main. */
  readonly identity?: JobIdentity;
  /** Default: `GitHub Actions <run>`. */
  readonly runnerName?: string;
  readonly isSelfHosted?: boolean;
  /** A machine of the user's own keeps its folders: those of that job. Default: a new machine. */
  readonly machine?: StartedJob;
}

export interface StartedJob extends StartedStep {
  readonly run: number;
  readonly attempt: number;
  readonly runnerName: string;
  readonly isFollowed: boolean;
  /** `github.token`. */
  readonly token: string;
  /** Absolute. */
  readonly workspace: string;
  readonly temp: string;
}

/** A repository on a GitHub of its own: git over HTTP, the REST API, caches and artifacts, and machines for jobs. */
export interface WorkflowSandbox {
  readonly sandbox: GitSandbox;
  /** `acme/shop`. */
  readonly repository: string;
  /** The bare repository. */
  readonly origin: string;
  readonly git: GitHttpServer;
  readonly model: RepositoryModel;
  readonly api: RestApi;
  readonly results: ResultsService;
  /** A person commits files (null deletes) on a branch, made from `from` if it is new; gives the commit. */
  commit(files: Readonly<Record<string, string | null>>, options?: CommitOptions): string;
  /** The commit of a ref of the origin (`refs/heads/main`), if it is there. */
  head(ref: string): string | undefined;
  /** Text of a file at a ref or commit of the origin. */
  show(at: string, file: string): string;
  /** Starts a job with the Action in it, on a machine of its own. */
  start(options: JobStart): StartedJob;
  /** Opens a pull request of a branch, or brings it up to date: `refs/pull/<n>/head` and `/merge`, and for the REST API. */
  pullRequest(options: PullRequestOptions): OpenPullRequest;
  /** GitHub gives a job up, or has its end: its token is none, and the REST API says so. `post` does it by itself. */
  endJob(job: StartedJob, conclusion: string): void;
  /** Stops all servers. Throws when the REST API saw or gave anything that is not as GitHub publishes it. */
  stop(): Promise<void>;
}
export interface OpenPullRequest extends PushedPullRequest {
  event(action?: PullRequestEventOptions['action']): WorkflowEvent;
}
export interface CommitOptions {
  readonly branch?: string;
  /** False: the branch is a fork's, and a pull request brings it. */
  readonly isPushed?: boolean;
  readonly from?: string;
  readonly message?: string;
}

const REPOSITORY = 'acme/shop';
/** A person's. Each job has a token of its own, with its own permissions, until it is over. */
const OWNER_TOKEN = 'ghp_0123456789abcdefghij0123456789abcdef';

/** `dist`: the folder of the built files; the `dist` of the repository if undefined. */
export async function makeWorkflowSandbox(
  options: { readonly dist?: string | undefined } = {},
): Promise<WorkflowSandbox> {
  const sandbox = makeGitSandbox();
  mkdirSync(path.join(sandbox.root, 'acme'));
  const origin = sandbox.makeBare('acme/shop.git');
  // As GitHub does: a job asks for its commit by its id.
  sandbox.git(origin, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
  const people = path.join(sandbox.root, 'people');
  sandbox.git(sandbox.root, 'clone', '--quiet', origin, people);
  sandbox.git(people, 'checkout', '--quiet', '-B', 'main');
  const git = await startGitHttpServer(sandbox.root);
  git.token = OWNER_TOKEN;
  const model = repositoryModel();
  const results = await startResultsService();
  const api = await startRestApi(model, { token: OWNER_TOKEN, refresh: () => refresh() });
  let nextRun = 1;

  const refresh = () => refreshModel(model, { sandbox, origin, results });

  function finish(job: StartedJob, conclusion: string): void {
    noteEnd(model, job, conclusion);
    api.tokens.delete(job.token);
    git.tokens.delete(job.token);
  }

  return {
    sandbox,
    repository: REPOSITORY,
    origin,
    git,
    model,
    api,
    results,
    commit(files, { branch = 'main', from = 'main', message = 'change', isPushed = true } = {}) {
      const isThere = lines(sandbox.git(people, 'branch', '--list', '--format=%(refname:short)')).includes(branch);
      // The first commit makes main.
      if (isThere) sandbox.git(people, 'checkout', '--quiet', branch);
      else if (branch !== 'main') sandbox.git(people, 'checkout', '--quiet', '-b', branch, from);
      for (const [file, text] of Object.entries(files)) {
        const at = path.join(people, file);
        if (text === null) sandbox.git(people, 'rm', '--quiet', file);
        else {
          mkdirSync(path.dirname(at), { recursive: true });
          writeFileSync(at, text);
        }
      }
      sandbox.git(people, 'add', '--all');
      sandbox.git(people, 'commit', '--quiet', '--allow-empty', '-m', message);
      if (isPushed) sandbox.git(people, 'push', '--quiet', 'origin', branch);
      refresh();
      return sandbox.git(people, 'rev-parse', 'HEAD');
    },
    pullRequest(options) {
      const opened = pushPullRequest(sandbox, people, options);
      refresh();
      notePullRequest(model, options, opened);
      const { number, branch, fork, author = 'octocat', title = 'Change' } = options;
      const head = { branch, sha: opened.head, ...(fork === undefined ? {} : { repository: fork }) };
      const base = { branch: options.base ?? 'main', sha: opened.base };
      return {
        ...opened,
        event: (action = 'opened') =>
          pullRequestEvent({ number, action, sha: opened.merge, head, base, author, title }),
      };
    },
    head: (ref) => lines(sandbox.git(origin, 'for-each-ref', '--format=%(objectname)', ref))[0],
    show: (at, file) => sandbox.git(origin, 'show', `${at}:${file}`),
    start(start) {
      const run = start.run ?? nextRun++;
      const attempt = start.attempt ?? 1;
      const folders = start.machine ?? newMachine(sandbox);
      const { workspace, temp } = folders;
      refresh();
      const serverUrl = git.url.replace('127.0.0.1', 'github.localhost');
      if (start.machine === undefined && start.checkout !== 'none') {
        checkOut(sandbox, {
          origin,
          workspace,
          url: `${serverUrl}/${REPOSITORY}`,
          event: start.event,
          at: start.checkout,
        });
      }
      const permissions = start.permissions ?? USUAL_PERMISSIONS;
      const token = `ghs_${randomBytes(18).toString('hex')}`;
      api.tokens.set(token, { metadata: 'read', ...permissions });
      git.tokens.set(token, permissions['contents'] === 'write' ? 'write' : 'read');
      const runnerName = start.runnerName ?? `GitHub Actions ${run}`;
      noteJob(model, start.event, {
        run,
        attempt,
        job: start.jobName ?? start.job ?? 'run',
        runner: runnerName,
        isSelfHosted: start.isSelfHosted ?? false,
        ...(start.labels === undefined ? {} : { labels: start.labels }),
      });
      const step = startAction(
        {
          event: start.event,
          run,
          attempt,
          job: start.job ?? 'run',
          repository: REPOSITORY,
          serverUrl,
          apiUrl: api.url,
          token,
          results: {
            url: results.url,
            runtimeToken: runtimeToken(start.identity ?? identityOf(start, run, attempt)),
          },
          workspace,
          temp,
          runnerName,
          isSelfHosted: start.isSelfHosted ?? false,
        },
        {
          ...start,
          action: path.resolve(repositoryRoot, start.action ?? ''),
          ...(options.dist === undefined
            ? {}
            : { built: { folder: options.dist, instead: path.join(repositoryRoot, 'dist') } }),
        },
      );
      const post = async () => {
        const end = await step.post();
        finish(job, (await step.main).outcome);
        return end;
      };
      const isFollowed = start.isFollowed ?? false;
      const job: StartedJob = { ...step, post, run, attempt, runnerName, isFollowed, token, workspace, temp };
      return job;
    },
    endJob: finish,
    async stop() {
      await git.stop();
      await results.stop();
      try {
        await api.stop();
      } finally {
        sandbox.remove();
      }
    },
  };
}

function newMachine(sandbox: GitSandbox): { readonly workspace: string; readonly temp: string } {
  const machine = mkdtempSync(path.join(sandbox.root, 'machine-'));
  const [workspace, temp] = [path.join(machine, 'work', 'shop', 'shop'), path.join(machine, 'work', '_temp')];
  for (const folder of [workspace, temp]) mkdirSync(folder, { recursive: true });
  return { workspace, temp };
}

/** What GitHub makes of a pull request: its head, and its merge with the base, under refs of their own. */
function pushPullRequest(
  sandbox: GitSandbox,
  people: string,
  { number, branch, base = 'main' }: PullRequestOptions,
): PushedPullRequest {
  const git = (...args: string[]) => sandbox.git(people, ...args);
  git('checkout', '--quiet', '--detach', base);
  git('merge', '--quiet', '--no-ff', '-m', `Merge ${branch} into ${base}`, branch);
  const [head, merge, from] = [git('rev-parse', branch), git('rev-parse', 'HEAD'), git('rev-parse', base)];
  git('push', '--quiet', '--force', 'origin', `${head}:refs/pull/${number}/head`, `${merge}:refs/pull/${number}/merge`);
  git('checkout', '--quiet', base);
  return { head, merge, base: from };
}

interface CheckoutSpec {
  readonly origin: string;
  readonly workspace: string;
  readonly url: string;
  readonly event: WorkflowEvent;
  readonly at: string | undefined;
}

/** What actions/checkout leaves: one commit, the branch of the event, and no credentials. */
function checkOut(sandbox: GitSandbox, { origin, workspace, url, event, at = event.sha }: CheckoutSpec): void {
  const git = (...args: string[]) => sandbox.git(workspace, ...args);
  git('init', '--quiet');
  git('remote', 'add', 'origin', url);
  const branch = event.ref.startsWith('refs/heads/') ? event.ref.slice('refs/heads/'.length) : undefined;
  // By path: our own server lives in this process, which waits for git here.
  const remoteRef = branch === undefined ? 'refs/remotes/pull/merge' : `refs/remotes/origin/${branch}`;
  git('fetch', '--quiet', '--no-tags', '--depth=1', `file://${origin}`, `+${at}:${remoteRef}`);
  if (branch === undefined || at !== event.sha) git('checkout', '--quiet', '--detach', remoteRef);
  else git('checkout', '--quiet', '-B', branch, remoteRef);
}

function identityOf({ event, job = 'run' }: JobStart, run: number, attempt: number): JobIdentity {
  if (event.ref.startsWith('refs/heads/')) {
    return jobOnBranch(run, { attempt, job, branch: event.ref.slice('refs/heads/'.length) });
  }
  const own = { ref: event.ref, mode: 'write' } as const;
  return { run, attempt, job, scopes: [own, { ref: 'refs/heads/main', mode: 'read' }] };
}
