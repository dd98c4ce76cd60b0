import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { type CliProject, makeCliProject, type RunJson } from '../src/testing/cli-project.ts';
import { filesOfPage } from '../src/testing/page-files.ts';

let project: CliProject;
afterEach(() => project.remove());

test.each([
  ['README.md', { materialized: 2, checksPassed: 2 }],
  ['docs/getting-started.md', { materialized: 2, checksPassed: 4 }],
])('the project of %s runs as it stands there, and has nothing to do the second time', async (page, counts) => {
  project = makeCliProject(filesOfPage(page));
  expect(await project.json(['check'])).toEqual({ version: 1, diagnostics: [] });
  expect(await project.json<RunJson>(['run'])).toMatchObject({ state: 'SUCCESS', counts });
  expect(await project.json<RunJson>(['run'])).toMatchObject({ counts: { materialized: 0, upToDate: 2 } });
});

test('the mistake of the README is kept out, as it says', async () => {
  const files = filesOfPage('README.md');
  project = makeCliProject(files);
  await project.json(['run']);
  const before = project.read('data/orders.csv');
  project.write('branchline.yaml', files['branchline.yaml']!.replace('\\n3,2026-11-21', '\\n2,2026-11-21'));
  expect(await project.json<RunJson>(['run'], 1)).toMatchObject({
    state: 'FAILURE',
    counts: { materialized: 0, failed: 1, skipped: 1, checksFailed: 1 },
  });
  expect(project.read('data/orders.csv')).toBe(before);
  expect(await project.rows('data/shop.duckdb', 'select sum(revenue) from marts.revenue')).toEqual(['39.5']);
});

test('the project of docs/automation.md follows its source, and comes to rest', async () => {
  project = makeCliProject(filesOfPage('docs/automation.md'));
  await project.json(['run', '--select', 'key:raw/orders']);
  const first = await project.json<{ runs: RunJson[] }>(['tick']);
  expect(first.runs).toMatchObject([{ state: 'SUCCESS', counts: { materialized: 2 } }]);
  expect(project.read('data/report.txt').trim()).toBe('2');
  expect(await project.json(['tick'])).toMatchObject({ runs: [] });
  // What the page shows of `explain`, but for instants and runs.
  const shown = /```text\n([\s\S]*?)```/.exec(readFileSync('docs/automation.md', 'utf8'))![1]!;
  const plain = (text: string): string => text.replace(/\d{4}-\d\d-\d\d \d\d:\d\d UTC|run \d{8}-\w+/g, '…');
  expect(plain((await project.run(['explain', 'marts/days'])).stdout)).toContain(plain(shown));
});
