import { expect, it } from 'vitest';
import { REPORT_WINDOWS } from '../insights/assess.ts';
import { rollupDays } from '../insights/insights.ts';
import type { StateStore } from '../ports.ts';
import type { StateRead } from '../state/read.ts';
import { must } from '../testing/contracts/state-store.ts';
import { createFakeStateServer, type FakeStateServer } from '../testing/fake-store.ts';
import { runEvents, STORY_START } from '../testing/state-story.ts';
import { REPORT_DAYS } from './state-reading.ts';
import { openStateSession, type StateSession } from './state-session.ts';

let now = STORY_START;
let writers = 0;

function open(server: FakeStateServer): { readonly session: StateSession; readonly asked: string[] } {
  const asked: string[] = [];
  const inner = server.open();
  const store: StateStore = {
    ...inner,
    list(commit, prefix) {
      asked.push(commit);
      return inner.list(commit, prefix);
    },
  };
  const session = openStateSession({
    store,
    clock: { now: () => now, sleep: async () => {} },
    random: () => 0,
    environment: 'production',
    projectName: 'shop',
    writer: `w${++writers}`,
    redact: (text) => text,
    warn: () => {},
  });
  return { session, asked };
}

async function record(session: StateSession, i: number): Promise<void> {
  const run = `20261122-${String(i).padStart(4, 'a')}`;
  const outcome = i % 5 === 0 ? 'failure' : 'success';
  const events = runEvents({ run, at: now, assets: [{ asset: `raw/${i % 3}`, outcome }] });
  must(await session.transact(async () => ({ kind: 'commit', events, message: `run ${i}`, value: undefined })));
}

async function seenBy(session: StateSession): Promise<StateRead> {
  return must(await session.transact(async ({ read }) => ({ kind: 'nothing', value: read }))).value;
}

it('what a session’s own commit led to is not read again, and is what anybody reads there', async () => {
  const server = createFakeStateServer();
  const { session, asked } = open(server);
  // Over the end of a day, with its fold, and over more commits than `recent/` may have.
  for (let i = 1; i <= 150; i++) {
    now += 15 * 60_000;
    const day = new Date(now).getUTCDate();
    await record(session, i);
    const before = asked.length;
    if (i % 10 !== 0 && day === 22) continue;
    const [own, fresh] = [await seenBy(session), await seenBy(open(server).session)];
    expect(own.view).toEqual(fresh.view);
    expect([...own.base.paths].sort()).toEqual([...fresh.base.paths].sort());
    expect([...own.base.recent]).toEqual([...fresh.base.recent]);
    expect([own.base.chain, own.base.unfoldedBytes]).toEqual([fresh.base.chain, fresh.base.unfoldedBytes]);
    expect([...own.base.touched]).toEqual([...fresh.base.touched]);
    expect(asked).toHaveLength(before);
  }
  // Another day wants other runs: it is read anew then.
  expect(asked).toHaveLength(1);
});

it('a head that somebody else moved is read', async () => {
  const server = createFakeStateServer();
  const [mine, other] = [open(server), open(server)];
  await record(mine.session, 1);
  await record(other.session, 2);
  const seen = await seenBy(mine.session);
  expect(seen.view.endedRuns.size).toBe(2);
  expect(mine.asked).toEqual([server.heads.at(-1)]);
  // A commit of ours whose answer was lost is found at a head where others' may be: that is read as well.
  server.faults = ['lose-all'];
  server.beforeCommit = undefined;
  await record(mine.session, 3);
  expect((await seenBy(mine.session)).view.endedRuns.size).toBe(3);
  expect(mine.asked.at(-1)).toBe(server.heads.at(-1));
});

it('as many days of sums are read as the report compares, and one that may begin meanwhile', () => {
  expect(REPORT_DAYS).toBe(rollupDays(REPORT_WINDOWS) + 1);
});
