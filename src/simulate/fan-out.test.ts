import { describe, expect, test } from 'vitest';
import type { SimulationReport } from '../model/simulation.ts';
import type { StateView } from '../model/state.ts';
import { renderSimulation } from '../render/simulation-text.ts';
import { played } from '../testing/simulation/played.ts';

const key = (i: number): string => `s${String(i).padStart(3, '0')}`;

/** 200 steps in chains of four: what test/fan-out-workflow.test.ts plays with real jobs. */
const STEPS = `assets:\n${Array.from({ length: 200 }, (_, i) => {
  const deps = i % 4 === 0 ? '' : `deps: [${key(i - 1)}], `;
  return `  ${key(i)}: { ${deps}run: make }`;
}).join('\n')}\n`;
const OVER_EIGHT =
  'wake_ups: { cron: "1 20 * * *", late: 1s }\nfan_out: { jobs: 8 }\nmax_parallel: 1\nruns: [{ at: +1m, select: "*" }]\n';

async function playedTo(
  manifest: string,
  scenario: string,
  more: { readonly seed?: number; readonly hours?: number } = {},
): Promise<{ readonly report: SimulationReport; readonly view: StateView }> {
  let view: StateView | undefined;
  const report = await played(manifest, scenario, { ...more, onCommit: (_, after) => (view = after) });
  return { report, view: view! };
}

test('200 steps over 8 jobs: one commit claims them, one records them', async () => {
  const { report, view } = await playedTo(STEPS, OVER_EIGHT);
  expect(report.totals).toMatchObject({ runs: 1, succeeded: 1, materialized: 200, left: 0 });
  const [run] = view.endedRuns.values();
  expect(run).toMatchObject({ state: 'SUCCESS', epoch: 1, counts: { materialized: 200, failed: 0, skipped: 0 } });
  expect(view.claims.size).toBe(0);
  expect(report.fanOut).toMatchObject({ waves: 1, jobs: 8 });
  // The job `plan`, eight that execute, and the job `finalize`.
  expect(report.github.jobs).toBe(10);
  expect(report.peaks.runners.peak).toBe(8);
  // 25 steps of a minute each, and what is around them: 26 min a job. The others have one each.
  expect(report.github.minutes).toBe(8 * 26 + 2);
  expect(run!.billed!.minutes).toBe(report.github.minutes);
  expect(report.state.commits).toBe(2);
  expect(renderSimulation(report, { color: false, unicode: true })).toContain('1 wave of up to 8 jobs');
});

test('with one of them lost, the next wave does the rest: the outcome is that of the real jobs', async () => {
  const lossy = `${OVER_EIGHT}lost_runners: { share: 10% }\n`;
  const plays = await Promise.all(Array.from({ length: 6 }, (_, seed) => playedTo(STEPS, lossy, { seed })));
  const withOne = plays.filter(({ report, view }) => {
    const [run] = view.endedRuns.values();
    return report.github.lostRunners === 1 && run?.epoch === 2 && report.fanOut!.waves === 2;
  });
  expect(withOne.length).toBeGreaterThan(0);
  for (const { report, view } of withOne) {
    const [run, ...others] = view.endedRuns.values();
    expect(others).toEqual([]);
    expect(run).toMatchObject({ state: 'SUCCESS', epoch: 2, counts: { materialized: 200, failed: 0, skipped: 0 } });
    expect(view.claims.size).toBe(0);
    expect(report.totals).toMatchObject({ runs: 1, succeeded: 1, materialized: 200 });
  }
});

test('what waits for another kind of machine comes in a later wave, which the last job starts', async () => {
  const { report } = await playedTo(
    `runners: { big: { runs-on: [self-hosted, big] } }
assets:
  a: { run: make }
  b: { deps: [a], run: make, runner: big }
  c: { deps: [b], run: make }
`,
    'wake_ups: { cron: "1 5 * * *" }\nfan_out: { jobs: 4 }\nruns: [{ at: +1m, select: "*" }]\n',
    { hours: 2 },
  );
  expect(report.totals).toMatchObject({ runs: 1, succeeded: 1, materialized: 3 });
  expect(report.fanOut).toMatchObject({ waves: 3, jobs: 1 });
  // Nobody rang: each of the first two last jobs asked for the next wave.
  expect(report.wakeUps.rung).toBe(0);
  expect(report.github).toMatchObject({ jobs: 9, requestsAnHour: 2 });
  expect(report.runs[0]!.work).toHaveLength(3);
});

