import { expect, test } from 'vitest';
import type { SimulatedRunReport, SimulationReport } from '../model/simulation.ts';
import { renderSimulationSvg } from '../render/simulation-svg.ts';
import { renderSimulation } from '../render/simulation-text.ts';
import { HUNDRED_DAYS, HUNDRED_DAYS_CHUNKS, HUNDRED_DAYS_PROJECT } from '../testing/hundred-days.ts';
import { played } from '../testing/simulation/played.ts';

const FROM = '2026-11-21T02:10:00Z';

/** As the rig of `test/action-backfill.test.ts` plays it: two runners are lost, and a schedule is due in the middle. */
const SCENARIO = `wake_ups: { cron: "*/10 * * * *", late: 1m }
durations: { "key:raw": 1m, "key:report": 2m }
backfills: [{ select: "key:raw", partitions: "${HUNDRED_DAYS}" }]
`;
const LOST = 'lost_runners: { at: [+6m, +18m] }\n';

const isOfBackfill = ({ backfill }: SimulatedRunReport): boolean => backfill !== undefined;
const firstDay = ({ partitions }: SimulatedRunReport): string => partitions!.slice(0, 10);

/** Most of these that were at work at once. */
function mostAtOnce(runs: readonly SimulatedRunReport[]): number {
  const stretches = runs.flatMap(({ work }) => work);
  return Math.max(
    ...stretches.map(({ from }) => stretches.filter((each) => each.from <= from && from < each.to).length),
  );
}

async function hundredDays(scenario: string): Promise<SimulationReport> {
  return played(HUNDRED_DAYS_PROJECT, scenario, { from: FROM, hours: 6 });
}

test('a backfill of 100 days is 10 runs, two at a time, and what is urgent overtakes it', async () => {
  const { backfills, runs, totals } = await hundredDays(SCENARIO);
  expect(backfills).toMatchObject([
    { state: 'COMPLETED_SUCCESS', total: 100, done: 100, failed: 0, leftOut: 0, runs: 10, partitions: HUNDRED_DAYS },
  ]);
  expect(totals).toMatchObject({ runs: 11, succeeded: 11, materialized: 101 });
  const parts = runs.filter(isOfBackfill);
  expect(parts.map(firstDay).toSorted()).toEqual(HUNDRED_DAYS_CHUNKS);
  expect(mostAtOnce(parts)).toBe(2);
  const report = runs.find((run) => !isOfBackfill(run))!;
  const overtaken = parts.filter((run) => run.requestedAt < report.requestedAt && run.startedAt! > report.startedAt!);
  expect(overtaken.length).toBeGreaterThan(2);
  expect(parts.filter(({ waits }) => waits.some(({ kind }) => kind === 'tag')).length).toBeGreaterThan(5);
  // Five times two runs of ten minutes: the expected end, and what it costs, are told beforehand.
  const [{ durationMs, minutes, usd, endedAt }] = backfills as [SimulationReport['backfills'][number]];
  expect(durationMs! / 60_000).toBeGreaterThan(50);
  expect(durationMs! / 60_000).toBeLessThan(60);
  expect(endedAt).toMatch(/^2026-11-21T03:0/);
  expect(minutes).toBeGreaterThan(50);
  expect(usd).toBeCloseTo(minutes * 0.01, 6);
});

test('two lost runners cost what they were at, and nothing else: the same ten runs in the end', async () => {
  const report = await hundredDays(SCENARIO + LOST);
  expect(report.github.lostRunners).toBeGreaterThanOrEqual(2);
  expect(report.backfills).toMatchObject([
    { state: 'COMPLETED_SUCCESS', total: 100, done: 100, failed: 0, leftOut: 0 },
  ]);
  const parts = report.runs.filter(isOfBackfill);
  const made = parts.filter(({ outcome }) => outcome === 'SUCCESS');
  expect(made.map(firstDay).toSorted()).toEqual(HUNDRED_DAYS_CHUNKS);
  const lost = parts.filter(({ outcome }) => outcome === 'FAILURE');
  expect(lost.length).toBeGreaterThanOrEqual(2);
  expect(parts).toHaveLength(10 + lost.length);
  expect(mostAtOnce(parts)).toBeLessThanOrEqual(2);
  expect(report.runs.find((run) => !isOfBackfill(run))).toMatchObject({ outcome: 'SUCCESS' });
  expect(report.totals.left).toBe(0);
});

test('a backfill stands in the text and in the picture, with its end and its cost', async () => {
  const report = await hundredDays(SCENARIO);
  const text = renderSimulation(report, { color: false, unicode: true });
  expect(text).toMatch(
    /^ {2}key:raw 2026-01-01...2026-04-10 {2}100 of 100 made in 10 runs {2}over at 2026-11-21 03:0\d UTC, after 50 min \d+ s {2}\d+ min, \$0\.\d+$/m,
  );
  const svg = renderSimulationSvg(report);
  expect(svg.match(/class="span"/g)).toHaveLength(1);
  expect(svg.match(/class="part"/g)).toHaveLength(10 + 1);
  expect(svg).toContain('backfill key:raw 2026-01-01...2026-04-10: 100 of 100 made, over at');
});

test('a partition that fails leaves out what reads it, and that is told beforehand', async () => {
  const report = await played(
    `partitions: { days: { daily: { start: "2026-11-01" } } }
assets:
  raw: { partitions: days, run: make }
  mart: { partitions: days, deps: [raw], run: make }
`,
    `wake_ups: { cron: "*/10 * * * *", late: 1m }
default_duration: 1m
failures: { "key:raw": { first: 1 } }
backfills: [{ at: +5m, select: "key:raw+", partitions: "2026-11-01...2026-11-04" }]
`,
    { from: FROM, hours: 3 },
  );
  expect(report.backfills).toMatchObject([{ state: 'COMPLETED_FAILED', total: 8, done: 6, failed: 1, leftOut: 1 }]);
  expect(renderSimulation(report, { color: false, unicode: true })).toContain('6 of 8 made (1 failed, 1 left out)');
});

test('a run of automation is told by its assets, and its partitions stand beside it', async () => {
  const report = await played(
    `partitions: { days: { daily: { start: "2026-11-18" } } }
assets: { mart: { partitions: days, automation: on_missing, run: make } }
`,
    'wake_ups: { cron: "*/10 * * * *" }\ndefault_duration: 1m\n',
    { from: FROM, hours: 1 },
  );
  expect(report.runs.map(({ trigger, partitions }) => [trigger, partitions])).toEqual(
    ['2026-11-18', '2026-11-19', '2026-11-20'].map((day) => ['automation: mart', day]),
  );
});
