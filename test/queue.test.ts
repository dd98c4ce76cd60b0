import { afterEach, describe, expect, test } from 'vitest';
import { type CliProject, makeCliProject, type RunJson, until } from '../src/testing/cli-project.ts';
import { filesOfPage } from '../src/testing/page-files.ts';

let project: CliProject;
afterEach(() => project.remove());

interface TickJson {
  readonly runs: readonly RunJson[];
  readonly waiting: readonly { readonly run: string; readonly why: string }[];
}
interface QueueJson {
  readonly runs: readonly {
    readonly run: string;
    readonly state: string;
    readonly trigger: string;
    readonly wait?: { readonly kind: string; readonly holders?: readonly string[]; readonly text: string };
  }[];
}
const tick = (now: string, ...more: string[]): Promise<TickJson> =>
  project.json<TickJson>(['tick', '--now', now, ...more]);
const queue = (): Promise<QueueJson> => project.json<QueueJson>(['queue']);

/** A script that says that it is at work and goes on once somebody has written `data/go-<name>`. */
const waits = (name: string): string =>
  `mkdir -p data; echo ${name} >> data/log; touch data/at-${name}; while [ ! -e data/go-${name} ]; do sleep 0.05; done; echo "${name} done" >> data/log; echo 1 > data/${name}.csv`;
const asset = (name: string, more = ''): string =>
  `${name}: { run: '${waits(name)}', outputs: [data/${name}.csv]${more} }`;
const atWork = (name: string): Promise<void> => until(() => project.has(`data/at-${name}`));
const letGo = (...names: string[]): void => {
  for (const name of names) project.write(`data/go-${name}`, '');
};
const logLines = (): string[] => project.read('data/log').trim().split('\n');

describe('a tick', () => {
  test('lets go what docs/queue.md says, and the rest follows', async () => {
    project = makeCliProject({ 'branchline.yaml': filesOfPage('docs/queue.md')['branchline.yaml']! });
    expect(await project.json(['check'])).toEqual({ version: 1, diagnostics: [] });
    await tick('2026-11-21T12:00:00Z');
    const { runs, waiting } = await tick('2026-11-22T06:00:30Z');
    expect(waiting).toEqual([]);
    expect(runs.map(({ state }) => state)).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS']);
    const { view, problems } = await project.state();
    expect(problems).toEqual([]);
    const at = (schedule: string, what: 'startedAt' | 'endedAt'): string =>
      [...view.endedRuns.values()].find(({ request }) => request.kind === 'schedule' && request.schedule === schedule)![
        what
      ]!;
    expect(at('people', 'startedAt')).toBe(at('items', 'startedAt'));
    expect(at('orders', 'startedAt') >= at('items', 'endedAt')).toBe(true);
    expect((await queue()).runs).toEqual([]);
  });

  test('has several runs at work at once, whose steps share its places', async () => {
    project = makeCliProject({
      'branchline.yaml': `name: beside
assets:
  ${asset('a')}
  ${asset('b')}
schedules:
  one: { cron: "0 6 * * *", selection: "key:a" }
  two: { cron: "0 6 * * *", selection: "key:b" }
`,
    });
    await tick('2026-11-21T12:00:00Z');
    const both = project.start(['tick', '--now', '2026-11-22T06:00:30Z', '--max-parallel', '2', '--json']);
    // Each waits until both are there.
    await Promise.all([atWork('a'), atWork('b')]);
    expect((await queue()).runs.map(({ state }) => state)).toEqual(['STARTED', 'STARTED']);
    letGo('a', 'b');
    const end = await both.end;
    expect(end.code).toBe(0);
    expect(JSON.parse(end.stdout).runs).toHaveLength(2);
    expect((await project.state()).problems).toEqual([]);
  });

  test('with one place does the important first; what has none waits, and is told', async () => {
    project = makeCliProject({
      'branchline.yaml': `name: onebyone
run_queue: { max_concurrent_runs: 1 }
assets:
  ${asset('a')}
  ${asset('b')}
schedules:
  plain: { cron: "0 6 * * *", selection: "key:a" }
  urgent: { cron: "0 6 * * *", selection: "key:b", tags: { dagster/priority: " 3 " } }
`,
    });
    await tick('2026-11-21T12:00:00Z');
    const ticking = project.start(['tick', '--now', '2026-11-22T06:00:30Z', '--max-parallel', '2']);
    await atWork('b');
    const { runs } = await queue();
    expect(runs.map(({ state, trigger }) => `${state} ${trigger}`)).toEqual([
      'STARTED urgent 06:00',
      'QUEUED plain 06:00',
    ]);
    expect(runs[1]!.wait).toMatchObject({ kind: 'all-places', holders: [runs[0]!.run] });
    letGo('a', 'b');
    expect((await ticking.end).code).toBe(0);
    expect(logLines()).toEqual(['b', 'b done', 'a', 'a done']);
  });

  test('uses no more slots of a pool than there are, in all runs together', async () => {
    project = makeCliProject({
      'branchline.yaml': `name: pooled
pools: { api: 1 }
assets:
  ${asset('a', ', pool: api')}
  ${asset('b', ', pool: api')}
  ${asset('c')}
schedules:
  one: { cron: "0 6 * * *", selection: "key:a" }
  two: { cron: "0 6 * * *", selection: "key:b or key:c" }
  three: { cron: "0 6 * * *", selection: "key:c" }
`,
    });
    letGo('c');
    await tick('2026-11-21T12:00:00Z');
    const ticking = project.start(['tick', '--now', '2026-11-22T06:00:30Z', '--max-parallel', '4']);
    await until(() => project.has('data/at-a') || project.has('data/at-b'));
    const holder = project.has('data/at-a') ? 'a' : 'b';
    // Until `three` has made c, the other may wait for c, which two runs ask for.
    await until(async () =>
      (await queue()).runs.some(({ wait }) => wait?.text.startsWith('the only slot of pool api is taken: run ')),
    );
    letGo(holder);
    const other = holder === 'a' ? 'b' : 'a';
    await atWork(other);
    expect(logLines().indexOf(`${holder} done`)).toBeLessThan(logLines().indexOf(other));
    letGo(other);
    expect((await ticking.end).code).toBe(0);
    const { view, problems } = await project.state();
    expect(problems).toEqual([]);
    expect(view.claims.size + view.openRuns.size).toBe(0);
  });
});

