import { expect, test } from 'vitest';
import { finalizeWave } from '../app/finalize-wave.ts';
import { runRequest } from '../app/run-request.ts';
import { carryOutShard } from '../app/shard.ts';
import { shareOut } from '../app/share-out.ts';
import type { StateAt } from '../app/state-reading.ts';
import { runTick } from '../app/tick.ts';
import { cliIdentity } from '../app/wanted-run.ts';
import { ok } from '../base/result.ts';
import type { BranchlineEvent } from '../model/events.ts';
import type { Wave } from '../model/wave.ts';
import { type HandingJob, handingJobs, unseen } from '../testing/simulation/handing-jobs.ts';
import { workOf } from './scripted-project.ts';
import type { VirtualTime } from './virtual-time.ts';

const CHAINS = 'assets: { a: { run: x }, b: { deps: [a], run: x }, c: { run: x }, d: { deps: [c], run: x } }\n';

async function ask(time: VirtualTime, { ports, settings }: HandingJob): Promise<void> {
  const request = {
    kind: 'cli' as const,
    ...cliIdentity(time.now(), 'n'),
    selection: '*',
    mode: 'all' as const,
    withUpstream: false,
    ignoreBlocking: false,
  };
  expect((await time.until(runRequest(ports, settings, request, unseen))).ok).toBe(true);
}

/** The state as it is, for a job that may only read. */
const readerOf =
  ({ ports }: HandingJob) =>
  async () => {
    const read = await ports.session.transact<StateAt>(async (state) => ({ kind: 'nothing', value: state }));
    return read.ok ? ok(read.value.value) : read;
  };

/** `a` fails in a first wave whose other shard is lost; `c` and `d` are left for the second one. */
async function secondWave(failFast: boolean): Promise<readonly BranchlineEvent[]> {
  const { time, planning, job } = handingJobs(CHAINS, (spec) => {
    const work = workOf(spec.script);
    return work.kind === 'step' && work.step === 'a' ? 1 : 0;
  });
  const { project } = planning;
  const carry = async (wave: Wave, id: string): Promise<readonly BranchlineEvent[]> => {
    const own = job('works');
    const { ports, settings } = own;
    let uploaded: readonly BranchlineEvent[] = [];
    const readState = readerOf(own);
    const upload = async (events: readonly BranchlineEvent[]) => {
      uploaded = events;
      return ok(undefined);
    };
    const shard = wave.shards.find((each) => each.id === id)!;
    const carried = await time.until(
      carryOutShard({ run: ports, readState, upload }, { ...settings, failFast }, wave, shard, unseen),
    );
    expect(carried).toMatchObject({ ok: true, value: { kind: 'carried-out' } });
    return uploaded;
  };
  const first = job('claims');
  await ask(time, first);
  const shared = shareOut(project, first.claimed, { workflow: 'simulated-1', attempt: 1, jobsMax: 2 });
  const byHand = (id: string, steps: readonly string[]) => ({ ...shared.shards[0]!, id, steps });
  const wave = { ...shared, shards: [byHand('s000', ['a']), byHand('s001', ['c'])] };
  const journals = new Map([['s000', await carry(wave, 's000')]]);
  const taken = await time.until(finalizeWave(job('works').ports, project, { wave, journals }));
  expect(taken.ok && taken.value.value[0]!.state).toBe('QUEUED');
  const second = job('claims');
  await time.until(time.clockOf({ name: 'the next wake-up', isGone: false, frozenUntil: 0 }).sleep(60_000));
  const ticked = await time.until(
    runTick(second.ports, second.settings, { dryRun: false, nowWasGiven: false }, unseen),
  );
  expect(ticked.ok).toBe(true);
  const next = shareOut(project, second.claimed, { workflow: 'simulated-9', attempt: 1, jobsMax: 1 });
  return carry(next, next.shards[0]!.id);
}

const said = (events: readonly BranchlineEvent[]): string[] =>
  events.flatMap((event) => ('step' in event ? [`${event.type} ${event.step}`] : []));

test('a job of the next wave knows of what is before its steps, and tells of its own alone', async () => {
  const events = await secondWave(false);
  expect(said(events).filter((line) => line.startsWith('step.ended'))).toEqual(['step.ended c', 'step.ended d']);
  expect(said(events).some((line) => / [ab]$/.test(line))).toBe(false);
});

test('a step that failed in a wave before stops it where the first failure is to', async () => {
  const events = await secondWave(true);
  expect(said(events)).toEqual(['step.skipped c', 'step.skipped d']);
});

const LONG =
  'assets: { a: { run: x }, b: { deps: [a], run: x }, c: { deps: [b], run: x }, d: { deps: [c], run: x } }\n';
const MINUTE = 60_000;

/** One shard of a chain: three short steps, then one of an hour. What it uploaded, with the minute. */
async function longShard() {
  const { time, planning, job } = handingJobs(
    LONG,
    () => 0,
    (spec) => {
      const work = workOf(spec.script);
      return (work.kind === 'step' && work.step === 'd' ? 60 : 2) * MINUTE;
    },
  );
  const first = job('claims');
  await ask(time, first);
  const wave = shareOut(planning.project, first.claimed, { workflow: 'simulated-1', attempt: 1, jobsMax: 1 });
  const own = job('works');
  const { ports, settings } = own;
  const startedAt = time.now();
  const uploads: { readonly minute: number; readonly events: readonly BranchlineEvent[] }[] = [];
  const upload = async (events: readonly BranchlineEvent[]) => {
    uploads.push({ minute: (time.now() - startedAt) / MINUTE, events: [...events] });
    return ok(undefined);
  };
  const carried = await time.until(
    carryOutShard({ run: ports, readState: readerOf(own), upload }, settings, wave, wave.shards[0]!, unseen),
  );
  expect(carried).toMatchObject({ ok: true, value: { kind: 'carried-out' } });
  return { uploads, wave, planning, job, time };
}

test('a job uploads what it did every few minutes, also inside of a long step', async () => {
  const { uploads } = await longShard();
  const minutes = [0, ...uploads.map(({ minute }) => minute)];
  expect(minutes.at(-1)).toBeGreaterThan(65);
  const gaps = minutes.slice(1).map((minute, i) => minute - minutes[i]!);
  // Three minutes after the last upload the next renewal of the claim is one, and that comes every five.
  expect(Math.max(...gaps)).toBeLessThanOrEqual(8);
  // Each has all that was before, so that the newest is enough.
  for (const [i, { events }] of uploads.entries())
    expect(events.slice(0, uploads[i - 1]?.events.length ?? 0)).toEqual(uploads[i - 1]?.events ?? []);
});

test('a job whose machine is lost has lost what it did since its last upload, and no more', async () => {
  const { uploads, wave, planning, job, time } = await longShard();
  const last = uploads.findLast(({ minute }) => minute < 20)!;
  const journals = new Map([[wave.shards[0]!.id, last.events]]);
  const taken = await time.until(finalizeWave(job('works').ports, planning.project, { wave, journals }));
  expect(taken).toMatchObject({ ok: true, value: { value: [{ state: 'QUEUED', lostShards: ['s000'] }] } });
  expect(said(last.events).filter((line) => line.startsWith('step.ended'))).toEqual([
    'step.ended a',
    'step.ended b',
    'step.ended c',
  ]);
});
