import { describe, expect, it } from 'vitest';
import type { Plan, PlannedStep } from '../model/plan.ts';
import type { MaterializationRecord, PartitionMaterialization, RunStepRecord } from '../model/state.ts';
import { initialProgress } from './progress.ts';
import { currentResults, resumeProgress, settledSteps } from './resume.ts';

/** A chain of steps, each of one asset; what is left out by the plan is up to date. */
function planOf(...steps: readonly Partial<PlannedStep>[]): Plan {
  const planned = steps.map(
    (step): PlannedStep => ({
      step: step.id!,
      verdict: 'run',
      assets: [{ asset: step.id!, verdict: 'run', reason: 'requested', detail: [] }],
      partial: false,
      after: [],
      codeVersion: 'c',
      codeParts: {},
      upstream: {},
      used: {},
      held: {},
      id: step.id!,
      ...step,
    }),
  );
  return { steps: planned } as unknown as Plan;
}

function recordOf(id: string, more: Partial<RunStepRecord> = {}): Record<string, RunStepRecord> {
  return {
    [id]: { assets: [id], state: 'SUCCESS', attempt: 1, materialized: [id], failedAssets: [], checks: [], ...more },
  };
}

function madeOf(dataVersion: string, read: Readonly<Record<string, string>> = {}, run = 'r'): MaterializationRecord {
  return {
    id: `${run}.1/${dataVersion}`,
    run,
    at: '2026-11-22T09:00:00.000Z',
    codeVersion: 'c',
    codeParts: {},
    dataVersion,
    upstream: Object.fromEntries(Object.entries(read).map(([dep, version]) => [dep, { dataVersion: version }])),
    durationMs: 1,
  };
}

/** Steps that keep their result, when `a` and `b` (made from it) are there as these records say. */
function settled(
  plan: Plan,
  steps: Readonly<Record<string, RunStepRecord>>,
  made: Readonly<Record<string, MaterializationRecord>> = {},
): string[] {
  return [
    ...settledSteps(
      plan,
      { steps },
      currentResults({ run: 'r', steps }, (asset) => made[asset]),
    ),
  ];
}

it('however many partitions a step has, it is found out whether what they read is newer', () => {
  const keys = Array.from({ length: 150_000 }, (_, i) => `k${i}`);
  const steps = { ...recordOf('a', { partitions: keys }), ...recordOf('b', { partitions: keys }) };
  const plan = planOf({ id: 'a', partitions: keys }, { id: 'b', partitions: keys, upstream: { a: 'a1' } });
  const kept = (a: string): string[] => {
    const at: Readonly<Record<string, string>> = { a, b: '2026-11-22T09:01:00.000Z' };
    const made = (asset: string) => ({ run: 'r', codeVersion: 'c', at: at[asset] }) as MaterializationRecord;
    return [...settledSteps(plan, { steps }, currentResults({ run: 'r', steps }, made))];
  };
  expect(kept('2026-11-22T09:00:00.000Z')).toEqual(['a', 'b']);
  expect(kept('2026-11-22T09:02:00.000Z')).toEqual(['a']);
});

describe('partitions of a run that was given back more than once', () => {
  const keys = ['k1', 'k2'];
  const steps = { ...recordOf('a', { partitions: keys }), ...recordOf('b', { partitions: keys }) };
  const plan = planOf({ id: 'a', partitions: keys }, { id: 'b', partitions: keys, upstream: { a: 'a1' } });
  /** Steps that keep their result, when each asset was made at this instant of its runner's clock, in this epoch. */
  const kept = (when: Readonly<Record<string, readonly [time: string, epoch: number]>>, run = 'r'): string[] => {
    const made = (asset: string): PartitionMaterialization => {
      const [time, epoch] = when[asset]!;
      const by = asset === 'a' ? 'r' : run;
      const at = `2026-11-22T${time}:00.000Z`;
      return { run: by, codeVersion: 'c', dataVersion: 'd', used: 'u', at, turn: [asset === 'a' ? 7 : 3, epoch] };
    };
    return [...settledSteps(plan, { steps }, currentResults({ run: 'r', steps }, made))];
  };

  it('are made again of what was made again, also by a runner whose clock is behind', () => {
    expect(kept({ a: ['08:00', 2], b: ['09:01', 1] })).toEqual(['a']);
    // In one epoch, where a run gave its place back, the instants say it.
    expect(kept({ a: ['09:02', 1], b: ['09:01', 1] })).toEqual(['a']);
  });

  it('are kept where the clock of who made them is behind that of who made what they read', () => {
    expect(kept({ a: ['09:00', 1], b: ['08:00', 2] })).toEqual(['a', 'b']);
  });

  it('of another run are told by the time: turns of different runs are of different assets', () => {
    expect(kept({ a: ['09:00', 1], b: ['08:00', 2] }, 'other')).toEqual(['a']);
    expect(kept({ a: ['08:00', 2], b: ['09:00', 1] }, 'other')).toEqual(['a', 'b']);
  });
});