test('a last job that is lost is made up for by whoever comes next, and nothing is made twice', async () => {
  const { report, view } = await playedTo(
    'assets: { a: { run: make }, b: { run: make } }\n',
    // `finalize` begins when the minute of the steps is over; its set-up has 20 s.
    'wake_ups: { cron: "0 1 * * *", late: 1s }\nmax_parallel: 2\nfan_out: { jobs: 1 }\ndefault_duration: 10m\nruns: [{ at: +1m, select: "*" }]\nlost_runners: { at: [2026-11-30T00:12:00Z] }\n',
    { hours: 2 },
  );
  expect(report.github.lostRunners).toBe(1);
  expect(report.totals).toMatchObject({ runs: 1, succeeded: 1, materialized: 2 });
  expect(report.runs[0]!.attempts).toBe(2);
  expect(report.fanOut).toMatchObject({ waves: 1 });
  expect(view.claims.size).toBe(0);
});

describe('when a wave is recorded, what follows goes on with the next one, which nobody has to ring for', () => {
  // The first ring makes the schedules count, the second is the one that matters.
  const twice = 'wake_ups: { cron: "1 0,1 * * *", late: 1s }\nfan_out: { jobs: 4 }\n';

  test('assets that ask by themselves, step by step', async () => {
    const { report } = await playedTo(
      `assets:
  a: { run: make }
  b: { deps: [a], run: make, automation: eager }
  c: { deps: [b], run: make, automation: eager, tags: { branchline/priority: "2" } }
schedules: { night: { cron: "0 1 * * *", selection: "key:a" } }
`,
      twice,
    );
    expect(report.wakeUps.rung).toBe(2);
    expect(report.totals).toMatchObject({ runs: 3, succeeded: 3, materialized: 3, left: 0 });
    expect(report.fanOut!.waves).toBe(3);
  });

  test('runs that waited for a place, a backfill and what is tried again', async () => {
    const { report } = await playedTo(
      `run_queue: { max_concurrent_runs: 1 }
run_retries: { enabled: true, max_retries: 1 }
assets:
  a: { run: make, partitions: { daily: { start: "2026-11-20" } }, backfill_policy: { multi_run: { max_partitions_per_run: 3 } } }
  b: { run: make }
schedules:
  one: { cron: "0 1 * * *", selection: "key:b" }
  two: { cron: "0 1 * * *", selection: "key:b" }
`,
      `${twice}failures: { "key:b": { first: 1 } }\nbackfills: [{ at: +61m, select: "key:a", partitions: all }]\n`,
    );
    expect(report.wakeUps.rung).toBe(2);
    // Ten days, three a run. Of the schedules one run fails and one makes `b`; what is tried again finds it made.
    expect(report.totals).toMatchObject({ runs: 7, failed: 1, succeeded: 6, materialized: 11, left: 0 });
    expect(report.backfills).toMatchObject([{ state: 'COMPLETED_SUCCESS' }]);
  });

  test('but not what follows a click: that is made by the next ring', async () => {
    const { report } = await playedTo(
      'assets: { a: { run: make }, b: { deps: [a], run: make, automation: eager } }\n',
      'wake_ups: { cron: "0 3 * * *", late: 1s }\nfan_out: { jobs: 4 }\nruns: [{ at: +1m, select: "key:a" }]\n',
      { hours: 2 },
    );
    expect(report.totals).toMatchObject({ runs: 1, materialized: 1 });
  });
});

test('schedules, retries and the same bytes for the same seed, as without jobs that share', async () => {
  const manifest = `assets:
  raw/a: { run: make a }
  mart/b: { deps: [raw/a], run: make b, retry_policy: { max_retries: 2, delay: 30s } }
schedules:
  hourly: { cron: "0 * * * *", selection: "*" }
`;
  const scenario =
    'wake_ups: { cron: "1 * * * *", late: 10s }\nfan_out: { jobs: 3 }\nfailures: { "key:mart/b": { first: 2 } }\n';
  const { report } = await playedTo(manifest, scenario);
  expect(report.totals).toMatchObject({ runs: 5, succeeded: 5, failed: 0, failedAttempts: 2, materialized: 10 });
  expect(JSON.stringify((await playedTo(manifest, scenario)).report)).toBe(JSON.stringify(report));
});

