import { expect, test } from 'vitest';
import type { Simulation } from '../../simulate/simulate.ts';
import type { SimulatedJob } from '../../simulate/simulated-job.ts';
import { watchIdleJobs } from './idle-jobs.ts';

const MINUTE = 60_000;
const job = (number: number, from: number, to: number, more: object = {}): SimulatedJob =>
  ({
    name: `job ${number}`,
    number,
    work: { kind: 'tick' },
    askedAt: from * MINUTE,
    startedAt: from * MINUTE,
    endedAt: to * MINUTE,
    isLost: false,
    ...more,
  }) as unknown as SimulatedJob;

/** What is said of jobs that told and ran this; times in minutes. */
function saidOf(
  jobs: readonly SimulatedJob[],
  told: readonly (readonly [SimulatedJob, ...object[]])[],
  scripts: readonly (readonly [SimulatedJob, number, number])[] = [],
): readonly string[] {
  const said: string[] = [];
  const watch = watchIdleJobs((text) => void said.push(text));
  for (const [by, ...events] of told) watch.onDecision(by, {} as never, { kind: 'commit', events } as never);
  for (const [by, from, to] of scripts) {
    watch.onScript(by, {} as never, 'begin', from * MINUTE);
    watch.onScript(by, {} as never, 'end', to * MINUTE);
  }
  const done = { jobs, endedAt: 1000 * MINUTE, requests: { refused: 0 } } as unknown as Simulation;
  watch.judge(done, { setUpMs: MINUTE, budgetMs: 60 * MINUTE });
  return said;
}

const requeued = { type: 'run.requeued', run: 'r', reason: 'the time budget of the job is over: 1 of 1 steps wait' };

test('a workflow run that is started by one that did nothing is seen, and one that finds nothing', () => {
  const first = job(1, 0, 3);
  const next = job(2, 3, 5, { work: { kind: 'tick', after: 1 } });
  const begins = { type: 'step.started' };
  expect(
    saidOf(
      [first, next],
      [
        [first, { type: 'claim.opened' }],
        [next, begins],
      ],
    ),
  ).toEqual(['job 2 was started by workflow run 1, which had done nothing']);
  expect(saidOf([first, next], [[first, begins]])).toEqual([
    'job 2 was started by workflow run 1, and found nothing to do',
  ]);
  expect(
    saidOf(
      [first, next],
      [
        [first, begins],
        [next, begins],
      ],
    ),
  ).toEqual([]);
  // Somebody else may have been faster.
  expect(saidOf([first, next, job(3, 2, 4)], [[first, begins]])).toEqual([]);
});

test('a job that gives back what it took is seen where it began nothing, unless its time went by', () => {
  const idle = job(1, 0, 3);
  expect(saidOf([idle], [[idle, requeued]])).toEqual(['job 1 gave run r back, and had begun nothing']);
  expect(saidOf([idle], [[idle, requeued]], [[idle, 1, 2]])).toEqual([]);
  expect(saidOf([idle], [[idle, { ...requeued, reason: 'a failed and is tried again later' }]])).toEqual([]);
  const late = job(1, 0, 61);
  expect(saidOf([late], [[late, requeued]], [[late, 1, 61]])).toEqual([]);
});

test('a job that holds a machine with nobody at work is seen, and one that waits for something is not', () => {
  const alone = job(1, 0, 20);
  expect(saidOf([alone], [], [[alone, 1, 10]])).toEqual([
    'job 1 idled from 1970-01-01T00:10:00.000Z to 1970-01-01T00:20:00.000Z with nobody else at work',
  ]);
  expect(saidOf([alone, job(2, 9, 19)], [], [[alone, 1, 10]])).toEqual([]);
  const retry = { type: 'step.attempt-ended', at: '1970-01-01T00:10:00.000Z', retryAt: '1970-01-01T00:19:00.000Z' };
  expect(
    saidOf(
      [alone],
      [[alone, retry]],
      [
        [alone, 1, 10],
        [alone, 19, 20],
      ],
    ),
  ).toEqual([]);
});
