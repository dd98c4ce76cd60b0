import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeActionRig } from '../src/testing/action-rig.ts';
import { type CliProject, makeCliProject, type RunJson } from '../src/testing/cli-project.ts';
import { type GuardedGit, guardGit } from '../src/testing/git-guard.ts';
import { scheduleEvent } from '../src/testing/github/events.ts';

// A run says when the code that it ran was not all in the commit that it names.

const files = {
  'branchline.yaml': `name: dirty
manifests: ["assets/*.yaml"]
schedules: { yearly: { cron: "0 0 1 1 *", selection: "*" } }
`,
  'assets/a.yaml': `assets:
  raw/a:
    run: mkdir -p data && sh scripts/a.sh > data/a.csv
    code: ["lib/**"]
    outputs: [data/a.csv, kept/a.txt]
    checks: { fine: { run: sh checks/fine.sh } }
  raw/b: { run: "mkdir -p data && echo b > data/b.csv", outputs: [data/b.csv] }
`,
  'scripts/a.sh': 'echo a; mkdir -p kept; date +%N > kept/a.txt\n',
  'checks/fine.sh': 'exit 0\n',
  'lib/one.txt': 'one\n',
  'lib/two.txt': 'two\n',
  'other.txt': 'nobody reads it\n',
};

let project: CliProject;
let guard: GuardedGit;
let commit: string;
beforeEach(() => {
  project = makeCliProject(files);
  project.write('.gitignore', 'data/\nkept/\n*.tmp\n');
  project.commit('all of it');
  commit = project.git('rev-parse', 'HEAD');
  guard = guardGit(project.sandbox.root);
});
afterEach(() => project.remove());

interface Shown {
  run: { codeCommit: string; uncommitted?: { count: number; files: string[] } };
}
const where = (environment: string) => ['--environment', environment, ...(environment === 'local' ? [] : ['--yes'])];
const runOf = async (asset: string, environment = 'production') => {
  const args = ['run', '--select', `key:${asset}`, ...where(environment), '--json'];
  const end = await project.run(args, { env: guard.env });
  expect([end.code, end.stdout]).toEqual([0, expect.stringContaining('SUCCESS')]);
  const { run } = JSON.parse(end.stdout) as RunJson;
  const shown = await project.json<Shown>(['state', 'show', run, '--environment', environment]);
  expect(shown.run.codeCommit).toBe(commit);
  return { run, uncommitted: shown.run.uncommitted, said: end.stderr };
};
/** Trailers of the commits of a run. */
const logOf = async (run: string): Promise<Record<string, string>[]> => {
  const log = await project.json<{ commits: { trailers: Record<string, string> }[] }>([
    'state',
    'log',
    ...where('production').slice(0, 2),
  ]);
  return log.commits.map(({ trailers }) => trailers).filter(({ Run }) => Run === run);
};
const textOf = async (what: string): Promise<string> =>
  (await project.run(['state', 'show', what, '--environment', 'production'])).stdout;

test('a run of what is committed says nothing of it, whatever else lies around', async () => {
  project.write('other.txt', 'changed\n');
  project.write('new.txt', 'new\n');
  project.write('lib/ignored.tmp', 'ignored\n');
  project.write('kept/a.txt', 'an output\n');
  const { run, uncommitted, said } = await runOf('raw/a');
  expect([uncommitted, said]).toEqual([undefined, expect.not.stringContaining('uncommitted')]);
  expect(await textOf(run)).not.toContain('uncommitted');
  expect(await logOf(run)).toContainEqual({ Run: run, Code: commit });
});

