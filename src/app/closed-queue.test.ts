import { expect, test } from 'vitest';
import { assembleView } from '../state/read.ts';
import { projectOf, sourceTreeOf } from '../testing/project-builder.ts';
import { createWorld } from '../testing/simulation/world.ts';
import { buildPlanning } from './planning.ts';

const START = Date.parse('2026-11-22T05:59:00Z');
const MINUTE = 60_000;

const ASSETS = 'assets: { a: { run: make a, pool: api, tags: { branchline/priority: "5" } } }';

function worldOf(settings: string, assets = ASSETS) {
  const files = {
    'branchline.yaml': `name: closed
${settings}
${assets}
schedules: { often: { cron: "0 6 * * *", selection: "*" } }
`,
  };
  const world = createWorld({
    seed: 1,
    start: START,
    planning: buildPlanning(projectOf(files), sourceTreeOf(files)),
    weather: { script: () => ({ durationMs: MINUTE, code: 0, tail: '' }) },
  });
  const machine = world.machine('here', 'laptop');
  const view = () => {
    const texts = world.server.files();
    const read = assembleView({ listing: [...texts.keys()], texts, environment: 'production' });
    if (!read.ok) throw new Error(JSON.stringify(read.error));
    return read.value.view;
  };
  return { world, machine, view };
}

test.each<[what: string, settings: string, said: string, cure: string]>([
  [
    'no places',
    'run_queue: { max_concurrent_runs: 0 }\npools: { api: 1 }',
    'nothing leaves the queue',
    'max_concurrent_runs: 1',
  ],
  ['a pool without slots', 'pools: { api: 0 }', 'no step of pool api may start', 'pools: { api: 1 }'],
  [
    'a tag that bans',
    'run_queue: { tag_concurrency_limits: [{ key: branchline/priority, value: "5", limit: 0 }] }\npools: { api: 1 }',
    'no run with branchline/priority=5 may start',
    'tag_concurrency_limits',
  ],
])(
  'with %s a run is refused at once, with what to write, and leaves nothing behind',
  async (_, settings, said, cure) => {
    const { world, machine } = worldOf(settings);
    const run = world.start(machine, { kind: 'run', selection: 'key:a' }, { waitMs: 10 * MINUTE });
    await world.settle(run);
    expect(run.endedAt! - START).toBeLessThan(MINUTE);
    expect(run.result).toMatchObject({
      ok: false,
      error: { code: 'queue-closed', message: expect.stringContaining(said), help: expect.stringContaining(cure) },
    });
    expect([...world.server.files().keys()]).toEqual([]);
  },
);

test('what a schedule asked for stays in the queue, and nobody waits for it', async () => {
  const { world, machine, view } = worldOf('pools: { api: 0 }');
  await world.settle(world.start(machine, { kind: 'tick' }, { waitMs: 10 * MINUTE }));
  world.time.pass(2 * MINUTE);
  const before = world.time.now();
  const tick = world.start(machine, { kind: 'tick' }, { waitMs: 10 * MINUTE });
  await world.settle(tick);
  expect(tick.result).toMatchObject({ ok: true });
  expect(tick.endedAt! - before).toBeLessThan(MINUTE);
  expect([...view().openRuns.values()].map(({ state }) => state)).toEqual(['QUEUED']);
});

test('nobody waits for what comes after a run that never starts either', async () => {
  const { world, machine, view } = worldOf(
    `run_queue: { tag_concurrency_limits: [{ key: branchline/priority, value: "5", limit: 0 }] }
partitions: { days: { daily: { start: 2026-11-01 } }, weeks: { weekly: { start: 2026-11-01 } } }`,
    `assets:
  a: { partitions: days, run: make a, tags: { branchline/priority: "5" } }
  b: { partitions: weeks, run: make b }`,
  );
  await world.settle(world.start(machine, { kind: 'tick' }, { waitMs: 10 * MINUTE }));
  world.time.pass(2 * MINUTE);
  const before = world.time.now();
  const tick = world.start(machine, { kind: 'tick' }, { waitMs: 10 * MINUTE });
  await world.settle(tick);
  expect(tick.result).toMatchObject({ ok: true });
  expect([...view().openRuns.values()].map(({ state }) => state)).toEqual(['QUEUED', 'QUEUED']);
  expect(tick.endedAt! - before).toBeLessThan(MINUTE);
});
