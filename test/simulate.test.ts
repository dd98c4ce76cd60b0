import { afterEach, expect, test } from 'vitest';
import type { SimulationReport } from '../src/model/simulation.ts';
import { type CliProject, makeCliProject } from '../src/testing/cli-project.ts';
import { filesOfPage } from '../src/testing/page-files.ts';

let project: CliProject;
afterEach(() => project.remove());

const from = ['--from', '2036-11-30T00:00:00Z'];

test('the example of the page plays as it stands there, draws itself, and changes nothing', async () => {
  project = makeCliProject(filesOfPage('docs/simulate.md'));
  const command = ['simulate', ...from, '--for', '1d', '--scenario', 'scenarios/monday.yml'];
  const report = await project.json<SimulationReport>([...command, '--svg', 'monday.svg']);
  expect(report).toMatchObject({ version: 1, project: 'shop', seed: 1, github: { requestsAnHourLimit: 1000 } });
  const byHand = report.runs.filter(({ partitions }) => partitions?.startsWith('2026-11-'));
  expect(byHand).toHaveLength(20);
  for (const run of byHand) expect(run).toMatchObject({ outcome: 'SUCCESS', steps: 1, attempts: 1 });
  expect(report.totals.runs).toBeGreaterThan(4);
  expect(project.read('monday.svg')).toContain('</svg>');
  expect(await project.json<SimulationReport>(command)).toEqual(report);
  expect((await project.run(command)).stdout).toMatch(/^\d+ runs in 1 day from 2036-11-30 00:00 UTC \(seed 1\): /);
  expect((await project.state()).view.openRuns.size + (await project.state()).view.endedRuns.size).toBe(0);
});

test('a backfill of the command line is told with its end and its cost; Monday’s runs overtake it', async () => {
  project = makeCliProject(filesOfPage('docs/simulate.md'));
  const command = ['simulate', '--from', '2036-11-30T00:00:00Z', '--for', '1d', '--scenario', 'scenarios/monday.yml'];
  const backfill = ['--backfill', 'key:raw/orders', '--partitions', '2026-11-01...2026-11-20', '--at', '+3h'];
  const report = await project.json<SimulationReport>([...command, ...backfill]);
  expect(report.backfills).toMatchObject([
    {
      selection: 'key:raw/orders',
      partitions: '2026-11-01...2026-11-20',
      state: 'COMPLETED_SUCCESS',
      done: 20,
      runs: 20,
    },
  ]);
  expect(report.backfills[0]!.requestedAt).toMatch(/^2036-11-30T03:00/);
  expect(report.backfills[0]!.minutes).toBeGreaterThan(60);
  expect((await project.run([...command, ...backfill])).stdout).toContain('20 of 20 made in 20 runs');
  const refusals = [
    ['--partitions 2026-11-01', 'backfill-selection'],
    ['--at +2h', 'backfill-selection'],
    ['--backfill key:raw/orders', 'partitions-needed'],
    ['--backfill key:raw/orders --partitions 2025-01-01', 'unknown-partition'],
    ['--backfill key:raw/none --partitions all', 'empty-selection'],
    ['--backfill key:raw/orders --partitions all --at soon', 'instant'],
    ['--backfill key:raw/orders --partitions all --at 2036-11-29T00:00:00Z', 'instant'],
  ] as const;
  const said = refusals.map(async ([options]) => {
    const end = await project.run([...command, ...options.split(' '), '--json']);
    return [end.code, (JSON.parse(end.stdout) as { error: { code: string } }).error.code];
  });
  expect(await Promise.all(said)).toEqual(refusals.map(([, code]) => [2, code]));
});

test('work shared out among jobs: as the scenario says, or as the command line does, whatever the scenario says', async () => {
  const steps = Array.from({ length: 24 }, (_, i) => `  s${i}: { run: "true" }`);
  project = makeCliProject({
    'branchline.yaml': `name: wide\nassets:\n${steps.join('\n')}\n`,
    's.yml': 'fan_out: { jobs: 2 }\ndefault_duration: 5m\nmax_parallel: 1\nruns: [{ at: +1m, select: "*" }]\n',
  });
  const command = ['simulate', ...from, '--for', '3h', '--scenario', 's.yml'];
  const two = await project.json<SimulationReport>(command);
  expect(two).toMatchObject({ fanOut: { waves: 1, jobs: 2 }, totals: { runs: 1, succeeded: 1, materialized: 24 } });
  const eight = await project.json<SimulationReport>([...command, '--jobs', '8']);
  // A job for each ten minutes that are expected, and a step without history counts as one.
  expect(eight).toMatchObject({ fanOut: { waves: 1, jobs: 3 }, totals: { runs: 1, succeeded: 1, materialized: 24 } });
  expect(eight.runs[0]!.endedAt! < two.runs[0]!.endedAt!).toBe(true);
  expect((await project.run([...command, '--jobs', '8'])).stdout).toMatch(/fan-out +1 wave of up to 3 jobs; /);
});

