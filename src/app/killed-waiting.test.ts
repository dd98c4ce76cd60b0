import { expect, test } from 'vitest';
import { assembleView } from '../state/read.ts';
import { projectOf, sourceTreeOf } from '../testing/project-builder.ts';
import type { SimulatedCommand, World } from '../testing/simulation/simulated-world.ts';
import { createWorld, end } from '../testing/simulation/world.ts';
import { buildPlanning } from './planning.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-11-22T05:59:00Z');
const files = {
  'branchline.yaml': `name: simulated
assets:
  a: { run: make a }
  b: { run: make b }
schedules:
  nightly: { cron: "0 6 * * *", selection: "key:a" }
`,
};
const planning = buildPlanning(projectOf(files), sourceTreeOf(files));
const runOf = (selection: string) => ({ kind: 'run', selection }) as const;

/** Each script takes five minutes. */
function makeWorld(): World {
  return createWorld({
    seed: 1,
    start: START,
    planning,
    weather: { script: () => ({ durationMs: 5 * MINUTE, code: 0, tail: '' }) },
  });
}

const pass = (world: World, ms: number) =>
  world.time.until(world.time.turn({ name: 'pause', isGone: false, frozenUntil: 0 }, ms));

function runsOf(world: World): { readonly open: string[]; readonly ended: string[] } {
  const texts = world.server.files();
  const read = assembleView({ listing: [...texts.keys()], texts, environment: 'production' });
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  const { openRuns, endedRuns } = read.value.view;
  return {
    open: [...openRuns.values()].map(({ state }) => state),
    ended: [...endedRuns.values()].map((run) => run.state),
  };
}

/** A command that waits behind one that is at work on the same, and is killed while it does. */
async function killWaiting(world: World, first: SimulatedCommand): Promise<void> {
  await pass(world, MINUTE);
  const second = world.start(world.machine('m2', 'laptop'), runOf('key:a'), { waitMs: 60 * MINUTE });
  await pass(world, MINUTE);
  expect(first.isGone).toBe(false);
  expect(runsOf(world).open.toSorted()).toEqual(['QUEUED', 'STARTED']);
  end(world, second);
}

test('what a command waited for that was killed is carried out by the next tick, at once', async () => {
  const world = makeWorld();
  const first = world.start(world.machine('m1', 'laptop'), runOf('key:a'));
  await killWaiting(world, first);
  await world.settle(first);
  expect(runsOf(world)).toEqual({ open: ['QUEUED'], ended: ['SUCCESS'] });
  const tick = world.start(world.machine('m3', 'laptop'), { kind: 'tick' });
  const from = world.time.now();
  await world.settle(tick);
  expect(runsOf(world)).toEqual({ open: [], ended: ['SUCCESS', 'SUCCESS'] });
  expect(world.time.now() - from).toBeLessThan(6 * MINUTE);
});

test('by the tick that is at work when its turn comes, where there is one', async () => {
  const world = makeWorld();
  // The first one notes that the schedule is there.
  await world.settle(world.start(world.machine('m0', 'laptop'), { kind: 'tick' }));
  await pass(world, 2 * MINUTE);
  const tick = world.start(world.machine('m1', 'laptop'), { kind: 'tick' });
  await killWaiting(world, tick);
  await world.settle(tick);
  expect(runsOf(world)).toEqual({ open: [], ended: ['SUCCESS', 'SUCCESS'] });
});

test('and by a command that would wait behind it, once nobody else takes it', async () => {
  const world = makeWorld();
  const first = world.start(world.machine('m1', 'laptop'), runOf('key:a'));
  await killWaiting(world, first);
  await world.settle(first);
  const from = world.time.now();
  const third = world.start(world.machine('m3', 'laptop'), runOf('key:a'), { waitMs: 60 * MINUTE });
  await world.settle(third);
  expect(runsOf(world)).toEqual({ open: [], ended: ['SUCCESS', 'SUCCESS', 'SUCCESS'] });
  // A minute, and two times five.
  expect(world.time.now() - from).toBeLessThan(13 * MINUTE);
  expect(third.warnings.join('\n')).toMatch(
    /Run \S+ is in the way, and nobody takes it from the queue: it is carried out first\.\nRun \S+, which was in the way, is SUCCESS\./,
  );
});

test('while the command that waits is alive, it does so itself', async () => {
  const world = makeWorld();
  const first = world.start(world.machine('m1', 'laptop'), runOf('key:a'));
  await pass(world, MINUTE);
  const others = ['m2', 'm3'].map((name) =>
    world.start(world.machine(name, 'laptop'), runOf('key:a'), { waitMs: 60 * MINUTE }),
  );
  await world.settle(first, ...others);
  expect(runsOf(world)).toEqual({ open: [], ended: ['SUCCESS', 'SUCCESS', 'SUCCESS'] });
  for (const { warnings } of others) expect(warnings.join('\n')).not.toContain('nobody takes it');
});
