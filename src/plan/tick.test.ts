import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EventDraft, ScheduleRule } from '../model/events.ts';
import { runId } from '../model/ids.ts';
import { epochMs, timestamp } from '../model/instant.ts';
import type { Job, Schedule } from '../model/project.ts';
import type { RunRecord, ScheduleRecord } from '../model/state.ts';
import { dueTicks } from '../time/cron.ts';
import { nextTicks } from './next-ticks.ts';
import { planTick, type TickInput, type TickPlan } from './tick.ts';
import { readRule } from './tick-rule.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const definedAt = {
  file: 'branchline.yaml',
  line: 1,
  column: 1,
  offset: 0,
  length: 1,
} as unknown as Schedule['definedAt'];

function schedule(cron: string | string[], more: Partial<Schedule> = {}): Schedule {
  return {
    name: 'hourly',
    crons: [cron].flat(),
    timezone: 'UTC',
    selection: 'group:ingest',
    catchup: 'latest',
    graceMs: HOUR,
    maxCatchupRuns: 5,
    skipIfRunning: false,
    tags: {},
    definedAt,
    ...more,
  };
}
const utc = (text: string): number => epochMs(`${text}:00.000Z`);

/** A world of schedules whose cursors follow the events, as the fold would move them. */
class World {
  readonly records = new Map<string, ScheduleRecord>();
  readonly openRuns = new Map<string, RunRecord>();
  readonly events: EventDraft[] = [];
  schedules: Record<string, Schedule> = {};
  jobs: Record<string, Job> = {};

  has(...schedules: Schedule[]): this {
    this.schedules = Object.fromEntries(schedules.map((each) => [each.name, each]));
    return this;
  }
  wake(at: string | number, more: Partial<TickInput> = {}): TickPlan {
    const now = typeof at === 'number' ? at : utc(at);
    const { records, openRuns, schedules, jobs } = this;
    const plan = planTick({
      project: { schedules, jobs },
      records,
      openRuns,
      now,
      nowIsTrusted: true,
      headAt: undefined,
      codeIsNewest: true,
      ...more,
    });
    for (const event of plan.events) this.record(event);
    return plan;
  }
  private record(event: EventDraft): void {
    this.events.push(event);
    if (event.type === 'schedule.adopted') {
      const { schedule: name, from, rule } = event;
      this.records.set(name, { schedule: name, adoptedAt: from, evaluatedUntil: from, rule });
    }
    if (event.type === 'schedule.evaluated') {
      const before = this.records.get(event.schedule)!;
      this.records.set(event.schedule, { ...before, evaluatedUntil: event.until, rule: event.rule ?? before.rule });
    }
    if (event.type === 'schedule.dropped') this.records.delete(event.schedule);
  }
}
function openRun(name: string): RunRecord {
  const request = {
    kind: 'schedule',
    schedule: name,
    tick: '2026-11-22T00:00:00.000Z',
    selection: '*',
    materialize: 'all',
  } as const;
  return {
    run: runId(request),
    epoch: 1,
    state: 'STARTED',
    request,
    environment: 'production',
    tags: {},
    requestedAt: request.tick,
    steps: {},
    confirmed: [],
  };
}
/** `09:00 due`, one line a judged tick; `(after, until] n missed` for those closed as a whole. */
function judged(plan: TickPlan): string[] {
  return plan.events.flatMap((event) => {
    if (event.type === 'tick.judged') return [`${event.tick.slice(11, 16)} ${event.reason}`];
    if (event.type === 'ticks.missed')
      return [`(${event.after.slice(11, 16)}, ${event.until.slice(11, 16)}] ${event.count} missed`];
    return [];
  });
}
const types = (plan: TickPlan): string[] => plan.events.map((event) => event.type);

/** Adopted at 08:30, then silence until the wake-up. */
function check(subject: Schedule, wakeUp: string, expected: string[]): TickPlan {
  const world = new World().has(subject);
  world.wake('2026-11-22T08:30');
  const plan = world.wake(wakeUp);
  expect(judged(plan)).toEqual(expected);
  expect(plan.requests.map(({ request }) => `${request.tick.slice(11, 16)} due`)).toEqual(
    expected.filter((line) => line.endsWith(' due')),
  );
  expect(world.wake(wakeUp).events).toEqual([]);
  return plan;
}