describe('branchline run', () => {
  const manifest = `name: waiting
assets:
  ${asset('a')}
  ${asset('b')}
`;

  test('waits in the queue, says for what, and starts when its turn has come', async () => {
    project = makeCliProject({ 'branchline.yaml': manifest });
    const first = project.start(['run', '--select', 'key:a']);
    await atWork('a');
    // Who does not want to wait leaves nothing behind.
    const refused = await project.run(['run', '--select', 'key:a', '--wait', '0']);
    expect(refused.code).toBe(3);
    expect(refused.stderr).toMatch(/a is held by run \d{8}-/);
    expect((await queue()).runs).toHaveLength(1);
    const second = project.start(['run', '--select', 'key:a', '--json']);
    let said = '';
    second.child.stderr!.on('data', (text: string) => {
      said += text;
    });
    await until(() => said.includes('Waiting:'));
    const { runs } = await queue();
    expect(runs.map(({ state }) => state)).toEqual(['STARTED', 'QUEUED']);
    expect(runs[1]!.wait).toMatchObject({ kind: 'held', what: 'a', holders: [runs[0]!.run] });
    // Something else goes by.
    letGo('b');
    expect((await project.run(['run', '--select', 'key:b'])).code).toBe(0);
    letGo('a');
    expect((await first.end).code).toBe(0);
    const end = await second.end;
    expect(end.code).toBe(0);
    expect(end.stderr).toMatch(/Waiting: run \S+ waits: a is held by run/);
    expect(JSON.parse(end.stdout)).toMatchObject({ run: runs[1]!.run, state: 'SUCCESS' });
    const { view, problems } = await project.state();
    expect(problems).toEqual([]);
    expect([...view.endedRuns.values()].map(({ state }) => state)).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS']);
  });

  test('leaves the queue when the wait is over', async () => {
    project = makeCliProject({ 'branchline.yaml': manifest });
    const first = project.start(['run', '--select', 'key:a']);
    await atWork('a');
    const second = await project.run(['run', '--select', 'key:a', '--wait', '1s']);
    expect(second.code).toBe(3);
    letGo('a');
    expect((await first.end).code).toBe(0);
    const { view } = await project.state();
    expect([...view.endedRuns.values()].map(({ state }) => state).sort()).toEqual(['CANCELED', 'SUCCESS']);
    expect(view.openRuns.size).toBe(0);
  });

  test('makes different partitions of one asset side by side, and the same one by one', async () => {
    const script =
      'mkdir -p data; touch data/at-$BRANCHLINE_PARTITION; while [ ! -e data/go-$BRANCHLINE_PARTITION ]; do sleep 0.05; done; echo 1 > data/$BRANCHLINE_PARTITION.csv';
    project = makeCliProject({
      'branchline.yaml': `name: keys
assets:
  days: { partitions: { static: [x, y, z] }, run: '${script}', outputs: ["data/\${{ partition.key }}.csv"] }
`,
    });
    const of = (key: string, ...more: string[]) => ['run', '--select', 'key:days', '--partitions', key, ...more];
    const runs = ['x', 'y'].map((key) => project.start(of(key)));
    await Promise.all(['x', 'y'].map(atWork));
    expect((await project.run(of('y', '--wait', '0'))).code).toBe(3);
    letGo('x', 'y');
    expect((await Promise.all(runs.map(({ end }) => end))).map(({ code }) => code)).toEqual([0, 0]);
    const { view, problems } = await project.state();
    expect(problems).toEqual([]);
    expect([...(view.partitions?.get('days')?.keys() ?? [])].sort()).toEqual(['x', 'y']);
  });
});

