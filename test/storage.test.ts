import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CliProject, cliProjectIn, type RunJson } from '../src/testing/cli-project.ts';
import type { GitHttpServer } from '../src/testing/git-http.ts';
import { makeServedProject } from '../src/testing/served-project.ts';

const production = ['--environment', 'production', '--yes'];
const files = {
  'branchline.yaml': `name: kept
storage: { type: branch }
assets:
  raw/a: { run: "mkdir -p data && cat input.csv > data/a.csv", outputs: [data/a.csv] }
  marts/b: { run: "wc -l < data/a.csv > data/b.txt", deps: [raw/a], outputs: [data/b.txt] }
`,
  'input.csv': 'n\n1\n',
};

let project: CliProject;
let server: GitHttpServer;
let bare: string;

async function start(given: Record<string, string>): Promise<void> {
  ({ project, server, bare } = await makeServedProject(given));
}
/** Another machine with the same code: a clone of the project. */
let clones = 0;
function clone(): CliProject {
  const name = `clone${clones++}`;
  project.sandbox.git(project.sandbox.root, 'clone', '--quiet', 'project', name);
  const other = cliProjectIn(project.sandbox, name);
  other.git('remote', 'set-url', 'origin', `${server.url}/origin.git`);
  return other;
}
afterEach(async () => {
  await server.stop();
  project.remove();
});
const show = (path: string): string => project.sandbox.git(bare, 'show', `branchline/data:${path}`);

describe('storage: branch', () => {
  beforeEach(() => start(files));

  test('files are on a branch as they are, with history, and other machines read them from there', async () => {
    const run = await project.json<RunJson>(['run', ...production]);
    expect(run.counts).toMatchObject({ materialized: 2 });
    expect([show('data/a.csv'), show('data/b.txt').trim()]).toEqual(['n\n1', '2']);
    project.write('input.csv', 'n\n1\n2\n');
    project.commit('more');
    await project.json<RunJson>(['run', '--select', 'key:raw/a', ...production]);
    expect(project.sandbox.git(bare, 'log', '-p', '--format=%s', 'branchline/data', '--', 'data/a.csv')).toMatch(
      /^raw\/a: 1 file\n[\s\S]*\+2\n[\s\S]*raw\/a: 1 file/,
    );
    const { view, problems } = await project.state('production');
    expect(problems).toEqual([]);
    const made = view.assets.get('raw/a')!.materialized!.files!['data/a.csv']!;
    expect(project.sandbox.git(bare, 'rev-parse', 'branchline/data:data/a.csv')).toBe(made.blob);

    const other = clone();
    const second = await other.json<RunJson>(['run', ...production]);
    expect(second.counts).toMatchObject({ materialized: 1, upToDate: 1 });
    expect(show('data/b.txt').trim()).toBe('3');
    expect((await other.json<RunJson>(['run', ...production])).counts).toMatchObject({ materialized: 0 });
  });

  test('data and state of two machines at once: both land, neither loses the other', async () => {
    const other = clone();
    await project.json<RunJson>(['run', ...production]);
    let raced = false;
    server.onRequest = async (kind) => {
      if (kind !== 'advertise-push' || raced) return;
      raced = true;
      project.write('input.csv', 'n\n7\n');
      project.commit('mine');
    };
    other.write(
      'branchline.yaml',
      files['branchline.yaml'].replace(
        'marts/b: {',
        'marts/c: { run: "echo c > data/c.txt", deps: [raw/a], outputs: [data/c.txt] }\n  marts/b: {',
      ),
    );
    const [mine, theirs] = await Promise.all([
      project.json<RunJson>(['run', '--select', 'key:marts/b', ...production]),
      other.json<RunJson>(['run', '--select', 'key:marts/c', ...production]),
    ]);
    expect([mine.state, theirs.state]).toEqual(['SUCCESS', 'SUCCESS']);
    expect([show('data/b.txt').trim(), show('data/c.txt')]).toEqual(['2', 'c']);
    expect((await project.state('production')).problems).toEqual([]);
  });

  test('a branch that is deleted is noticed, and what may be made again is', async () => {
    await project.json<RunJson>(['run', ...production]);
    project.sandbox.git(bare, 'update-ref', '-d', 'refs/heads/branchline/data');
    project.sandbox.git(bare, 'gc', '--quiet', '--prune=now');
    const other = clone();
    const plan = await other.json<{
      plan: { steps: { id: string; assets: { reason: string; detail: string[] }[] }[] };
    }>(['plan', '--environment', 'production']);
    expect(plan.plan.steps.map(({ id, assets }) => [id, assets[0]!.reason, assets[0]!.detail])).toEqual([
      ['raw/a', 'data_lost', ['gone from branchline/data (data/a.csv)']],
      ['marts/b', 'data_lost', ['gone from branchline/data (data/b.txt)']],
    ]);
    // `raw/a` has no deps: its source may not give the past again.
    const run = await other.json<RunJson>(['run', ...production], 1);
    expect(run.counts).toMatchObject({ failed: 1 });
    // To try the run again asks for nothing that it was not asked for.
    const retry = await other.json<RunJson>(['retry', run.run, ...production], 1);
    expect([retry.state, retry.counts]).toMatchObject(['FAILURE', { failed: 1, materialized: 0 }]);
    const again = await other.json<RunJson>(['run', '--select', '*', ...production]);
    expect(again.counts).toMatchObject({ materialized: 2 });
    expect(show('data/a.csv')).toBe('n\n1');
  });

  test('data that the server refuses is recorded with its run later, when the server takes it', async () => {
    await project.json<RunJson>(['run', ...production]);
    project.write('input.csv', 'n\n8\n');
    project.commit('more');
    const refusal =
      '#!/bin/sh\n[ "$1" != refs/heads/branchline/data ] || { echo "this looks like a secret"; exit 1; }\n';
    project.sandbox.setHook(bare, 'update', refusal);
    const head = project.sandbox.git(bare, 'rev-parse', 'branchline/state');
    const refused = await project.run(['run', '--select', 'key:raw/a', ...production]);
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain('this looks like a secret');
    expect(show('data/a.csv')).toBe('n\n1');
    // The claim landed; what was made is in the journal of this machine, and nowhere half.
    const since = project.sandbox.git(bare, 'log', '--format=%s', `${head}..branchline/state`).split('\n');
    expect(since).toHaveLength(1);
    project.sandbox.setHook(bare, 'update', '#!/bin/sh\nexit 0\n');
    await project.json<RunJson>(['run', '--select', 'key:marts/b', ...production]);
    expect(show('data/a.csv')).toBe('n\n8');
    const { view, problems } = await project.state('production');
    expect(problems).toEqual([]);
    const blob = view.assets.get('raw/a')!.materialized!.files!['data/a.csv']!.blob;
    expect(project.sandbox.git(bare, 'rev-parse', 'branchline/data:data/a.csv')).toBe(blob);
  });

  test('a file over the limit is not recorded as made, and the message says what to do', async () => {
    project.write('branchline.yaml', files['branchline.yaml'].replace('type: branch', 'type: branch, max_file: 1kB'));
    project.write('input.csv', 'x'.repeat(2000));
    const run = await project.run(['run', '--select', 'key:raw/a', ...production]);
    expect(run.code).toBe(1);
    expect(run.stdout + run.stderr).toContain('takes files up to 1 kB');
    const record = await project.asset('raw/a', 'production');
    expect(record.materialized).toBeUndefined();
    expect(record.attempt).toMatchObject({
      outcome: 'failure',
      failure: { class: 'infrastructure', code: 'output-not-kept' },
    });
    expect(() => show('data/a.csv')).toThrow('branchline/data');
  });
});

