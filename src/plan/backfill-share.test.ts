import { describe, expect, test } from 'vitest';
import { noCounts } from '../model/events.ts';
import type { Project } from '../model/project.ts';
import type { RunRecord } from '../model/state.ts';
import { retryRequest } from '../run/run-retry.ts';
import { backfillChunk } from '../state/backfill-fold.ts';
import { FILE_BYTES_MAX, utf8Bytes } from '../state/layout.ts';
import { encodeRun } from '../state/record-files.ts';
import { openBackfillWorld } from '../testing/backfill-world.ts';
import { projectOf } from '../testing/project-builder.ts';
import type { BackfillRun } from './backfill-advance.ts';
import { planBackfill } from './backfill-plan.ts';
import { sharesOf, tooLongGroup } from './backfill-units.ts';

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

describe('a backfill that an older Branchline recorded as one group of very many assets', () => {
  const project = longProject(6000, 3000);
  const selected = Object.keys(project.assets);
  const keys = ['a', 'b', 'c'];
  /** As `backfill.requested` of an older version has it. */
  const groups = [{ assets: selected, partitions: ['a...c'], count: 3, perRun: 3, after: [] }];
  const older = { project, selected, keys, groups };

  test('goes on in runs whose records fit a file, upstreams first, each asset once', () => {
    const world = openBackfillWorld(older);
    const first = world.advance().runs;
    for (const run of first) world.request(run);
    for (const { run } of first) {
      const open = world.view().openRuns.get(run)!;
      const record: RunRecord = { ...open, state: 'CANCELED', recordedOn: '2026-04-11', confirmed: [], steps: {} };
      expect(utf8Bytes(encodeRun(record))).toBeLessThanOrEqual(FILE_BYTES_MAX);
    }
    for (const { run } of first) world.carryOut(run);
    const asked = [...first, ...world.carryOutAll()].map(({ request }) => request);
    expect(asked.length).toBeGreaterThan(2);
    expect(asked.flatMap(({ assets }) => assets).sort()).toEqual([...selected].sort());
    const turnOf = new Map(asked.flatMap(({ assets }, turn) => assets.map((asset) => [asset, turn] as const)));
    for (const asset of selected)
      for (const dep of project.assets[asset]!.deps) expect(turnOf.get(dep)!).toBeLessThanOrEqual(turnOf.get(asset)!);
    expect(world.record()).toMatchObject({ state: 'COMPLETED_SUCCESS', counts: { total: 18_000, done: 18_000 } });
  });

  test('asks for the same runs however often it is looked at, also once some have been asked for', () => {
    const world = openBackfillWorld({ ...older, openMax: 1 });
    const [first] = world.advance().runs;
    expect(world.advance().runs.map(({ run }) => run)).toEqual([first!.run]);
    world.request(first!);
    expect(world.advance().runs).toEqual([]);
    world.carryOut(first!.run);
    const idsOf = (runs: readonly BackfillRun[]): string[] => runs.map(({ run }) => run).sort();
    const oneByOne = [first!, ...world.carryOutAll()];
    expect(oneByOne.length).toBeGreaterThan(2);
    // What is open beside it, and who looks when, changes no id.
    expect(idsOf(oneByOne)).toEqual(idsOf(openBackfillWorld(older).carryOutAll()));
  });

  test('asks for a part whose runner was lost again, and counts that for itself alone', () => {
    const world = openBackfillWorld({ ...older, openMax: 1 });
    const [first] = world.advance().runs;
    world.request(first!);
    const { run, epoch } = world.view().openRuns.get(first!.run)!;
    const failure = { class: 'crash', code: 'holder-gone', message: 'gone' } as const;
    const at = first!.request.at;
    world.commit([{ type: 'run.ended', at, run, epoch, state: 'FAILURE', failure, counts: noCounts, durationMs: 0 }]);
    const [again] = world.advance().runs;
    expect(again!.request).toEqual({ ...first!.request, lost: 1 });
    expect(again!.run).not.toBe(first!.run);
    world.request(again!);
    world.carryOut(again!.run);
    expect(world.advance().runs.map(({ request }) => request.lost)).toEqual([undefined]);
  });

  test('of a failed run asks for no part again, leaves out what reads it, and a retry names the same assets', () => {
    const bad = `${selected[0]}@a`;
    const world = openBackfillWorld({ ...older, bad: new Set([bad]), failsByKey: true });
    const asked = world.carryOutAll();
    expect(new Set(asked.map(({ run }) => run)).size).toBe(asked.length);
    const reads = selected.filter((asset) => project.assets[asset]!.deps.includes(selected[0]!));
    expect(world.record()).toMatchObject({
      state: 'COMPLETED_FAILED',
      counts: { total: 18_000, done: 18_000 - 1 - reads.length, failed: 1, leftOut: reads.length },
    });
    const failed = [...world.view().endedRuns.values()].find(({ state }) => state === 'FAILURE')!;
    const again = retryRequest(
      { ...failed, endedAt: failed.endedAt! },
      {
        strategy: 'FROM_FAILURE',
        at: failed.endedAt!,
        isAutomatic: true,
      },
    );
    expect(backfillChunk(again)?.assets).toEqual(backfillChunk(failed.request)?.assets);
  });

  test('leaves a group alone that is planned so today: its runs keep their ids', () => {
    const today = openBackfillWorld({ project, selected, keys });
    for (const group of today.record().groups) expect(sharesOf(project, group)).toEqual([group.assets]);
  });
});