test('a run that waits is canceled at once; one that is over, or never was, is refused with what to do', async () => {
  project = makeCliProject({
    'branchline.yaml': `name: canceling
run_queue: { max_concurrent_runs: 0 }
assets: { a: { run: "true" }, b: { run: "true" } }
schedules:
  one: { cron: "0 6 * * *", selection: "key:a" }
  two: { cron: "0 6 * * *", selection: "key:b" }
`,
  });
  await tick('2026-11-21T12:00:00Z');
  const { runs, waiting } = await tick('2026-11-22T06:00:30Z', '--wait', '0');
  expect(runs).toEqual([]);
  expect(waiting.map(({ why }) => why)).toEqual(
    Array.from({ length: 2 }, () => expect.stringContaining('nothing leaves')),
  );
  const canceled = await project.json<{ runs: unknown[] }>(['cancel', 'key:b', '--reason', 'not today']);
  expect(canceled.runs).toMatchObject([{ outcome: 'canceled' }]);
  const [left] = (await queue()).runs;
  expect(left).toMatchObject({ state: 'QUEUED', trigger: 'one 06:00' });
  const sound = project.read('branchline.yaml');
  project.write('branchline.yaml', sound.replace('run: "true"', 'rum: "true"'));
  expect((await project.run(['cancel', 'key:a'])).code).toBe(2);
  // By its id also while a manifest has a mistake; the report says so from the next commit on.
  expect((await project.run(['cancel', left!.run])).stderr).toContain('The manifests have 1 error');
  project.write('branchline.yaml', sound);
  const { view, problems } = await project.state();
  expect(problems).toEqual([]);
  expect(view.openRuns.size).toBe(0);
  expect([...view.endedRuns.values()].map(({ state }) => state)).toEqual(['CANCELED', 'CANCELED']);
  const again = await project.run(['cancel', left!.run]);
  expect(again.code).toBe(3);
  expect(again.stderr).toMatch(/is over already \(CANCELED\)/);
  expect((await project.run(['cancel', 'nobody'])).stderr).toMatch(/no open run, no backfill[\s\S]*write `key:nobody`/);
});

test('who does not wait behind a run that nobody is at work on is told what carries that on', async () => {
  project = makeCliProject({
    'branchline.yaml': `name: lost
run_monitoring: { enabled: true, max_resume_run_attempts: 3 }
assets: { a: { run: 'mkdir -p data; test -e data/fine || { touch data/held; sleep 60; }' } }
`,
  });
  const started = project.start(['run', '--select', 'key:a']);
  await until(() => project.has('data/held'));
  started.child.kill('SIGKILL');
  await started.end;
  project.write('data/fine', '');
  const waited = await project.run(['run', '--select', 'key:a', '--wait', '0']);
  expect(waited).toMatchObject({ code: 3 });
  expect(waited.stderr).toContain('`branchline tick` carries on what nobody is at work on');
  expect((await project.json<{ runs: readonly RunJson[] }>(['tick'])).runs).toMatchObject([{ state: 'SUCCESS' }]);
  expect(await project.json<RunJson>(['run', '--select', 'key:a', '--wait', '1s'])).toMatchObject({ state: 'SUCCESS' });
});

test('a run that waited for weeks is found by its id for good, and tried again', async () => {
  const files = (places: number) => `name: waits
run_queue: { max_concurrent_runs: ${places} }
assets:
  a: { run: "test -e fine" }
  b: { run: "true" }
schedules:
  nightly: { cron: "30 2 2 * *", selection: key:a }
  daily: { cron: "0 5 * * *", selection: key:b }
`;
  project = makeCliProject({ 'branchline.yaml': files(0) });
  const tick = (now: string, code?: number) => project.json<{ runs: readonly RunJson[] }>(['tick', '--now', now], code);
  await tick('2026-01-01T12:00:00Z');
  await tick('2026-01-02T03:00:00Z');
  const [waits] = [...(await project.state()).view.openRuns.keys()];
  expect(waits).toMatch(/^20260102-/);
  project.write('branchline.yaml', files(10));
  const late = await tick('2026-01-20T04:00:00Z', 1);
  expect(late.runs.map(({ run, state }) => [run, state])).toContainEqual([waits, 'FAILURE']);
  for (const day of ['21', '22', '23', '24']) await tick(`2026-01-${day}T05:30:00Z`);
  expect((await project.state()).view.endedRuns.has(waits!)).toBe(false);
  const shown = await project.run(['state', 'show', waits!, '--environment', 'local']);
  expect(shown).toMatchObject({ code: 0 });
  expect(shown.stdout).toContain(`run ${waits}: FAILURE, nightly 02:30`);
  project.write('fine', '');
  expect(await project.json<RunJson>(['retry', waits!])).toMatchObject({ state: 'SUCCESS' });
  const unknown = await project.run(['retry', waits!.replace(/.{4}$/, 'zzzz')]);
  expect(unknown).toMatchObject({ code: 2 });
});
