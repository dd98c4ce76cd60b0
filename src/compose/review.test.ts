import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSourceTree } from '../adapters/source-tree.ts';
import { systemClock } from '../adapters/system-clock.ts';
import { loadProject } from '../app/load-project.ts';
import type { Review } from '../app/pull-request.ts';
import { type GitHttpServer, startGitHttpServer } from '../testing/git-http.ts';
import { type GitSandbox, makeGitSandbox } from '../testing/git-sandbox.ts';
import { type FakeGitHub, fakeGitHub } from '../testing/github/fake-github.ts';
import { fakeArtifacts } from '../testing/github/fake-storage.ts';
import {
  modelPullRequest,
  modelRun,
  type RepositoryModel,
  repositoryModel,
} from '../testing/github/repository-model.ts';
import type { Files } from '../testing/project-builder.ts';
import { STORY_BASE, STORY_HEAD } from '../testing/pull-request-story.ts';
import { zipOf } from '../testing/zip.ts';
import { commentInJob, reviewInJob } from './review.ts';

const REPOSITORY = 'https://github.com/acme/shop';

let sandbox: GitSandbox;
let server: GitHttpServer;
let model: RepositoryModel;
let github: FakeGitHub;
let base: string;
let commits = 0;

/** Commits files of a project in the working clone and pushes the branch. */
function push(branch: string, files: Files, from = 'main'): string {
  const work = join(sandbox.root, 'work');
  sandbox.git(work, 'switch', '--quiet', '--force-create', branch, from);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(work, path)), { recursive: true });
    writeFileSync(join(work, path), text);
  }
  writeFileSync(join(work, 'count.txt'), String(++commits));
  sandbox.git(work, 'add', '--all');
  sandbox.git(work, 'commit', '--quiet', '-m', branch);
  sandbox.git(work, 'push', '--quiet', '--force', join(sandbox.root, 'origin.git'), branch);
  const commit = sandbox.git(work, 'rev-parse', 'HEAD');
  model.commits.set(commit, [sandbox.git(work, 'rev-parse', 'HEAD~1')]);
  return commit;
}

beforeEach(async () => {
  sandbox = makeGitSandbox();
  const bare = sandbox.makeBare('origin.git');
  sandbox.git(bare, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
  sandbox.makeRepository('work');
  model = repositoryModel({ name: 'acme/shop' });
  github = fakeGitHub(model);
  base = push('main', STORY_BASE);
  server = await startGitHttpServer(sandbox.root);
});
afterEach(async () => {
  await server.stop();
  sandbox.remove();
});

/** What the job of a pull request does: a checkout of depth 1, and the review of it. */
async function review(head: string, branch: string, repository = 'acme/shop') {
  const pullRequest = modelPullRequest(7, {
    head: { commit: head, branch, repository },
    base: { commit: base, branch: 'main' },
    ...(repository === 'acme/shop' ? {} : { author: 'mallory' }),
  });
  model.pullRequests.set(7, pullRequest);
  const root = join(sandbox.root, `checkout-${head}`);
  sandbox.git(
    sandbox.root,
    'clone',
    '--quiet',
    '--depth=1',
    '--branch',
    branch,
    `file://${join(sandbox.root, 'origin.git')}`,
    root,
  );
  sandbox.git(root, 'remote', 'set-url', 'origin', `${server.url}/origin.git`);
  const tree = createSourceTree(root, sandbox.env);
  const said: string[] = [];
  const take = (text: string): number => said.push(text);
  const host = { interactive: false, color: false, print: take, progress: take, status: take };
  const style = { color: false, unicode: true };
  const temp = join(sandbox.root, 'temp');
  const surroundings = { env: sandbox.env, host, style, privateFolder: temp, secretEnv: [], writer: 'w1' };
  const artifacts = fakeArtifacts();
  const reviewed = await reviewInJob({
    opened: { root, tree, surroundings, host, style, clock: systemClock, loaded: loadProject(tree) },
    github,
    artifacts,
    temp,
    attempt: 1,
    subject: {
      kind: 'pull-request',
      pullRequest: {
        number: 7,
        base: pullRequest.base,
        head: { commit: head, branch, repository },
        author: pullRequest.author!,
      },
    },
    repository: REPOSITORY,
    comment: true,
    failOn: 'error',
    runner: { runner: 'ubuntu-latest', isPublic: false },
  });
  if (!reviewed.ok) throw new Error(JSON.stringify(reviewed.error));
  return { review: reviewed.value as Review, artifacts, temp };
}

test('a shallow checkout of a pull request gets its comment, and the next push edits it', async () => {
  const first = await review(push('change', STORY_HEAD), 'change');
  expect(first.review.comment.kind).toBe('created');
  expect(first.review.body).toContain('### Branchline: changes 2 assets, touches 1 more; would run 5 steps\n');
  expect(first.review.body).toContain('+4 −1');
  const second = await review(push('change', { ...STORY_HEAD, 'chart.py': 'print()\n' }), 'change');
  expect(second.review.comment.kind).toBe('edited');
  expect([...model.comments.values()].map(({ body }) => body)).toEqual([second.review.body]);
});

test('a fork leaves its plan as an artifact, and the second workflow comments', async () => {
  const head = push('patch', STORY_HEAD);
  const { review: left, artifacts, temp } = await review(head, 'patch', 'mallory/shop');
  expect(left.comment).toEqual({ kind: 'left-to-second-stage' });
  expect(model.comments.size).toBe(0);
  expect(readdirSync(temp).filter((name) => name.startsWith('branchline-pr-plan'))).toEqual([]);
  const [[name, files] = ['', new Map<string, string>()]] = artifacts.uploads;
  expect([name, [...files.keys()]]).toEqual(['branchline-pr-plan-weather-a1', ['branchline-pr-plan.json']]);
  const archive = zipOf([...files].map(([file, content]) => ({ name: file, content })));
  model.artifacts.push({ id: 5, run: 42, name, bytes: archive.length, isExpired: false, archive });
  model.runs.set(
    42,
    modelRun(42, { event: 'pull_request', headCommit: head, headBranch: 'patch', headRepository: 'mallory/shop' }),
  );
  expect(await commentInJob(github, { run: 42, repository: REPOSITORY })).toMatchObject({
    ok: true,
    value: { kind: 'commented', pullRequest: 7 },
  });
  expect([...model.comments.values()][0]?.body).toContain('changes 2 assets, touches 1 more');
});
