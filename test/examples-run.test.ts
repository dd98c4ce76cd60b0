import { afterEach, describe, expect, test } from 'vitest';
import type { Json } from '../src/base/json.ts';
import { type CliProject, exampleProject, type RunJson } from '../src/testing/cli-project.ts';

let project: CliProject;
afterEach(() => project.remove());

interface Listing {
  readonly assets: readonly Record<string, Json>[];
}
interface PlanJson {
  readonly plan: {
    readonly digest: string;
    readonly steps: readonly {
      readonly id: string;
      readonly verdict: string;
      readonly assets: readonly Record<string, Json>[];
    }[];
  };
}
interface Verified {
  readonly problems: readonly Json[];
}

describe.each([
  { name: 'minimal', assets: 1, checks: 1, warned: 0 },
  { name: 'weather', assets: 8, checks: 15, warned: 1 },
])('the example $name', ({ name, assets, checks, warned }) => {
  test('is checked, listed, planned, run, and has nothing to do the second time', async () => {
    project = exampleProject(name);
    expect(await project.json(['check'])).toEqual({ version: 1, diagnostics: [] });
    expect((await project.json<Listing>(['list'])).assets).toHaveLength(assets);
    expect((await project.json<{ checks: unknown[] }>(['list', 'checks'])).checks).toHaveLength(checks);
    const { plan } = await project.json<PlanJson>(['plan']);
    expect(plan.steps.flatMap((step) => step.assets.map((each) => each['reason']))).toEqual(
      Array.from({ length: assets }, () => 'never_materialized'),
    );

    const first = await project.json<RunJson>(['run', '--plan', plan.digest.slice(0, 8)]);
    expect(first).toMatchObject({
      state: 'SUCCESS',
      planDigest: plan.digest,
      counts: { materialized: assets, failed: 0, skipped: 0, checksFailed: 0, checksWarned: warned },
    });
    expect(first.counts['checksPassed']).toBe(checks - warned);

    const second = await project.json<RunJson>(['run']);
    expect(second).toMatchObject({ state: 'SUCCESS', counts: { materialized: 0, upToDate: assets } });
    const log = await project.json<{ commits: { subject: string; commit: string }[] }>(['state', 'log']);
    expect(log.commits[0]?.commit).toBe(second.stateCommit);
    expect(log.commits.map((each) => each.commit)).toContain(first.stateCommit);
    expect((await project.json<Verified>(['state', 'verify'])).problems).toEqual([]);
    // Nothing of it is in the user's working tree but what git ignores.
    expect(project.git('status', '--porcelain')).toBe('');
  });
});

test('weather: what is known of an asset is what its file and its table hold', async () => {
  project = exampleProject('weather');
  await project.json(['run']);
  const monthly = await project.asset('marts/monthly');
  expect(monthly).toMatchObject({ attempt: { outcome: 'success' }, materialized: { rows: 96 } });
  expect(await project.rows('data/weather.duckdb', 'select count(*) from marts.monthly')).toEqual(['96']);
  const chart = await project.asset('charts/temperature');
  expect(Object.keys(chart.materialized?.files ?? {})).toEqual(['data/temperature.svg']);
  expect(project.read('data/temperature.svg')).toContain('Seattle');
  const run = await project.json<{ run: { state: string; steps: Record<string, unknown> } }>([
    'state',
    'show',
    monthly.materialized!.run,
  ]);
  expect(run.run.state).toBe('SUCCESS');
  expect(Object.keys(run.run.steps)).toHaveLength(8);
});

interface Diagnostic {
  readonly code: string;
  readonly span: { readonly file: string; readonly line: number; readonly column: number };
}

describe.each([
  ['minimal', 'branchline.yaml', 'connection: warehouse', 'conection: warehouse', 'conection', 'unknown-key'],
  ['minimal', 'branchline.yaml', 'connection: warehouse', 'connection: warehuose', 'warehuose', 'unknown-connection'],
  ['minimal', 'branchline.yaml', 'as square', "as square, ${{ ref('sqares') }}", 'sqares', 'unknown-asset'],
  ['weather', 'pipelines/weather.yaml', 'sql: ./days.sql', 'sql: ./day.sql', './day.sql', 'missing-file'],
  [
    'weather',
    'pipelines/weather.yaml',
    'deps: [exports/monthly]',
    'deps: [export/monthly]',
    'export/',
    'unknown-asset',
  ],
  ['weather', 'pipelines/weather.yaml', 'deps: [exports/monthly]', 'deps: exports/monthly', 'exports/', 'wrong-type'],
  ['weather', 'pipelines/monthly.sql', "ref('staging/days')", "ref('staging/day')", 'staging/day', 'unknown-asset'],
  ['weather', 'branchline.yaml', 'cron: "23 2 * * *"', 'cron: "23 25 * * *"', '25', 'bad-cron'],
  ['weather', 'branchline.yaml', 'timeout: 10m', 'timeout: 10', '10', 'bad-duration'],
  ['weather', 'branchline.yaml', '"group:marts or group:charts"', '"group:marts or"', '', 'bad-selection'],
  ['weather', 'branchline.yaml', '{ cron: "23 2', '{ cron: "23 2 * * *", job: "daily", [', '', 'yaml-syntax'],
])('a mistake planted in %s, %s: %s → %s', (name, file, right, wrong, point, code) => {
  test('is one diagnostic with its place, and one frame', async () => {
    project = exampleProject(name);
    const text = project.read(file);
    const at = text.indexOf(right);
    expect(at).toBeGreaterThan(0);
    project.write(file, text.replace(right, wrong));
    const { diagnostics } = await project.json<{ diagnostics: Diagnostic[] }>(['check'], 2);
    const before = text.slice(0, at + (point === '' ? 0 : wrong.indexOf(point))).split('\n');
    const { span } = diagnostics[0]!;
    expect(diagnostics.map((each) => each.code)).toEqual([code]);
    expect(span).toMatchObject({ file, line: before.length });
    if (point !== '') expect(span.column).toBe(before.at(-1)!.length + 1);
    const shown = await project.run(['run']);
    expect(shown.code).toBe(2);
    const frames = `${shown.stdout}${shown.stderr}`;
    expect(frames.match(/^.*\^.*$/gm)).toHaveLength(1);
    expect(frames).not.toMatch(/\n\s+at /);
  });
});
