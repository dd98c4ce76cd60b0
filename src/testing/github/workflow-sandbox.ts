import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type GitHttpServer, startGitHttpServer } from '../git-http.ts';
import { type GitSandbox, makeGitSandbox } from '../git-sandbox.ts';
import type { WorkflowEvent } from './events.ts';
import {
  modelJob,
  modelRun,
  type RepositoryModel,
  repositoryModel,
  type TokenPermissions,
  USUAL_PERMISSIONS,
} from './repository-model.ts';
import { type RestApi, startRestApi } from './rest-api.ts';
import { type ResultsService, startResultsService } from './results-service.ts';
import { type ActionStep, type StartedStep, startAction } from './runner.ts';
import { type JobIdentity, jobOnBranch, runtimeToken } from './runtime-token.ts';

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
  /** GitHub gives a job up, or has its end: what the REST API says of it from now on. `post` does it by itself. */
  endJob(job: StartedJob, conclusion: string): void;
  /** Stops all servers. Throws when the REST API saw or gave anything that is not as GitHub publishes it. */
  stop(): Promise<void>;
}
export interface CommitOptions {
  readonly branch?: string;
  readonly from?: string;
  readonly message?: string;
}

const REPOSITORY = 'acme/shop';
const TOKEN = 'ghs_0123456789abcdefghij0123456789abcdef';
const READ_TOKEN = 'ghs_readonly0123456789abcdef0123456789ab';

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
  git.token = TOKEN;
  git.readOnlyTokens.add(READ_TOKEN);
  const model = repositoryModel();
  const api = await startRestApi(model, { token: TOKEN });
  const results = await startResultsService();
  let nextRun = 1;

  /** What git knows, for whom asks the REST API. */
  function refreshModel(): void {
    model.refs.clear();
    model.commits.clear();
    const refs = sandbox.git(origin, 'for-each-ref', '--format=%(objectname) %(refname)');
    for (const line of lines(refs)) {
      const [commit = '', ref = ''] = line.split(' ');
      model.refs.set(ref.replace(/^refs\//, ''), commit);
    }
    for (const line of lines(sandbox.git(origin, 'rev-list', '--all', '--parents'))) {
      const [commit = '', ...parents] = line.split(' ');
      model.commits.set(commit, parents);
    }
  }

  return {
    sandbox,
    repository: REPOSITORY,
    origin,
    git,
    model,
    api,
    results,
    commit(files, { branch = 'main', from = 'main', message = 'change' } = {}) {
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
      sandbox.git(people, 'push', '--quiet', 'origin', branch);
      refreshModel();
      return sandbox.git(people, 'rev-parse', 'HEAD');
    },
    head: (ref) => lines(sandbox.git(origin, 'for-each-ref', '--format=%(objectname)', ref))[0],
    show: (at, file) => sandbox.git(origin, 'show', `${at}:${file}`),
    start(start) {
      const run = start.run ?? nextRun++;
      const attempt = start.attempt ?? 1;
      const folders = start.machine ?? newMachine(sandbox);
      const { workspace, temp } = folders;
      refreshModel();
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
      model.permissions = permissions;
      const runnerName = start.runnerName ?? `GitHub Actions ${run}`;
      noteJob(model, start, { run, attempt, runnerName });
      const step = startAction(
        {
          event: start.event,
          run,
          attempt,
          job: start.job ?? 'run',
          repository: REPOSITORY,
          serverUrl,
          apiUrl: api.url,
          token: permissions['contents'] === 'write' ? TOKEN : READ_TOKEN,
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
        endJob(model, run, attempt, (await step.main).outcome);
        return end;
      };
      return { ...step, post, run, attempt, workspace, temp };
    },
    endJob: (job, conclusion) => endJob(model, job.run, job.attempt, conclusion),
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

/** The workflow run and its job, for whom asks the REST API. */
function noteJob(
  model: RepositoryModel,
  { event, job = 'run', isSelfHosted = false }: JobStart,
  { run, attempt, runnerName }: { readonly run: number; readonly attempt: number; readonly runnerName: string },
): void {
  const name = event.ref.startsWith('refs/heads/') ? { headBranch: event.ref.slice('refs/heads/'.length) } : {};
  model.runs.set(
    run,
    modelRun(run, { attempt, headCommit: event.sha, event: event.name, actor: event.actor, ...name }),
  );
  const labels = isSelfHosted ? ['self-hosted'] : ['ubuntu-latest'];
  model.jobs.push(modelJob(run, { id: model.nextId++, name: job, attempt, runner: runnerName, labels, isSelfHosted }));
}

function endJob(model: RepositoryModel, run: number, attempt: number, outcome: string): void {
  const at = model.jobs.findLastIndex((job) => job.run === run && job.attempt === attempt);
  const job = model.jobs[at]!;
  const completedAt = (job.startedAt ?? 0) + 60_000;
  model.jobs[at] = { ...job, status: 'completed', conclusion: outcome, completedAt };
  const workflowRun = model.runs.get(run)!;
  if (workflowRun.attempt === attempt)
    model.runs.set(run, { ...workflowRun, status: 'completed', conclusion: outcome });
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
