import { describe, expect, it } from 'vitest';
import type { BranchlineEvent } from '../model/events.ts';
import { timestamp } from '../model/instant.ts';
import { defaultOperations } from '../model/operations.ts';
import { numberEvents } from '../state/codec.ts';
import { must } from '../testing/contracts/state-changes.ts';
import { memoryState } from '../testing/memory-state.ts';
import { runEvents } from '../testing/state-story.ts';
import { cancelDrafts } from './cancel.ts';
import { findRun } from './find-run.ts';
import { manualRetry } from './retry-command.ts';
import { describeState } from './state-commands.ts';
import { readState } from './state-reading.ts';
import { replayEvents } from './state-replay.ts';

const DAY = 86_400_000;

it('a run of a closed day is found also while what came late of an older one is not folded yet', async () => {
  const { server, ports, open, wait, record, now } = memoryState();
  const runOf = (at: number): string => `${timestamp(at).slice(0, 10).replaceAll('-', '')}-aaaaaaaaaaaaaaaa`;
  const events = runEvents({ run: runOf(now()), at: now(), assets: [{ asset: 'a', outcome: 'success' }] });
  const begun = { kind: 'commit', events: events.slice(0, -1), message: 'begun', value: undefined } as const;
  must(await open().transact(async () => begun));
  for (let day = 0; day < 5; day++) {
    wait(DAY);
    await record(open(), { run: runOf(now()), assets: [{ asset: 'b', outcome: 'success' }] });
  }
  expect([...server.files().keys()].some((path) => path.startsWith('streams/'))).toBe(true);
  const by = { session: open(), environment: 'production', writer: 'w9', label: 'production' };
  const source = { name: 'journal', writer: 'w1', events, isCut: false };
  expect(must(await replayEvents(by, source, { force: false, dryRun: false })).fresh).toBe(1);
  const run = runOf(now() - 4 * DAY);
  const state = must(await readState(ports()));
  expect(must(await findRun(server.open(), state, run))).toMatchObject({ run, state: 'SUCCESS' });
});

it('a run of a closed day is not called unknown where the state cannot be reached, or cannot be read', async () => {
  const { server, ports, open, wait, record, now, tamper } = memoryState();
  const run = `${timestamp(now()).slice(0, 10).replaceAll('-', '')}-aaaaaaaaaaaaaaaa`;
  for (let day = 0; day < 5; day++) {
    const today = timestamp(now()).slice(0, 10).replaceAll('-', '');
    await record(open(), { run: `${today}-aaaaaaaaaaaaaaaa`, assets: [{ asset: 'a', outcome: 'failure' }] });
    wait(DAY);
  }
  const store = server.open();
  const state = must(await readState(ports()));
  expect(state.read.view.endedRuns.has(run)).toBe(false);
  const asked = async (at = state) => [
    await findRun(store, at, run),
    await describeState(store, at, run),
    await manualRetry(store, at, run, { retries: defaultOperations.retries }),
  ];
  for (const answer of await asked()) expect(answer.ok).toBe(true);
  server.isConnected = false;
  for (const answer of await asked()) expect(answer).toMatchObject({ error: { code: 'state-unreachable', exit: 3 } });
  server.isConnected = true;
  const day = [...server.files().keys()].find((path) => /^runs\/2026.11.22/.test(path))!;
  await tamper({ [day]: 'not an event\n' });
  const { commit } = must(await store.read());
  const broken = { ...state, head: { ...state.head, commit } };
  for (const answer of await asked(broken)) {
    expect(answer).toMatchObject({ error: { code: 'state-broken', exit: 3 } });
    expect(JSON.stringify(answer)).toContain(day);
  }
});

describe('a run that ended long after the day of its id', () => {
  const name = (at: number, letter: string): string =>
    `${timestamp(at).slice(0, 10).replaceAll('-', '')}-${letter.repeat(16)}`;

  /** Two runs are asked for, and wait; `after` days later one has run and failed, the other is canceled; then days go by. */
  async function world(after: number, more: number) {
    const { server, ports, open, wait, record, now } = memoryState();
    const [ran, canceled] = [name(now(), 'a'), name(now(), 'b')];
    const [failed, waiting] = [ran, canceled].map((run) =>
      runEvents({ run, at: now(), assets: [{ asset: 'a', outcome: 'failure' }] }),
    );
    const commit = async (events: readonly BranchlineEvent[]): Promise<void> =>
      void must(await open().transact(async () => ({ kind: 'commit', events, message: 'x', value: undefined })));
    await commit([failed![0]!, waiting![0]!]);
    const days = async (count: number): Promise<void> => {
      for (let day = 0; day < count; day++) {
        wait(DAY);
        await record(open(), { run: name(now(), 'c'), assets: [{ asset: 'b', outcome: 'success' }] });
      }
    };
    await days(after);
    await commit(failed!.slice(1));
    const state = must(await readState(ports()));
    const drafts = cancelDrafts(state.read.view.openRuns.get(canceled)!, 'by hand', now());
    await commit(numberEvents('w9', 0, drafts));
    await days(more);
    const trees = new Set<string>();
    const store = server.open();
    const listBehind: typeof store.listBehind = (wanted) => {
      for (const tree of wanted) trees.add(tree);
      return store.listBehind(wanted);
    };
    const counted = { ...store, listBehind };
    return { store: counted, trees, state: must(await readState(ports())), ran, canceled };
  }

  it.each([
    ['three weeks', 20, 4],
    ['three months', 90, 4],
    ['three weeks, a quarter of a year ago', 20, 90],
  ])('%s is found, whoever recorded its end', async (_, after, more) => {
    const { store, state, ran, canceled } = await world(after, more);
    for (const [run, outcome] of [
      [ran, 'FAILURE'],
      [canceled, 'CANCELED'],
    ] as const) {
      expect(state.read.view.endedRuns.has(run)).toBe(false);
      expect(must(await findRun(store, state, run))).toMatchObject({ run, state: outcome });
      expect(must(await describeState(store, state, run)).text).toContain(`run ${run}: ${outcome}`);
      const retry = await manualRetry(store, state, run, { retries: defaultOperations.retries });
      expect(must(retry).request).toMatchObject({ of: run });
    }
  });

  it('takes no more than the week after its request where it ended in that, and what never was is unknown', async () => {
    const { store, trees, state, ran } = await world(3, 60);
    expect(must(await findRun(store, state, ran))).toMatchObject({ state: 'FAILURE' });
    expect(trees.size).toBeLessThanOrEqual(9);
    expect(must(await findRun(store, state, ran.replace('aaaa', 'zzzz')))).toBeUndefined();
  });
});