test('a run of a dirty working tree names the commit, and what of its code is not in it', async () => {
  project.write('scripts/a.sh', 'echo changed; mkdir -p kept; date > kept/a.txt\n');
  project.write('checks/fine.sh', 'exit 0 # changed\n');
  project.write('lib/new.txt', 'never committed\n');
  rmSync(join(project.root, 'lib/two.txt'));
  project.write('lib/one.txt', 'staged\n');
  project.git('add', 'lib/one.txt');
  project.write('other.txt', 'changed\n');
  const { run, uncommitted, said } = await runOf('raw/a');
  const names = ['checks/fine.sh', 'lib/new.txt', 'lib/one.txt', 'lib/two.txt', 'scripts/a.sh'];
  expect(uncommitted).toEqual({ count: 5, files: names });
  expect(said).toContain(
    `checks/fine.sh, lib/new.txt, lib/one.txt and 2 more are not as in commit ${commit.slice(0, 7)}`,
  );
  expect(await textOf(run)).toContain(
    `${commit} with uncommitted changes of checks/fine.sh, lib/new.txt, lib/one.txt and 2 more`,
  );
  expect(await textOf('raw/a')).toContain(`(commit ${commit.slice(0, 7)} with uncommitted changes of`);
  expect(await logOf(run)).toEqual(
    expect.arrayContaining([
      { Run: run, Code: commit, Uncommitted: 'checks/fine.sh, lib/new.txt, lib/one.txt and 2 more' },
    ]),
  );
  expect((await logOf(run)).filter(({ Uncommitted }) => Uncommitted === undefined)).toEqual([]);
  expect((await project.state('production')).problems).toEqual([]);
  // What another asset is made of was not touched.
  expect(await runOf('raw/b')).toMatchObject({
    uncommitted: undefined,
    said: expect.not.stringContaining('not as in'),
  });

  project.commit('now it is there');
  commit = project.git('rev-parse', 'HEAD');
  expect(await runOf('raw/a')).toMatchObject({ uncommitted: undefined });
});

test('a manifest counts for every run; a state of one’s own tells it without a word', async () => {
  project.write('assets/a.yaml', files['assets/a.yaml'].replace('echo b', 'echo bb'));
  const production = await runOf('raw/b');
  expect(production.uncommitted).toEqual({ count: 1, files: ['assets/a.yaml'] });
  expect(production.said).toContain(`assets/a.yaml is not as in commit ${commit.slice(0, 7)}`);
  const local = await runOf('raw/b', 'local');
  expect(local.uncommitted).toEqual(production.uncommitted);
  expect(local.said).not.toContain('not as in');
});

test('git is asked once by a command that runs something, and by no other', async () => {
  const diffs = (): number => guard.calls().filter(({ words }) => words.startsWith('diff ')).length;
  const env = { env: guard.env };
  await runOf('raw/a');
  expect(diffs()).toBe(1);
  await project.json(['run', '--stale', '--select', 'key:raw/a', ...where('production')], 0, env);
  await project.json(['tick', ...where('production')], 0, env);
  await project.json(['plan', '--environment', 'production'], 0, env);
  expect(diffs()).toBe(0);
});

test('without git it is not known, and nothing is claimed', async () => {
  project.write('scripts/a.sh', 'echo changed; mkdir -p kept; echo > kept/a.txt\n');
  const end = await project.json<RunJson>(['run', '--select', 'key:raw/a', ...where('production')], 0, {
    env: { BRANCHLINE_GIT: 'isomorphic' },
  });
  const shown = await project.json<Shown>(['state', 'show', end.run, '--environment', 'production']);
  expect(shown.run.uncommitted).toBeUndefined();
});

test('a job whose earlier steps have changed the checkout says so, and is no worse for it', async () => {
  const manifest =
    'name: shop\nassets: { a: { run: "true" } }\nschedules: { nightly: { selection: "*", cron: "30 2 * * *" } }\n';
  const rig = await makeActionRig({ 'branchline.yaml': manifest });
  try {
    rig.github.git.date = new Date('2026-11-20T12:00:00Z');
    const machine = rig.start({ event: scheduleEvent });
    expect(await rig.end(machine)).toMatchObject({ code: 0, outputs: { status: 'nothing' } });
    writeFileSync(join(machine.workspace, 'branchline.yaml'), manifest.replace('true', 'true # generated'));
    rig.github.git.date = new Date('2026-11-21T02:41:00Z');
    const end = await rig.end(rig.start({ event: scheduleEvent, machine }));
    expect(end).toMatchObject({ code: 0, outputs: { status: 'success' } });
    expect(end.log).toContain('branchline.yaml is not as in commit');
    const { view, problems } = await rig.state();
    expect(problems).toEqual([]);
    expect([...view.endedRuns.values()]).toMatchObject([{ uncommitted: { count: 1, files: ['branchline.yaml'] } }]);
  } finally {
    await rig.stop();
  }
}, 120_000);
