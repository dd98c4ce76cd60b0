import { describe, expect, test } from 'vitest';
import { timestamp } from '../model/instant.ts';
import type { RunRequest } from '../model/plan.ts';
import type { StateView } from '../model/state.ts';
import { CLICK_TAG, retryTags } from '../run/run-retry.ts';
import { emptyView } from '../state/fold.ts';
import { projectOf, sourceTreeOf } from '../testing/project-builder.ts';
import type { FinalizedRun } from './finalize-wave.ts';
import { judgeNextWave } from './next-wave.ts';
import { buildPlanning } from './planning.ts';
import type { StateAt } from './state-reading.ts';
import type { StateSession } from './state-session.ts';

const files = {
  'branchline.yaml': `name: shop
assets:
  a: { run: "true" }
  b: { run: "true", automation: on_missing, partitions: { static: [x] } }
`,
};
const planning = buildPlanning(projectOf(files), sourceTreeOf(files));
const NOW = Date.parse('2026-11-22T09:00:00.000Z');
const sessionAt = (view: StateView): StateSession => ({
  transact: async (decide) => {
    const decision = await decide({ read: { view }, now: NOW } as unknown as StateAt);
    if (decision.kind !== 'nothing') throw new Error('it only looks');
    return { ok: true, value: { value: decision.value, after: undefined as never } };
  },
});
const session = sessionAt(emptyView('production'));

const click = { kind: 'dispatch' } as RunRequest;
const retry = { kind: 'retry', of: 'r', root: 'r', number: 1, original: { kind: 'schedule' } } as RunRequest;

async function followOf(
  requests: readonly (readonly [RunRequest, Readonly<Record<string, string>>])[],
  state: FinalizedRun['state'] = 'SUCCESS',
): Promise<unknown> {
  const drafts = [{ type: 'step.started' }];
  const wave = requests.map(
    ([request, tags]) =>
      ({ state, run: { plan: { request, tags } }, drafts, lostShards: [] }) as unknown as FinalizedRun,
  );
  const judged = await judgeNextWave({ session, partitions: new Set() }, { planning }, wave);
  return judged.ok && judged.value;
}

