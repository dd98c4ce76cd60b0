import { describe, expect, test } from 'vitest';
import { projectOf } from '../testing/project-builder.ts';
import { longestRun, neededVariables, type WorkflowPlace, workflowValues } from './workflow-values.ts';

const NOW = Date.UTC(2026, 10, 23);
const PLACE: WorkflowPlace = {
  action: { name: 'acme/branchline', commit: '0'.repeat(40), version: 'v1.0.0' },
  version: '1.0.0',
  defaultBranch: 'trunk',
};
const valuesOf = (text: string) => workflowValues(projectOf({ 'branchline.yaml': text }), PLACE, NOW);

describe('what a workflow is written from', () => {
  test('the rings come from the schedules, their price from `prices`', () => {
    const values = valuesOf(`name: shop
timezone: Europe/Berlin
prices: { ubuntu-latest: 0.5 }
assets: { a: { run: "true" } }
schedules:
  nightly: { cron: "23 2 * * *", selection: "*" }
  often: { cron: ["30 9 * * 1-5", "30 15 * * 1-5"], timezone: UTC, selection: "*" }
`);
    expect(values).toMatchObject({
      crons: ['23 0 * 3-10 *', '23 1 * 1-3,10-12 *', '30 9,15 * * 1-5'],
      ringsAMonth: 78,
      usdPerMinute: 0.5,
      isScheduled: true,
      tooOften: [],
    });
  });

  test.each<[what: string, assets: string, crons: string[]]>([
    [
      'on_cron rings at its ticks',
      'b: { run: "true", deps: [a], automation: { on_cron: { cron: "23 6 * * *" } } }',
      ['23 2,6 * * *'],
    ],
    ['what follows a schedule needs no ring', 'b: { run: "true", deps: [s], automation: eager }', ['23 2 * * *']],
    [
      'nor what follows that',
      'b: { run: "true", deps: [s], automation: eager }, c: { run: "true", deps: [b], automation: on_missing }',
      ['23 2 * * *'],
    ],
    [
      'a source that nothing makes is looked for each hour',
      'b: { run: "true", deps: [s, a], automation: eager }',
      ['4 * * * *', '23 2 * * *'],
    ],
    [
      'keys that are added as well',
      'b: { run: "true", deps: [s], partitions: { dynamic: k }, automation: on_missing }',
      ['4 * * * *', '23 2 * * *'],
    ],
    [
      'a window rings when it ends',
      'b: { run: "true", deps: [s], partitions: { daily: { start: "2026-01-01" } }, automation: eager }',
      ['4 0 * * *', '23 2 * * *'],
    ],
    ['what reads nothing of ours is made once', 'b: { run: "true", automation: on_missing }', ['23 2 * * *']],
  ])('%s', (_, assets, crons) => {
    const { crons: rung, isScheduled } = valuesOf(`name: shop
assets: { a: { run: "true" }, s: { run: "true" }, ${assets} }
schedules: { nightly: { cron: "23 2 * * *", selection: "key:s" } }
`);
    expect([isScheduled, rung]).toEqual([true, crons]);
  });

  test('automation alone is a reason to come again', () => {
    const values = valuesOf(
      'name: shop\nassets: { a: { run: "true" }, b: { run: "true", deps: [a], automation: eager } }\n',
    );
    expect(values).toMatchObject({ isScheduled: true, ringsAMonth: 720 });
  });

  test('the right to give OIDC tokens is asked for where a step needs it', () => {
    expect(valuesOf('name: a\nassets: { a: { run: "true" } }\n').usesOidc).toBe(false);
    expect(valuesOf('name: a\nassets: { a: { run: "true", oidc: true } }\n').usesOidc).toBe(true);
    expect(valuesOf('name: a\njobs: { j: { selection: "*", oidc: true } }\n').usesOidc).toBe(true);
    expect(valuesOf('name: a\njobs: { j: { selection: "*", oidc: false } }\n').usesOidc).toBe(false);
  });

  test('the longest maximum of a run is found, with what says so', () => {
    const of = (text: string) => longestRun(projectOf({ 'branchline.yaml': `name: a\n${text}` }));
    const assets = 'assets: { a: { run: "true", tags: { dagster/max_runtime: 60 } } }\n';
    expect(of('')).toEqual({});
    expect(of('run_monitoring: { enabled: false, max_runtime_seconds: 30000 }\n')).toEqual({});
    expect(of(`${assets}run_monitoring: { enabled: true, max_runtime_seconds: 30000 }\n`)).toEqual({
      longestRun: { ms: 30_000_000, where: '`run_monitoring.max_runtime_seconds`', machines: [undefined] },
    });
    expect(of(`${assets}jobs: { j: { selection: "*", tags: { branchline/max_runtime: 90 } } }\n`)).toEqual({
      longestRun: { ms: 90_000, where: 'the tag `branchline/max_runtime` of job `j`', machines: [undefined] },
    });
    const runners = 'runners: { gpu: { runs-on: [self-hosted, gpu] } }\ndefaults: { runner: gpu }\n';
    expect(of(`${assets}${runners}`).longestRun?.machines).toEqual([['self-hosted', 'gpu']]);
  });

  test('without schedules one ring a day, in a minute of its own', () => {
    const minutes = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => valuesOf(`name: ${name}\n`).crons[0]);
    expect(valuesOf('name: a\n').isScheduled).toBe(false);
    expect(new Set(minutes).size).toBeGreaterThan(1);
  });

  test('production branches are those of the project, else the default branch', () => {
    expect(valuesOf('name: a\n').branches).toEqual(['trunk']);
    const text = 'name: a\nenvironments: { production: { branches: [live, main] } }\n';
    expect(valuesOf(text).branches).toEqual(['live', 'main']);
  });
});

describe('variables that the machine must have', () => {
  const needed = (text: string) => neededVariables(projectOf({ 'branchline.yaml': text }));

  test('secrets that are declared, read by a connection or told by their name; others apart', () => {
    expect(
      needed(`name: a
secrets: [STRIPE]
connections: { p: { type: postgres, url: "\${{ env.WAREHOUSE }}" } }
assets:
  a: { run: "true", secrets: [STRIPE], env: { KEY: "\${{ env.MAPS_TOKEN }}", R: "\${{ env.REGION }}" } }
`),
    ).toEqual({ secrets: ['MAPS_TOKEN', 'STRIPE', 'WAREHOUSE'], variables: ['REGION'] });
  });

  test('not what the project sets itself, unless from the machine', () => {
    expect(
      needed(`name: a
env: { TARGET: dev, REGION: "\${{ env.REGION }}" }
environments: { production: { env: { SCHEMA: prod } } }
connections: { w: { type: duckdb, path: ":memory:" } }
assets: { a: { connection: w, sql: "select \${{ env.TARGET }}, \${{ env.REGION }}, \${{ env.SCHEMA }}" } }
`),
    ).toEqual({ secrets: [], variables: ['REGION'] });
  });

  test('not what every runner has', () => {
    expect(
      needed('name: a\nassets: { a: { run: "true", env: { X: "${{ env.GITHUB_SHA }} ${{ env.HOME }}" } } }\n'),
    ).toEqual({ secrets: [], variables: [] });
  });
});
