import { expect, test } from 'vitest';
import { emptyView } from '../state/fold.ts';
import { projectOf, sourceTreeOf } from '../testing/project-builder.ts';
import type { KeysAt } from '../time/partitions/keys.ts';
import { partsOfSelection } from './partition-runs.ts';
import { buildPlanning, selectAssets } from './planning.ts';

const at: KeysAt = { now: Date.parse('2026-11-24T12:00:00Z'), dynamic: () => [] };
const DAILY = 'partitions: { daily: { start: 2026-11-20 } }';

function planningOf(assets: readonly string[]) {
  const files = { 'branchline.yaml': `name: shop\nassets:\n${assets.map((line) => `  ${line}\n`).join('')}` };
  return buildPlanning(projectOf(files), sourceTreeOf(files));
}

/** Each run of a selection, with the assets that its own selection names. */
function runsOf(planning: ReturnType<typeof planningOf>, selection: string, partitions?: string) {
  const asked = partsOfSelection(planning, emptyView('production'), at, { selection, partitions });
  if (!asked.ok) throw new Error(asked.error.message.slice(0, 200));
  return asked.value.parts.map((part) => {
    const selected = selectAssets(planning, part.selection);
    if (!selected.ok) throw new Error(selected.error.message.slice(0, 200));
    return { ...part, assets: [...selected.value] };
  });
}

test('what is left out is named, and not the thousands that are made', () => {
  const assets = Array.from({ length: 3000 }, (_, i) => `a${i}: { run: "true" }`);
  const planning = planningOf([
    ...assets,
    'b: { run: "true", partitions: { dynamic: customers } }',
    'c: { run: "true", deps: [b] }',
  ]);
  const [run, ...others] = runsOf(planning, '*');
  expect([run!.selection, run!.assets.length, others]).toEqual(['(*) and not (key:"b" or key:"c")', 3000, []]);
  // Where they are the fewer, those that are made.
  expect(runsOf(planning, 'key:a1 or key:b or key:c').map(({ selection }) => selection)).toEqual([
    '(key:a1 or key:b or key:c) and (key:"a1")',
  ]);
});

test('a selection that does not work is shown where it does not, however long it is', () => {
  const planning = planningOf(['a: { run: "true" }']);
  const problemOf = (text: string): string => {
    const selected = selectAssets(planning, text);
    return selected.ok ? '' : selected.error.message;
  };
  expect(problemOf('key:a odd')).toMatch(/\n {2}key:a odd\n {8}\^\^\^$/);
  const far = problemOf(`${'key:"a" or '.repeat(2000)}odd or key:a${' or key:"a"'.repeat(2000)}`);
  const [, shown, mark] = far.split('\n');
  expect(shown!.slice(mark!.indexOf('^'))).toMatch(/^odd or key:a or /);
  expect(shown).toMatch(/^ {2}….{400}…$/);
  // Names are no burden, whatever else is one.
  expect(selectAssets(planning, `${'key:"a" or '.repeat(2000)}key:b`)).toMatchObject({ ok: true });
  const long = problemOf(`not ${'group:x or '.repeat(2000)}key:a`);
  expect([long.includes('10000 characters at most'), long.length < 1000]).toEqual([true, true]);
});

test('of hundreds of assets that are made by several runs, each run names its own', () => {
  const names = Array.from({ length: 600 }, (_, i) => `some/longer/folder/name/of/asset_${i}`);
  const policyOf = (i: number): string => (i % 2 === 0 ? '' : ', backfill_policy: { single_run: true }');
  const planning = planningOf(names.map((name, i) => `${name}: { ${DAILY}, run: "true"${policyOf(i)} }`));
  const runs = runsOf(planning, '*', '2026-11-21...2026-11-22');
  expect(runs.map(({ partitions, assets }) => [partitions, assets.length])).toEqual([
    ['2026-11-21', 300],
    ['2026-11-22', 300],
    ['2026-11-21...2026-11-22', 300],
  ]);
  expect(new Set(runs.flatMap(({ assets }) => assets)).size).toBe(600);
});
