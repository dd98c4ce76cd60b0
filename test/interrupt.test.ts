import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type CliProject, makeCliProject, type RunJson, until } from '../src/testing/cli-project.ts';

let project: CliProject;
afterEach(() => project.remove());

/** A step that ignores TERM, with a child that ignores it as well; both write their process ids. */
const stubborn = `trap '' TERM INT
echo $$ >> data/pids
bash -c 'trap "" TERM INT; echo $$ >> data/pids; while :; do sleep 0.1; done' &
touch data/waiting
while :; do sleep 0.1; done`;

const manifest = (slow: string) => `name: stop
assets:
  quick:
    run: mkdir -p data && echo 1 > data/quick.csv
    outputs: [data/quick.csv]
  slow:
    deps: [quick]
    run: |
${slow.replace(/^/gm, '      ')}
    outputs: [data/slow.csv]
  after:
    deps: [slow]
    run: cp data/slow.csv data/after.csv
    outputs: [data/after.csv]
`;

test('Ctrl-C in a long step whose processes ignore TERM: 130, all gone, what finished is recorded', async () => {
  project = makeCliProject({ 'branchline.yaml': manifest(stubborn) });
  const started = project.start(['run', '--json']);
  await until(() => project.has('data/waiting'));
  await until(() => project.read('data/pids').trim().split('\n').length === 2);
  started.child.kill('SIGINT');
  const end = await started.end;
  expect(end).toMatchObject({ code: 130 });
  const run = JSON.parse(end.stdout) as RunJson;
  expect(run).toMatchObject({ state: 'CANCELED', counts: { materialized: 1 } });
  for (const pid of project.read('data/pids').trim().split('\n')) expect(isRunning(Number(pid))).toBe(false);
  expect((await project.asset('quick')).attempt).toMatchObject({ outcome: 'success' });
  expect((await project.asset('slow')).attempt).toMatchObject({ outcome: 'canceled', failure: { class: 'cancel' } });
  const { view, problems } = await project.state();
  expect([...view.openRuns.keys(), ...view.claims.keys(), ...problems]).toEqual([]);

  // The next run goes on where this one was stopped.
  project.write('branchline.yaml', manifest('echo 2 > data/slow.csv'));
  const next = await project.json<RunJson>(['run']);
  expect(next).toMatchObject({ state: 'SUCCESS', counts: { materialized: 2, upToDate: 1 } });
  expect(project.read('data/after.csv')).toBe('2\n');
});

test('a second Ctrl-C ends at once; the next command takes in what had finished', async () => {
  project = makeCliProject({ 'branchline.yaml': manifest(stubborn) });
  const started = project.start(['run', '--json']);
  await until(() => project.has('data/pids') && project.read('data/pids').trim().split('\n').length === 2);
  started.child.kill('SIGINT');
  // Two signals that come together are one; this one comes when the first was taken in.
  await new Promise<void>((told) => started.child.stderr!.once('data', () => told()));
  started.child.kill('SIGINT');
  expect((await started.end).code).toBe(130);
  for (const pid of project.read('data/pids').trim().split('\n')) await until(() => !isRunning(Number(pid)));
  project.write('branchline.yaml', manifest('echo 2 > data/slow.csv'));
  const next = await project.json<RunJson>(['run']);
  expect(next).toMatchObject({ state: 'SUCCESS', counts: { materialized: 2, upToDate: 1 } });
  const { view, problems } = await project.state();
  expect([...view.openRuns.keys(), ...view.claims.keys(), ...problems]).toEqual([]);
  expect([...view.endedRuns.values()].map((run) => run.state).sort()).toEqual(['FAILURE', 'SUCCESS']);
});

// Elsewhere the environment of other processes cannot be read.
test.skipIf(process.platform !== 'linux')(
  'a step that outlives its killed engine is ended before its assets are made again',
  async () => {
    project = makeCliProject({
      'branchline.yaml': manifest('echo $$ > data/pids; sleep 600; echo late > data/slow.csv'),
    });
    const started = project.start(['run']);
    await until(() => project.has('data/pids') && project.read('data/pids') !== '');
    started.child.kill('SIGKILL');
    await started.end;
    const pid = Number(project.read('data/pids'));
    expect(isRunning(pid)).toBe(true);
    const left = await project.json<{ runs: readonly unknown[] }>(['queue']);
    expect(left.runs).toMatchObject([{ state: 'STARTED', holderGone: true }]);
    project.write('branchline.yaml', manifest('echo 2 > data/slow.csv'));
    expect(await project.json<RunJson>(['run'])).toMatchObject({ state: 'SUCCESS' });
    expect(isRunning(pid)).toBe(false);
  },
);

test('a timeout kills the whole tree and fails the step', async () => {
  const slow = 'sleep 60 &\necho $! > data/pids\nwait';
  const text = manifest(slow).replace('  slow:\n', '  slow:\n    timeout: 1s\n');
  project = makeCliProject({ 'branchline.yaml': text });
  const run = await project.json<RunJson>(['run'], 1);
  expect(run).toMatchObject({ state: 'FAILURE', counts: { materialized: 1, failed: 1, skipped: 1 } });
  expect((await project.asset('slow')).attempt?.failure).toMatchObject({ class: 'timeout' });
  for (const pid of project.read('data/pids').trim().split('\n')) expect(isRunning(Number(pid))).toBe(false);
});

/** A process that has ended but was not yet waited for counts as gone. */
function isRunning(pid: number): boolean {
  const stat = join('/proc', String(pid), 'stat');
  if (!existsSync('/proc/self')) {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  }
  return existsSync(stat) && !/\) Z /.test(readFileSync(stat, 'utf8'));
}
