import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type ActionRig, click, type EventOf, makeActionRig, schedule } from '../src/testing/action-rig.ts';
import { until } from '../src/testing/cli-project.ts';
import { HUNDRED_DAYS, HUNDRED_DAYS_CHUNKS, HUNDRED_DAYS_PROJECT } from '../src/testing/hundred-days.ts';

let rig: ActionRig;
afterEach(() => rig.stop());

const shared = (name: string): string => join(rig.shared, name);

/** Each step tells when it begins and ends; one whose name is on a file waits until that is gone. */
const STEP = `#!/bin/sh
name="$1$BRANCHLINE_PARTITION$BRANCHLINE_PARTITION_RANGE_START"
echo "+ $name" >> "$SHARED/log"
if test -e "$SHARED/hold-$name"; then touch "$SHARED/held"; while test -e "$SHARED/hold-$name"; do sleep 0.05; done; fi
echo "- $name" >> "$SHARED/log"
`;
/** Most steps of the backfill that were at work at once. Who is killed does not say that it ended: the line `killed` does. */
function mostAtOnce(lines: readonly string[]): number {
  const open = new Set<string>();
  let most = 0;
  for (const line of lines.filter((each) => each.includes('raw-') || each === 'killed')) {
    if (line === 'killed') open.clear();
    else if (line.startsWith('+')) open.add(line.slice(2));
    else open.delete(line.slice(2));
    most = Math.max(most, open.size);
  }
  return most;
}

test('a click backfills 100 days in 10 runs, through two lost runners and conflicts, behind what is urgent', async () => {
  rig = await makeActionRig({ 'branchline.yaml': HUNDRED_DAYS_PROJECT, 'step.sh': STEP });
  rig.github.git.date = new Date('2026-11-20T12:00:00Z');
  expect(await rig.run({ event: schedule })).toMatchObject({ code: 0 });
  const inputs = {
    command: 'backfill',
    select: 'key:raw',
    partitions: HUNDRED_DAYS,
    reason: 'the source was corrected',
  };
  const with4 = { 'max-parallel': '4' };

  const preview = await rig.run({ event: click({ ...inputs, 'dry-run': 'true' }) });
  expect(preview).toMatchObject({ code: 0, outputs: { status: 'success' } });
  expect(preview.summary).toContain('would make 10 runs');
  expect((await rig.state()).view.backfills).toBeUndefined();

  for (const [n, first] of ['2026-01-21', '2026-02-20'].entries()) {
    const hold = shared(`hold-raw-${first}`);
    writeFileSync(hold, '');
    rmSync(shared('held'), { force: true });
    const job = rig.start({ event: n === 0 ? click(inputs) : schedule, with: with4 });
    await until(() => existsSync(shared('held')));
    await job.kill();
    await job.main;
    appendFileSync(shared('log'), 'killed\n');
    rig.github.endJob(job, 'failure');
    rmSync(hold);
  }
  const [lost] = [...(await rig.state()).view.backfills!.values()];
  expect(lost).toMatchObject({ state: 'IN_PROGRESS', reason: 'the source was corrected' });

  // A schedule is due now, and two jobs wake up at once: each commit of one is a conflict for the other.
  const before = readFileSync(shared('log'), 'utf8').split('\n').length;
  rig.github.git.date = new Date('2026-11-21T02:41:00Z');
  const jobs = [1, 2].map(() => rig.start({ event: schedule, with: with4 }));
  const ends = await Promise.all(jobs.map((job) => rig.end(job)));
  for (const end of ends) expect(end).toMatchObject({ code: 0 });
  for (let n = 0; n < 5 && [...(await rig.state()).view.backfills!.values()][0]!.endedAt === undefined; n++)
    expect(await rig.run({ event: schedule, with: with4 })).toMatchObject({ code: 0 });

  const { view, problems } = await rig.state();
  expect(problems).toEqual([]);
  const [backfill] = [...view.backfills!.values()];
  expect(backfill).toMatchObject({
    state: 'COMPLETED_SUCCESS',
    counts: { total: 100, done: 100, failed: 0, leftOut: 0 },
    groups: [{ results: { raw: { done: [[0, 99]], failed: [], leftOut: [] } } }],
  });
  expect([...view.openRuns.keys(), ...view.claims.keys()]).toEqual([]);
  // The limit held over all jobs, and the urgent run went first though it came last.
  const log = readFileSync(shared('log'), 'utf8').trim().split('\n');
  // What was at work when a machine went is made again, and nothing else: ten runs, of ten days each.
  const begunRuns = log.filter((line) => line.startsWith('+ raw-')).map((line) => line.slice('+ raw-'.length));
  expect([...new Set(begunRuns)].toSorted()).toEqual(HUNDRED_DAYS_CHUNKS);
  const lostRuns = Object.values(backfill!.groups[0]!.lost ?? {}).reduce((sum, times) => sum + times, 0);
  expect(lostRuns).toBeGreaterThanOrEqual(2);
  expect(begunRuns.length).toBeLessThanOrEqual(10 + lostRuns);
  expect(mostAtOnce(log)).toBeLessThanOrEqual(2);
  const begun = log.slice(before - 1).filter((line) => line.startsWith('+'));
  expect(begun.slice(0, 3)).toContain('+ report');
}, 120_000);

