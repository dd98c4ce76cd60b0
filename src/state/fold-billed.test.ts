import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Billed } from '../model/events.ts';
import { timestamp } from '../model/instant.ts';
import type { RollupCell } from '../model/state.ts';
import { runDrafts, runEvents, STORY_START, type StoryAsset } from '../testing/state-story.ts';
import { numberEvents } from './codec.ts';
import { emptyView, foldAll } from './fold.ts';

const RUN = '20261122-aaaaaaaaaaaaaaaa';
const DAY = '2026-11-22';

function cellsAfter(
  assets: readonly StoryAsset[],
  billed: Billed | undefined,
  group?: string,
): Map<string, RollupCell> {
  const events = runEvents({ run: RUN, assets, ...(billed ? { billed } : {}), ...(group ? { group } : {}) });
  const folded = foldAll(emptyView('production'), [
    { seq: 1, writer: 'w1', tx: 1, at: timestamp(STORY_START), events },
  ]);
  if (!folded.ok) throw new Error(folded.error.message);
  return new Map(folded.value.days.get(DAY));
}

const made = (...names: string[]): StoryAsset[] => names.map((asset) => ({ asset, outcome: 'success' }));
const bill = (minutes: number, usd?: number): Billed => ({
  runner: 'ubuntu-latest',
  minutes,
  ...(usd === undefined ? {} : { usd }),
});

describe('what a run was billed for', () => {
  test('counts for the project, its assets and their groups', () => {
    const cells = cellsAfter(made('a', 'b'), bill(3, 0.018), 'marts');
    expect(cells.get('project')).toMatchObject({ billedMs: 180_000, microUsd: 18_000 });
    expect(cells.get('group:marts')).toMatchObject({ billedMs: 180_000, microUsd: 18_000 });
    // 900 ms and 937 ms of steps.
    expect(cells.get('asset:a')!.billedMs! / 180_000).toBeCloseTo(900 / 1837, 3);
    expect(cells.get('asset:a')!.billedMs! + cells.get('asset:b')!.billedMs!).toBe(180_000);
    expect(cells.get('asset:a')!.unpricedMs).toBeUndefined();
  });

  test('a failed step has cost its part too, a skipped one nothing', () => {
    const cells = cellsAfter([{ asset: 'a', outcome: 'failure' }], bill(1, 0.006));
    expect(cells.get('asset:a')).toMatchObject({ billedMs: 60_000, microUsd: 6000 });
  });

  test('without a price the minutes count and the money is not known', () => {
    const cells = cellsAfter(made('a'), bill(2));
    expect(cells.get('project')).toMatchObject({ billedMs: 120_000, unpricedMs: 120_000 });
    expect(cells.get('project')!.microUsd).toBeUndefined();
  });

  test('a run that is not billed leaves no trace of it', () => {
    for (const cell of cellsAfter(made('a'), undefined).values())
      expect(Object.keys(cell).filter((key) => /billed|Usd|unpriced/.test(key))).toEqual([]);
  });

  test('a run that nothing was done in costs the project alone', () => {
    const cells = cellsAfter([], bill(1, 0.006));
    expect(cells.get('project')).toMatchObject({ billedMs: 60_000 });
    expect([...cells.keys()]).toEqual(['project']);
  });

  test('shares are whole and add up, to the cent and the millisecond', () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,6}$/), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(names, fc.nat(400), fc.nat(3_000_000), (assets, minutes, micros) => {
        const cells = cellsAfter(made(...assets), bill(minutes, micros / 1e6));
        const sum = (pick: (cell: RollupCell) => number | undefined): number =>
          assets.reduce((total, asset) => total + (pick(cells.get(`asset:${asset}`)!) ?? 0), 0);
        expect(sum((cell) => cell.billedMs)).toBe(minutes * 60_000);
        expect(sum((cell) => cell.microUsd)).toBe(micros);
      }),
    );
  });

  test('a run that gave its place back is billed for both of its jobs', () => {
    const drafts = runDrafts({ run: RUN, assets: made('a'), billed: bill(2, 0.012) });
    const requeued = {
      type: 'run.requeued',
      at: timestamp(STORY_START),
      run: RUN,
      epoch: 1,
      due: timestamp(STORY_START),
      reason: 'its time was used up',
      billed: bill(300, 1.8),
    } as const;
    const ended = drafts.findIndex((draft) => draft.type === 'run.ended');
    const events = numberEvents(`${RUN}.1`, 0, [...drafts.slice(0, ended), requeued, ...drafts.slice(ended)]);
    const folded = foldAll(emptyView('production'), [
      { seq: 1, writer: 'w1', tx: 1, at: timestamp(STORY_START), events },
    ]);
    if (!folded.ok) throw new Error(folded.error.message);
    expect(folded.value.endedRuns.get(RUN)!.billed).toEqual(bill(302, 1.812));
    expect(folded.value.days.get(DAY)!.get('project')).toMatchObject({ billedMs: 302 * 60_000, microUsd: 1_812_000 });
  });
});