test('what somebody starts is the runs that the command line makes of it, each behind the one before it', async () => {
  const asked = [
    ['key:raw+', '2026-11-01...2026-11-03'],
    // The newest of each kind.
    ['key:week or key:whole or key:raw'],
    ['key:raw', 'missing'],
    ['key:raw', 'missing'],
  ] as const;
  const runs = asked.map(
    ([select, partitions], i) =>
      `  - { at: +${2 * i + 1}h, select: "${select}"${partitions === undefined ? '' : `, partitions: ${partitions}`} }\n`,
  );
  project = makeCliProject({
    'branchline.yaml': `name: shop
partitions:
  days: { daily: { start: 2026-11-01, end: 2026-11-08 } }
  weeks: { weekly: { start: 2026-11-01, end: 2026-11-30 } }
assets:
  raw: { partitions: days, run: "true" }
  some: { deps: [raw], partitions: days, run: "true", backfill_policy: { multi_run: { max_partitions_per_run: 2 } } }
  week: { partitions: weeks, run: "true" }
  whole: { run: "true" }
`,
    's.yml': `runs:\n${runs.join('')}`,
  });
  const report = await project.json<SimulationReport>(['simulate', ...from, '--for', '12h', '--scenario', 's.yml']);
  for (const [select, partitions] of asked)
    await project.json(['run', '--select', select, ...(partitions === undefined ? [] : ['--partitions', partitions])]);
  const made = [...(await project.state()).view.endedRuns.values()].toSorted(byRequest).map(({ request }) => {
    if (request.kind !== 'cli') throw new Error(request.kind);
    return [`by hand: ${request.selection}`, request.partitions];
  });
  expect(made).toHaveLength(5 + 3 + 3);
  expect(report.runs.map(({ trigger, partitions }) => [trigger, partitions])).toEqual(made);
  expect(report.notices).toEqual([{ kind: 'warning', text: 'Nothing to run: no partition is missing.', times: 1 }]);
  // All of a click are on record at once, and one is at work at a time.
  const first = report.runs.slice(0, 5);
  expect(new Set(first.map(({ requestedAt }) => requestedAt)).size).toBe(1);
  for (const [i, run] of first.entries()) {
    if (i > 0) expect(run.startedAt! >= first[i - 1]!.endedAt!).toBe(true);
    expect(run.waits[0]?.text).toBe(i > 0 ? 'another run holds an earlier part of the same click' : undefined);
  }
});

const byRequest = (a: { readonly requestedAt: string }, b: { readonly requestedAt: string }): number =>
  a.requestedAt < b.requestedAt ? -1 : 1;

test('durations come from the history of the state that it begins with', async () => {
  project = makeCliProject({
    'branchline.yaml': `name: shop
assets: { a: { run: sleep 1, materialize: always } }
schedules: { hourly: { cron: "0 * * * *", selection: "*" } }
`,
  });
  await project.json(['run']);
  const report = await project.json<SimulationReport>(['simulate', ...from, '--for', '6h']);
  const [first] = report.runs;
  const seconds = (Date.parse(first!.endedAt!) - Date.parse(first!.startedAt!)) / 1000;
  // A step of about a second, where one without history would take a minute.
  expect(seconds).toBeGreaterThan(1);
  expect(seconds).toBeLessThan(40);
});

test('what is wrong in a scenario, or on the command line, is said, and nothing is played', async () => {
  project = makeCliProject({
    'branchline.yaml': 'name: shop\nassets: { a: { run: "true" } }\n',
    's.yml': 'failure: { "*": 5% }\nruns: [{ at: +1h, select: "key:b" }]\n',
  });
  const wrong = await project.run(['simulate', '--scenario', 's.yml']);
  expect(wrong.code).toBe(2);
  expect(wrong.stdout).toContain('s.yml:1:1  unknown-key');
  expect(wrong.stdout).toContain('did you mean `failures`?');
  expect(wrong.stdout).toContain('s.yml:2:27  empty-selection');
  const said = await project.json<{ diagnostics: unknown[] }>(['simulate', '--scenario', 's.yml'], 2);
  expect(said.diagnostics).toHaveLength(2);
  const codes = ['--from tomorrow', '--for 5', '--scenario none.yml', '--seed x', '--jobs 257', '--jobs 0'].map(
    async (options) => {
      const end = await project.run(['simulate', ...options.split(' '), '--json']);
      return [end.code, (JSON.parse(end.stdout) as { error: { code: string } }).error.code];
    },
  );
  expect(await Promise.all(codes)).toEqual([
    [2, 'instant'],
    [2, 'duration'],
    [2, 'no-scenario'],
    [2, 'usage'],
    [2, 'usage'],
    [2, 'usage'],
  ]);
});

test('a backfill that was over before the simulation began is no part of it', async () => {
  project = makeCliProject({
    'branchline.yaml': `name: shop
partitions: { days: { daily: { start: 2026-01-01 } } }
assets: { raw: { partitions: days, run: "true" } }
`,
  });
  const select = ['--select', 'key:raw', '--partitions'];
  await project.json(['backfill', 'start', ...select, '2026-01-01...2026-01-02', '--yes']);
  const command = [
    'simulate',
    '--for',
    '1h',
    '--backfill',
    'key:raw',
    '--partitions',
    '2026-01-03',
    '--environment',
    'local',
  ];
  const report = await project.json<SimulationReport>(command);
  expect(report.backfills).toMatchObject([{ partitions: '2026-01-03', total: 1, done: 1 }]);
  expect(report.backfills).toHaveLength(1);
});
