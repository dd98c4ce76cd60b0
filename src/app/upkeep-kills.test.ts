import { expect, it } from 'vitest';
import { timestamp } from '../model/instant.ts';
import type { StateStore } from '../ports-state.ts';
import { cutDayOf } from '../state/layout.ts';
import { must } from '../testing/contracts/state-changes.ts';
import { type MemoryState, memoryState } from '../testing/memory-state.ts';
import { STORY_START } from '../testing/state-story.ts';
import type { StatePorts } from './state-ports.ts';
import { readState } from './state-reading.ts';
import { repairStore } from './state-repair.ts';
import { openStateSession } from './state-session.ts';
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

/** Twelve days with a run each, and an archive of the first four. */
async function history(): Promise<MemoryState> {
  const state = memoryState();
  for (let i = 0; i < 12; i++) {
    const run = `${timestamp(state.now()).slice(0, 10).replaceAll('-', '')}-aaaa`;
    const session = state.open();
    await state.record(session, { run, group: 'marts', assets: [{ asset: `raw/${i % 2}`, outcome: 'success' }] });
    const options = { keepMs: undefined, now: state.now(), dryRun: false };
    if (i === 3) must(await compactState(state.ports(), session, options));
    state.wait(DAY);
  }
  return state;
}

/** Which runs and sums of closed days a reader has besides is its own affair. */
const whole = { olderStreams: true, runsOf: ['2026-12-02', '2026-12-03'], assetDays: 15 };
type Known = Awaited<ReturnType<typeof knownOf>>;
/** What is known at the head, but for what every commit changes. */
async function knownOf(state: MemoryState) {
  const { view } = must(await readState(state.ports(), undefined, whole)).read;
  const { head: _, seq: __, at: ___, writers: ____, ...known } = view;
  return known;
}

interface Upkeep {
  readonly prepare?: (state: MemoryState) => Promise<void>;
  readonly run: (ports: StatePorts) => Promise<{ readonly ok: boolean }>;
  readonly judge: (state: MemoryState, before: Known) => Promise<void>;
}

const compact =
  (retentionMs?: number, keepMs?: number): Upkeep['run'] =>
  (ports) =>
    compactState(ports, openStateSession(ports), { keepMs, now: NOW, dryRun: false, retentionMs });
const seqs = async ({ server }: MemoryState) => must(await server.open().archives()).map(({ seq }) => seq);

const upkeeps: Record<string, Upkeep> = {
  compact: {
    run: compact(),
    async judge(state, before) {
      expect(await knownOf(state)).toEqual(before);
      expect(await seqs(state)).toEqual([13, 4]);
    },
  },
  'compact with a retention, which deletes old archives': {
    run: compact(5 * DAY, 6 * DAY),
    async judge(state, before) {
      expect(await knownOf(state)).toEqual(before);
      expect(cutDayOf(state.server.files().keys())).toBe('2026-11-28');
      expect(await seqs(state)).toEqual([13]);
    },
  },
  'verify --repair': {
    async prepare({ server, tamper }) {
      const damaged = [...server.files()].find(([path]) => path.startsWith('events/'))!;
      await tamper({
        [damaged[0]]: damaged[1].replace('"type":"step.started"', '"type":"step.sta'),
        'snapshot/000.json': null,
      });
    },
    run: (ports) => repairStore(ports, { dryRun: false }),
    async judge(state) {
      expect([...state.server.files().keys()].filter((path) => /^quarantine\/\d+\.json$/.test(path))).toHaveLength(1);
    },
  },
  'create --anew': {
    prepare: async ({ server }) => server.deleteRef(),
    run: (ports) => createState(openStateSession(ports), { anew: true }),
    async judge(state) {
      expect((await knownOf(state)).assets.size).toBe(0);
    },
  },
};

it.each(Object.keys(upkeeps))('%s, killed at any call and run again, ends well; nothing is lost', async (name) => {
  const { prepare, run, judge } = upkeeps[name]!;
  const play = async (kill: Kill | undefined): Promise<string[]> => {
    const state = await history();
    const before = await knownOf(state);
    await prepare?.(state);
    const calls: string[] = [];
    const { store, died } = killable(state.server.open(), kill, calls);
    const end = await Promise.race([run(state.ports(store)), died]);
    expect(end === 'killed').toBe(kill !== undefined);
    const made = [...calls];
    const again = await run(state.ports());
    expect([kill, again]).toEqual([kill, { ok: true, value: (again as { value?: unknown }).value }]);
    expect([kill, state.problems()]).toEqual([kill, []]);
    await judge(state, before);
    return made;
  };
  const calls = await play(undefined);
  expect(calls.some((call) => call === 'commit' || call === 'compact')).toBe(true);
  for (let call = 1; call <= calls.length; call++)
    for (const side of ['before', 'after'] as const) await play({ call, side });
});

it('a compact that drops events may come in the middle of the transaction of another writer, who decides again', async () => {
  const state = await history();
  const { server } = state;
  let isBetween = false;
  server.beforeCommit = async () => {
    if (isBetween) return;
    isBetween = true;
    expect(await compact(5 * DAY)(state.ports())).toMatchObject({ ok: true });
  };
  await state.record(state.open(), { run: '20261204-late', assets: [{ asset: 'raw/0', outcome: 'success' }] });
  expect(isBetween).toBe(true);
  expect(cutDayOf(server.files().keys())).toBe('2026-11-28');
  expect(state.problems()).toEqual([]);
  expect((await knownOf(state)).assets.get('raw/0')?.materialized?.run).toBe('20261204-late');
});
