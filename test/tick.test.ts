import { afterEach, describe, expect, test } from 'vitest';
import { type CliProject, makeCliProject, type RunJson, until } from '../src/testing/cli-project.ts';

let project: CliProject;
afterEach(() => project.remove());

interface TickJson {
  readonly due: readonly { readonly schedule: string; readonly tick: string }[];
  readonly runs: readonly RunJson[];
  readonly next: readonly { readonly schedule: string; readonly tick: string }[];
  readonly notes: readonly unknown[];
}

const manifest = (schedule = 'cron: "30 2 * * *"', run = 'mkdir -p data && echo 1 > data/a.csv') => `name: ticks
assets:
  a: { run: "${run}", outputs: [data/a.csv] }
  b: { deps: [a], run: "cp data/a.csv data/b.csv", outputs: [data/b.csv] }
schedules:
  nightly: { selection: "*", ${schedule} }
`;
const tick = (now: string, ...more: string[]): Promise<TickJson> =>
  project.json<TickJson>(['tick', '--now', now, ...more]);
const commits = async (): Promise<string[]> =>
  (await project.json<{ commits: { subject: string }[] }>(['state', 'log', '--limit', '50'])).commits.map(
    (each) => each.subject,
  );

test('a schedule is adopted by the first tick, due at its instant, and judged once', async () => {
  project = makeCliProject({ 'branchline.yaml': manifest() });
  const first = await tick('2026-11-20T12:00:00Z');
  expect(first).toMatchObject({ due: [], runs: [], next: [{ schedule: 'nightly', tick: '2026-11-21T02:30:00.000Z' }] });
  expect(await commits()).toHaveLength(1);
  // Nothing is due, nothing changed: no commit.
  expect(await tick('2026-11-20T18:00:00Z')).toMatchObject({ due: [], runs: [] });
  expect(await commits()).toHaveLength(1);
  // A dry run says what is due and does nothing.
  const dry = await tick('2026-11-21T02:41:00Z', '--dry-run');
  expect(dry).toMatchObject({ due: [{ schedule: 'nightly', tick: '2026-11-21T02:30:00.000Z' }], runs: [] });
  expect(await commits()).toHaveLength(1);
  expect(project.has('data/a.csv')).toBe(false);

  const due = await tick('2026-11-21T02:41:00Z');
  expect(due.runs).toMatchObject([{ state: 'SUCCESS', counts: { materialized: 2 } }]);
  const { view, problems } = await project.state();
  expect(problems).toEqual([]);
  // How late it was is on record.
  expect(Math.floor(view.schedules.get('nightly')!.lastTick!.latenessMs / 60_000)).toBe(11);
  // The same again: judged already.
  expect(await tick('2026-11-21T02:42:00Z')).toMatchObject({ due: [], runs: [] });
});

describe('after a gap', () => {
  test.each([
    ['latest', ['2026-11-24T02:30:00.000Z']],
    ['none', []],
    ['all', ['2026-11-22T02:30:00.000Z', '2026-11-23T02:30:00.000Z', '2026-11-24T02:30:00.000Z']],
  ])('catchup: %s', async (catchup, expected) => {
    const more = catchup === 'all' ? ', max_catchup_runs: 3' : '';
    project = makeCliProject({ 'branchline.yaml': manifest(`cron: "30 2 * * *", catchup: ${catchup}${more}`) });
    await tick('2026-11-20T12:00:00Z');
    const done = await tick('2026-11-24T12:00:00Z');
    expect(done.due.map((each) => each.tick)).toEqual(expected);
    expect(done.runs.map((run) => run.state)).toEqual(expected.map(() => 'SUCCESS'));
    expect((await project.state()).problems).toEqual([]);
  });
});

test('two ticks at once make one run', async () => {
  project = makeCliProject({ 'branchline.yaml': manifest() });
  await tick('2026-11-20T12:00:00Z');
  const both = await Promise.all([tick('2026-11-21T02:31:00Z'), tick('2026-11-21T02:31:00Z')]);
  const { view, problems } = await project.state();
  expect(problems).toEqual([]);
  expect([...view.endedRuns.values()].map((run) => run.state)).toEqual(['SUCCESS']);
  expect(new Set(both.flatMap((each) => each.runs.map((run) => run.run))).size).toBe(1);
  expect(project.read('data/b.csv')).toBe('1\n');
});

