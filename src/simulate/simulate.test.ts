import { describe, expect, test } from 'vitest';
import { renderSimulationSvg } from '../render/simulation-svg.ts';
import { renderSimulation } from '../render/simulation-text.ts';
import { played } from '../testing/simulation/played.ts';

const HOURLY = `assets:
  raw/a: { run: make a }
  mart/b: { deps: [raw/a], run: make b, retry_policy: { max_retries: 2, delay: 30s } }
schedules:
  hourly: { cron: "0 * * * *", selection: "*" }
`;
const PUNCTUAL = 'wake_ups: { cron: "1 * * * *", late: 10s }\n';

test('each tick becomes a run that takes as long as its steps, and each job is billed by the started minute', async () => {
  const report = await played(HOURLY, `${PUNCTUAL}durations: { "key:raw/a": 2m, "key:mart/b": 3m }\n`);
  expect(report.totals).toMatchObject({ runs: 5, succeeded: 5, failed: 0, materialized: 10, left: 0 });
  // 5 min of steps, 20 s of set-up, some seconds for the state: 6 min each; the first job only adopts the schedule.
  expect(report.github).toMatchObject({ jobs: 6, minutes: 31, usd: 0.31 });
  const [first] = report.runs;
  const seconds = (Date.parse(first!.endedAt!) - Date.parse(first!.requestedAt)) / 1000;
  expect(seconds).toBeGreaterThanOrEqual(300);
  expect(seconds).toBeLessThan(320);
});

test('the same seed gives the same bytes, another one another outcome', async () => {
  const scenario =
    'wake_ups: { cron: "1 * * * *" }\ndurations: { "*": { p50: 1m, p99: 20m } }\nfailures: { "*": 20% }\n';
  const bytes = async (seed: number): Promise<string> => JSON.stringify(await played(HOURLY, scenario, { seed }));
  expect(await bytes(7)).toBe(await bytes(7));
  expect(await bytes(7)).not.toBe(await bytes(8));
});

test('a failed attempt is repeated by its policy, and without one its run fails', async () => {
  const retried = await played(HOURLY, `${PUNCTUAL}failures: { "key:mart/b": { first: 2 } }\n`);
  expect(retried.totals).toMatchObject({ failed: 0, failedAttempts: 2 });
  expect(retried.runs[0]).toMatchObject({ outcome: 'SUCCESS', attempts: 4, steps: 2 });
  const failing = await played(HOURLY, `${PUNCTUAL}failures: { "key:raw/a": { from: +2h, to: +3h } }\n`);
  expect(failing.runs.map(({ outcome }) => outcome)).toEqual(['SUCCESS', 'FAILURE', 'SUCCESS', 'SUCCESS', 'SUCCESS']);
});

test('a limit of a tag lets one run at a time go, and says so of the other', async () => {
  const report = await played(
    `run_queue: { tag_concurrency_limits: [{ key: source, value: crm, limit: 1 }] }
assets: { a: { run: make }, b: { run: make } }
schedules:
  one: { cron: "0 2 * * *", selection: "key:a", tags: { source: crm } }
  two: { cron: "0 2 * * *", selection: "key:b", tags: { source: crm } }
`,
    `${PUNCTUAL}default_duration: 30m\n`,
    { hours: 4 },
  );
  expect(report.peaks.running.peak).toBe(1);
  const waited = report.runs.filter(({ waits }) => waits.length > 0);
  expect(waited).toHaveLength(1);
  expect(waited[0]!.waits[0]).toMatchObject({ kind: 'tag', text: 'the only place of source=crm is taken' });
  expect(report.waits[0]).toMatchObject({ kind: 'tag', runs: 1 });
  expect(report.waits[0]!.longestMs).toBeGreaterThan(29 * 60_000);
});

test('a lost runner ends what it was at; the next wake-up finds that out', async () => {
  const report = await played(HOURLY, `${PUNCTUAL}default_duration: 10m\nlost_runners: { at: [+70m] }\n`);
  expect(report.github.lostRunners).toBe(1);
  expect(report.runs[0]!.work[0]!.from < '2026-11-30T01:10').toBe(true);
  expect(report.totals.left).toBe(0);
});