test('a backfill that is longer than a job goes on with the next one, and each summary says how far it is', async () => {
  rig = await makeActionRig({
    'branchline.yaml': `name: shop
run_queue: { max_concurrent_runs: 1 }
assets:
  raw: { partitions: { static: [a, b, c] }, run: sh step.sh "" }
`,
    'step.sh': STEP,
  });
  const path = '.github/workflows/branchline.yml';
  rig.github.model.workflowFiles.set('branchline.yml', { id: 1, name: 'branchline', path, state: 'active' });
  /** A job whose time is over while it makes one partition; of a single key the step has its name twice. */
  const cutShort = async (key: string, event: EventOf, actions: 'read' | 'write', budgetMs: number) => {
    writeFileSync(shared(`hold-${key}`), '');
    rmSync(shared('held'), { force: true });
    const permissions = { contents: 'write', actions, metadata: 'read' } as const;
    const job = rig.start({ event, permissions, with: { 'time-budget': `${budgetMs / 1000}s` } });
    await until(() => existsSync(shared('held')));
    const started = performance.now();
    await until(() => performance.now() - started > budgetMs);
    rmSync(shared(`hold-${key}`));
    return rig.end(job);
  };
  const asked = click({ command: 'backfill', select: 'key:raw', partitions: 'all' });
  const first = await cutShort('aa', asked, 'read', 6_000);
  expect(first).toMatchObject({ code: 0 });
  expect(first.summary).toMatch(/█+░+ 1 of 3 done, 2 left, expected end \d{4}-/);
  expect(first.log).toContain('With `actions: write` in the permissions of the job, it would go on at once.');
  // Longer: a partition is begun only where there is time for what the one before took.
  const second = await cutShort('bb', schedule, 'write', 14_000);
  expect(second.summary).toMatch(/█+░+ 2 of 3 done, 1 left, expected end \d{4}-/);
  expect(second.summary).toContain('This workflow was started once more and carries the backfill on at once.');
  expect(rig.github.model.dispatches).toEqual([{ file: 'branchline.yml', ref: 'main', inputs: { command: 'tick' } }]);
  const last = await rig.run({ event: click({ command: 'tick' }) });
  expect(last.summary).toContain('3 of 3 done');
  const { view, problems } = await rig.state();
  expect(problems).toEqual([]);
  expect([...view.backfills!.values()]).toMatchObject([{ state: 'COMPLETED_SUCCESS', counts: { done: 3 } }]);
  // Each was made once.
  expect(
    readFileSync(shared('log'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('+')),
  ).toHaveLength(3);
}, 240_000);