test('a run that a killed tick left waiting is run by the next tick; the one under way is closed', async () => {
  const slow = 'mkdir -p data; if test -e data/go; then echo 1 > data/a.csv; else touch data/waiting; sleep 60; fi';
  project = makeCliProject({ 'branchline.yaml': manifest('cron: "30 2 * * *", catchup: all', slow) });
  await tick('2026-11-20T12:00:00Z');
  const started = project.start(['tick', '--json', '--now', '2026-11-22T12:00:00Z']);
  await until(() => project.has('data/waiting'));
  started.child.kill('SIGKILL');
  await started.end;
  project.write('data/go', '');
  const next = await tick('2026-11-22T12:05:00Z');
  expect(next.runs).toMatchObject([{ state: 'SUCCESS' }]);
  const { view, problems } = await project.state();
  expect(problems).toEqual([]);
  expect([...view.openRuns.keys(), ...view.claims.keys()]).toEqual([]);
  expect([...view.endedRuns.values()].map((run) => run.state).sort()).toEqual(['FAILURE', 'SUCCESS']);
});

test('a day that ends in the middle of a run, and runs over several days', async () => {
  const slow = 'mkdir -p data; sleep 1.2; date +%N > data/a.csv';
  project = makeCliProject({ 'branchline.yaml': manifest('cron: "59 23 * * *"', slow) });
  await tick('2026-11-20T12:00:00Z');
  const run = await tick('2026-11-20T23:59:59Z');
  expect(run.runs).toMatchObject([{ state: 'SUCCESS', counts: { materialized: 2 } }]);
  expect((await project.state()).problems).toEqual([]);
  for (const now of ['2026-11-21T23:59:59Z', '2026-11-23T00:00:00Z', '2026-11-25T12:00:00Z']) {
    expect((await tick(now)).runs).toMatchObject([{ state: 'SUCCESS' }]);
    const { view, problems } = await project.state();
    expect(problems).toEqual([]);
    expect(view.openRuns.size + view.claims.size).toBe(0);
  }
  // Also a run of a closed day is found by its id.
  const id = run.runs[0]!.run;
  const shown = await project.json<{ run: { run: string; state: string } }>(['state', 'show', id]);
  expect(shown.run).toMatchObject({ run: id, state: 'SUCCESS' });
});

test('an instant without a zone is refused', async () => {
  project = makeCliProject({ 'branchline.yaml': manifest() });
  expect((await project.run(['tick', '--now', '2026-11-20 12:00'])).code).toBe(2);
});

test('a failure that a retry made good is not told as one', async () => {
  project = makeCliProject({
    'branchline.yaml': manifest(undefined, 'test -e fixed && mkdir -p data && echo 1 > data/a.csv'),
  });
  // By hand is now, and time never runs back.
  await tick('2036-11-20T12:00:00Z');
  const failed = await project.json<TickJson>(['tick', '--now', '2036-11-21T02:41:00Z'], 1);
  const { run } = failed.runs[0]!;
  const idle = async (): Promise<string> =>
    (await project.run(['tick', '--now', '2036-11-21T02:50:00Z', '--dry-run'])).stdout;
  expect(await idle()).toContain(`was judged already (run ${run}: FAILURE); it is next at`);
  const again = await project.json<RunJson>(['retry', run], 1);
  expect(await idle()).toContain(`(run ${run}: FAILURE; its retry ${again.run}: FAILURE); it`);
  project.write('fixed', '');
  const good = await project.json<RunJson>(['retry', run]);
  expect(await idle()).toContain(`(run ${run}: FAILURE; its retry ${good.run}: SUCCESS); it`);
});

test('after a tick of days to come a plan sees what the run that follows sees', async () => {
  const day = 86_400_000;
  const start = new Date(Date.now() - 3 * day).toISOString().slice(0, 10);
  project = makeCliProject({
    'branchline.yaml': `name: ahead
partitions:
  days: { daily: { start: ${start} } }
assets:
  a:
    partitions: days
    run: "mkdir -p data && echo $BRANCHLINE_PARTITION > data/$BRANCHLINE_PARTITION.csv"
    outputs: ["data/\${{ partition.key }}.csv"]
  b: { deps: [a], run: "cat data/2*.csv > data/all.csv", outputs: [data/all.csv] }
schedules:
  nightly: { selection: "*", cron: "30 2 * * *" }
`,
  });
  await project.json(['run', '--select', '*', '--partitions', 'all']);
  const ahead = new Date(Date.now() + 2 * day).toISOString().slice(0, 10);
  await tick(`${ahead}T02:00:00Z`);
  expect((await tick(`${ahead}T03:00:00Z`)).runs).toMatchObject([{ state: 'SUCCESS' }]);
  const plan = await project.run(['plan']);
  const run = await project.run(['run']);
  expect(run.stdout).toContain('2 up to date');
  expect(plan.stdout).toContain('Nothing to do');
});