test('rings that are lost make nothing be lost: the newest tick is judged by the next one', async () => {
  const report = await played(HOURLY, 'wake_ups: { cron: "1 * * * *", late: 1m, lost: 40% }\n', { hours: 24, seed: 1 });
  expect(report.wakeUps.lost).toBeGreaterThan(4);
  expect(report.wakeUps.rung + report.wakeUps.lost).toBe(24);
  expect(report.ticks.judged + report.ticks.missed).toBeGreaterThan(20);
  expect(report.ticks.latenessP99Ms).toBeGreaterThan(60_000);
});

test('runners and minutes are limits: jobs wait for the one, and stop without the other', async () => {
  const busy = `${PUNCTUAL}default_duration: 50m\n`;
  const one = await played(HOURLY, `${busy}github: { runners: 1 }\n`);
  expect(one.peaks.runners.peak).toBe(1);
  const poor = await played(HOURLY, `${PUNCTUAL}default_duration: 10m\ngithub: { minutes: 40 }\n`);
  expect(poor.github.refusedJobs).toBeGreaterThan(0);
  expect(poor.github.minutesLimit).toBe(40);
});

test('a run that does not fit into the time that a job has left is given back once, and left to the next job', async () => {
  // The job that begins at 03:01 has 25 min, and needs twice 20.
  const report = await played(HOURLY, `${PUNCTUAL}default_duration: 20m\ntime_budget: 25m\n`);
  expect(report.runs.length).toBeGreaterThan(3);
  const stretches = report.runs.map(({ work }) => work.length);
  expect(Math.max(...stretches)).toBeLessThanOrEqual(3);
  expect(report.state.commits).toBeLessThan(150);
});

test('nobody waits for what stands behind a run that its own job has given back', async () => {
  // At 03:01 `a` is made; `b`, which took 40 min before, does not fit, and `c` waits behind it for the only slot.
  const report = await played(
    `pools: { q: 1 }
assets: { a: { run: make, pool: q }, b: { deps: [a], run: make, pool: q }, c: { run: make, pool: q } }
schedules:
  first: { cron: "0 1,3 * * *", selection: "key:a or key:b", tags: { branchline/priority: "5" } }
  second: { cron: "0 3 * * *", selection: "key:c" }
`,
    `wake_ups: { cron: "1 0,1,3,5,6 * * *", late: 10s }
time_budget: 60m
durations: { "*": 30m, "key:b": 40m }
`,
    { hours: 7 },
  );
  const [, given] = report.runs;
  expect(given!.work).toHaveLength(2);
  expect(report.runs.at(-1)!.waits[0]).toMatchObject({ kind: 'pool' });
  expect(report.totals).toMatchObject({ succeeded: report.runs.length, left: 0 });
  // 170 min of steps; ten more were waited.
  expect(report.github.minutes).toBeLessThan(180);
});

