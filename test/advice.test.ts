import { afterEach, expect, test } from 'vitest';
import type { RunRecord } from '../src/model/state.ts';
import { type CliProject, makeCliProject, type RunJson } from '../src/testing/cli-project.ts';

let project: CliProject;
afterEach(() => project.remove());

test('commands that are advised go on in the environment that was asked for', async () => {
  project = makeCliProject({
    'branchline.yaml':
      'name: shop\nassets:\n  a: { run: "mkdir -p data && echo 1 > data/a.csv", outputs: [data/a.csv] }\n',
  });
  const bare = project.sandbox.makeBare('origin.git');
  project.git('remote', 'add', 'origin', bare);
  const log = (...args: string[]) => project.run(['state', 'log', ...args]);
  expect((await log('--environment', 'production')).stdout).toContain(
    '`branchline run --environment production` makes',
  );
  expect((await log()).stdout).toContain('`branchline run` makes');

  const production = ['--environment', 'production', '--yes'];
  const { run } = await project.json<RunJson>(['run', '--select', 'key:a', ...production]);
  const refused = await project.run(['retry', run, ...production]);
  expect(refused.stderr).toContain("`branchline run --select 'key:a' --environment production`");
  expect(refused.stderr).toContain('`branchline run --stale --environment production`');
  const json = await project.json<{ error: { help: string } }>(['retry', run, ...production], 2);
  expect(json.error.help).toContain('`branchline run --stale --environment production`');

  const nobody = await project.run(['cancel', run, ...production]);
  expect(nobody.stderr).toContain('`branchline queue --environment production` shows');
});

test('the steps of a run stand in one order, whether its day is open or closed', async () => {
  project = makeCliProject({
    'branchline.yaml': `name: shop
assets:
  z: { run: "true" }
  m: { deps: [z], run: "true" }
  a: { deps: [m], run: "true" }
schedules: { nightly: { cron: "30 2 1 * *", selection: "*" }, daily: { cron: "0 5 * * *", selection: key:z } }
`,
  });
  const tick = (now: string) => project.json<{ runs: readonly RunJson[] }>(['tick', '--now', now]);
  await tick('2026-01-01T01:00:00Z');
  const { run } = (await tick('2026-01-01T02:31:00Z')).runs[0]!;
  const show = async (): Promise<readonly [string[], string[]]> => {
    const { stdout } = await project.run(['state', 'show', run]);
    const { run: record } = await project.json<{ run: RunRecord }>(['state', 'show', run]);
    return [Object.keys(record.steps), [...stdout.matchAll(/^ {2}([amz]) +SUCCESS/gm)].map((found) => found[1]!)];
  };
  const open = await show();
  expect(open).toEqual([
    ['a', 'm', 'z'],
    ['a', 'm', 'z'],
  ]);
  for (const day of ['02', '03', '04']) await tick(`2026-01-${day}T05:30:00Z`);
  expect((await project.state()).view.endedRuns.has(run)).toBe(false);
  expect(await show()).toEqual(open);
});

test('an asset without partitions has none in its history, also where its run had some', async () => {
  project = makeCliProject({
    'branchline.yaml': `name: shop
assets:
  raw/products: { run: "true" }
  days: { deps: [raw/products], run: "true", partitions: { static: [eu, us] } }
`,
  });
  await project.json(['run', '--select', '*', '--partitions', 'eu']);
  expect((await project.run(['state', 'show', 'raw/products'])).stdout).not.toMatch(/\beu\b/);
  expect((await project.run(['state', 'show', 'days'])).stdout).toMatch(/success .* eu$/m);
});

test('what is mistyped is told with what to write', async () => {
  project = makeCliProject({
    'branchline.yaml': `name: shop
assets:
  raw/products: { run: "true" }
jobs: { all: { selection: "*", tags: { branchline/priority: high } } }
schedules: { never: { cron: "0 0 30 2 *", selection: "*" } }
`,
  });
  interface Found {
    readonly code: string;
    readonly severity: string;
    readonly help?: string;
  }
  const { diagnostics } = await project.json<{ diagnostics: readonly Found[] }>(['check'], 2);
  expect(diagnostics.map(({ code, severity, help }) => [code, severity, help])).toEqual([
    ['odd-tag', 'error', expect.stringContaining('write a whole number: `"5"`')],
    ['bad-cron', 'error', 'write a day that the month has, or `L` for its last day, whichever that is'],
  ]);
  project.write('branchline.yaml', 'name: shop\nassets: { raw/products: { run: "true" } }\n');
  const near = await project.run(['run', '--select', 'key:raw/product']);
  expect(near.stderr).toMatch(/did you mean `key:raw\/products`\?\n/);
  const backfill = await project.run([
    'backfill',
    'start',
    '--select',
    'key:raw/products',
    '--priority',
    'high',
    '--yes',
  ]);
  expect(backfill).toMatchObject({ code: 2 });
  expect(backfill.stderr).toContain('`--priority 5` goes before 0');
});
