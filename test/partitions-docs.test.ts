import { afterEach, describe, expect, test } from 'vitest';
import { type CliProject, exampleProject, makeCliProject, type RunJson } from '../src/testing/cli-project.ts';
import { filesOfPage } from '../src/testing/page-files.ts';

let project: CliProject;
afterEach(() => project.remove());

interface StatusJson {
  readonly assets: readonly { readonly asset: string; readonly counts: Readonly<Record<string, number>> }[];
}
interface SeveralJson {
  readonly runs: readonly RunJson[];
  readonly leftOut: readonly unknown[];
}
const counts = async (): Promise<readonly string[]> =>
  (await project.json<StatusJson>(['partitions', 'status'])).assets.map(
    ({ asset, counts: of }) => `${asset} ${of['materialized']} made, ${of['failed']} failed, ${of['missing']} missing`,
  );

test('the project of docs/partitions.md does what the page says', async () => {
  project = makeCliProject(filesOfPage('docs/partitions.md'));
  expect(await project.json(['check'])).toEqual({ version: 1, diagnostics: [] });
  const first = await project.json<RunJson>(['run', '--select', '*', '--partitions', '2026-01-01...2026-01-03']);
  expect(first).toMatchObject({ state: 'SUCCESS', counts: { failed: 0 } });
  expect(await counts()).toEqual([
    'marts/revenue 3 made, 0 failed, 4 missing',
    'raw/orders 3 made, 0 failed, 4 missing',
  ]);
  await project.json(['run', '--select', '*', '--partitions', 'missing']);
  expect(await counts()).toEqual([
    'marts/revenue 7 made, 0 failed, 0 missing',
    'raw/orders 7 made, 0 failed, 0 missing',
  ]);
  expect(await project.rows('data/shop.duckdb', 'select revenue from marts.total')).toEqual(['70']);
  expect(await project.json(['run', '--select', '*', '--partitions', 'missing'])).toEqual({
    version: 1,
    runs: [],
    leftOut: [],
  });
});

describe('the example weather-days', () => {
  test('one day takes its week and the table of all days along', { timeout: 240_000 }, async () => {
    project = exampleProject('weather-days');
    expect(await project.json(['check'])).toEqual({ version: 1, diagnostics: [] });
    const plan = await project.json<{ runs: unknown[] }>([
      'plan',
      '--select',
      'key:raw/days+',
      '--partitions',
      '2015-12-24',
    ]);
    expect(plan.runs).toHaveLength(4);
    // Cut alike, one day: one run, and what has no partitions goes with it.
    const day = await project.json<RunJson>(['run', '--select', 'not key:marts/weeks', '--partitions', '2015-12-24']);
    expect(day).toMatchObject({ state: 'SUCCESS', counts: { materialized: 3 } });
    expect(await project.rows('data/days.duckdb', 'select day, rain_mm from marts.wettest')).toEqual([
      '2015-12-24|2.5',
    ]);
    // What a week reads must be there.
    const week = await project.run(['run', '--select', 'key:marts/weeks', '--partitions', '2015-12-20']);
    expect([week.code, week.stderr]).toEqual([2, expect.stringContaining('marts/days@2015-12-20')]);
  });

  test('all of it, and then nothing is missing', { timeout: 480_000 }, async () => {
    project = exampleProject('weather-days');
    const all = await project.json<SeveralJson>(['run', '--select', '*', '--partitions', 'all']);
    expect(all.runs.map(({ state }) => state)).toEqual(Array.from({ length: 5 }, () => 'SUCCESS'));
    expect(await counts()).toEqual([
      'marts/days 61 made, 0 failed, 0 missing',
      'marts/weeks 8 made, 0 failed, 0 missing',
      'raw/days 61 made, 0 failed, 0 missing',
    ]);
    expect(await project.rows('data/days.duckdb', 'select count(*), count(distinct day) from marts.days')).toEqual([
      '61|61',
    ]);
    expect(await project.rows('data/days.duckdb', 'select min(days), max(days) from marts.weeks')).toEqual(['7|7']);
    expect((await project.state()).problems).toEqual([]);
    // A schedule asks for the newest day, and it is up to date but for the source, which is asked again.
    const recordedAt = Date.parse((await project.state()).view.at!);
    const at = (days: number): string => new Date(recordedAt + days * 86_400_000).toISOString();
    await project.json(['tick', '--now', at(1)]);
    const tick = await project.json<{ runs: readonly { events: RunJson['events'] }[] }>(['tick', '--now', at(2)]);
    expect(
      tick.runs.flatMap(({ events }) =>
        events.flatMap((event) => (event.type === 'asset.materialized' ? [event.partition ?? event.asset] : [])),
      ),
    ).toEqual(['2015-12-31']);
    expect((await project.state()).problems).toEqual([]);
  });
});
