import { describe, expect, it } from 'vitest';
import { defaultMonitoring } from '../model/operations.ts';
import type { RunRecord, StateView } from '../model/state.ts';
import { assembleView } from '../state/read.ts';
import { verifyState } from '../state/verify.ts';
import { simulatedProject } from '../testing/simulation/project.ts';
import type { SimulatedCommand, Weather, World } from '../testing/simulation/simulated-world.ts';
import { createWorld, end } from '../testing/simulation/world.ts';
import type { AppFailure } from './failure.ts';
import type { PlanningProject } from './planning.ts';

const NOON = Date.parse('2026-11-22T12:00:00Z');
const MINUTE = 60_000;
const planning = simulatedProject();

/** Scripts take a minute, but for those that are named. */
function world(minutes: Readonly<Record<string, number>> = {}, weather: Partial<Weather> = {}): World {
  const script = (text: string) => ({ durationMs: (minutes[text] ?? 1) * MINUTE, code: 0, tail: '' });
  return createWorld({ seed: 7, start: NOON, planning, weather: { script, ...weather } });
}

function viewOf({ server }: World): StateView {
  const texts = server.files();
  expect(verifyState(texts, 'production').problems).toEqual([]);
  const read = assembleView({ listing: [...texts.keys()], texts, environment: 'production' });
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value.view;
}

function runOf(view: StateView): RunRecord {
  return [...view.endedRuns.values(), ...view.openRuns.values()][0]!;
}

const failureOf = (command: SimulatedCommand): AppFailure | undefined =>
  command.result?.ok === false ? command.result.error : undefined;

/** Lets time go on until something is so. */
async function until(given: World, isSo: () => boolean): Promise<void> {
  const idle = { name: 'observer', isGone: false, frozenUntil: 0 };
  const watch = async (): Promise<void> => {
    while (!isSo()) await given.time.turn(idle, 1_000);
  };
  await given.time.until(watch());
}
const run = (selection: string) => ({ kind: 'run', selection }) as const;

describe('a claim', () => {
  it('is renewed inside of a long step, at least every five minutes', async () => {
    const given = world({ 'make lone/f': 31 });
    const command = given.start(given.machine('laptop', 'laptop'), run('key:lone/f'));
    await until(given, () => given.time.now() > NOON + 30 * MINUTE);
    expect(viewOf(given).claims.get(`${runOf(viewOf(given)).run}.1`)?.renewals).toBeGreaterThanOrEqual(5);
    await given.settle(command);
    expect(command.result).toMatchObject({ ok: true });
    expect(viewOf(given).claims.size).toBe(0);
  });

  it('that somebody took for dead: its holder stops, and what it had finished counts for the assets', async () => {
    const given = world({ 'make mid/c': 90 });
    const frozen = given.start(given.machine('first', 'laptop'), run('key:mid/c+'));
    await until(given, () => runOf(viewOf(given))?.steps['mid/c']?.state === 'STARTED');
    // Its machine sleeps for an hour; on another one somebody looks twice.
    frozen.frozenUntil = given.time.now() + 60 * MINUTE;
    for (const minutes of [0, 16]) {
      given.time.pass(minutes * MINUTE);
      await given.settle(given.start(given.machine(`other${minutes}`, 'laptop'), run('key:lone/f')));
    }
    const lost = [...viewOf(given).endedRuns.values()].find(({ state }) => state === 'FAILURE')!;
    expect(lost).toMatchObject({ state: 'FAILURE', epoch: 2, failure: { class: 'crash', code: 'holder-gone' } });
    expect(viewOf(given).assets.get('mid/c')?.attempt).toMatchObject({ outcome: 'failure', failuresInRow: 1 });
    // Meanwhile the asset is free.
    const next = given.start(given.machine('third', 'laptop'), run('key:mid/c'));
    await given.settle(frozen, next);
    expect(next.result).toMatchObject({ ok: true, value: { state: 'SUCCESS' } });
    expect(failureOf(frozen)).toMatchObject({ code: 'run-lost', exit: 3, help: expect.stringContaining('--stale') });
    const view = viewOf(given);
    expect(view.endedRuns.get(lost.run)).toEqual(lost);
    expect(view.claims.size + view.openRuns.size).toBe(0);
    expect(view.assets.get('mid/c')?.materialized?.run).not.toBe(lost.run);
    // Its own events are on the branch, though late.
    expect(view.streams.get(`${lost.run}.1`)).toBeGreaterThan(5);
    expect(given.working.get('make mid/c')?.size).toBe(0);
  });

  it('of a run that was asked to cancel: what runs is stopped, and the run is CANCELED', async () => {
    const given = world({ 'make lone/f': 60 });
    const command = given.start(given.machine('laptop', 'laptop'), run('key:lone/f or key:raw/a'));
    await until(given, () => given.working.get('make lone/f')?.size === 1);
    command.interrupt.abort();
    await given.settle(command);
    expect(command.result).toMatchObject({ ok: true, value: { state: 'CANCELED' } });
    expect(given.time.now()).toBeLessThan(NOON + 10 * MINUTE);
    expect(viewOf(given).claims.size).toBe(0);
  });
});

