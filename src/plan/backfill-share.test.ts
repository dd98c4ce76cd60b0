import { describe, expect, test } from 'vitest';
import type { Project } from '../model/project.ts';
import type { RunRecord } from '../model/state.ts';
import { FILE_BYTES_MAX, utf8Bytes } from '../state/layout.ts';
import { encodeRun } from '../state/record-files.ts';
import { openBackfillWorld } from '../testing/backfill-world.ts';
import { projectOf } from '../testing/project-builder.ts';
import { planBackfill, tooLongGroup } from './backfill-plan.ts';

const HEAD = 'name: shop\npartitions:\n  days: { static: [a, b, c] }\nassets:\n';
const longName = (n: number): string => `g/${'x'.repeat(190)}_${String(n).padStart(5, '0')}`;
const SINGLE = 'run: "true", partitions: days, backfill_policy: { single_run: true }';

/** Each reads the one `step` before it. */
function longProject(assets: number, step: number): Project {
  const lines = Array.from({ length: assets }, (_, n) => {
    const deps = n < step ? '' : `, deps: ["${longName(n - step)}"]`;
    return `  ${longName(n)}: { ${SINGLE}${deps} }\n`;
  });
  return projectOf({ 'branchline.yaml': HEAD + lines.join('') });
}

describe('a backfill of more assets than the record of a run has room for', () => {
  const project = longProject(6000, 3000);
  const selected = Object.keys(project.assets);

  test('is shared out by assets, upstreams first, and each record of its runs fits a file', () => {
    const world = openBackfillWorld({ project, selected, keys: ['a', 'b', 'c'] });
    const plan = planBackfill(project, world.reader, { selected: new Set(selected), keys: ['a', 'b', 'c'] });
    const first = world.advance().runs;
    for (const run of first) world.request(run);
    const records = first.map(({ run }): RunRecord => {
      const open = world.view().openRuns.get(run)!;
      return { ...open, state: 'CANCELED', recordedOn: '2026-04-11', confirmed: [], steps: {} };
    });
    for (const record of records) expect(utf8Bytes(encodeRun(record))).toBeLessThanOrEqual(FILE_BYTES_MAX);
    for (const { run } of first) world.carryOut(run);
    const asked = [...first, ...world.carryOutAll()].map(({ request }) => request);
    // What was asked for is what was shown, each asset once, in runs of all keys as its policy says.
    expect(asked.map(({ group, assets }) => ({ group, assets }))).toEqual(
      plan.chunks.map(({ group, assets }) => ({ group, assets: [...assets].sort() })),
    );
    expect(asked.flatMap(({ assets }) => assets).sort()).toEqual([...selected].sort());
    expect(new Set(asked.map(({ partitions }) => partitions))).toEqual(new Set(['a...c']));
    expect(asked.length).toBeGreaterThan(2);
    expect(asked.length).toBeLessThan(5);
    const groupOf = new Map(asked.flatMap(({ group, assets }) => assets.map((asset) => [asset, group] as const)));
    for (const asset of selected)
      for (const dep of project.assets[asset]!.deps) expect(groupOf.get(dep)!).toBeLessThanOrEqual(groupOf.get(asset)!);
    expect(world.record()).toMatchObject({ state: 'COMPLETED_SUCCESS', counts: { total: 18_000, done: 18_000 } });
  });
});

/** A step that makes so many assets, beside as many single ones of the first names. */
function stepProject(assets: number, canSubset: boolean, single = 0): Project {
  const names = Array.from({ length: assets }, (_, n) => longName(n + single));
  const lines = Array.from({ length: single }, (_, n) => `  ${longName(n)}: { ${SINGLE} }\n`);
  return projectOf({
    'branchline.yaml': `${HEAD}${lines.join('')}${lines.length > 0 ? '' : '  other: { run: "true" }\n'}multi_assets:\n  all:\n    run: "true"\n    partitions: days\n    backfill_policy: { single_run: true }\n    can_subset: ${canSubset}\n    specs:\n${names.map((name) => `      ${name}: {}\n`).join('')}`,
  });
}

describe('a step that makes all of its assets or none', () => {
  const groupsOf = (project: Project) => {
    const selected = Object.keys(project.assets).filter((key) => project.assets[key]!.partitions !== undefined);
    const world = openBackfillWorld({ project, selected, keys: ['a', 'b', 'c'] });
    return planBackfill(project, world.reader, { selected: new Set(selected), keys: ['a', 'b', 'c'] }).groups;
  };

  test('is of one run, whatever else has to make room', () => {
    const groups = groupsOf(stepProject(1500, false, 1500));
    expect(groups.map(({ assets }) => assets.length)).toEqual([1500, 1500]);
    expect(tooLongGroup(groups)).toBeUndefined();
  });

  test('is told where no record has room for it; with can_subset it is shared out', () => {
    expect(tooLongGroup(groupsOf(stepProject(4500, false)))?.assets).toHaveLength(4500);
    const shared = groupsOf(stepProject(4500, true));
    expect(shared).toHaveLength(2);
    expect(tooLongGroup(shared)).toBeUndefined();
  });
});
