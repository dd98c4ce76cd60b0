import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fail, ok } from '../base/result.ts';
import type { Clock } from '../ports.ts';
import type { StateChange, StateStore } from '../ports-state.ts';
import { stateChange } from '../testing/contracts/state-changes.ts';
import { createFakeStateServer, type FakeStateServer, type StoreFault } from '../testing/fake-store.ts';
import { transact } from './transact.ts';
import type { Decide, TransactionRetry, TransactOptions } from './transaction.ts';
import { transactionInstant } from './transaction-instant.ts';
import { conflictWaitMs, giveWayMs, retryWaitMs } from './transaction-waits.ts';

const NOON = Date.parse('2026-11-22T12:00:00Z');

/** A clock that stands still but for what is slept. */
function createTestClock(): Clock & { slept: number[] } {
  let now = NOON;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    async sleep(ms) {
      slept.push(ms);
      now += ms;
    },
  };
}

function given(server: FakeStateServer = createFakeStateServer()) {
  const clock = createTestClock();
  const retries: TransactionRetry[] = [];
  const options: TransactOptions = {
    writer: 'me',
    tx: 1,
    clock,
    random: () => 0.5,
    lean: (change) => ({ ...change, files: new Map([...change.files].filter(([path]) => path.startsWith('recent/'))) }),
    onRetry: (retry) => retries.push(retry),
  };
  return { server, store: server.open(), clock, retries, options };
}

/** Adds one line to `page`; its number is the number of the commit. */
function countUp(writer = 'me', tx = 1): Decide<number> {
  return async ({ list, load, now }) => {
    const recent = await list('recent/');
    const texts = await load(['page']);
    if (!recent.ok) return recent;
    if (!texts.ok) return texts;
    const seq = recent.value.length + 1;
    const page = `${texts.value.get('page') ?? ''}${writer}.${tx}\n`;
    return ok({ kind: 'commit', change: { ...stateChange(seq, writer, tx, { page }), at: now }, value: seq });
  };
}

/** Somebody else commits before each of the next `times` commits of ours. */
function rival(server: FakeStateServer, times: number): void {
  let left = times;
  server.beforeCommit = async () => {
    if (left-- <= 0) return;
    const { beforeCommit } = server;
    server.beforeCommit = undefined;
    const other = server.open();
    const read = await other.read();
    const head = read.ok ? read.value.commit : undefined;
    await other.commit(head, stateChange(100 - left, 'rival', times - left));
    server.beforeCommit = beforeCommit;
  };
}