describe('a run that somebody else cancels', () => {
  it('stops its steps within a minute, keeps what had finished, and is CANCELED', async () => {
    const given = world({ 'make mid/c': 60 });
    const command = given.start(given.machine('laptop', 'laptop'), run('key:mid/c+'));
    await until(given, () => given.working.get('make mid/c')?.size === 1);
    const { run: id } = runOf(viewOf(given));
    const askedAt = given.time.now();
    await given.settle(given.start(given.machine('other', 'laptop'), { kind: 'cancel', what: id }));
    await given.settle(command);
    expect(given.time.now() - askedAt).toBeLessThan(MINUTE);
    expect(command.result).toMatchObject({ ok: true, value: { state: 'CANCELED' } });
    const view = viewOf(given);
    expect(view.endedRuns.get(id)).toMatchObject({ state: 'CANCELED', counts: { materialized: 2 } });
    expect(view.assets.get('raw/a')?.materialized?.run).toBe(id);
    expect(view.claims.size + view.openRuns.size).toBe(0);
    expect(given.working.get('make mid/c')?.size).toBe(0);
  });
});

describe('where lost runs are carried on', () => {
  const watched: PlanningProject = {
    ...planning,
    project: {
      ...planning.project,
      schedules: {},
      operations: {
        ...planning.project.operations,
        monitoring: { ...defaultMonitoring, enabled: true, maxResumeAttempts: 2 },
      },
    },
  };
  const slowC = (text: string) => ({ durationMs: (text === 'make mid/c' ? 90 : 1) * MINUTE, code: 0, tail: '' });
  const watchedWorld = (): World =>
    createWorld({ seed: 11, start: NOON, planning: watched, weather: { script: slowC } });

  it('a zombie changes nothing: its run goes on elsewhere, and what it still sends is late', async () => {
    const given = watchedWorld();
    const frozen = given.start(given.machine('first', 'laptop'), run('key:mid/c'));
    await until(given, () => runOf(viewOf(given))?.steps['mid/c']?.state === 'STARTED');
    const { run: id } = runOf(viewOf(given));
    frozen.frozenUntil = given.time.now() + 40 * MINUTE;
    let last: SimulatedCommand | undefined;
    for (const minutes of [0, 16]) {
      given.time.pass(minutes * MINUTE);
      last = given.start(given.machine(`other${minutes}`, 'laptop'), { kind: 'tick' });
      if (minutes === 0) await given.settle(last);
    }
    await given.settle(last!, frozen);
    expect(failureOf(frozen)).toMatchObject({ code: 'run-lost' });
    const view = viewOf(given);
    expect(view.endedRuns.get(id)).toMatchObject({ state: 'SUCCESS', epoch: 2 });
    expect(view.assets.get('raw/a')?.materialized?.id).toBe(`${id}.1/raw/a`);
    expect(view.assets.get('mid/c')?.materialized?.id).toMatch(`${id}.2/mid/c`);
    expect(view.claims.size + view.openRuns.size).toBe(0);
  });

  it('a run that was asked to stop and does not is CANCELED by whoever comes by', async () => {
    const given = watchedWorld();
    const frozen = given.start(given.machine('first', 'laptop'), run('key:mid/c'));
    await until(given, () => runOf(viewOf(given))?.steps['mid/c']?.state === 'STARTED');
    const { run: id } = runOf(viewOf(given));
    frozen.frozenUntil = given.time.now() + 40 * MINUTE;
    await given.settle(given.start(given.machine('b', 'laptop'), { kind: 'cancel', what: id }));
    given.time.pass(4 * MINUTE);
    await given.settle(given.start(given.machine('c', 'laptop'), { kind: 'tick' }));
    expect(viewOf(given).endedRuns.get(id)).toMatchObject({ state: 'CANCELED', epoch: 2 });
    await given.settle(frozen);
    expect(viewOf(given).endedRuns.get(id)).toMatchObject({ state: 'CANCELED' });
  });
});

