import { expect, test } from 'vitest';
import type { BranchlineEvent } from '../model/events.ts';
import { assembleView } from '../state/read.ts';
import { verifyState } from '../state/verify.ts';
import { projectOf, sourceTreeOf } from '../testing/project-builder.ts';
import { eventsOf } from '../testing/simulation/play.ts';
import type { SimulatedCommand, World } from '../testing/simulation/simulated-world.ts';
import { createWorld, end } from '../testing/simulation/world.ts';
import { buildPlanning } from './planning.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-11-22T05:59:00Z');
const PLACES = 3;
const TAG_LIMIT = 1;
const SLOTS = 2;

/** Six schedules that are due every ten minutes, three of one source, over assets of a pool; what fails is tried again. */
const files = {
  'branchline.yaml': `name: simulated
run_queue:
  max_concurrent_runs: ${PLACES}
  tag_concurrency_limits: [{ key: source, value: crm, limit: ${TAG_LIMIT} }]
run_retries: { enabled: true, max_retries: 1 }
run_monitoring: { enabled: true, max_resume_run_attempts: 2 }
pools: { api: ${SLOTS} }
assets:
  a: { run: make a, pool: api }
  a2: { deps: [a], run: make a2, pool: api }
  b: { run: make b, pool: api }
  c: { run: make c, pool: api, retry_policy: { max_retries: 1, delay: 2m } }
  d: { run: make d, pool: api }
  e: { run: make e }
  f: { deps: [e], run: make f }
jobs:
  a: { selection: "key:a*", materialize: all, tags: { source: crm } }
  b: { selection: "key:b", materialize: all, tags: { source: crm, branchline/priority: "2" } }
  c: { selection: "key:c", materialize: all, tags: { source: crm } }
  d: { selection: "key:d", materialize: all }
  e: { selection: "key:e or key:f", materialize: all, tags: { branchline/priority: "-1" } }
schedules:
  a: { cron: "*/10 * * * *", job: a }
  b: { cron: "*/10 * * * *", job: b }
  c: { cron: "*/10 * * * *", job: c }
  d: { cron: "*/20 * * * *", job: d }
  e: { cron: "*/30 * * * *", job: e }
`,
};
const planning = buildPlanning(projectOf(files), sourceTreeOf(files));

/** Ticks and runs of several machines at once; some of them are killed in the middle. */
async function play(seed: number): Promise<World> {
  const world = createWorld({
    seed,
    start: START,
    planning,
    weather: {
      script: () => ({
        durationMs: Math.floor(world.random() ** 2 * 8 * MINUTE),
        code: world.random() < 0.2 ? 1 : 0,
        tail: '',
      }),
    },
  });
  const machines = ['m0', 'm1', 'm2'].map((name) => world.machine(name, 'laptop'));
  const own: SimulatedCommand[] = [];
  const pass = (ms: number) => world.time.until(world.time.turn({ name: 'pause', isGone: false, frozenUntil: 0 }, ms));
  for (let n = 0; n < 5; n++) {
    const on = machines[Math.floor(world.random() * machines.length)]!;
    const what =
      world.random() < 0.75 ? { kind: 'tick' as const } : { kind: 'run' as const, selection: 'key:a or key:d' };
    own.push(world.start(on, what, { waitMs: 5 * MINUTE }));
    // The same wake-up twice.
    if (world.random() < 0.3) own.push(world.start(machines[0]!, { kind: 'tick' }, { waitMs: MINUTE }));
    await pass(Math.floor(world.random() * 7 * MINUTE));
    const victim = own.find(({ isGone }) => !isGone);
    if (victim && world.random() < 0.25) end(world, victim);
  }
  await world.settle(...own);
  // Afterwards somebody wakes up now and then, until all that was asked for is done.
  for (let n = 0; n < 4; n++) {
    world.time.pass(MINUTE);
    await world.settle(world.start(world.machine(`late${n}`, 'laptop'), { kind: 'tick' }, { waitMs: 20 * MINUTE }));
  }
  return world;
}

interface Counted {
  readonly inProgress: Map<string, boolean>;
  readonly slots: Map<string, { readonly run: string; readonly api: number }>;
}

/** What is in progress after one more event, counted over all holders. */
function count(
  { inProgress, slots }: Counted,
  event: BranchlineEvent,
  tags: ReadonlyMap<string, string | undefined>,
): void {
  if (event.type === 'run.started') inProgress.set(event.run, tags.get(event.run) === 'crm');
  else if (event.type === 'run.ended' || event.type === 'run.requeued') inProgress.delete(event.run);
  else if (event.type === 'claim.opened')
    slots.set(event.claim.claim, { run: event.run, api: event.claim.slots?.['api'] ?? 0 });
  else if (event.type === 'run.taken-over') {
    for (const [claim, { run }] of slots) if (run === event.run) slots.delete(claim);
  } else if (event.type === 'claim.closed') slots.delete(event.claim);
}

test('in any world no limit is exceeded at any prefix of the events, every run ends, and each tick makes one run', async () => {
  let runs = 0;
  let retries = 0;
  let resumed = 0;
  for (let seed = 1; seed <= 5; seed++) {
    const world = await play(seed);
    const texts = world.server.files();
    expect(verifyState(texts, 'production').problems, `seed ${seed}`).toEqual([]);
    const read = assembleView({ listing: [...texts.keys()], texts, environment: 'production' });
    if (!read.ok) throw new Error(JSON.stringify(read.error));
    const events = eventsOf(texts);
    const tags = new Map(
      events.flatMap((event) => (event.type === 'run.requested' ? [[event.run, event.tags['source']] as const] : [])),
    );
    const now: Counted = { inProgress: new Map(), slots: new Map() };
    for (const event of events) {
      count(now, event, tags);
      const where = `seed ${seed} at ${event.id}`;
      expect(now.inProgress.size, where).toBeLessThanOrEqual(PLACES);
      expect([...now.inProgress.values()].filter((isCrm) => isCrm).length, where).toBeLessThanOrEqual(TAG_LIMIT);
      expect(
        [...now.slots.values()].reduce((sum, { api }) => sum + api, 0),
        where,
      ).toBeLessThanOrEqual(SLOTS);
    }
    expect([...read.value.view.openRuns.keys()], `seed ${seed}`).toEqual([]);
    expect(read.value.view.claims.size, `seed ${seed}`).toBe(0);
    const asked = events.flatMap((event) => (event.type === 'run.requested' ? [event] : []));
    expect(new Set(asked.map(({ run }) => run)).size, `seed ${seed}`).toBe(asked.length);
    const ticks = asked.flatMap(({ request }) =>
      request.kind === 'schedule' ? [`${request.schedule} ${request.tick}`] : [],
    );
    expect(new Set(ticks).size, `seed ${seed}`).toBe(ticks.length);
    runs += asked.length;
    retries += asked.filter(({ request }) => request.kind === 'retry').length;
    resumed += events.filter(({ type }) => type === 'run.taken-over').length;
  }
  // It was about something.
  expect(runs).toBeGreaterThan(40);
  expect(retries).toBeGreaterThan(2);
  expect(resumed).toBeGreaterThan(0);
});
