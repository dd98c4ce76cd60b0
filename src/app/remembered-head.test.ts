import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createHeadMemory } from '../adapters/head-memory.ts';
import { must } from '../testing/contracts/state-changes.ts';
import { type MemoryState, memoryState } from '../testing/memory-state.ts';
import { STORY_START } from '../testing/state-story.ts';
import { findNewerArchives } from './missing-events.ts';
import { readState } from './state-reading.ts';
import { commitSource, replayEvents } from './state-replay.ts';
import { openStateSession, type StateSession } from './state-session.ts';
import { compactState } from './state-upkeep.ts';

let folder: string;
let state: MemoryState;
let server: MemoryState['server'];
let warnings: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'branchline-heads-'));
  state = memoryState();
  ({ server, warnings } = state);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A command of a machine. */
const command = (machine = 'laptop'): StateSession => {
  state.wait(60_000);
  return openStateSession({ ...state.ports(), heads: createHeadMemory(join(folder, `${machine}.json`)) });
};
const record = (session: StateSession, name: string): Promise<void> =>
  state.record(session, { run: `20261122-${name}`, assets: [{ asset: `raw/${name}`, outcome: 'success' }] });
const look = async (session: StateSession): Promise<void> =>
  void must(await session.transact(async () => ({ kind: 'nothing', value: undefined })));

it('a machine that saw more says so once, with the command that brings it back', async () => {
  for (const name of ['a', 'b', 'c']) await record(command(), name);
  await look(command('other'));
  const [first, , third] = server.heads;
  server.forceTo(first!);
  expect(warnings).toEqual([]);
  await look(command());
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain('is at commit 1');
  expect(warnings[0]).toContain('this machine has seen 3');
  expect(warnings[0]).toContain(`branchline state replay ${third} --environment production`);
  await look(command());
  expect(warnings).toHaveLength(1);
  const store = server.open();
  const source = must(await commitSource(store, third!));
  const ports = { session: command(), environment: 'production', writer: 'w9', label: store.label };
  expect(must(await replayEvents(ports, source, { force: false, dryRun: false })).fresh).toBe(18);
  // Another machine that saw the same; what it misses was recorded again, in fewer commits.
  await look(command('other'));
  expect(warnings).toHaveLength(2);
});

it('nothing is said of a branch that went on, nor twice of what a command at work saw itself', async () => {
  await record(command(), 'a');
  await record(command('other'), 'b');
  await look(command());
  const atWork = command();
  await record(atWork, 'c');
  expect(warnings).toEqual([]);
  server.forceTo(server.heads[0]!);
  await look(atWork);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain('this command has seen 3');
  await look(command());
  expect(warnings).toHaveLength(1);
});

it('a file that is damaged remembers nothing', async () => {
  await record(command(), 'a');
  writeFileSync(join(folder, 'laptop.json'), '{"half');
  await look(command());
  expect(warnings).toEqual([]);
});

it('an archive that ends behind the head is named as well, and what it holds is counted', async () => {
  for (const name of ['a', 'b']) await record(command(), name);
  const [first] = server.heads;
  const store = server.open();
  const place = { store, environment: 'production', projectName: 'shop' };
  must(await compactState(place, command(), { keepMs: undefined, now: 0, dryRun: false }));
  const seen = async () =>
    must(await readState({ ...place, clock: { now: () => STORY_START, sleep: async () => {} } }));
  expect(must(await findNewerArchives(store, await seen()))).toEqual([]);
  await record(command(), 'c');
  server.forceTo(first!);
  await look(command());
  expect(warnings).toHaveLength(2);
  expect(warnings[1]).toContain('branchline state replay archive/2 --environment production');
  expect(must(await findNewerArchives(store, await seen()))).toMatchObject([{ archive: { seq: 2 }, missing: 9 }]);
  // Once it was replayed nothing is missing, whatever the numbers say.
  const source = must(await commitSource(store, 'archive/2'));
  const ports = { session: command(), environment: 'production', writer: 'w9', label: store.label };
  expect(must(await replayEvents(ports, source, { force: false, dryRun: false })).fresh).toBe(9);
  expect(must(await findNewerArchives(store, await seen()))).toEqual([]);
});

it('of a branch that was deleted the archive is named with what begins it anew', async () => {
  for (const name of ['a', 'b']) await record(command(), name);
  const place = { store: server.open(), environment: 'production', projectName: 'shop' };
  must(await compactState(place, command(), { keepMs: undefined, now: 0, dryRun: false }));
  server.deleteRef();
  const refused = await command().transact(async () => ({ kind: 'nothing', value: undefined }));
  expect(refused).toMatchObject({ ok: false, error: { code: 'state-deleted' } });
  expect(JSON.stringify(refused)).toContain('branchline state replay archive/2 --environment production');
});
