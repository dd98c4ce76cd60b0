import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type ActionRig, click, type EventOf, makeActionRig } from '../src/testing/action-rig.ts';
import { until } from '../src/testing/cli-project.ts';
import { unbuildablePush } from '../src/testing/daily-shop.ts';
import { runWave } from '../src/testing/fan-out.ts';
import { pushEvent } from '../src/testing/github/events.ts';

let rig: ActionRig;
afterEach(() => rig.stop());

/** What was made, in the order in which it was. */
const made = (): string[] => readFileSync(join(rig.shared, 'log'), 'utf8').trim().split('\n');
const manifest = (more = ''): string => `name: shop
partitions:
  days: { daily: { start: 2026-11-01 } }
  weeks: { weekly: { start: 2026-11-01 } }
assets:
  raw: { partitions: days, run: 'echo raw $BRANCHLINE_PARTITION >> "$SHARED/log"; test ! -e "$SHARED/fail-$BRANCHLINE_PARTITION"' }
  week: { partitions: weeks, run: 'echo week $BRANCHLINE_PARTITION >> "$SHARED/log"' }
  whole: { run: 'echo whole >> "$SHARED/log"' }
${more}`;
async function makeRig(more?: string): Promise<void> {
  rig = await makeActionRig({ 'branchline.yaml': manifest(more) });
  rig.github.git.date = new Date('2026-11-20T12:00:00Z');
}

describe('a click that runs partitions', () => {
  const inputs = { command: 'run', select: 'key:raw', partitions: '2026-11-01...2026-11-03' };

  test('makes them in the runs of their policy, one after the other; a re-run makes what failed', async () => {
    await makeRig();
    writeFileSync(join(rig.shared, 'fail-2026-11-02'), '');
    const job = { event: click(inputs), run: 81 };
    const first = await rig.run(job);
    expect(first).toMatchObject({ code: 1, outputs: { status: 'failure', 'changed-assets': '["raw"]' } });
    expect(JSON.parse(first.outputs['run-ids']!)).toHaveLength(3);
    expect(made()).toEqual(['raw 2026-11-01', 'raw 2026-11-02', 'raw 2026-11-03']);
    rig.github.git.date = new Date('2026-11-22T12:00:00Z');
    writeFileSync(join(rig.shared, 'log'), '');
    rmSync(join(rig.shared, 'fail-2026-11-02'));
    const second = await rig.run({ ...job, attempt: 2 });
    expect(second).toMatchObject({ code: 0, outputs: { status: 'success' } });
    expect(made()).toEqual(['raw 2026-11-02']);
    const third = await rig.run({ ...job, attempt: 3 });
    expect(third).toMatchObject({ code: 0, outputs: { status: 'nothing' } });
    expect(third.summary).toContain('is over (SUCCESS)');
    const { view, problems } = await rig.state();
    expect(problems).toEqual([]);
    expect([...view.endedRuns.values()].map(({ state }) => state).sort()).toEqual([
      'FAILURE',
      'SUCCESS',
      'SUCCESS',
      'SUCCESS',
    ]);
  });

  test('is planned as that many runs', async () => {
    await makeRig();
    const end = await rig.run({ event: click({ ...inputs, command: 'plan' }) });
    expect(end).toMatchObject({ code: 0, outputs: { status: 'success', 'has-work': 'true' } });
    expect(end.summary).toContain('This is 3 runs, one after the other: 2026-11-01, 2026-11-02, 2026-11-03.');
  });

  test('shared out among jobs goes on with the next wave until all are made', async () => {
    await makeRig();
    const path = '.github/workflows/branchline.yml';
    rig.github.model.workflowFiles.set('branchline.yml', { id: 1, name: 'branchline', path, state: 'active' });
    const first = await runWave(rig, { event: click(inputs), run: 82 });
    expect(first.finalize!.log).toContain('The next wave was started.');
    for (let run = 83; run < 90 && (await rig.state()).view.openRuns.size > 0; run++)
      await runWave(rig, { event: click({ command: 'tick' }), run });
    expect(made()).toEqual(['raw 2026-11-01', 'raw 2026-11-02', 'raw 2026-11-03']);
  });
});