describe('transact', () => {
  it('lands at the first try, also as the first commit of all', async () => {
    const { store, server, options, retries } = given();
    const outcome = await transact(store, countUp(), options);
    expect(outcome).toMatchObject({ kind: 'landed', value: 1, isLean: false, tries: 1 });
    expect(server.files().get('page')).toBe('me.1\n');
    expect(retries).toEqual([]);
  });

  it('decides again on the new head after a conflict', async () => {
    const { store, server, options, retries } = given();
    rival(server, 2);
    const outcome = await transact(store, countUp(), options);
    expect(outcome).toMatchObject({ kind: 'landed', value: 3, tries: 3 });
    expect(retries.map(({ reason, waitMs }) => [reason, waitMs])).toEqual([
      ['conflict', 100],
      ['conflict', 200],
    ]);
  });

  it('waits less the more often it lost, and says how long to give way', async () => {
    const { store, server, options, clock } = given();
    rival(server, 8);
    expect(await transact(store, countUp(), options)).toMatchObject({ kind: 'landed', tries: 9, giveWayMs: 0 });
    expect(clock.slept).toEqual([100, 200, 400, 300, 240, 200, 171, 150]);
  });

  it('gives up at the deadline when others are always faster', async () => {
    const { store, server, options, clock } = given();
    rival(server, Number.POSITIVE_INFINITY);
    const busy = { ...clock, now: () => clock.now() + clock.slept.length * 1000 };
    const outcome = await transact(store, countUp(), { ...options, clock: busy, deadlineMs: 4000 });
    expect(outcome.kind).toBe('outrun');
    expect([...server.files().keys()].some((path) => path.includes('-me-'))).toBe(false);
  });

  it('waits never so long that no try is left, where each takes its time', async () => {
    const { store, server, options, clock, retries } = given();
    rival(server, 9);
    const decide = countUp();
    const slow: Decide<number> = async (view) => {
      await clock.sleep(4_000);
      return decide(view);
    };
    const outcome = await transact(store, slow, { ...options, random: () => 0.999_999 });
    expect(outcome).toMatchObject({ kind: 'landed', tries: 10 });
    expect(Math.max(...retries.map(({ waitMs }) => waitMs))).toBeLessThan(20_000);
  });

  it('hands back that nothing is to be done, and commits nothing', async () => {
    const { store, server, options } = given();
    const outcome = await transact(store, async () => ok({ kind: 'nothing', value: 'up to date' }), options);
    expect(outcome).toMatchObject({ kind: 'nothing', value: 'up to date', tries: 1 });
    expect(server.files().size).toBe(0);
  });

  it('decides that nothing is left to do when the other one has done it', async () => {
    const { store, server, options } = given();
    rival(server, 1);
    const decide: Decide<string> = async (view) => {
      const recent = await view.list('recent/');
      if (recent.ok && recent.value.length > 0) return ok({ kind: 'nothing', value: 'somebody did' });
      return ok({ kind: 'commit', change: stateChange(1, 'me', 1), value: 'we did' });
    };
    expect(await transact(store, decide, options)).toMatchObject({ kind: 'nothing', value: 'somebody did', tries: 2 });
  });

  it('tries again until the deadline while nothing answers, then says so', async () => {
    const { store, server, options, clock } = given();
    server.isConnected = false;
    const outcome = await transact(store, countUp(), options);
    expect(outcome).toMatchObject({ kind: 'unreachable', message: 'the fake store is disconnected' });
    expect(Math.max(...clock.slept)).toBe(1000);
    const total = clock.slept.reduce((sum, ms) => sum + ms, 0);
    expect(total).toBeGreaterThan(118_000);
    expect(total).toBeLessThanOrEqual(120_000);
  });

  it('stops at once where the server gives no access, at the start and in between', async () => {
    for (const refusedAt of [1, 2]) {
      const { store, options, retries, server } = given();
      let reads = 0;
      const refusing: StateStore = {
        ...store,
        read: async () =>
          ++reads === refusedAt ? fail({ code: 'no-access', message: 'HTTP 403 for me' }) : store.read(),
      };
      if (refusedAt === 2) server.faults.push('lose-all');
      const outcome = await transact(refusing, countUp(), options);
      expect(outcome).toEqual({ kind: 'no-access', message: 'HTTP 403 for me', tries: refusedAt });
      expect(retries).toHaveLength(refusedAt - 1);
    }
  });

  it('goes on when the line is back', async () => {
    const { store, server, options } = given();
    server.faults = ['lose-request', 'lose-request'];
    expect(await transact(store, countUp(), options)).toMatchObject({ kind: 'landed', value: 1, tries: 3 });
  });

  it('knows its commit again when even the look at the head was lost, and does not decide twice', async () => {
    const { store, server, options } = given();
    server.faults = ['lose-all'];
    let decisions = 0;
    const decide: Decide<number> = (view) => {
      decisions++;
      return countUp()(view);
    };
    expect(await transact(store, decide, options)).toMatchObject({ kind: 'landed', value: 1, tries: 2 });
    expect(decisions).toBe(1);
    expect(server.files().get('page')).toBe('me.1\n');
  });

  it('knows its commit by the index when its events were sealed meanwhile', async () => {
    const { store, server, options } = given();
    server.faults = ['lose-all'];
    const sealing: TransactOptions = {
      ...options,
      onRetry: () => {
        const files = { 'recent/1-me-1.jsonl': null, 'snapshot/index.json': '{"writers":{"me":{"tx":1}}}' };
        void server
          .open()
          .read()
          .then((read) =>
            server.open().commit(read.ok ? read.value.commit : undefined, stateChange(2, 'other', 1, files)),
          );
      },
    };
    expect(await transact(store, countUp(), sealing)).toMatchObject({ kind: 'landed', value: 1, tries: 2 });
  });

  it('sends a refused change once more lean', async () => {
    const { store, server, options, retries } = given();
    server.faults = ['deny'];
    const outcome = await transact(store, countUp(), options);
    expect(outcome).toMatchObject({ kind: 'landed', isLean: true, tries: 2 });
    expect([...server.files().keys()]).toEqual(['recent/1-me-1.jsonl']);
    expect(retries).toMatchObject([{ reason: 'denied', waitMs: 0 }]);
  });

  it('stays lean over a conflict, and stops when that is refused as well', async () => {
    const { store, server, options } = given();
    server.faults = ['deny'];
    const sent: StateChange[] = [];
    let rivals = 0;
    server.beforeCommit = async (change) => {
      if (change.writer === 'rival') return;
      sent.push(change);
      if (sent.length === 2 && rivals++ === 0) {
        await server.open().commit(undefined, stateChange(1, 'rival', 1));
        server.isRefusing = true;
      }
    };
    const outcome = await transact(store, countUp(), options);
    expect(outcome).toEqual({ kind: 'denied', message: 'the fake store refuses', tries: 3 });
    expect(sent.map(({ files }) => files.has('page'))).toEqual([true, false, false]);
  });

  it('stops at once when this machine cannot write: neither lean nor later does that help', async () => {
    const { store, options } = given();
    let tries = 0;
    const full: StateStore = {
      ...store,
      async commit() {
        tries++;
        return { kind: 'unwritten', message: 'no room' };
      },
    };
    expect(await transact(full, countUp(), options)).toEqual({ kind: 'unwritten', message: 'no room', tries: 1 });
    expect(tries).toBe(1);
  });

  it('stops when the branch is gone, and does not make it anew', async () => {
    const { store, server, options } = given();
    await transact(store, countUp(), options);
    server.beforeCommit = () => server.deleteRef();
    expect(await transact(store, countUp('me', 2), { ...options, tx: 2 })).toMatchObject({ kind: 'gone', tries: 1 });
    expect(server.files().size).toBe(0);
  });

  it('stops when the branch went between two tries', async () => {
    const { store, server, options } = given();
    await transact(store, countUp(), options);
    server.faults = ['lose-request'];
    const outcome = await transact(store, countUp('me', 2), { ...options, tx: 2, onRetry: () => server.deleteRef() });
    expect(outcome).toMatchObject({ kind: 'gone', tries: 2 });
  });

  it('stops between two tries when it is canceled', async () => {
    const { store, server, options } = given();
    const controller = new AbortController();
    server.isConnected = false;
    const outcome = await transact(store, countUp(), {
      ...options,
      signal: controller.signal,
      onRetry: () => controller.abort(),
    });
    expect(outcome).toEqual({ kind: 'canceled', tries: 1 });
  });

  it('gives the server its way about the time, and never goes back behind the head', () => {
    const head = (serverNow?: number, committedAt?: number) => ({ commit: 'c', witness: true, serverNow, committedAt });
    expect(transactionInstant(head(), NOON)).toEqual({ now: NOON, clockSkewMs: undefined });
    expect(transactionInstant(head(NOON - 800), NOON)).toEqual({ now: NOON, clockSkewMs: undefined });
    expect(transactionInstant(head(NOON + 60_000), NOON)).toEqual({ now: NOON + 60_000, clockSkewMs: undefined });
    expect(transactionInstant(head(NOON - 600_000), NOON)).toEqual({ now: NOON - 600_000, clockSkewMs: -600_000 });
    expect(transactionInstant(head(undefined, NOON + 5), NOON)).toEqual({ now: NOON + 5, clockSkewMs: undefined });
  });

  it('waits at random, up to a bound that doubles from 50 ms to 2 s', () => {
    const bounds = [1, 2, 3, 4, 5, 6, 7, 8, 50].map((count) => retryWaitMs(count, () => 0.999_999));
    expect(bounds).toEqual([49, 99, 199, 399, 799, 1599, 1999, 1999, 1999]);
    expect(retryWaitMs(5, () => 0)).toBe(0);
    // Where a try takes three seconds, up to eight of them.
    const slow = [1, 2, 3, 4, 5].map((count) => retryWaitMs(count, () => 0.999_999, 3_000));
    expect(slow).toEqual([2_999, 5_999, 11_999, 23_999, 23_999]);
    expect(retryWaitMs(9, () => 0.999_999, 100)).toBe(1_999);
  });
});

