import { expect, it } from 'vitest';
import { timestamp } from '../model/instant.ts';
import type { StateStore } from '../ports.ts';
import { cutDayOf } from '../state/layout.ts';
import { verifyState } from '../state/verify.ts';
import { must } from '../testing/contracts/state-store.ts';
import { createFakeStateServer, type FakeStateServer } from '../testing/fake-store.ts';
import { runEvents, STORY_START } from '../testing/state-story.ts';
import { readState } from './state-reading.ts';
import { repairStore } from './state-repair.ts';
import { openStateSession, type StatePorts } from './state-session.ts';
import { compactState, createState } from './state-upkeep.ts';

const DAY = 86_400_000;
const NOW = STORY_START + 12 * DAY;
const NEVER = new Promise<never>(() => undefined);

/** kill -9 at one call of the store: before it has its effect, or after that and before its answer. */
interface Kill {
  readonly call: number;
  readonly side: 'before' | 'after';
}

/** A store whose user is killed there; `died` comes true then. `calls` has the names of those that were made. */
function killable(store: StateStore, kill: Kill | undefined, calls: string[]) {
  let die: () => void = () => {};
  const died = new Promise<'killed'>((resolve) => {
    die = () => resolve('killed');
  });
  const wrapped = Object.fromEntries(
    (['read', 'list', 'load', 'commit', 'compact', 'archives', 'dropArchives'] as const).map((name) => {
      const call = store[name] as (...args: unknown[]) => Promise<unknown>;
      return [
        name,
        async (...args: unknown[]): Promise<unknown> => {
          const number = calls.push(name);
          const isHere = number === kill?.call;
          if (isHere && kill?.side === 'before') {
            die();
            return NEVER;
          }
          const answer = await call(...args);
          if (!isHere) return answer;
          die();
          return NEVER;
        },
      ];
    }),
  );
  return { store: { ...store, ...wrapped }, died };
}

let writers = 0;
const portsOf = (store: StateStore, now = NOW): StatePorts => ({
  store,
  clock: { now: () => now, sleep: async () => {} },
  random: () => 0,
  environment: 'production',
  projectName: 'shop',
  writer: `w${++writers}`,
  redact: (text) => text,
  warn: () => {},
});

/** Twelve days with a run each, and an archive of the first four. */
async function history(): Promise<FakeStateServer> {
  const server = createFakeStateServer();
  for (let i = 0; i < 12; i++) {
    const now = STORY_START + i * DAY;
    const run = `${timestamp(now).slice(0, 10).replaceAll('-', '')}-aaaa`;
    const events = runEvents({ run, at: now, group: 'marts', assets: [{ asset: `raw/${i % 2}`, outcome: 'success' }] });
    const session = openStateSession(portsOf(server.open(), now));
    must(await session.transact(async () => ({ kind: 'commit', events, message: run, value: undefined })));
    const options = { keepMs: undefined, now, dryRun: false };
    if (i === 3) must(await compactState(portsOf(server.open(), now), session, options));
  }
  return server;
}

type Known = Awaited<ReturnType<typeof knownOf>>;
/** What is known at the head, but for what every commit changes. */
async function knownOf(server: FakeStateServer) {
  const { view } = must(await readState(portsOf(server.open()))).read;
  const { head: _, seq: __, at: ___, writers: ____, ...known } = view;
  return known;
}

interface Upkeep {
  readonly prepare?: (server: FakeStateServer) => Promise<void>;
  readonly run: (ports: StatePorts) => Promise<{ readonly ok: boolean }>;
  readonly judge: (server: FakeStateServer, before: Known) => Promise<void>;
}

const compact =
  (retentionMs?: number, keepMs?: number): Upkeep['run'] =>
  (ports) =>
    compactState(ports, openStateSession(ports), { keepMs, now: NOW, dryRun: false, retentionMs });
const tamper = async (server: FakeStateServer, files: Readonly<Record<string, string | null>>): Promise<void> => {
  const store = server.open();
  const { commit } = must(await store.read());
  const change = { files: new Map(Object.entries(files)), message: 'by hand', at: NOW, writer: 'hand', tx: 1 };
  expect((await store.commit(commit, change)).kind).toBe('landed');
};
const seqs = async (server: FakeStateServer) => must(await server.open().archives()).map(({ seq }) => seq);

const upkeeps: Record<string, Upkeep> = {
  compact: {
    run: compact(),
    async judge(server, before) {
      expect(await knownOf(server)).toEqual(before);
      expect(await seqs(server)).toEqual([13, 4]);
    },
  },
  'compact with a retention, which deletes old archives': {
    run: compact(5 * DAY, 6 * DAY),
    async judge(server, before) {
      expect(await knownOf(server)).toEqual(before);
      expect(cutDayOf(server.files().keys())).toBe('2026-11-28');
      expect(await seqs(server)).toEqual([13]);
    },
  },
  'verify --repair': {
    async prepare(server) {
      const damaged = [...server.files()].find(([path]) => path.startsWith('events/'))!;
      await tamper(server, {
        [damaged[0]]: damaged[1].replace('"type":"step.started"', '"type":"step.sta'),
        'snapshot/000.json': null,
      });
    },
    run: (ports) => repairStore(ports, { dryRun: false }),
    async judge(server) {
      expect([...server.files().keys()].filter((path) => /^quarantine\/\d+\.json$/.test(path))).toHaveLength(1);
    },
  },
  'create --anew': {
    prepare: async (server) => server.deleteRef(),
    run: (ports) => createState(openStateSession(ports), { anew: true }),
    async judge(server) {
      expect((await knownOf(server)).assets.size).toBe(0);
    },
  },
};

it.each(Object.keys(upkeeps))('%s, killed at any call and run again, ends well; nothing is lost', async (name) => {
  const { prepare, run, judge } = upkeeps[name]!;
  const play = async (kill: Kill | undefined): Promise<string[]> => {
    const server = await history();
    const before = await knownOf(server);
    await prepare?.(server);
    const calls: string[] = [];
    const { store, died } = killable(server.open(), kill, calls);
    const end = await Promise.race([run(portsOf(store)), died]);
    expect(end === 'killed').toBe(kill !== undefined);
    const made = [...calls];
    const again = await run(portsOf(server.open()));
    expect([kill, again]).toEqual([kill, { ok: true, value: (again as { value?: unknown }).value }]);
    expect([kill, verifyState(server.files(), 'production').problems]).toEqual([kill, []]);
    await judge(server, before);
    return made;
  };
  const calls = await play(undefined);
  expect(calls.some((call) => call === 'commit' || call === 'compact')).toBe(true);
  for (let call = 1; call <= calls.length; call++)
    for (const side of ['before', 'after'] as const) await play({ call, side });
});

it('a compact that drops events may come in the middle of the transaction of another writer, who decides again', async () => {
  const server = await history();
  let isBetween = false;
  server.beforeCommit = async () => {
    if (isBetween) return;
    isBetween = true;
    expect(await compact(5 * DAY)(portsOf(server.open()))).toMatchObject({ ok: true });
  };
  const events = runEvents({ run: '20261204-late', at: NOW, assets: [{ asset: 'raw/0', outcome: 'success' }] });
  const session = openStateSession(portsOf(server.open()));
  must(await session.transact(async () => ({ kind: 'commit', events, message: 'late', value: undefined })));
  expect(isBetween).toBe(true);
  expect(cutDayOf(server.files().keys())).toBe('2026-11-28');
  expect(verifyState(server.files(), 'production').problems).toEqual([]);
  expect((await knownOf(server)).assets.get('raw/0')?.materialized?.run).toBe('20261204-late');
});