describe('a schedule appears, goes and comes back', () => {
  test('it is adopted without its past, and judged from then on', () => {
    const world = new World().has(schedule('0 * * * *'));
    expect(world.wake('2026-11-22T09:23').events).toEqual([
      {
        type: 'schedule.adopted',
        at: '2026-11-22T09:23:00.000Z',
        schedule: 'hourly',
        from: '2026-11-22T09:23:00.000Z',
        rule: { crons: ['0 * * * *'], timezone: 'UTC' },
      },
    ]);
    expect(world.wake('2026-11-22T09:59').events).toEqual([]);
    expect(world.wake('2026-11-22T10:07').events).toEqual([
      {
        type: 'tick.judged',
        at: '2026-11-22T10:07:00.000Z',
        schedule: 'hourly',
        tick: '2026-11-22T10:00:00.000Z',
        outcome: 'requested',
        reason: 'due',
        requested: expect.stringMatching(/^20261122-[a-z2-7]{16}$/),
        latenessMs: 7 * 60_000,
      },
      {
        type: 'schedule.evaluated',
        at: '2026-11-22T10:07:00.000Z',
        schedule: 'hourly',
        until: '2026-11-22T10:07:00.000Z',
      },
    ]);
  });
  test('it counts from when its code came to the default branch, where that is known', () => {
    const plan = new World()
      .has(schedule('0 * * * *'))
      .wake('2026-11-22T10:07', { codeSince: utc('2026-11-22T09:40') });
    expect(types(plan)).toEqual(['schedule.adopted', 'tick.judged', 'schedule.evaluated']);
    expect(judged(plan)).toEqual(['10:00 due']);
  });
  test('gone from the manifests = forgotten at once; back again = new', () => {
    const world = new World().has(schedule('0 * * * *'));
    world.wake('2026-11-22T08:30');
    world.has();
    expect(types(world.wake('2026-11-22T10:07'))).toEqual(['schedule.dropped']);
    expect(world.wake('2026-11-22T10:08').events).toEqual([]);
    world.has(schedule('0 * * * *'));
    expect(types(world.wake('2026-11-22T12:07'))).toEqual(['schedule.adopted']);
  });
});

describe('catch-up', () => {
  test('latest: the newest runs', () => {
    check(schedule('0 * * * *'), '2026-11-22T11:07', [
      '09:00 superseded_by_later',
      '10:00 superseded_by_later',
      '11:00 due',
    ]);
  });
  test('latest: however late', () => {
    check(schedule('0 9 * * *'), '2026-11-23T08:59', ['09:00 due']);
  });
  test('none: older than grace is skipped, of the rest the newest runs', () => {
    check(schedule('*/30 * * * *', { catchup: 'none' }), '2026-11-22T10:35', [
      '09:00 older_than_grace',
      '09:30 older_than_grace',
      '10:00 superseded_by_later',
      '10:30 due',
    ]);
  });
  test('none: exactly grace old still runs, a minute more does not', () => {
    check(schedule('0 9 * * *', { catchup: 'none' }), '2026-11-22T10:00', ['09:00 due']);
    check(schedule('0 9 * * *', { catchup: 'none' }), '2026-11-22T10:01', ['09:00 older_than_grace']);
  });
  test('all: the newest so many run, oldest first', () => {
    check(schedule('0 * * * *', { catchup: 'all', maxCatchupRuns: 2 }), '2026-11-22T12:07', [
      '09:00 over_max_catchup',
      '10:00 over_max_catchup',
      '11:00 due',
      '12:00 due',
    ]);
  });
  test('skip_if_running: recorded with its reason, and said', () => {
    const world = new World().has(schedule('0 * * * *', { skipIfRunning: true }));
    world.wake('2026-11-22T08:30');
    const run = openRun('hourly');
    world.openRuns.set(run.run, run);
    const plan = world.wake('2026-11-22T10:07');
    expect(judged(plan)).toEqual(['09:00 superseded_by_later', '10:00 already_running']);
    expect(plan.requests).toEqual([]);
    expect(plan.notes.map(({ text }) => text)).toContain(
      `Schedule \`hourly\`: the tick of 2026-11-22 10:00 UTC is skipped, run ${run.run} has not ended yet.`,
    );
    world.openRuns.clear();
    expect(judged(world.wake('2026-11-22T11:07'))).toEqual(['11:00 due']);
  });
  test('skip_if_running: another schedule, or a run by hand, does not count', () => {
    const world = new World().has(schedule('0 * * * *', { skipIfRunning: true }));
    world.wake('2026-11-22T08:30');
    const other = openRun('nightly');
    world.openRuns.set(other.run, other);
    expect(judged(world.wake('2026-11-22T09:07'))).toEqual(['09:00 due']);
  });
  test('skip_if_running with all: one at a time', () => {
    check(schedule('0 * * * *', { catchup: 'all', skipIfRunning: true }), '2026-11-22T10:07', [
      '09:00 superseded_by_later',
      '10:00 due',
    ]);
  });
  test('a selection that names nothing is judged and asks for no run', () => {
    const world = new World().has(schedule('0 * * * *'));
    world.wake('2026-11-22T08:30');
    const plan = world.wake('2026-11-22T09:07', { selectingNothing: new Set(['hourly']) });
    expect(judged(plan)).toEqual(['09:00 nothing_selected']);
    expect(plan.requests).toEqual([]);
  });
});