describe('transactions of several writers', () => {
  it('equal some order of them, and none is lost or counted twice, whatever the interleaving and the faults', async () => {
    const fault = fc.constantFrom<StoreFault>('lose-reply', 'lose-all', 'lose-request');
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fault, { maxLength: 6 }),
        fc.integer({ min: 2, max: 4 }),
        async (scheduler, faults, writers) => {
          const server = createFakeStateServer();
          server.faults = [...faults];
          const perWriter = 3;
          const work = async (writer: string) => {
            const inner = server.open();
            const store: typeof inner = {
              ...inner,
              read: () => scheduler.schedule(Promise.resolve(), `${writer} reads`).then(() => inner.read()),
              commit: (expected, change) =>
                scheduler.schedule(Promise.resolve(), `${writer} commits`).then(() => inner.commit(expected, change)),
            };
            for (let tx = 1; tx <= perWriter; tx++) {
              const { options } = given(server);
              const outcome = await transact(store, countUp(writer, tx), { ...options, writer, tx });
              expect(outcome.kind).toBe('landed');
            }
          };
          const all = Promise.all(Array.from({ length: writers }, (_, i) => work(`w${i}`)));
          await scheduler.waitFor(all);

          const lines = server.files().get('page')!.trim().split('\n');
          const expected = Array.from({ length: writers }, (_, i) => [1, 2, 3].map((tx) => `w${i}.${tx}`)).flat();
          expect([...lines].sort()).toEqual(expected.sort());
          // One order for all: every commit stands on the one before it, and a writer's own stay in their order.
          const recent = [...server.files().keys()].filter((path) => path.startsWith('recent/'));
          const bySeq = recent
            .map((path) => /^recent\/(\d+)-(w\d)-(\d)\.jsonl$/.exec(path)!)
            .sort((a, b) => Number(a[1]) - Number(b[1]));
          expect(bySeq.map((match) => `${match[2]}.${match[3]}`)).toEqual(lines);
          for (let i = 0; i < writers; i++) {
            expect(lines.filter((line) => line.startsWith(`w${i}.`))).toEqual([1, 2, 3].map((tx) => `w${i}.${tx}`));
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

it('a transaction leaves more room the first times that it loses, and less the older it is', () => {
  const waits = [1, 2, 3, 4, 6, 12, 48].map((losses) => conflictWaitMs(losses, () => 0.999_999, 1_000));
  expect(waits).toEqual([3_999, 7_999, 15_999, 11_999, 7_999, 3_999, 999]);
  expect(conflictWaitMs(5, () => 0, 1_000)).toBe(0);
});

it('who landed after a fight leaves the branch to others for a while, and nobody else does', () => {
  expect(giveWayMs(0, () => 0.999_999, 1_000)).toBe(0);
  expect([0, 0.5, 0.999_999].map((random) => giveWayMs(1, () => random, 500))).toEqual([3_000, 4_500, 5_999]);
  expect(giveWayMs(9, () => 0.999_999, 60_000)).toBe(9_999);
});
