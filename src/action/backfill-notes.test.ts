import { expect, test } from 'vitest';
import { backfillNotes } from './backfill-notes.ts';

type Job = Parameters<typeof backfillNotes>[0];
type Tick = Parameters<typeof backfillNotes>[1];

/** A job that may start its workflow once more, and what it started. */
function makeJob(): { readonly job: Job; readonly started: unknown[] } {
  const started: unknown[] = [];
  const github = {
    workflowRun: async () => ({ ok: true, value: { path: '.github/workflows/branchline.yml@main' } }),
    dispatchWorkflow: async (asked: unknown) => {
      started.push(asked);
      return { ok: true };
    },
  };
  const context = { ref: { kind: 'branch', name: 'main' }, workflow: '7' };
  return { job: { github, context } as unknown as Job, started };
}

const progress = {
  backfill: 'bf-a',
  state: 'IN_PROGRESS',
  selection: '*',
  partitions: 'all',
  total: 3,
  done: 1,
  left: 2,
  failed: 0,
  leftOut: 0,
  inProgress: 0,
  failedPartitions: {},
};

function tickWith(...types: readonly string[]): Tick {
  const runs = [{ drafts: types.map((type) => ({ type })) }];
  return { backfills: [progress], goesOn: true, left: [], runs } as unknown as Tick;
}

test('a job that made a part of a backfill starts its workflow once more', async () => {
  const { job, started } = makeJob();
  const notes = await backfillNotes(job, tickWith('run.started', 'step.started', 'run.requeued'));
  expect(notes.at(-1)).toBe('This workflow was started once more and carries the backfill on at once.');
  expect(started).toEqual([{ file: 'branchline.yml', ref: 'main', inputs: { command: 'tick' } }]);
});

test('one that began no step does not: the next job would fare the same, and the one after it', async () => {
  const { job, started } = makeJob();
  const notes = await backfillNotes(job, tickWith('run.started', 'run.requeued'));
  expect(notes.at(-1)).toContain('the next tick carries the backfill on');
  expect(started).toEqual([]);
});

test('nor does one that said only what its plan leaves out: each job says that', async () => {
  const { job, started } = makeJob();
  await backfillNotes(job, tickWith('run.started', 'step.skipped', 'run.requeued'));
  expect(started).toEqual([]);
});