describe('bounds', () => {
  test('at most 100 ticks are judged one by one, older ones are closed as a whole', () => {
    const world = new World().has(schedule('* * * * *'));
    world.wake('2026-11-22T08:30');
    const plan = world.wake('2026-11-22T11:30');
    expect(judged(plan)).toHaveLength(101);
    expect(judged(plan)[0]).toBe('(08:30, 09:50] 80 missed');
    expect(judged(plan)[1]).toBe('09:51 superseded_by_later');
    expect(plan.requests).toHaveLength(1);
    expect(plan.notes.map(({ text }) => text)).toEqual([
      'Schedule `hourly` was due 180 times since it was last judged; one of them runs.',
    ]);
  });
  test('with very many schedules fewer of each', () => {
    const many = Array.from({ length: 500 }, (_, i) => schedule('* * * * *', { name: `s${i}` }));
    const world = new World().has(...many);
    world.wake('2026-11-22T08:30');
    expect(judged(world.wake('2026-11-22T11:30'))).toHaveLength(500 * 21);
  });
});

describe('an edit', () => {
  test('replays nothing of the new rule and loses nothing of the old one', () => {
    const world = new World().has(schedule('0 9 * * *'));
    world.wake('2026-11-22T08:30');
    world.has(schedule('*/30 * * * *', { catchup: 'all' }));
    const plan = world.wake('2026-11-22T11:07');
    expect(judged(plan)).toEqual(['09:00 due']);
    expect(plan.events.at(-1)).toMatchObject({ type: 'schedule.evaluated', rule: { crons: ['*/30 * * * *'] } });
    expect(judged(world.wake('2026-11-22T11:31'))).toEqual(['11:30 due']);
  });
  test('moves the cursor also when nothing was due', () => {
    const world = new World().has(schedule('0 0 1 1 *'));
    world.wake('2026-11-20T08:30');
    world.has(schedule('0 * * * *'));
    const plan = world.wake('2026-11-22T11:07');
    expect(types(plan)).toEqual(['schedule.evaluated']);
    expect(plan.notes).toEqual([
      {
        kind: 'edited',
        schedule: 'hourly',
        text: 'Schedule `hourly` was edited: its new times count from 2026-11-22 11:07 UTC on.',
      },
    ]);
  });
  test('counts from when it came to the default branch, where that is known', () => {
    const world = new World().has(schedule('0 * * * *'));
    world.wake('2026-11-22T08:30');
    world.has(schedule('15 * * * *', { catchup: 'all' }));
    expect(judged(world.wake('2026-11-22T11:07', { codeSince: utc('2026-11-22T09:40') }))).toEqual([
      '09:00 due',
      '10:15 due',
    ]);
  });
  test('another zone is an edit, another order of the list is none', () => {
    const world = new World().has(schedule(['0 9 * * *', '0 12 * * *']));
    world.wake('2026-11-22T08:30');
    world.has(schedule(['0 12 * * *', '0 9 * * *']));
    expect(world.wake('2026-11-22T08:40').events).toEqual([]);
    world.has(schedule(['0 12 * * *', '0 9 * * *'], { timezone: 'Europe/Berlin' }));
    expect(types(world.wake('2026-11-22T08:50'))).toEqual(['schedule.evaluated']);
  });
  test('a cursor that recorded no rule counts as not edited, and gets its rule', () => {
    const world = new World().has(schedule('0 * * * *'));
    world.records.set('hourly', {
      schedule: 'hourly',
      adoptedAt: '2026-11-22T08:30:00.000Z',
      evaluatedUntil: '2026-11-22T08:30:00.000Z',
    });
    expect(judged(world.wake('2026-11-22T09:07'))).toEqual(['09:00 due']);
    expect(world.records.get('hourly')?.rule).toEqual({ crons: ['0 * * * *'], timezone: 'UTC' });
  });
});

