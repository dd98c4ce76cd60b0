import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { billedTogether } from '../run/billed.ts';
import { billedMinutes, billOf } from '../run/job-bill.ts';
import { billedJob, createJobMeter } from './job-meter.ts';

const START = Date.UTC(2026, 10, 22, 9, 0, 40);
const job = { startedAt: START, runner: 'ubuntu-latest', usdPerMinute: 0.006 };

test.each([
  [0, 1],
  [1, 1],
  [60_000, 1],
  [60_001, 2],
  [3_600_000, 60],
  // A clock that went back: the job has begun all the same.
  [-5_000, 1],
])('%i ms are billed as %i min', (ms, minutes) => {
  expect(billedMinutes(START, START + ms)).toBe(minutes);
});

describe('a run’s bill', () => {
  test('is what the job would be billed for, less what is other runs’', () => {
    expect(billOf(job, START + 61_000, 0)).toEqual({ runner: 'ubuntu-latest', minutes: 2, usd: 0.012 });
    expect(billOf(job, START + 61_000, 1)).toEqual({ runner: 'ubuntu-latest', minutes: 1, usd: 0.006 });
    expect(billOf(job, START + 61_000, 2)).toEqual({ runner: 'ubuntu-latest', minutes: 0, usd: 0 });
  });

  test('says nothing of money where no price is known, and 0 where it is free', () => {
    expect(billOf({ startedAt: START, runner: 'ours' }, START, 0)).toEqual({ runner: 'ours', minutes: 1 });
    expect(billOf({ ...job, usdPerMinute: 0 }, START, 0)).toMatchObject({ minutes: 1, usd: 0 });
  });

  test('over the runs of a job the minutes add up to those of the job', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(400_000), { minLength: 1, maxLength: 20 }), (gaps) => {
        const meter = createJobMeter(job);
        let now = START;
        const bills = gaps.map((gap, i) => {
          now += gap;
          // A commit that met a conflict asks again: the same run is not billed twice.
          meter.billed(`run-${i}`, now);
          return meter.billed(`run-${i}`, now);
        });
        const minutes = bills.reduce((sum, bill) => sum + bill.minutes, 0);
        expect(minutes).toBe(billedMinutes(START, now));
        const usd = bills.reduce((sum, bill) => sum + bill.usd!, 0);
        expect(usd).toBeCloseTo(minutes * 0.006, 6);
      }),
    );
  });
});

test('parts of a run add up; an unknown price stays unknown', () => {
  const first = { runner: 'ubuntu-latest', minutes: 300, usd: 1.8 };
  const second = { runner: 'ubuntu-latest', minutes: 2, usd: 0.012 };
  expect(billedTogether(first, second)).toEqual({ billed: { runner: 'ubuntu-latest', minutes: 302, usd: 1.812 } });
  expect(billedTogether(undefined, second)).toEqual({ billed: second });
  expect(billedTogether(first, { runner: 'ours', minutes: 1 })).toEqual({ billed: { runner: 'ours', minutes: 301 } });
  expect(billedTogether(undefined, undefined)).toEqual({});
});

test('a job has the price of its label, of its machine, of its owner', () => {
  const facts = { startedAt: START, labels: () => [], machine: { os: 'Linux', arch: 'X64' }, isSelfHosted: false };
  expect(billedJob(facts, {})).toEqual({ startedAt: START, runner: 'ubuntu-latest', usdPerMinute: 0.006 });
  expect(billedJob({ ...facts, isPublic: true }, {})).toMatchObject({ usdPerMinute: 0 });
  expect(billedJob({ ...facts, labels: () => ['macos-15'] }, {})).toMatchObject({
    runner: 'macos-15',
    usdPerMinute: 0.062,
  });
  // Where its labels are not known, a machine of one's own is none of GitHub's all the same.
  expect(billedJob({ ...facts, isSelfHosted: true }, {})).toEqual({ startedAt: START, runner: 'self-hosted' });
  const own = { ...facts, labels: () => ['self-hosted', 'big'], isSelfHosted: true };
  expect(billedJob(own, {})).toEqual({ startedAt: START, runner: 'self-hosted' });
  expect(billedJob(own, { big: 0.02 })).toMatchObject({ runner: 'big', usdPerMinute: 0.02 });
});