/** `b` asks by itself: what follows is there. */
describe('what follows a wave', () => {
  const retryOf = (workflow?: string) => retryTags(retry as Extract<RunRequest, { kind: 'retry' }>, {}, workflow);

  test.each([
    ['of a tick goes on', [[{ kind: 'schedule' } as RunRequest, {}]], 'more'],
    ['of a click waits for a tick', [[click, {}]], 'later'],
    ['of a click that tries a run again waits for a tick', [[retry, retryOf('7')]], 'later'],
    ['of what is tried again by itself goes on', [[retry, retryOf()]], 'more'],
    [
      'of a click beside a schedule goes on',
      [
        [click, {}],
        [{ kind: 'schedule' } as RunRequest, {}],
      ],
      'more',
    ],
  ] as [string, [RunRequest, Record<string, string>][], string][])('%s', async (_, requests, expected) => {
    expect(await followOf(requests)).toBe(expected);
  });

  const ofRuns = async (...runs: Pick<FinalizedRun, 'state' | 'drafts' | 'lostShards'>[]): Promise<unknown> => {
    const run = { plan: { request: { kind: 'schedule' }, tags: {} } };
    const wave = runs.map((each) => ({ ...each, run })) as unknown as FinalizedRun[];
    const judged = await judgeNextWave({ session, partitions: new Set() }, { planning }, wave);
    return judged.ok && judged.value;
  };
  const idle = { state: 'QUEUED', drafts: [{ type: 'run.requeued' }], lostShards: [] } as never;
  const begun = { state: 'QUEUED', drafts: [{ type: 'step.attempt-ended' }], lostShards: [] } as never;
  const skipped = { state: 'QUEUED', drafts: [{ type: 'step.skipped' }], lostShards: [] } as never;
  const lost = { state: 'QUEUED', drafts: [], lostShards: ['s000'] } as never;
  const done = { state: 'SUCCESS', drafts: [], lostShards: [] } as never;

  test('that gave back all it took and began nothing waits for a tick: the next would fare the same', async () => {
    expect(await ofRuns(idle)).toBe('stuck');
    expect(await ofRuns(idle, idle)).toBe('stuck');
    expect(await ofRuns(skipped)).toBe('stuck');
    expect(await ofRuns(idle, begun)).toBe('more');
    expect(await ofRuns(idle, lost)).toBe('more');
    expect(await ofRuns(idle, done)).toBe('more');
  });

  test('whose runs others ended before they were begun leaves what follows to these', async () => {
    const others = { state: 'late', drafts: [], lostShards: [] } as never;
    const late = { state: 'late', drafts: [{ type: 'step.ended' }], lostShards: [] } as never;
    expect(await ofRuns(others)).toBe('none');
    expect(await ofRuns(others, idle)).toBe('stuck');
    expect(await ofRuns(late)).toBe('more');
    expect(await ofRuns(others, done)).toBe('more');
  });

  test('that gave back what waits for its next attempt is no reason for another one before that', async () => {
    const due = (ms: number) =>
      ({
        state: 'QUEUED',
        drafts: [{ type: 'step.attempt-ended' }, { type: 'run.requeued', due: timestamp(NOW + ms) }],
        lostShards: [],
      }) as never;
    const run = { plan: { request: click, tags: {} } };
    const ofClick = async (...runs: FinalizedRun[]): Promise<unknown> => {
      const wave = runs.map((each) => ({ ...each, run })) as unknown as FinalizedRun[];
      const judged = await judgeNextWave({ session, partitions: new Set() }, { planning }, wave);
      return judged.ok && judged.value;
    };
    expect(await ofClick(due(1))).toBe('later');
    expect(await ofClick(due(0))).toBe('more');
    expect(await ofClick(due(1), due(0))).toBe('more');
  });

  test('of a click that has asked for more runs goes on with these, and not with those of another click', async () => {
    const part = (workflow: string, n: number) =>
      ({ kind: 'dispatch', workflow, part: n, selection: 'key:a' }) as RunRequest;
    const waiting = { run: 'second', state: 'QUEUED', request: part('7', 2), tags: {}, requestedAt: '', steps: {} };
    const view = { ...emptyView('production'), openRuns: new Map([['second', waiting]]) } as unknown as StateView;
    const followed = async (workflow: string): Promise<unknown> => {
      const run = { plan: { request: part(workflow, 1), tags: {} } };
      const wave = [{ state: 'SUCCESS', run }] as unknown as FinalizedRun[];
      const judged = await judgeNextWave({ session: sessionAt(view), partitions: new Set() }, { planning }, wave);
      return judged.ok && judged.value;
    };
    expect(await followed('7')).toBe('more');
    expect(await followed('8')).toBe('later');
  });

  test('its own rest goes on, whoever asked', async () => {
    expect(await followOf([[retry, { [CLICK_TAG]: '7' }]], 'QUEUED')).toBe('more');
  });
});

/** A person asked for `top` with what is missing before it, and the run waits. */
describe('a run that waits for what it makes with it', () => {
  const chain = {
    'branchline.yaml': `name: chain
assets:
  base: { run: "true" }
  top: { deps: [base], run: "true" }
`,
  };
  const chained = buildPlanning(projectOf(chain), sourceTreeOf(chain));
  const request = {
    kind: 'cli',
    at: '2026-11-22T08:00:00.000Z',
    selection: 'key:top',
    mode: 'all',
    withUpstream: true,
  };
  const waiting = { run: 'click', state: 'QUEUED', request, tags: {}, requestedAt: request.at, steps: {}, epoch: 1 };
  const holder = { claim: 'other.1', run: 'other', epoch: 1, assets: ['base'], connections: [] };
  const waitingView = (claims: readonly (typeof holder)[], made: readonly string[] = []): StateView =>
    ({
      ...emptyView('production'),
      assets: new Map(
        made.map((asset) => [asset, { asset, materialized: {}, checks: {}, durationsMs: [], history: [] }]),
      ),
      openRuns: new Map([['click', waiting]]),
      claims: new Map(claims.map((claim) => [claim.claim, claim])),
    }) as unknown as StateView;

  test.each([
    ['that somebody else holds is not worth a wave', waitingView([holder]), 'none'],
    ['that nobody holds is worth one', waitingView([]), 'more'],
    ['that is made, whoever makes it anew, is worth one', waitingView([holder], ['base']), 'more'],
  ] as const)('%s', async (_, view, expected) => {
    const wave = [{ state: 'SUCCESS', run: { plan: { request: { kind: 'schedule' }, tags: {} } } }];
    const judged = await judgeNextWave(
      { session: sessionAt(view), partitions: new Set() },
      { planning: chained },
      wave as unknown as FinalizedRun[],
    );
    expect(judged).toEqual({ ok: true, value: expected });
  });
});