describe('when nothing may be judged', () => {
  const world = new World().has(schedule('0 * * * *'));
  world.wake('2026-11-22T08:30');
  test('an older code commit judges nothing and changes no definitions', () => {
    const plan = world.wake('2026-11-22T11:07', { codeIsNewest: false });
    expect(plan).toMatchObject({ events: [], requests: [], held: 'older_code' });
    world.has();
    expect(world.wake('2026-11-22T11:07', { codeIsNewest: false }).events).toEqual([]);
    world.has(schedule('0 * * * *'));
  });
  test('a clock more than a day ahead of the newest record judges nothing unless it is trusted', () => {
    const [now, headAt] = [utc('2026-11-23T09:07'), utc('2026-11-22T09:06')];
    const plan = world.wake(now, { nowIsTrusted: false, headAt });
    expect(plan).toMatchObject({ events: [], requests: [], held: 'clock_ahead' });
    expect(plan.notes[0]!.text).toContain('--now 2026-11-23T09:07:00.000Z');
    expect(planTick({ ...inputOf(world, now), nowIsTrusted: false, headAt: now - DAY }).requests).toHaveLength(1);
    expect(planTick({ ...inputOf(world, now), nowIsTrusted: true, headAt }).requests).toHaveLength(1);
    expect(planTick({ ...inputOf(world, now), nowIsTrusted: false, headAt: undefined }).requests).toHaveLength(1);
  });
  test('a clock that went back judges nothing twice', () => {
    const back = new World().has(schedule('0 * * * *'));
    back.wake('2026-11-22T08:30');
    back.wake('2026-11-22T11:07');
    const plan = back.wake('2026-11-22T10:30');
    expect(plan.events).toEqual([]);
    expect(plan.notes.map(({ kind }) => kind)).toEqual(['clock_behind']);
  });
  test('a rule that cannot be read is said, not guessed', () => {
    const broken = new World().has(
      schedule('0 0 30 2 *'),
      schedule('0 * * * *', { name: 'lost', timezone: 'Europe/Nowhere' }),
    );
    const plan = broken.wake('2026-11-22T08:30');
    expect(plan.events).toEqual([]);
    expect(plan.notes.map(({ kind, schedule: name }) => `${kind} ${name}`)).toEqual([
      'unreadable hourly',
      'unreadable lost',
    ]);
  });
});

function inputOf(world: World, now: number): TickInput {
  const { records, openRuns, schedules, jobs } = world;
  return {
    project: { schedules, jobs },
    records,
    openRuns,
    now,
    nowIsTrusted: true,
    headAt: undefined,
    codeIsNewest: true,
  };
}

