import { expect, test } from 'vitest';
import { emptyView } from '../state/fold.ts';
import { projectOf, sourceTreeOf } from '../testing/project-builder.ts';
import { cancelRuns } from './cancel.ts';
import { buildPlanning } from './planning.ts';
import type { StateAt } from './state-reading.ts';
import type { StateSession } from './state-session.ts';

const files = { 'branchline.yaml': 'name: shop\nassets: { orders: { run: make orders } }\n' };
const planning = buildPlanning(projectOf(files), sourceTreeOf(files));

/** What is answered where no run is open. */
async function refused(what: string) {
  const state = { read: { view: emptyView('local') }, now: 0 } as StateAt;
  const session = {
    async transact(decide: (at: StateAt) => unknown) {
      const decision = (await decide(state)) as { readonly kind: string; readonly failure: unknown };
      if (decision.kind !== 'stop') throw new Error(`it was to be refused: ${decision.kind}`);
      return { ok: false, error: decision.failure };
    },
  } as unknown as StateSession;
  const canceled = await cancelRuns({ session, writer: 'w', pages: () => ({}) as never }, planning, what, {
    reason: '',
  });
  return canceled.ok ? undefined : canceled.error;
}

test('a selection of nothing says what does not exist, with the nearest name', async () => {
  expect(await refused('key:order')).toMatchObject({
    code: 'empty-selection',
    message: expect.stringContaining('did you mean `key:orders`?'),
    help: expect.stringContaining('Nothing was canceled.'),
  });
  expect(await refused('key:nope')).toMatchObject({
    code: 'empty-selection',
    message: expect.stringContaining('nope'),
  });
});

test('a selection of assets that no run makes is another answer', async () => {
  expect(await refused('key:orders')).toMatchObject({ code: 'no-open-run' });
});