describe('what asks for more than there is time for asks for nothing once nobody is woken any more', () => {
  /** Two hours and a half of work each hour: whenever a wave is over, the next tick is due. */
  const scenario = 'wake_ups: { cron: "5 * * * *", late: 1s }\nfan_out: { jobs: 2 }\ndurations: { "*": 50m }\n';
  const hourly = 'automation: { on_cron: { cron: "0 * * * *" } }';

  test.each([
    [
      'a schedule',
      'assets: { a: { run: make }, b: { deps: [a], run: make }, c: { deps: [b], run: make } }\nschedules: { hourly: { cron: "0 * * * *", selection: "*" } }\n',
    ],
    [
      'assets by themselves',
      `assets: { a: { run: make, ${hourly} }, b: { deps: [a], run: make, ${hourly} }, c: { deps: [b], run: make, ${hourly} } }\n`,
    ],
  ])('%s', async (_, manifest) => {
    const { report, view } = await playedTo(manifest, scenario, { hours: 4 });
    const until = Date.parse(report.until);
    expect(report.runs.length).toBeGreaterThan(1);
    for (const { requestedAt } of report.runs) expect(Date.parse(requestedAt)).toBeLessThanOrEqual(until);
    // What was asked for before goes on to its end, by waves that start each other.
    const last = Math.max(...report.runs.flatMap(({ work }) => work.map(({ to }) => Date.parse(to))));
    expect(last).toBeGreaterThan(until);
    expect(report.totals).toMatchObject({ succeeded: report.runs.length, left: 0 });
    expect(view.openRuns.size).toBe(0);
    expect(report.notices.map(({ text }) => text).join()).not.toContain('followed any further');
  });
});

test('waves in which no step fits the time of a job do not start each other', async () => {
  const { report } = await playedTo(
    'assets: { a: { run: make } }\n',
    // Getting ready takes 20 s.
    'wake_ups: { cron: "5 * * * *", late: 1s }\nfan_out: { jobs: 2 }\ntime_budget: 10s\nruns: [{ at: +1m, select: "*" }]\n',
    { hours: 3 },
  );
  expect(report.totals).toMatchObject({ runs: 1, materialized: 0, left: 1 });
  // The click, and each of three rings.
  expect(report.fanOut!.waves).toBe(4);
});

test('work that goes on for more than 14 days after the last wake-up is followed no further, and that is told', async () => {
  const { report } = await playedTo(
    'assets: { a: { run: make } }\n',
    'wake_ups: { cron: "5 * * * *", late: 1s }\nfan_out: { jobs: 2 }\ndurations: { "*": 20d }\nruns: [{ at: +1m, select: "*" }]\n',
    { hours: 1 },
  );
  expect(report.totals).toMatchObject({ runs: 1, left: 1 });
  expect(report.notices).toContainEqual({
    kind: 'warning',
    text: 'work went on for 14 days after the last wake-up, and was not followed any further',
    times: 1,
  });
});

describe('a run that waits for a machine for longer than start_timeout_seconds', () => {
  const manifest = (seconds: number) => `runners: { big: { runs-on: [self-hosted, big] } }
run_monitoring: { enabled: true, start_timeout_seconds: ${seconds} }
run_retries: { enabled: true, max_retries: 9, retry_on_asset_or_op_failure: false }
assets:
  a: { run: make, runner: big }
  b: { run: make, runner: big }
  c: { run: make }
`;
  /** The machine has `a` for two hours when `b` is asked for; somebody is woken every quarter of an hour. */
  const scenario = (machines: number) => `wake_ups: { cron: "*/15 * * * *", late: 1s }
fan_out: { jobs: 4, machines: { big: ${machines} } }
durations: { "*": 5m, "key:a": 2h }
runs: [{ at: +1m, select: "key:a" }, { at: +2m, select: "key:b" }, { at: +2m, select: "key:c" }]
`;

  test('fails, is tried again until there is one, and nothing is made twice', async () => {
    const { report, view } = await playedTo(manifest(1200), scenario(1), { hours: 6 });
    const runs = [...view.endedRuns.values()];
    const failed = runs.filter(({ state }) => state === 'FAILURE');
    expect(failed.length).toBeGreaterThan(1);
    for (const { failure, steps, startedAt } of failed) {
      expect(failure).toMatchObject({ class: 'infrastructure', code: 'start-timeout' });
      expect(Object.values(steps)).toMatchObject([{ assets: ['b'], state: 'PLANNED' }]);
      expect(startedAt).toBeDefined();
    }
    expect(report.totals).toMatchObject({ succeeded: 3, materialized: 3, left: 0 });
    expect(view.claims.size).toBe(0);
  });

  test.each([
    ['there is a machine for each', 1200, 2],
    ['it may wait for as long', 10_000, 1],
  ])('is none where %s', async (_, seconds, machines) => {
    const { report } = await playedTo(manifest(seconds), scenario(machines), { hours: 6 });
    expect(report.totals).toMatchObject({ runs: 3, succeeded: 3, materialized: 3, left: 0 });
  });
});
