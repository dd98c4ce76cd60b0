import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CliProject, cliProjectIn, type RunJson, until } from '../src/testing/cli-project.ts';
import type { GitHttpServer } from '../src/testing/git-http.ts';
import { makeServedProject } from '../src/testing/served-project.ts';

const production = ['--environment', 'production', '--yes'];
/** Waits for a file before it goes on, so that a test can do something in the middle. */
const wait = 'mkdir -p data; touch data/waiting; while ! test -e data/go; do sleep 0.02; done';
const files = {
  'branchline.yaml': `name: prod
connections: { warehouse: { type: duckdb, path: data/warehouse.duckdb } }
assets:
  raw/a: { run: "mkdir -p data && echo n > data/a.csv && echo 1 >> data/a.csv", outputs: [data/a.csv] }
  slow/b: { run: "${wait}; echo b > data/b.csv", outputs: [data/b.csv] }
  marts/c: { connection: warehouse, sql: "select * from \${{ ref('raw/a') }}" }
`,
};

let project: CliProject;
let server: GitHttpServer;
let bare: string;

beforeEach(async () => {
  ({ project, server, bare } = await makeServedProject(files));
});
afterEach(async () => {
  await server.stop();
  project.remove();
});

const subjects = (): string[] => project.sandbox.git(bare, 'log', '--format=%s', 'branchline/state').split('\n');

test('a run is pushed to the state branch, and nothing of the user is touched', async () => {
  project.write('tracked.txt', 'one\n');
  project.commit('more');
  project.git('branch', 'other');
  project.git('tag', 'v1');
  project.write('tracked.txt', 'changed and not committed\n');
  project.write('staged.txt', 'staged\n');
  project.git('add', 'staged.txt');
  project.write('untracked.txt', 'new\n');
  const look = (): string[] => [
    project.git('for-each-ref'),
    project.git('status', '--porcelain'),
    project.git('config', '--list', '--local'),
    project.git('diff'),
    project.git('diff', '--cached'),
    project.git('symbolic-ref', 'HEAD'),
    project.git('stash', 'list'),
    project.git('ls-files', '--stage'),
  ];
  const before = look();
  const run = await project.json<RunJson>(['run', '--select', 'key:raw/a+', ...production]);
  expect(run).toMatchObject({ state: 'SUCCESS', environment: 'production', counts: { materialized: 2 } });
  expect(look()).toEqual(before);
  project.git('fsck', '--strict');

  expect(project.sandbox.git(bare, 'rev-parse', 'branchline/state')).toBe(run.stateCommit);
  expect(project.sandbox.git(bare, 'for-each-ref', '--format=%(refname)').split('\n')).toEqual([
    'refs/branchline/witness',
    'refs/heads/branchline/state',
  ]);
  project.sandbox.git(bare, 'fsck', '--strict');
  expect((await project.state('production')).problems).toEqual([]);
  expect(project.sandbox.git(bare, 'show', 'branchline/state:README.md')).toContain('prod');
  // The local environment has none of it.
  expect((await project.state('local')).view.seq).toBe(0);
});

test('without --yes and without a terminal production is not written', async () => {
  expect((await project.run(['run', '--environment', 'production'])).code).toBe(2);
  expect(server.requests).not.toContain('push');
});

test('an answer that is lost: what landed is recognised and not made twice', async () => {
  server.fail('push', 'drop-reply', 1);
  const run = await project.json<RunJson>(['run', '--select', 'key:raw/a', ...production]);
  expect(run.state).toBe('SUCCESS');
  server.fail('push', 'drop-reply', 1);
  await project.json<RunJson>(['run', '--select', 'key:raw/a', ...production]);
  expect(subjects()).toHaveLength(4);
  const { view, problems } = await project.state('production');
  expect(problems).toEqual([]);
  expect([...view.endedRuns.values()].map((each) => each.state)).toEqual(['SUCCESS', 'SUCCESS']);
});

test('a request that never comes through is tried again', async () => {
  server.fail('push', 'drop-request', 2);
  server.fail('advertise-fetch', 503, 1);
  const run = await project.json<RunJson>(['run', '--select', 'key:raw/a', ...production]);
  expect(run.state).toBe('SUCCESS');
  expect(subjects()).toHaveLength(2);
});

test('two at once on the same assets: one waits for the other, or says who holds them', async () => {
  const first = project.start(['run', '--json', '--select', 'key:slow/b', ...production]);
  await until(() => project.has('data/waiting'));
  const refused = await project.run(['run', '--json', '--select', 'key:slow/b', '--wait', '0s', ...production]);
  expect(refused.code).toBe(3);
  expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'held' } });
  const second = project.start(['run', '--json', '--select', 'key:slow/b', '--wait', '1m', ...production]);
  await new Promise<void>((told) => second.child.stderr!.once('data', () => told()));
  project.write('data/go', '');
  expect((await first.end).code).toBe(0);
  expect((await second.end).code).toBe(0);
  const { view, problems } = await project.state('production');
  expect(problems).toEqual([]);
  expect([...view.endedRuns.values()].map((run) => run.state)).toEqual(['SUCCESS', 'SUCCESS']);
  expect(view.claims.size).toBe(0);
});