describe('the request', () => {
  test('carries the selection of the job, and tags of job, schedule and engine', () => {
    const world = new World().has(schedule('0 * * * *', { job: 'nightly', selection: undefined, tags: { team: 'b' } }));
    world.jobs = {
      nightly: {
        name: 'nightly',
        selection: 'group:ingest+',
        tags: { team: 'a', database: 'x' },
        materialize: 'all',
        definedAt,
      },
    };
    world.wake('2026-11-22T08:30');
    const [scheduled] = world.wake('2026-11-22T09:07').requests;
    expect(scheduled).toEqual({
      run: runId(scheduled!.request),
      request: {
        kind: 'schedule',
        schedule: 'hourly',
        tick: '2026-11-22T09:00:00.000Z',
        selection: 'group:ingest+',
        job: 'nightly',
        materialize: 'all',
      },
      tags: { team: 'b', database: 'x', 'branchline/schedule': 'hourly' },
    });
  });
});

test('nextTicks: soonest first', () => {
  const schedules = {
    a: schedule('0 0 1 1 *', { name: 'a' }),
    b: schedule('30 2 * * *', { name: 'b', timezone: 'Europe/Berlin' }),
    c: schedule('0 * * * *', { name: 'c' }),
    d: schedule('0 0 30 2 *', { name: 'd' }),
  };
  expect(nextTicks({ schedules }, utc('2026-11-22T09:23'))).toEqual([
    { schedule: 'c', timezone: 'UTC', tick: utc('2026-11-22T10:00') },
    { schedule: 'b', timezone: 'Europe/Berlin', tick: utc('2026-11-23T01:30') },
    { schedule: 'a', timezone: 'UTC', tick: utc('2027-01-01T00:00') },
    { schedule: 'd', timezone: 'UTC' },
  ]);
});

