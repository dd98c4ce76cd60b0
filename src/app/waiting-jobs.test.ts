import { describe, expect, test } from 'vitest';
import type { Claim } from '../model/events.ts';
import { defaultMonitoring } from '../model/operations.ts';
import type { RunStepRecord } from '../model/state.ts';
import type { WaveShard } from '../model/wave.ts';
import { mayWaitTooLong, type StandingJob, waitingSince } from './waiting-jobs.ts';

const shard = (id: string, run: string): WaveShard => ({ id, run, runner: '', steps: [], expectedMs: 0, slots: {} });
const wave = { shards: [shard('s000', 'r1'), shard('s001', 'r1'), shard('s002', 'r2')] };
const job = (name: string, status: StandingJob['status'] = 'queued', createdAt = 100): StandingJob => ({
  name,
  status,
  createdAt,
});
const jobs = (...own: readonly StandingJob[]): readonly StandingJob[] => [job('plan', 'completed', 1), ...own];

describe('since when a run waits for a machine', () => {
  const all = [
    job('execute (s000, big)'),
    job('call / execute (s001)', 'queued', 200),
    job('execute (s002)', 'in_progress'),
  ];

  test('is when the last of its jobs began to, whatever other runs of the wave do', () => {
    expect(waitingSince(wave, 'r1', jobs(...all))).toBe(200);
    expect(waitingSince(wave, 'r2', jobs(...all))).toBeUndefined();
  });

  test.each<[string, readonly StandingJob[]]>([
    ['one of its jobs has begun', [all[0]!, job('execute (s001)', 'in_progress'), all[2]!]],
    ['one of its jobs is over', [job('execute (s000)', 'completed'), all[1]!, all[2]!]],
    ['GitHub has no such job yet', [all[0]!, all[2]!]],
    ['a job of another run of the wave has a name of its own', [all[0]!, all[1]!, job('deploy', 'in_progress')]],
    ['two jobs have the name of one', [...all, job('again (s000)', 'in_progress')]],
    ['GitHub does not say since when', [all[0]!, { name: 'execute (s001)', status: 'queued' }, all[2]!]],
  ])('is not known where %s', (_, own) => {
    expect(waitingSince(wave, 'r1', jobs(...own))).toBeUndefined();
  });
});

describe('GitHub is asked', () => {
  const settings = { ...defaultMonitoring, enabled: true, startTimeoutMs: 1_000 };
  const at = '2026-11-22T09:00:00.000Z';
  const now = Date.parse(at) + 1_000;
  const step: RunStepRecord = { assets: ['a'], state: 'PLANNED', materialized: [], failedAssets: [], checks: [] };
  const run = { state: 'STARTED', epoch: 1, steps: { a: step } } as const;
  const holder = { kind: 'workflow', workflow: '7', attempt: 1, job: 'plan', wholeRun: true } as const;
  const claim: Pick<Claim, 'holder' | 'epoch' | 'at'> = { holder, epoch: 1, at };

  test('about a run that was shared out for longer ago, and of which nothing is recorded', () => {
    expect(mayWaitTooLong(settings, run, claim, now)).toBe(true);
  });

  test.each<[string, () => boolean]>([
    ['there is time left', () => mayWaitTooLong(settings, run, claim, now - 1)],
    ['nobody wrote how long', () => mayWaitTooLong({ ...settings, startTimeoutMs: undefined }, run, claim, now)],
    ['monitoring is off', () => mayWaitTooLong({ ...settings, enabled: false }, run, claim, now)],
    ['it is to stop', () => mayWaitTooLong(settings, { ...run, state: 'CANCELING' }, claim, now)],
    ['it is somebody else’s by now', () => mayWaitTooLong(settings, { ...run, epoch: 2 }, claim, now)],
    [
      'an earlier wave began it',
      () => mayWaitTooLong(settings, { ...run, steps: { a: { ...step, attempt: 1 } } }, claim, now),
    ],
    [
      'one job does everything',
      () => {
        const { wholeRun: _, ...alone } = holder;
        return mayWaitTooLong(settings, run, { ...claim, holder: alone }, now);
      },
    ],
  ])('not where %s', (_, asked) => {
    expect(asked()).toBe(false);
  });
});