describe('outputs', () => {
  beforeEach(() => start(files));
  const where = ['--environment', 'production'];

  test('are listed and fetched, also as they were, on a machine that never made them', async () => {
    const first = await project.json<RunJson>(['run', ...production]);
    project.write('input.csv', 'n\n1\n2\n');
    project.commit('more');
    await project.json<RunJson>(['run', '--select', 'key:raw/a', ...production]);
    const other = clone();
    const listed = await other.json(['outputs', 'list', 'key:raw/a', ...where]);
    const digest = expect.stringMatching(/^[0-9a-f]{64}$/);
    const blob = expect.stringMatching(/^[0-9a-f]{40}$/);
    expect(listed).toEqual({
      version: 1,
      environment: 'production',
      stateCommit: project.sandbox.git(bare, 'rev-parse', 'branchline/state'),
      assets: [
        {
          asset: 'raw/a',
          run: expect.any(String),
          at: expect.any(String),
          dataVersion: expect.any(String),
          files: [{ path: 'data/a.csv', bytes: 6, digest, held: 'present', blob }],
          storage: 'branch',
        },
      ],
    });
    const got = await other.json(['outputs', 'get', '--to', 'public', ...where]);
    expect(got).toMatchObject({
      version: 1,
      to: join(other.root, 'public'),
      files: [
        { asset: 'marts/b', path: 'data/b.txt', outcome: 'restored' },
        { asset: 'raw/a', path: 'data/a.csv', bytes: 6, outcome: 'restored' },
      ],
    });
    expect(other.read('public/data/a.csv')).toBe('n\n1\n2\n');
    // Once more there is nothing to do; the past is fetched elsewhere.
    expect(await other.json(['outputs', 'get', 'key:raw/a', '--to', 'public', ...where])).toMatchObject({
      files: [{ outcome: 'unchanged' }],
    });
    await other.json(['outputs', 'get', 'key:raw/a', '--to', 'old', '--at', first.stateCommit!, ...where]);
    expect(other.read('old/data/a.csv')).toBe('n\n1\n');
    expect(other.has('data/a.csv')).toBe(false);
  });

  test('never replace a file that differs, unless forced', async () => {
    await project.json<RunJson>(['run', ...production]);
    const other = clone();
    other.write('public/data/a.csv', 'mine');
    const get = ['outputs', 'get', '--to', 'public', ...where];
    expect(await other.json(get, 2)).toMatchObject({ error: { code: 'files-in-the-way' } });
    expect([other.read('public/data/a.csv'), other.has('public/data/b.txt')]).toEqual(['mine', false]);
    await other.json([...get, '--force']);
    expect(other.read('public/data/a.csv')).toBe('n\n1\n');
  });

  test('that are lost, or were never made, are said to be', async () => {
    expect(await project.json(['outputs', 'list', ...where], 2)).toMatchObject({ error: { code: 'no-outputs' } });
    await project.json<RunJson>(['run', ...production]);
    project.sandbox.git(bare, 'update-ref', '-d', 'refs/heads/branchline/data');
    project.sandbox.git(bare, 'gc', '--quiet', '--prune=now');
    const other = clone();
    const refused = await other.json<{ error: { code: string; message: string } }>(
      ['outputs', 'get', '--to', 'public', ...where],
      3,
    );
    expect(refused.error.code).toBe('outputs-lost');
    expect(refused.error.message).toContain('data/a.csv (raw/a): gone from branchline/data');
    const listed = await other.run(['outputs', 'list', ...where]);
    expect(listed.stdout).toMatch(/data\/a\.csv .*raw\/a .*gone from branchline\/data/);
  });
});