describe('a server that cannot be reached', () => {
  it('for eleven minutes: what runs is finished, nothing more is started, all is recorded', async () => {
    const given = world({ 'make raw/a': 25 });
    const command = given.start(given.machine('laptop', 'laptop'), run('key:mid/c'));
    await until(given, () => given.working.get('make raw/a')?.size === 1);
    command.offlineUntil = given.time.now() + 20 * MINUTE;
    await given.settle(command);
    expect(command.result).toMatchObject({ ok: true, value: { state: 'CANCELED' } });
    const view = viewOf(given);
    expect(view.assets.get('raw/a')?.attempt?.outcome).toBe('success');
    expect(view.assets.has('mid/c') && view.assets.get('mid/c')?.materialized).toBeFalsy();
    expect(command.warnings.join('\n')).toMatch(/cannot be reached|line is down/);
  });

  it('for eight minutes: the run goes on as if nothing had been', async () => {
    const given = world({ 'make raw/a': 7 });
    const command = given.start(given.machine('laptop', 'laptop'), run('key:mid/c'));
    await until(given, () => given.working.get('make raw/a')?.size === 1);
    command.offlineUntil = given.time.now() + 8 * MINUTE;
    await given.settle(command);
    expect(command.result).toMatchObject({ ok: true, value: { state: 'SUCCESS' } });
    // The next step did not wait for the server.
    expect(given.time.now()).toBeLessThan(NOON + 13 * MINUTE);
  });

  it('to the end: the journal is kept, its place is said, and the next command records it', async () => {
    const given = world();
    const laptop = given.machine('laptop', 'laptop');
    const command = given.start(laptop, run('key:lone/f'));
    await until(given, () => given.working.get('make lone/f')?.size === 1);
    command.offlineUntil = Number.POSITIVE_INFINITY;
    await given.settle(command);
    expect(failureOf(command)).toMatchObject({
      code: 'state-unreachable',
      message: expect.stringContaining('journals/w1.'),
    });
    await given.settle(given.start(laptop, run('key:raw/b')));
    expect(viewOf(given).assets.get('lone/f')?.attempt?.outcome).toBe('success');
    expect(laptop.disk.pending()).toEqual([]);
  });
});

describe('a push that is refused', () => {
  it('for what is in its texts: recorded without them, and the whole kept aside', async () => {
    const script = (text: string) => ({
      durationMs: MINUTE,
      code: text === 'make lone/f' ? 1 : 0,
      tail: 'the token is ghp_0123456789\n',
    });
    const given = world({}, { script });
    given.server.refuses = ({ files, message }) => `${[...files.values()].join('')}${message}`.includes('ghp_');
    const laptop = given.machine('laptop', 'laptop');
    const command = given.start(laptop, run('key:lone/f'));
    await given.settle(command);
    expect(command.result).toMatchObject({ ok: true, value: { state: 'FAILURE' } });
    const view = viewOf(given);
    expect(view.assets.get('lone/f')?.attempt).toMatchObject({
      outcome: 'failure',
      failure: { class: 'step', exitCode: 1 },
    });
    expect([...given.server.files().values()].join('')).not.toContain('ghp_');
    const log = await given.server.open().log(9);
    expect(log.ok && log.value.map(({ trailers }) => trailers['Redacted'])).toContain('push refused');
    const [[place, lines] = ['', []]] = [...laptop.disk.aside];
    expect(lines.join('\n')).toContain('ghp_0123456789');
    expect(command.warnings.join('\n')).toContain(place);
    expect(laptop.disk.pending()).toEqual([]);
  });

  it('with or without texts: stops, says why, and keeps the journal', async () => {
    const given = world();
    const laptop = given.machine('laptop', 'laptop');
    const command = given.start(laptop, run('key:mid/c'));
    await until(given, () => given.working.get('make raw/a')?.size === 1);
    given.server.isRefusing = true;
    await given.settle(command);
    expect(failureOf(command)).toMatchObject({ code: 'state-denied', message: expect.stringContaining('journals/w1') });
    given.server.isRefusing = false;
    await given.settle(given.start(laptop, run('key:raw/b')));
    expect(viewOf(given).assets.get('raw/a')?.attempt?.outcome).toBe('success');
  });
});

