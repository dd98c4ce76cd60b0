import { expect, test } from 'vitest';
import type { RunRecord } from '../model/state.ts';
import { emptyView } from '../state/fold.ts';
import { projectOf, sourceTreeOf } from '../testing/project-builder.ts';
import { cancelRuns } from './cancel.ts';
import { buildPlanning } from './planning.ts';
import type { StateAt } from './state-reading.ts';
import type { StateSession } from './state-session.ts';

const files = { 'branchline.yaml': 'name: shop\nassets: { orders: { run: make orders } }\n' };
const planning = buildPlanning(projectOf(files), sourceTreeOf(files));

/** What is answered where no run is open, but these. */
async function answered(what: string, open: readonly RunRecord[] = []) {
  const openRuns = new Map(open.map((each) => [each.run, each]));
  const state = { read: { view: { ...emptyView('local'), openRuns } }, now: 0 } as unknown as StateAt;
  const session = {
    async transact(decide: (at: StateAt) => unknown) {
      const decision = (await decide(state)) as { readonly kind: string; readonly failure: unknown };
      if (decision.kind === 'commit') return { ok: true, value: decision };
      if (decision.kind !== 'stop') throw new Error(`it was to be refused: ${decision.kind}`);
      return { ok: false, error: decision.failure };
    },
  } as unknown as StateSession;
  const canceled = await cancelRuns({ session, writer: 'w', pages: () => ({}) as never }, planning, what, {
    reason: '',
  });
  return canceled.ok ? canceled.value : canceled.error;
}

test('a selection of nothing says what does not exist, with the nearest name', async () => {
  expect(await answered('key:order')).toMatchObject({
    code: 'empty-selection',
    message: expect.stringContaining('did you mean `key:orders`?'),
    help: expect.stringContaining('Nothing was canceled.'),
  });
  expect(await answered('key:nope')).toMatchObject({
    code: 'empty-selection',
    message: expect.stringContaining('nope'),
  });
});

test('a selection of assets that no run makes is another answer', async () => {
  expect(await answered('key:orders')).toMatchObject({ code: 'no-open-run' });
});

test('a run that waits is found by what it would make, also where that depends on the state', async () => {
  const waiting = (selection: string) =>
    ({
      run: '20261122-aaaaaaaaaaaaaaaa',
      state: 'QUEUED',
      epoch: 1,
      steps: {},
      tags: {},
      request: { kind: 'cli', nonce: '1', at: '2026-11-22T09:00:00.000Z', selection, mode: 'all' },
    }) as unknown as RunRecord;
  const canceled = { runs: [{ run: '20261122-aaaaaaaaaaaaaaaa', outcome: 'canceled' }] };
  expect(await answered('key:orders', [waiting('*')])).toMatchObject(canceled);
  expect(await answered('key:orders', [waiting('status:unknown')])).toMatchObject(canceled);
  expect(await answered('key:orders', [waiting('status:degraded')])).toMatchObject({ code: 'no-open-run' });
});