describe('incremental', () => {
  const incremental = {
    'branchline.yaml': `name: kept
storage: { type: branch }
assets:
  log:
    incremental: true
    run: |
      mkdir -p data
      test -z "\${BRANCHLINE_FULL_REFRESH:-}" || test ! -e data/log.txt
      echo line >> data/log.txt
    outputs: [data/log.txt]
`,
  };
  beforeEach(() => start(incremental));
  const run = (machine: CliProject, ...more: string[]) =>
    machine.run(['run', '--json', '--select', 'key:log', ...production, ...more]);

  test('begins with its own last outputs, on whatever machine', async () => {
    expect((await run(project)).code).toBe(0);
    const other = clone();
    expect((await run(other)).code).toBe(0);
    expect(show('data/log.txt')).toBe('line\nline');
    rmSync(join(other.root, 'data'), { recursive: true });
    other.write('data/log.txt', 'something else');
    expect((await run(other)).code).toBe(0);
    expect(show('data/log.txt')).toBe('line\nline\nline');
  });

  test('fails when they are lost, rather than start empty, until it is told to', async () => {
    await run(project);
    project.sandbox.git(bare, 'update-ref', '-d', 'refs/heads/branchline/data');
    project.sandbox.git(bare, 'gc', '--quiet', '--prune=now');
    const other = clone();
    const failed = await run(other);
    expect(failed.code).toBe(1);
    const { attempt } = await other.asset('log', 'production');
    expect(attempt!.failure).toMatchObject({ class: 'step', code: 'data-lost' });
    expect(attempt!.failure!.message).toMatch(/^data lost: .*--full-refresh/);
    expect(other.has('data/log.txt')).toBe(false);
    expect((await run(other, '--full-refresh')).code).toBe(0);
    expect(show('data/log.txt')).toBe('line');
    // And a full refresh starts empty also where the last outputs lie.
    expect((await run(other)).code).toBe(0);
    expect((await run(other, '--full-refresh')).code).toBe(0);
    expect(show('data/log.txt')).toBe('line');
  });

  test('is part of the code version', async () => {
    const version = async () => (await project.asset('log', 'production')).materialized!.codeParts;
    await run(project);
    expect(await version()).toHaveProperty('incremental');
    project.write(
      'branchline.yaml',
      readFileSync(join(project.root, 'branchline.yaml'), 'utf8').replace('incremental: true', 'incremental: false'),
    );
    await run(project);
    expect(await version()).not.toHaveProperty('incremental');
  });
});

test('storage: none keeps nothing and calls nothing lost', async () => {
  await start({
    'branchline.yaml': `name: kept
storage: { type: none }
assets:
  a: { run: "mkdir -p data && echo a > data/a.csv", outputs: [data/a.csv] }
`,
  });
  await project.json<RunJson>(['run', ...production]);
  rmSync(join(project.root, 'data'), { recursive: true });
  expect((await project.json<RunJson>(['run', ...production])).counts).toMatchObject({ upToDate: 1, materialized: 0 });
  expect(project.has('data/a.csv')).toBe(false);
  expect(project.sandbox.git(bare, 'for-each-ref', '--format=%(refname)')).not.toContain('data');
});