test('two at once on other assets: both go on; neither loses what the other recorded', async () => {
  const first = project.start(['run', '--json', '--select', 'key:slow/b', ...production]);
  await until(() => project.has('data/waiting'));
  const second = await project.json<RunJson>(['run', '--select', 'key:raw/a', ...production]);
  expect(second.state).toBe('SUCCESS');
  project.write('data/go', '');
  expect((await first.end).code).toBe(0);
  const { view, problems } = await project.state('production');
  expect(problems).toEqual([]);
  expect([...view.assets.keys()].sort()).toEqual(['raw/a', 'slow/b']);
});

test('two runs cannot hold one DuckDB file', async () => {
  const text = files['branchline.yaml'].replace('slow/b: {', 'slow/b: { connection: warehouse, materialized: none,');
  project.write('branchline.yaml', text);
  project.write('data/go', '');
  await project.json(['run', '--select', 'key:raw/a+', ...production]);
  rmSync(join(project.root, 'data', 'go'));
  rmSync(join(project.root, 'data', 'waiting'), { force: true });
  const first = project.start(['run', '--json', '--select', 'key:slow/b', ...production]);
  await until(() => project.has('data/waiting'));
  const refused = await project.run(['run', '--json', '--select', 'key:marts/c', '--wait', '0s', ...production]);
  expect(refused.code).toBe(3);
  expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'held' } });
  project.write('data/go', '');
  expect((await first.end).code).toBe(0);
});

describe('a push that the server denies', () => {
  const deny =
    'while read old new ref; do case "$ref" in refs/heads/branchline/*) echo "rule: no bots here" >&2; exit 1;; esac; done';

  test('at the start: nothing runs, exit 3', async () => {
    project.sandbox.setHook(bare, 'pre-receive', deny);
    const end = await project.run(['run', '--json', '--select', 'key:raw/a', ...production]);
    expect(end.code).toBe(3);
    expect(JSON.parse(end.stdout)).toMatchObject({ error: { code: 'state-denied' } });
    expect(project.has('data/a.csv')).toBe(false);
  });

  test('in the end: exit 3, and the journal is taken in by the next command', async () => {
    const started = project.start(['run', '--json', '--select', 'key:slow/b', ...production]);
    await until(() => project.has('data/waiting'));
    project.sandbox.setHook(bare, 'pre-receive', deny);
    project.write('data/go', '');
    const end = await started.end;
    expect(end.code).toBe(3);
    expect(JSON.parse(end.stdout)).toMatchObject({ error: { code: 'state-denied' } });
    // Once with all texts, once lean.
    expect(server.requests.filter((kind) => kind === 'push')).toHaveLength(3);
    rmSync(join(bare, 'hooks', 'pre-receive'));
    const next = await project.json<RunJson>(['run', '--select', 'key:slow/b', '--stale', ...production]);
    expect(next).toMatchObject({ state: 'SUCCESS', counts: { upToDate: 1 } });
    const { view, problems } = await project.state('production');
    expect(problems).toEqual([]);
    expect(view.assets.get('slow/b')?.attempt?.outcome).toBe('success');
    expect([...view.endedRuns.values()].map((run) => run.state)).toEqual(['SUCCESS', 'SUCCESS']);
  });

  test('for what it found in the texts: recorded lean', async () => {
    const scan =
      'while read old new ref; do for f in $(git ls-tree -r --name-only $new); do if git show "$new:$f" | grep -q FORBIDDEN; then echo "push protection" >&2; exit 1; fi; done; done';
    project.sandbox.setHook(bare, 'pre-receive', scan);
    project.write(
      'branchline.yaml',
      files['branchline.yaml'].replace('mkdir -p data && echo n', 'echo FORBIDDEN; exit 7; mkdir -p data && echo n'),
    );
    const run = await project.run(['run', '--json', '--select', 'key:raw/a', ...production]);
    expect(run.code).toBe(1);
    const { view, problems } = await project.state('production');
    expect(problems).toEqual([]);
    expect(view.assets.get('raw/a')?.attempt?.outcome).toBe('failure');
    expect(subjects()[0]).not.toContain('FORBIDDEN');
  });
});

test('another clone sees the same state and goes on', async () => {
  await project.json(['run', '--select', 'key:raw/a+', ...production]);
  project.git('push', '--quiet', bare, 'HEAD:main');
  project.sandbox.git(project.sandbox.root, 'clone', '--quiet', '-b', 'main', bare, 'clone');
  const clone = cliProjectIn(project.sandbox, 'clone');
  const plan = await clone.json<{ plan: { steps: { id: string; assets: { reason: string }[] }[] } }>([
    'plan',
    '--environment',
    'production',
  ]);
  // It has the history and not the data: what is lost is said.
  const reasons = Object.fromEntries(plan.plan.steps.map((step) => [step.id, step.assets[0]?.reason]));
  expect(reasons).toMatchObject({ 'raw/a': 'data_lost', 'marts/c': 'data_lost', 'slow/b': 'never_materialized' });
});