describe('any sequence of wake-ups', () => {
  const rules: ScheduleRule[] = [
    { crons: ['*/20 * * * *'], timezone: 'UTC' },
    { crons: ['30 2 * * *', '0 */6 * * *'], timezone: 'Europe/Berlin' },
    { crons: ['15 * * * *', '45 1 * * *'], timezone: 'Australia/Lord_Howe' },
  ];
  // From half an hour to five days apart, now and then with the clock set back; over a daylight-saving change or two.
  const waits = fc.array(fc.oneof(fc.integer({ min: -2, max: 6 }), fc.integer({ min: 0, max: 120 })), {
    minLength: 1,
    maxLength: 20,
  });
  const start = fc.constantFrom(
    utc('2026-03-27T12:10'),
    utc('2026-10-23T12:10'),
    utc('2026-04-03T00:00'),
    utc('2026-10-02T06:40'),
  );
  const catchup = fc.constantFrom('latest', 'none', 'all' as const);

  test('judges no tick twice and loses none', () => {
    fc.assert(
      fc.property(fc.constantFrom(...rules), start, waits, catchup, (rule, begin, hours, policy) => {
        const subject = schedule([...rule.crons], { timezone: rule.timezone, catchup: policy as Schedule['catchup'] });
        const world = new World().has(subject);
        let [now, newest] = [begin, begin];
        world.wake(now);
        const runs: string[] = [];
        for (const wait of hours) {
          now += wait * HOUR;
          if (now < begin) now = begin;
          newest = Math.max(newest, now);
          runs.push(...world.wake(now).requests.map(({ run }) => run));
        }
        expect(new Set(runs).size).toBe(runs.length);
        const all = dueTicks(readRule(rule)!, rule.timezone, {
          after: begin,
          until: newest,
          limit: 1_000_000,
        }).ticks.map(timestamp);
        const seen: string[] = [];
        for (const event of world.events) {
          if (event.type === 'tick.judged') seen.push(event.tick);
          if (event.type === 'ticks.missed') {
            const closed = all.filter((tick) => tick > event.after && tick <= event.until);
            expect(closed).toHaveLength(event.count);
            seen.push(...closed);
          }
        }
        expect(seen).toEqual(all);
      }),
      { numRuns: 150 },
    );
  });

  test('with edits in between, each tick is one that a rule named in its time, once', () => {
    const step = fc.tuple(fc.integer({ min: 0, max: 30 }), fc.constantFrom(...rules));
    fc.assert(
      fc.property(start, fc.array(step, { minLength: 1, maxLength: 12 }), (begin, steps) => {
        const world = new World().has(schedule([...rules[0]!.crons]));
        world.wake(begin);
        let [now, current] = [begin, rules[0]!];
        const expected: string[] = [];
        for (const [hours, next] of steps) {
          const before = now;
          now += hours * HOUR;
          // The edit is seen at the wake-up: until then the rule of before holds.
          const due = dueTicks(readRule(current)!, current.timezone, { after: before, until: now, limit: 1000 });
          expected.push(...due.ticks.map(timestamp));
          world.has(schedule([...next.crons], { timezone: next.timezone }));
          world.wake(now);
          current = next;
        }
        const seen = world.events.flatMap((event) => (event.type === 'tick.judged' ? [event.tick] : []));
        expect(seen).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a tick over partitions', () => {
  const parts = [
    { selection: 'key:"a"', partitions: '2026-11-20' },
    { selection: 'key:"b"', partitions: '2026-11-01' },
  ];
  const due = (partsOf: TickInput['partsOf']): TickPlan => {
    const world = new World().has(schedule('0 * * * *'));
    world.wake('2026-11-21T09:30', { partsOf });
    return world.wake('2026-11-21T10:05', { partsOf });
  };
  test('asks for the partitions of the tick, not of the wake-up, in the request itself', () => {
    const asked: number[] = [];
    const plan = due((_, tick) => {
      asked.push(tick);
      return { parts: [parts[0]!] };
    });
    expect(asked).toEqual([utc('2026-11-21T10:00')]);
    expect(plan.requests.map(({ request }) => request)).toEqual([
      expect.objectContaining({ selection: 'key:"a"', partitions: '2026-11-20', tick: '2026-11-21T10:00:00.000Z' }),
    ]);
    expect(plan.requests[0]!.request).not.toHaveProperty('part');
  });
  test('may be several runs, each with an identity of its own', () => {
    const plan = due(() => ({ parts }));
    expect(plan.requests.map(({ request }) => [request.part, request.partitions])).toEqual([
      [1, '2026-11-20'],
      [2, '2026-11-01'],
    ]);
    expect(new Set(plan.requests.map(({ run }) => run)).size).toBe(2);
    expect(plan.events.filter(({ type }) => type === 'tick.judged')).toEqual([
      expect.objectContaining({ outcome: 'requested', requested: plan.requests[0]!.run }),
    ]);
    // Delivered again, they are the same runs.
    expect(due(() => ({ parts })).requests.map(({ run }) => run)).toEqual(plan.requests.map(({ run }) => run));
  });
  test('that is more runs than one tick asks for names what is left, and who makes it', () => {
    const many = Array.from({ length: 250 }, (_, i) => ({ selection: '*', partitions: `k${i}` }));
    const noteOf = (partitions: string): string => {
      const world = new World().has(schedule('0 * * * *', { partitions }));
      world.wake('2026-11-21T09:30', { partsOf: () => ({ parts: many }) });
      const plan = world.wake('2026-11-21T10:05', { partsOf: () => ({ parts: many }) });
      expect(plan.requests).toHaveLength(100);
      expect(plan.notes).toMatchObject([{ kind: 'parts_left' }]);
      return plan.notes[0]!.text;
    };
    expect(noteOf('all')).toContain('is 250 runs, of which 100 are asked for; `branchline backfill start');
    expect(noteOf('missing')).toContain('its next tick asks for what is missing then');
  });
  test('asks for the others where an asset has none yet, and says so', () => {
    const plan = due(() => ({ parts, leftOut: 'c has none.' }));
    expect(plan.requests).toHaveLength(2);
    expect(plan.notes).toEqual([
      expect.objectContaining({ kind: 'no_partitions', text: 'Schedule `hourly`: c has none.' }),
    ]);
  });
  test('without any is skipped, and says why', () => {
    const plan = due(() => 'no partition is missing');
    expect(plan.requests).toEqual([]);
    expect(plan.events).toContainEqual(
      expect.objectContaining({ type: 'tick.judged', outcome: 'skipped', reason: 'nothing_selected' }),
    );
    expect(plan.notes).toEqual([
      expect.objectContaining({ kind: 'no_partitions', text: expect.stringContaining('no partition is missing') }),
    ]);
  });
});
