import { describe, expect, test } from 'vitest';
import type { RunRequest } from '../model/plan.ts';
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
const session: StateSession = {
  transact: async (decide) => {
    const decision = await decide({ read: { view: emptyView('production') }, now: NOW } as unknown as StateAt);
    if (decision.kind !== 'nothing') throw new Error('it only looks');
    return { ok: true, value: { value: decision.value, after: undefined as never } };
  },
};

const click = { kind: 'dispatch' } as RunRequest;
const retry = { kind: 'retry', of: 'r', root: 'r', number: 1, original: { kind: 'schedule' } } as RunRequest;

async function followOf(
  requests: readonly (readonly [RunRequest, Readonly<Record<string, string>>])[],
  state: FinalizedRun['state'] = 'SUCCESS',
): Promise<unknown> {
  const wave = requests.map(
    ([request, tags]) => ({ state, run: { plan: { request, tags } } }) as unknown as FinalizedRun,
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

  test('its own rest goes on, whoever asked', async () => {
    expect(await followOf([[retry, { [CLICK_TAG]: '7' }]], 'QUEUED')).toBe('more');
  });
});