describe('somebody’s run over partitions', () => {
  const manifest = (policy: string): string =>
    `assets: { a: { run: make, partitions: { daily: { start: "2026-11-01" } }${policy} } }\n`;
  const byHand = `${PUNCTUAL}default_duration: 2m\nruns: [{ at: +30m, select: "key:a", partitions: "2026-11-01...2026-11-10" }]\n`;

  test('is as many runs as its policy asks for, and takes a duration for each key', async () => {
    const partitionsBy = async (policy: string): Promise<(string | undefined)[]> => {
      const report = await played(manifest(policy), byHand, { hours: 2 });
      const { length } = report.runs;
      expect(report.totals).toMatchObject({ runs: length, succeeded: length, materialized: 10 });
      expect(report.makespanMs).toBeGreaterThanOrEqual(20 * 60_000);
      expect(report.peaks.running.peak).toBe(1);
      // One job makes them all, and the wake-ups of two hours find nothing.
      expect(report.github.jobs).toBe(3);
      return report.runs.map(({ partitions }) => partitions);
    };
    const days = Array.from({ length: 10 }, (_, i) => `2026-11-${String(i + 1).padStart(2, '0')}`);
    expect(await partitionsBy('')).toEqual(days);
    expect(await partitionsBy(', backfill_policy: { single_run: true }')).toEqual(['2026-11-01...2026-11-10']);
    expect(await partitionsBy(', backfill_policy: { multi_run: { max_partitions_per_run: 4 } }')).toEqual([
      '2026-11-01...2026-11-04',
      '2026-11-05...2026-11-08',
      '2026-11-09...2026-11-10',
    ]);
  });

  test('goes on with the next wake-up when its job is lost', async () => {
    const report = await played(manifest(''), `${byHand}lost_runners: { at: [+39m] }\n`, { hours: 2 });
    expect(report.github.lostRunners).toBe(1);
    // The one that the job was at has failed; those behind it do not read what that was to make.
    expect(report.totals).toMatchObject({ runs: 10, failed: 1, succeeded: 9, materialized: 9, left: 0 });
    expect(report.runs.filter(({ startedAt }) => startedAt! > '2026-11-30T01:00').length).toBeGreaterThan(4);
    expect(report.peaks.running.peak).toBe(1);
  });

  test('shared out among jobs is a wave for each of its runs, which nobody has to ring for', async () => {
    const report = await played(manifest(''), `${byHand}fan_out: { jobs: 4 }\n`.replace('-10"', '-03"'), { hours: 2 });
    expect(report.totals).toMatchObject({ runs: 3, succeeded: 3, materialized: 3 });
    expect(report.fanOut).toMatchObject({ waves: 3, jobs: 1 });
    expect(report.runs.every(({ endedAt }) => endedAt! < '2026-11-30T01:00')).toBe(true);
  });

  test('of more runs than a command carries out is refused, as there', async () => {
    const long = manifest('').replace('2026-11-01', '2026-01-01');
    const report = await played(long, byHand.replace(/partitions: "[^"]*"/, 'partitions: all'), { hours: 2 });
    expect(report.totals.runs).toBe(0);
    expect(report.notices).toMatchObject([{ kind: 'refusal', times: 1 }]);
    expect(report.notices[0]!.text).toContain('are 333 runs by their `backfill_policy`');
  });
});

test('read on a terminal and as a picture', async () => {
  const report = await played(HOURLY, `${PUNCTUAL}failures: { "key:raw/a": { from: +2h, to: +3h } }\n`);
  const lines = renderSimulation(report, { color: false, unicode: true }).split('\n');
  expect(lines[0]).toBe('5 runs in 6 h from 2026-11-30 00:00 UTC (seed 1): 4 succeed, 1 fail.');
  expect(lines.filter((line) => line.includes('█'))).toHaveLength(6);
  expect(lines.filter((line) => line.endsWith('failed'))).toHaveLength(1);
  expect(renderSimulation(report, { color: false, unicode: false })).not.toMatch(/[█░]/);
  const svg = renderSimulationSvg(report);
  expect(svg.match(/class="work"/g)).toHaveLength(4 + 1);
  expect(svg.match(/class="failed"/g)).toHaveLength(1 + 1);
  expect(renderSimulationSvg(report)).toBe(svg);
});

test('a simulated day of a chain that asks for itself: each hour the source, and what follows it, in the same wake-up', async () => {
  const chain = `assets:
  raw/a: { run: make a }
  mart/b: { deps: [raw/a], run: make b, automation: eager }
  mart/c: { deps: [mart/b], run: make c, automation: eager }
  mart/d: { deps: [mart/c], run: make d, automation: eager, tags: { branchline/priority: 1 } }
schedules:
  hourly: { cron: "0 * * * *", selection: "key:raw/a" }
`;
  const report = await played(chain, `${PUNCTUAL}durations: { "*": 1m }\n`, { hours: 24 });
  // Of each tick three runs: the source, what follows it, and what has tags of its own.
  expect(report.totals).toMatchObject({ runs: 69, succeeded: 69, materialized: 92, left: 0 });
  // The first job adopts the schedule; none was needed for what follows.
  expect(report.github.jobs).toBe(24);

  // What fails is not asked for again: the next hour has something else to read.
  const failing = await played(chain, `${PUNCTUAL}durations: { "*": 1m }\nfailures: { "key:mart/b": { first: 2 } }\n`, {
    hours: 6,
  });
  expect(failing.runs.filter(({ outcome }) => outcome === 'FAILURE')).toHaveLength(2);
  expect(failing.totals).toMatchObject({ failed: 2, failedAttempts: 2 });
});

test('a run that makes what is missing before it waits for who holds that, and says so', async () => {
  const report = await played(
    `assets:
  base: { run: make }
  top: { deps: [base], run: make }
schedules: { s: { cron: "0 2 * * *", selection: "key:base" } }
`,
    `${PUNCTUAL}default_duration: 30m\nruns: [{ at: +130m, select: "key:top", with_upstream: true }]\n`,
    { hours: 4 },
  );
  expect(report.runs.map(({ outcome }) => outcome)).toEqual(['SUCCESS', 'SUCCESS']);
  expect(report.runs[1]!.waits[0]).toMatchObject({ kind: 'held', text: 'another run holds base' });
});
