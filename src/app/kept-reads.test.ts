import { describe, expect, it } from 'vitest';
import { REPORT_WINDOWS } from '../insights/assess.ts';
import { rollupDays } from '../insights/insights.ts';
import type { StateStore } from '../ports.ts';
import type { StateRead } from '../state/read.ts';
import { must } from '../testing/contracts/state-store.ts';
import { createFakeStateServer, type FakeStateServer } from '../testing/fake-store.ts';
import { runEvents, STORY_START } from '../testing/state-story.ts';
import { REPORT_DAYS } from './state-reading.ts';
import { openStateSession, type StateDecision, type StateSession } from './state-session.ts';

let now = STORY_START;
let writers = 0;

function open(server: FakeStateServer, partitions?: Set<string>, onList: () => void = () => undefined) {
  const asked: string[] = [];
  const inner = server.open();
  const heads = { read: 0 };
  const store: StateStore = {
    ...inner,
    read() {
      heads.read++;
      return inner.read();
    },
    list(commit, prefix) {
      asked.push(commit);
      onList();
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
    ...(partitions ? { partitionsOf: () => partitions } : {}),
  });
  return { session, asked, heads };
}

async function record(session: StateSession, i: number): Promise<void> {
  const run = `20261122-${String(i).padStart(4, 'a')}`;
  const outcome = i % 5 === 0 ? 'failure' : 'success';
  const events = runEvents({ run, at: now, assets: [{ asset: `raw/${i % 3}`, outcome }] });
  must(await session.transact(async () => ({ kind: 'commit', events, message: `run ${i}`, value: undefined })));
}

const nothing = async (): Promise<StateDecision<undefined>> => ({ kind: 'nothing', value: undefined });

async function seenBy(session: StateSession): Promise<StateRead> {
  return must(await session.transact(async ({ read }) => ({ kind: 'nothing', value: read }))).value;
}

it('what a session’s own commit led to is not read again, and is what anybody reads there', async () => {
  const server = createFakeStateServer();
  const { session, asked } = open(server);
  // Over the end of a day, with its fold, and over more commits than `recent/` may have.
  for (let i = 1; i <= 150; i++) {
    now += 15 * 60_000;
    const isFirstOfDay = new Date(now).getUTCDate() !== new Date(now - 15 * 60_000).getUTCDate();
    await record(session, i);
    const before = asked.length;
    if (i % 16 !== 0 && !isFirstOfDay) continue;
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

it('what came to be wanted while files were read is read the next time', async () => {
  const server = createFakeStateServer();
  await record(open(server).session, 1);
  const wanted = new Set(['raw/1']);
  // Another step of the same command begins to look at more partitions meanwhile.
  const { session, asked } = open(server, wanted, () => wanted.add('raw/2'));
  must(await session.transact(nothing));
  must(await session.transact(nothing));
  expect(asked).toHaveLength(2);
  must(await session.transact(nothing));
  expect(asked).toHaveLength(2);
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

describe('a transaction that follows on one that had nothing to do', () => {
  it('begins with the head that was seen, for a moment and once', async () => {
    const server = createFakeStateServer();
    await record(open(server).session, 1);
    const { session, asked, heads } = open(server);
    must(await session.transact(nothing));
    must(await session.transact(nothing, { follows: true }));
    expect([heads.read, asked.length]).toEqual([1, 1]);
    must(await session.transact(nothing, { follows: true }));
    expect(heads.read).toBe(2);
    now += 10_000;
    must(await session.transact(nothing, { follows: true }));
    expect(heads.read).toBe(3);
    must(await session.transact(nothing));
    expect(heads.read).toBe(4);
    expect(asked).toHaveLength(1);
  });

  it('decides again when somebody was faster, and lands', async () => {
    const server = createFakeStateServer();
    await record(open(server).session, 1);
    const { session } = open(server);
    must(await session.transact(nothing));
    await record(open(server).session, 2);
    const seqs: number[] = [];
    const following: StateSession = {
      transact: (decide) =>
        session.transact(
          (state) => {
            seqs.push(state.read.view.seq);
            return decide(state);
          },
          { follows: true },
        ),
    };
    await record(following, 3);
    expect(seqs).toEqual([1, 2]);
    expect((await seenBy(open(server).session)).view.endedRuns.size).toBe(3);
  });

  it('has the server’s time, with what has passed since', async () => {
    const server = createFakeStateServer();
    await record(open(server).session, 1);
    server.serverNow = now + 3_600_000;
    const { session } = open(server);
    must(await session.transact(nothing));
    now += 1500;
    const seen = must(
      await session.transact(async (state) => ({ kind: 'nothing', value: state.now }), { follows: true }),
    );
    expect(seen.value).toBe(server.serverNow + 1500);
  });
});

it('as many days of sums are read as the report compares, and one that may begin meanwhile', () => {
  expect(REPORT_DAYS).toBe(rollupDays(REPORT_WINDOWS) + 1);
});