describe('a step that had ended', () => {
  const chain = planOf({ id: 'a', verdict: 'skip' }, { id: 'b', upstream: { a: 'a2' } });
  const both = { ...recordOf('a'), ...recordOf('b') };

  it('keeps its result while what the run made upstream is what it read', () => {
    expect(settled(chain, both, { a: madeOf('a2'), b: madeOf('b1', { a: 'a2' }) })).toEqual(['a', 'b']);
  });

  it('is done again when the run has made upstream anew since', () => {
    const made = { a: madeOf('a2'), b: madeOf('b1', { a: 'a1' }) };
    expect(settled(chain, both, made)).toEqual(['a']);
    // As a wave of a fan-out leaves it, which was planned before.
    expect(settled(planOf({ id: 'a' }, { id: 'b', after: ['a'], upstream: { a: 'a1' } }), both, made)).toEqual(['a']);
  });

  it('is looked at again when it was found up to date before that', () => {
    const steps = { ...recordOf('a'), ...recordOf('b', { state: 'SKIPPED', reason: 'up_to_date', materialized: [] }) };
    expect(settled(chain, steps, { a: madeOf('a2'), b: madeOf('b1', { a: 'a1' }, 'other') })).toEqual(['a']);
    expect(settled(chain, steps, { a: madeOf('a2'), b: madeOf('b1', { a: 'a2' }, 'other') })).toEqual(['a', 'b']);
  });

  it('keeps its result when somebody else has made upstream anew: that never ends', () => {
    expect(settled(chain, both, { a: madeOf('a2', {}, 'other'), b: madeOf('b1', { a: 'a1' }) })).toEqual(['a', 'b']);
  });

  it('does not wait for itself where assets of one step read each other', () => {
    const assets = ['a', 'b'].map((asset) => ({ asset, verdict: 'run', reason: 'requested', detail: [] }) as const);
    const plan = planOf({ id: 'm', assets, upstream: { a: 'a2' } });
    const steps = recordOf('m', { assets: ['a', 'b'], materialized: ['a', 'b'] });
    expect(settled(plan, steps, { a: madeOf('a2'), b: madeOf('b1', { a: 'a1' }) })).toEqual(['m']);
  });
});

describe('a step that was left out for what failed upstream', () => {
  const skipped = recordOf('b', { state: 'SKIPPED', reason: 'upstream_failed', detail: ['a'], materialized: [] });

  it('stays so while that has failed', () => {
    const plan = planOf({ id: 'a' }, { id: 'b', after: ['a'], upstream: { a: null } });
    const steps = { ...recordOf('a', { state: 'FAILURE', materialized: [], failedAssets: ['a'] }), ...skipped };
    expect(settled(plan, steps)).toEqual(['a', 'b']);
  });

  it('is looked at again once that was done again and ended well', () => {
    const steps = { ...recordOf('a', { attempt: 2 }), ...skipped };
    const made = { a: madeOf('a2') };
    // Planned anew, and as a wave of a fan-out leaves it.
    expect(settled(planOf({ id: 'a', verdict: 'skip' }, { id: 'b', upstream: { a: 'a2' } }), steps, made)).toEqual([
      'a',
    ]);
    expect(settled(planOf({ id: 'a' }, { id: 'b', after: ['a'], upstream: {} }), steps, made)).toEqual(['a']);
  });
});

describe('attempts of a step that is carried on', () => {
  const before = (more: Partial<RunStepRecord>): readonly (number | undefined)[] => {
    const draft = initialProgress(planOf({ id: 'a' }));
    const record = { steps: recordOf('a', { attempt: 3, materialized: [], ...more }) };
    resumeProgress(draft, { record, settled: new Set(), madeOf: () => undefined });
    return [draft.attempts.get('a'), draft.attemptsBefore.get('a')];
  };

  it.each([
    ['that is not finished go on counting', { state: 'PLANNED' }, 0],
    ['that had ended are over: it is made again', { state: 'SUCCESS' }, 3],
    ['that had failed are over as well', { state: 'FAILURE' }, 3],
    ['that is made again and not finished count from where that began', { state: 'PLANNED', attemptsBefore: 2 }, 2],
    ['that is made again for the second time are all over', { state: 'SUCCESS', attemptsBefore: 2 }, 3],
  ] as const)('%s', (_, more, expected) => {
    expect(before(more)).toEqual([3, expected]);
  });
});
