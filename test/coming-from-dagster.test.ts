import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dagsterSections, idleDagsterKeys } from '../src/manifest/dagster-keys.ts';
import { type CliProject, makeCliProject, type RunJson } from '../src/testing/cli-project.ts';
import { filesOfPage } from '../src/testing/page-files.ts';

const PAGE = 'docs/coming-from-dagster.md';
const page = readFileSync(path.resolve(import.meta.dirname, '..', PAGE), 'utf8');
const files = filesOfPage(PAGE);

let project: CliProject;
beforeAll(() => {
  project = makeCliProject({ 'branchline.yaml': files['branchline.yaml']! });
});
afterAll(() => project.remove());

test('the sections of its dagster.yaml stand in its branchline.yaml without a change', () => {
  const sections = files['dagster.yaml']!.split('\n').slice(1).join('\n').trim();
  expect(sections).toMatch(/^run_queue:[\s\S]*^run_retries:[\s\S]*^run_monitoring:/m);
  expect(files['branchline.yaml']).toContain(`\n${sections}\n`);
});

test('check takes them, and says of the one key without a meaning what the page shows', async () => {
  const { diagnostics } = await project.json<{
    diagnostics: { code: string; severity: string }[];
  }>(['check']);
  expect(diagnostics.map(({ code, severity }) => [code, severity])).toEqual([['key-without-effect', 'warning']]);
  const shown = await project.run(['check']);
  const [place = '', ...rest] = shown.stdout.split('\n');
  expect(page).toContain(place);
  expect(page).toContain(rest.find((line) => line.includes('does nothing here')));
});

test('its job makes the partitions that are asked for, and nothing the second time', async () => {
  const run = () => project.json<RunJson>(['run', '--job', 'nightly', '--partitions', '2026-11-03']);
  expect(await run()).toMatchObject({ state: 'SUCCESS', counts: { materialized: 2, checksPassed: 1 } });
  expect(project.read('data/marts/2026-11-03.csv')).toBe('id,day\n1,2026-11-03\n2,2026-11-03\n');
  expect((await run()).counts).toMatchObject({ materialized: 1, upToDate: 1 });
});

test('each key of a dagster.yaml that does nothing here is named on the page', () => {
  const keys = [...Object.values(idleDagsterKeys).flatMap(Object.keys), ...Object.keys(dagsterSections)];
  expect(keys.filter((key) => !page.includes(`\`${key}\``) && !page.includes(`.${key}\``))).toEqual([]);
});
