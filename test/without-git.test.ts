import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CliProject, RunJson } from '../src/testing/cli-project.ts';
import type { GitHttpServer } from '../src/testing/git-http.ts';
import { makeServedProject } from '../src/testing/served-project.ts';

const files = {
  'branchline.yaml': `name: bare-hands
environments: { production: { branches: [main] } }
schedules: { hourly: { cron: "0 * * * *", selection: "*" } }
assets:
  raw/a:
    run: mkdir -p data && echo 1 > data/a.csv
    outputs: [data/a.csv]
    code: ["scripts/**"]
  marts/b: { deps: [raw/a], run: "cat data/a.csv > data/b.csv", outputs: [data/b.csv] }
`,
  'scripts/a.sh': 'echo a\n',
};

let project: CliProject;
let server: GitHttpServer;
let bare: string;
let env: Record<string, string>;
beforeEach(async () => {
  ({ project, server, bare } = await makeServedProject(files));
  // A PATH with what steps need, and no git.
  const bin = join(project.sandbox.root, 'bin');
  mkdirSync(bin);
  for (const name of ['bash', 'mkdir', 'mkfifo', 'cat', 'env'])
    symlinkSync(execFileSync('which', [name], { encoding: 'utf8' }).trim(), join(bin, name));
  env = { PATH: bin };
});
afterEach(async () => {
  await server.stop();
  project.remove();
});

const production = ['--environment', 'production'];

test.each(['production', 'local'] as const)('all of it works on a machine without git: %s', async (environment) => {
  const where = ['--environment', environment];
  const json = <T>(args: readonly string[], code = 0) => project.json<T>([...args, ...where], code, { env });
  const run = await json<RunJson>(['run', '--yes']);
  expect(run).toMatchObject({ state: 'SUCCESS', environment, counts: { materialized: 2 } });
  expect(await json(['tick', '--yes'])).toMatchObject({ version: 1 });
  const log = await json<{ commits: { commit: string; trailers: Record<string, string> }[] }>(['state', 'log']);
  expect(log.commits.length).toBeGreaterThan(1);
  expect(log.commits.map(({ commit }) => commit)).toContain(run.stateCommit);
  expect(await json(['state', 'verify'])).toMatchObject({ problems: [] });
  const report = await project.run(['report', ...where], { env });
  expect([report.code, report.stdout]).toEqual([0, expect.stringContaining('marts/b')]);
  const shown = await json<{ asset: { materialized: { codeCommit: string; files: object } } }>([
    'state',
    'show',
    'raw/a',
  ]);
  expect(shown.asset.materialized.codeCommit).toBe(project.git('rev-parse', 'HEAD'));
  // The same digests as with git: nothing is stale for it.
  const again = await project.json<RunJson>(['run', '--yes', ...where]);
  expect(again).toMatchObject({ counts: { materialized: 0, upToDate: 2 } });
  expect(await json(['state', 'compact', '--yes'])).toMatchObject({ version: 1, dropped: [] });
  expect((await project.state(environment)).problems).toEqual([]);
  project.git('fsck', '--strict');
  if (environment === 'local') return;
  project.sandbox.git(bare, 'fsck', '--strict');
  expect(project.sandbox.git(bare, 'rev-list', '--count', 'branchline/state')).toBe('1');
  expect(project.sandbox.git(bare, 'for-each-ref', '--format=%(refname)', 'refs/branchline')).toMatch(
    /^refs\/branchline\/archive\/\d+\nrefs\/branchline\/witness$/,
  );
});

test('what git knows of the checkout is known without it', async () => {
  project.git('checkout', '--quiet', '-b', 'topic');
  const refused = await project.json(['run', '--yes', ...production], 2, { env });
  expect(refused).toMatchObject({ error: { code: 'not-a-production-branch' } });
  project.git('checkout', '--quiet', 'main');
  project.write('data/a.csv', 'tracked');
  project.git('add', '--force', 'data/a.csv');
  const told = await project.json(['run', '--select', 'key:raw/a'], 2, { env });
  expect(told).toMatchObject({ diagnostics: [{ code: 'output-tracked' }] });
});

test('a token is sent as the header says, and a wrong one is told without showing it', async () => {
  server.token = 'the-right-token';
  const wrong = await project.run(['state', 'log', ...production], {
    env: { ...env, BRANCHLINE_TOKEN: 'a-wrong-token' },
  });
  expect(wrong.code).toBe(3);
  expect(wrong.stderr).toContain('401');
  expect(wrong.stderr).not.toContain('a-wrong-token');
  const basic = Buffer.from('x-access-token:the-right-token').toString('base64');
  // As actions/checkout leaves it.
  project.git('config', `http.${server.url}/.extraheader`, `AUTHORIZATION: Basic ${basic}`);
  expect(await project.json(['run', '--yes', ...production], 0, { env })).toMatchObject({ state: 'SUCCESS' });
  const token = { ...env, BRANCHLINE_TOKEN: 'the-right-token' };
  expect(await project.json(['run', '--yes', ...production], 0, { env: token })).toMatchObject({ state: 'SUCCESS' });
});

test('BRANCHLINE_GIT says which git, also where both are there', async () => {
  const both = { BRANCHLINE_GIT: 'isomorphic' };
  expect(await project.json(['run', '--yes', ...production], 0, { env: both })).toMatchObject({ state: 'SUCCESS' });
  expect(project.has('.git/branchline/bare-hands/isomorphic/state.git/HEAD')).toBe(true);
  const neither = await project.json(['run', '--yes'], 2, { env: { ...env, BRANCHLINE_GIT: 'system' } });
  expect(neither).toMatchObject({ error: { code: 'git-missing' } });
});

test('what is kept on a branch is refused with the cure, by the doctor beforehand; all else goes on', async () => {
  const text = files['branchline.yaml'].replace('marts/b: {', 'marts/b: { storage: { type: branch },');
  project.write('branchline.yaml', text);
  project.git('add', '--all');
  project.git('commit', '--quiet', '--message', 'on a branch');
  const doctor = await project.json<{ findings: { code: string; message: string; help: string }[] }>(['doctor'], 2, {
    env,
  });
  const found = doctor.findings.find(({ code }) => code === 'storage-needs-git');
  expect(found?.message).toContain('`branchline/data`');
  expect(found?.help).toContain('install git 2.31 or newer');
  const run = await project.json<RunJson>(['run', '--yes', ...production], 1, { env });
  expect(run).toMatchObject({ state: 'FAILURE', counts: { materialized: 1, failed: 1 } });
  expect(JSON.stringify(run)).toContain('install it and leave `BRANCHLINE_GIT` away');
  expect((await project.asset('marts/b', 'production')).materialized).toBeUndefined();
  expect((await project.state('production')).problems).toEqual([]);
  const local = await project.json<RunJson>(['run'], 0, { env });
  expect(local).toMatchObject({ state: 'SUCCESS' });
  const withGit = await project.json<RunJson>(['run', '--yes', ...production]);
  expect(withGit).toMatchObject({ state: 'SUCCESS' });
});
