import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { type ActionEnd, type ActionRig, click, makeActionRig, schedule } from '../src/testing/action-rig.ts';
import { runWave } from '../src/testing/fan-out.ts';

let rig: ActionRig;
afterEach(() => rig.stop());

const shared = (name: string): string => join(rig.shared, name);

/** The next job waits so long for the state: its getting ready takes longer than that. */
function slowGit(ms: number): void {
  let isSlow = true;
  rig.github.git.onRequest = async (kind) => {
    if (!isSlow || kind !== 'advertise-fetch') return;
    isSlow = false;
    await setTimeout(ms);
  };
}

/** A repository whose schedule was adopted and is due, and ran `steps` before. */
async function dueRig(step: string): Promise<void> {
  rig = await makeActionRig({
    'branchline.yaml': `name: shop
assets:
  a: { run: ${JSON.stringify(step)} }
schedules:
  nightly: { selection: "*", cron: "30 2 * * *" }
`,
  });
  const path = '.github/workflows/branchline.yml';
  rig.github.model.workflowFiles.set('branchline.yml', { id: 1, name: 'branchline', path, state: 'active' });
  rig.github.git.date = new Date('2026-11-20T12:00:00Z');
  expect(await rig.run({ event: schedule })).toMatchObject({ code: 0, outputs: { status: 'nothing' } });
  rig.github.git.date = new Date('2026-11-21T02:41:00Z');
}

const IN_VAIN = /No step could be started: `time-budget` \(1 s\) was over before the job was ready\./;
const CURE = /Give the step of the Action a longer `time-budget`, and its job `timeout-minutes`/;

/** What a person reads, without what keeps it from being Markdown. */
function said(end: ActionEnd | undefined): string[] {
  return [end?.annotations[0]?.message ?? '', end?.summary.replaceAll('\\', '') ?? ''];
}

test('a step between what getting ready leaves and the budget is started by the next job, and not tried for ever', async () => {
  await dueRig('sleep 5; echo x >> "$SHARED/a"');
  expect(await rig.run({ event: schedule })).toMatchObject({ code: 0, outputs: { status: 'success' } });
  slowGit(7_000);
  const again = click({ command: 'run', select: '*' });
  const second = await rig.run({ event: again, with: { 'time-budget': '11s' } });
  expect(second).toMatchObject({ code: 0, outputs: { status: 'success', 'changed-assets': '["a"]' } });
  expect(readFileSync(shared('a'), 'utf8')).toBe('x\nx\n');
}, 120_000);

test('a budget that is over before a job is ready is an error with its cure, whoever asks', async () => {
  await dueRig('echo x >> "$SHARED/a"');
  for (const event of [schedule, schedule, click({ command: 'run', select: '*' })]) {
    slowGit(1_500);
    const end = await rig.run({ event, with: { 'time-budget': '1s' } });
    expect(end.code).toBeGreaterThan(0);
    for (const text of said(end)) {
      expect(text).toMatch(IN_VAIN);
      expect(text).toMatch(CURE);
    }
  }
  expect(existsSync(shared('a'))).toBe(false);
  const { view, problems } = await rig.state();
  expect(problems).toEqual([]);
  expect([...view.openRuns.values()].map(({ state }) => state)).toEqual(['QUEUED', 'QUEUED']);
  // With more time all of it is made.
  expect(await rig.run({ event: schedule })).toMatchObject({ code: 0, outputs: { status: 'success' } });
  expect(readFileSync(shared('a'), 'utf8')).toBe('x\nx\n');
}, 120_000);

test('a wave whose jobs are ready too late starts no other one, and says so as an error', async () => {
  await dueRig('echo x >> "$SHARED/a"');
  const stuck = await runWave(rig, {
    event: schedule,
    run: 21,
    execute: { 'time-budget': '1s' },
    onShard: () => slowGit(1_500),
  });
  const [shard] = [...stuck.shards.values()];
  expect(shard?.code).toBeGreaterThan(0);
  expect(shard?.annotations[0]?.message).toMatch(IN_VAIN);
  const { finalize } = stuck;
  expect(finalize?.code).toBeGreaterThan(0);
  for (const text of said(finalize)) {
    expect(text).toContain(
      'No step of this wave could be started: `time-budget` was over before the jobs `execute` were',
    );
    expect(text).toMatch(CURE);
  }
  expect(finalize?.log).not.toContain('The next wave was started.');
  expect(rig.github.model.dispatches).toEqual([]);
  expect(existsSync(shared('a'))).toBe(false);

  const next = await runWave(rig, { event: schedule, run: 22 });
  expect(next.finalize).toMatchObject({ code: 0, outputs: { status: 'success' } });
  expect(readFileSync(shared('a'), 'utf8')).toBe('x\n');
  const { view, problems } = await rig.state();
  expect(problems).toEqual([]);
  expect([...view.openRuns.keys(), ...view.claims.keys()]).toEqual([]);
}, 120_000);