test('a click that is canceled takes what it asked for from the queue at once, where no tick would go on with it', async () => {
  rig = await makeActionRig({
    'branchline.yaml': `name: shop
assets: { raw: { partitions: { daily: { start: 2026-11-01 } }, run: 'touch "$SHARED/begun"; sleep 60' } }
`,
  });
  rig.github.git.date = new Date('2026-11-20T12:00:00Z');
  const job = rig.start({ event: click({ command: 'run', select: 'key:raw', partitions: '2026-11-01...2026-11-15' }) });
  await until(() => existsSync(join(rig.shared, 'begun')));
  job.cancel();
  const end = await rig.end(job);
  expect(end).toMatchObject({ code: 130, outputs: { status: 'canceled' } });
  const { view, log } = await rig.state();
  expect([...view.openRuns.keys()]).toEqual([]);
  expect([...view.endedRuns.values()].map(({ state }) => state)).toEqual(Array.from({ length: 15 }, () => 'CANCELED'));
  expect(log.filter(({ subject }) => subject.includes('left the queue')).map(({ subject }) => subject)).toEqual([
    '○ 14 runs left the queue',
  ]);
});

test('a click of which one run is banned carries the others out, and says what keeps that one', async () => {
  rig = await makeActionRig({
    'branchline.yaml': `name: shop
run_queue: { tag_concurrency_limits: [{ key: branchline/priority, value: "5", limit: 0 }] }
partitions: { days: { daily: { start: 2026-11-01 } }, weeks: { weekly: { start: 2026-11-01 } } }
assets:
  day: { partitions: days, run: 'echo day >> "$SHARED/log"' }
  week: { partitions: weeks, tags: { branchline/priority: "5" }, run: 'echo week >> "$SHARED/log"' }
`,
  });
  rig.github.git.date = new Date('2026-11-20T12:00:00Z');
  const end = await rig.run({ event: click({ command: 'run' }) });
  expect(made()).toEqual(['day']);
  expect(end).toMatchObject({ code: 1, outputs: { status: 'failure', 'changed-assets': '["day"]' } });
  expect(end.summary).toContain('no run with branchline/priority=5 may start');
  const { view, problems } = await rig.state();
  expect(problems).toEqual([]);
  expect([view.openRuns.size, view.claims.size]).toEqual([0, 0]);
});

test('a click that runs all of a project that is cut in different ways makes the newest of each', async () => {
  await makeRig();
  const end = await rig.run({ event: click({ command: 'run' }) });
  expect(end).toMatchObject({ code: 0, outputs: { 'changed-assets': '["raw","week","whole"]' } });
});

test('a push builds what it changed also where assets are cut in different ways', async () => {
  await makeRig('environments: { production: { build_on_push: "changed:any+" } }\n');
  const event: EventOf = (place) => pushEvent({ ...place, before: '0'.repeat(40) });
  const end = await rig.run({ event });
  expect(end).toMatchObject({ code: 0, outputs: { status: 'success', 'changed-assets': '["raw","week","whole"]' } });
  expect(await rig.run({ event })).toMatchObject({ code: 0, outputs: { status: 'nothing' } });
});

test('what has no partitions yet keeps a push and a click from nothing else, and both say so', async () => {
  rig = await makeActionRig({
    'branchline.yaml': `name: shop
environments: { production: { build_on_push: "changed:any+" } }
assets:
  a: { run: 'echo a >> "$SHARED/log"' }
  b: { deps: [a], partitions: { dynamic: customers }, run: 'echo b >> "$SHARED/log"' }
`,
  });
  const hint = /b has no partitions yet: it is left out\. Add keys by .*branchline partitions add customers/;
  const pushed = await rig.run({ event: (place) => pushEvent({ ...place, before: '0'.repeat(40) }) });
  expect(pushed).toMatchObject({ code: 0, outputs: { status: 'success', 'changed-assets': '["a"]' } });
  expect(pushed.summary).toMatch(hint);
  const clicked = await rig.run({ event: click({ command: 'run' }) });
  expect(clicked).toMatchObject({ code: 0, outputs: { status: 'success' } });
  expect(clicked.summary).toMatch(hint);
  expect(made()).toEqual(['a']);
});

test('a push that cannot build what it is to build tells what was due and done before, and fails', async () => {
  rig = await makeActionRig(unbuildablePush);
  rig.github.git.date = new Date('2026-11-20T12:00:00Z');
  expect(await rig.run({ event: click({ command: 'tick' }) })).toMatchObject({ code: 0 });
  const event: EventOf = (place) => pushEvent(place);
  const idle = await rig.run({ event });
  expect(idle).toMatchObject({ code: 2, outputs: { status: 'failure', 'has-work': 'false' } });
  expect(idle.summary).toContain('nothing was done');
  rig.github.git.date = new Date('2026-11-21T02:30:00Z');
  const end = await rig.run({ event });
  expect(made()).toEqual(['a']);
  expect(end).toMatchObject({ code: 1, outputs: { status: 'failure', 'changed-assets': '["a"]' } });
  expect(end.summary).toContain('stopped after 1 run');
  expect(end.summary).toContain('b has no partitions yet.');
});