describe('a branch that others damage while a run is at work', () => {
  it('deleted: the command stops and does not make it anew', async () => {
    const given = world({ 'make lone/f': 30 });
    const command = given.start(given.machine('laptop', 'laptop'), run('key:lone/f'));
    await until(given, () => given.working.get('make lone/f')?.size === 1);
    const head = given.server.heads.at(-1)!;
    given.server.deleteRef();
    await given.settle(command);
    expect(given.time.now()).toBeLessThan(NOON + 10 * MINUTE);
    expect(failureOf(command)).toMatchObject({ code: 'state-gone', help: expect.stringContaining(head) });
    expect(given.server.files().size).toBe(0);
  });

  it('forced back to before the run: it notices, stops, and records all that it did', async () => {
    const given = world({ 'make mid/c': 30 });
    await given.settle(given.start(given.machine('laptop', 'laptop'), run('key:lone/f')));
    const old = given.server.heads.at(-1)!;
    const command = given.start(given.machine('other', 'laptop'), run('key:raw/a or key:mid/c'));
    await until(given, () => given.working.get('make mid/c')?.size === 1);
    given.server.forceTo(old);
    await given.settle(command);
    expect(command.warnings.join('\n')).toContain('forced back');
    expect(failureOf(command)).toMatchObject({ code: 'run-lost' });
    const view = viewOf(given);
    expect(view.assets.get('raw/a')?.attempt?.outcome).toBe('success');
    expect(view.openRuns.size + view.claims.size).toBe(0);
    expect([...view.endedRuns.values()].map(({ state }) => state).sort()).toEqual(['CANCELED', 'SUCCESS']);
  });

  it('forced back under a journal that was left behind: what cannot be added is kept aside, and said', async () => {
    const given = world({ 'make lone/f': 30 });
    await given.settle(given.start(given.machine('first', 'laptop'), run('key:raw/b')));
    const old = given.server.heads.at(-1)!;
    const laptop = given.machine('laptop', 'laptop');
    const killed = given.start(laptop, run('key:lone/f'));
    await until(given, () => given.working.get('make lone/f')?.size === 1);
    end(given, killed);
    given.server.forceTo(old);
    const next = given.start(laptop, run('key:raw/a'));
    await given.settle(next);
    expect(next.result).toMatchObject({ ok: true });
    const [place] = [...laptop.disk.aside.keys()];
    expect(next.warnings.join('\n')).toContain(`branchline state replay ${place}`);
    expect(viewOf(given).openRuns.size).toBe(0);
  });
});

describe('a full disk', () => {
  it('while a run is journaled: nothing more is started, what was done is committed, and the place is said', async () => {
    const given = world({ 'make raw/a': 5 });
    const laptop = given.machine('laptop', 'laptop');
    const command = given.start(laptop, run('key:mid/c'));
    await until(given, () => given.working.get('make raw/a')?.size === 1);
    laptop.disk.isFull = true;
    await given.settle(command);
    expect(command.result).toMatchObject({ ok: true, value: { state: 'CANCELED' } });
    expect(command.warnings.join('\n')).toMatch(
      /journals\/w1\.\S+\.jsonl cannot be written \(ENOSPC.*Free some space/s,
    );
    expect(viewOf(given).assets.get('raw/a')?.attempt?.outcome).toBe('success');
    laptop.disk.isFull = false;
    const again = given.start(laptop, run('key:mid/c'));
    await given.settle(again);
    expect(again.result).toMatchObject({ ok: true, value: { state: 'SUCCESS' } });
  });
});
