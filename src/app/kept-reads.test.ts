import { describe, expect, it } from 'vitest';
import { REPORT_WINDOWS } from '../insights/assess.ts';
import { rollupDays } from '../insights/insights.ts';
import type { StateStore } from '../ports-state.ts';
import { REPORT_DAYS } from '../state/needed-paths.ts';
import type { StateRead } from '../state/read.ts';
import { must } from '../testing/contracts/state-changes.ts';
import { type MemoryState, memoryState } from '../testing/memory-state.ts';
import type { StateDecision } from './state-ports.ts';
import { openStateSession, type StateSession } from './state-session.ts';

/** A session that counts the heads that it reads, and names the commits whose files it lists. */
function open(state: MemoryState, partitions?: Set<string>, onList: () => void = () => undefined) {
  const asked: string[] = [];
  const inner = state.server.open();
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
  const ports = { ...state.ports(store), ...(partitions ? { partitionsOf: () => partitions } : {}) };
  return { session: openStateSession(ports), asked, heads };
}

function record(state: MemoryState, session: StateSession, i: number): Promise<void> {
  const run = `20261122-${String(i).padStart(4, 'a')}`;
  const outcome = i % 5 === 0 ? 'failure' : 'success';
  return state.record(session, { run, assets: [{ asset: `raw/${i % 3}`, outcome }] });
}

const nothing = async (): Promise<StateDecision<undefined>> => ({ kind: 'nothing', value: undefined });

async function seenBy(session: StateSession): Promise<StateRead> {
  return must(await session.transact(async ({ read }) => ({ kind: 'nothing', value: read }))).value;
}

it('what a session’s own commit led to is not read again, and is what anybody reads there', async () => {
  const state = memoryState();
  const { session, asked } = open(state);
  // Over the end of a day, with its fold, and over more commits than `recent/` may have.
  for (let i = 1; i <= 150; i++) {
    const day = new Date(state.now()).getUTCDate();
    state.wait(15 * 60_000);
    const isFirstOfDay = new Date(state.now()).getUTCDate() !== day;
    await record(state, session, i);
    const before = asked.length;
    if (i % 16 !== 0 && !isFirstOfDay) continue;
    const [own, fresh] = [await seenBy(session), await seenBy(open(state).session)];
    expect(own.view).toEqual(fresh.view);
    expect([...own.base.paths].sort()).toEqual([...fresh.base.paths].sort());
    expect([...own.base.recent]).toEqual([...fresh.base.recent]);
    expect([own.base.chain, own.base.unfoldedBytes, own.base.snapshotBytes]).toEqual([
      fresh.base.chain,
      fresh.base.unfoldedBytes,
      fresh.base.snapshotBytes,
    ]);
    expect([...own.base.touched]).toEqual([...fresh.base.touched]);
    expect(asked).toHaveLength(before);
  }
  // Another day wants other runs: it is read anew then.
  expect(asked).toHaveLength(1);
});

it('what came to be wanted while files were read is read the next time', async () => {
  const state = memoryState();
  await record(state, open(state).session, 1);
  const wanted = new Set(['raw/1']);
  // Another step of the same command begins to look at more partitions meanwhile.
  const { session, asked } = open(state, wanted, () => wanted.add('raw/2'));
  must(await session.transact(nothing));
  must(await session.transact(nothing));
  expect(asked).toHaveLength(2);
  must(await session.transact(nothing));
  expect(asked).toHaveLength(2);
});

it('a head that somebody else moved is read', async () => {
  const state = memoryState();
  const [mine, other] = [open(state), open(state)];
  await record(state, mine.session, 1);
  await record(state, other.session, 2);
  const seen = await seenBy(mine.session);
  expect(seen.view.endedRuns.size).toBe(2);
  expect(mine.asked).toEqual([state.server.heads.at(-1)]);
  // A commit of ours whose answer was lost is found at a head where others' may be: that is read as well.
  state.server.faults = ['lose-all'];
  state.server.beforeCommit = undefined;
  await record(state, mine.session, 3);
  expect((await seenBy(mine.session)).view.endedRuns.size).toBe(3);
  expect(mine.asked.at(-1)).toBe(state.server.heads.at(-1));
});

describe('a transaction that follows on one that had nothing to do', () => {
  it('begins with the head that was seen, for a moment and once', async () => {
    const state = memoryState();
    await record(state, open(state).session, 1);
    const { session, asked, heads } = open(state);
    must(await session.transact(nothing));
    must(await session.transact(nothing, { follows: true }));
    expect([heads.read, asked.length]).toEqual([1, 1]);
    must(await session.transact(nothing, { follows: true }));
    expect(heads.read).toBe(2);
    state.wait(10_000);
    must(await session.transact(nothing, { follows: true }));
    expect(heads.read).toBe(3);
    must(await session.transact(nothing));
    expect(heads.read).toBe(4);
    expect(asked).toHaveLength(1);
  });

  it('decides again when somebody was faster, and lands', async () => {
    const state = memoryState();
    await record(state, open(state).session, 1);
    const { session } = open(state);
    must(await session.transact(nothing));
    await record(state, open(state).session, 2);
    const seqs: number[] = [];
    const following: StateSession = {
      transact: (decide) =>
        session.transact(
          (seen) => {
            seqs.push(seen.read.view.seq);
            return decide(seen);
          },
          { follows: true },
        ),
    };
    await record(state, following, 3);
    expect(seqs).toEqual([1, 2]);
    expect((await seenBy(open(state).session)).view.endedRuns.size).toBe(3);
  });

  it('has the server’s time, with what has passed since', async () => {
    const state = memoryState();
    await record(state, open(state).session, 1);
    state.server.serverNow = state.now() + 3_600_000;
    const { session } = open(state);
    must(await session.transact(nothing));
    state.wait(1500);
    const seen = must(await session.transact(async (at) => ({ kind: 'nothing', value: at.now }), { follows: true }));
    expect(seen.value).toBe(state.server.serverNow + 1500);
  });
});

it('as many days of sums are read as the report compares, and one that may begin meanwhile', () => {
  expect(REPORT_DAYS).toBe(rollupDays(REPORT_WINDOWS) + 1);
});
