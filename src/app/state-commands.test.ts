import { expect, it } from 'vitest';
import { timestamp } from '../model/instant.ts';
import { must } from '../testing/contracts/state-store.ts';
import { memoryState } from '../testing/memory-state.ts';
import { runEvents } from '../testing/state-story.ts';
import { closedRun } from './state-commands.ts';
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
  expect(await closedRun(server.open(), state, run)).toMatchObject({ run, state: 'SUCCESS' });
});
