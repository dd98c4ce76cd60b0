import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type ActionRig, click, makeActionRig } from '../src/testing/action-rig.ts';
import { until } from '../src/testing/cli-project.ts';

let rig: ActionRig;
afterEach(() => rig.stop());

const PROJECT = `name: shop
run_queue: { max_concurrent_runs: 1 }
assets:
  raw: { run: echo raw >> "$SHARED/log" }
  mart:
    deps: [raw]
    run: echo mart >> "$SHARED/log"; test -e "$SHARED/mended"
  slow: { run: 'touch "$SHARED/held"; while test -e "$SHARED/hold"; do sleep 0.05; done' }
`;

const shared = (name: string): string => join(rig.shared, name);
const log = (): string[] => readFileSync(shared('log'), 'utf8').trim().split('\n');
const newest = async (): Promise<string> =>
  JSON.parse((await rig.run({ event: click({ command: 'run', select: 'key:raw+' }) })).outputs['run-ids']!)[0];

test('a click tries a failed run again, once whatever its attempt, and keeps what had finished', async () => {
  rig = await makeActionRig({ 'branchline.yaml': PROJECT });
  const failed = await newest();
  expect(log()).toEqual(['raw', 'mart']);
  writeFileSync(shared('mended'), '');

  const preview = await rig.run({ event: click({ command: 'retry', 'run-id': failed, 'dry-run': 'true' }) });
  expect(preview).toMatchObject({ code: 0, outputs: { status: 'nothing' } });
  expect(preview.summary).toContain(`Would try run ${failed} again`);

  const event = click({ command: 'retry', 'run-id': failed });
  const job = rig.start({ event });
  const retried = await rig.end(job);
  expect(retried).toMatchObject({ code: 0, outputs: { status: 'success', 'changed-assets': '["mart"]' } });
  expect(log()).toEqual(['raw', 'mart', 'mart']);
  const { view, problems } = await rig.state();
  expect(problems).toEqual([]);
  const record = view.endedRuns.get(JSON.parse(retried.outputs['run-ids']!)[0])!;
  expect(record).toMatchObject({ state: 'SUCCESS', request: { kind: 'retry', of: failed, number: 1 } });

  // The same click again asks for the same: it is over.
  const again = await rig.run({ event, run: job.run, attempt: 2 });
  expect(again).toMatchObject({ code: 0, outputs: { status: 'nothing' } });
  expect(again.summary).toContain('is over (SUCCESS)');
  expect(log()).toEqual(['raw', 'mart', 'mart']);

  // Nor does it without the right to ask when it was made.
  const blind = await rig.run({ event, run: job.run, attempt: 3, permissions: { contents: 'write' } });
  expect(blind).toMatchObject({ code: 0, outputs: { status: 'nothing' } });
  expect(log()).toEqual(['raw', 'mart', 'mart']);

  // What succeeded is not tried again; a run that nobody knows is told so.
  const success = await rig.run({ event: click({ command: 'retry', 'run-id': record.run }) });
  expect(success).toMatchObject({ code: 2, outputs: { status: 'failure' } });
  expect(success.summary).toContain('there is nothing to try again');
  expect(await rig.run({ event: click({ command: 'retry' }) })).toMatchObject({ code: 2 });
  expect(log()).toEqual(['raw', 'mart', 'mart']);
}, 120_000);

test('a run whose retry succeeds in the same job does not fail the job, and the summary says both', async () => {
  rig = await makeActionRig({
    'branchline.yaml': `name: shop
run_retries: { enabled: true, max_retries: 1 }
assets:
  raw: { run: "true" }
  mart: { deps: [raw], run: 'test -e "$SHARED/tried" || { touch "$SHARED/tried"; exit 1; }' }
  late: { run: "exit 1", tags: { branchline/max_retries: "0" } }
`,
  });
  const healed = await rig.run({ event: click({ command: 'run', select: 'key:raw+' }) });
  expect(healed).toMatchObject({ code: 0, outputs: { status: 'success' } });
  const [root, retry] = JSON.parse(healed.outputs['run-ids']!);
  expect(healed.summary).toMatch(/^### shop: 2 passed, 1 up to date; a run failed and its retry succeeded\n/);
  expect(healed.summary).toContain(`This run failed; its retry, run \`${retry}\`, succeeded.`);
  expect(healed.annotations).toEqual([
    expect.objectContaining({ level: 'warning', title: 'mart failed, and its retry succeeded' }),
  ]);
  expect((await rig.state()).view.endedRuns.get(root)).toMatchObject({ state: 'FAILURE' });

  // What nobody makes good fails the job as ever, and says that nobody will.
  const left = await rig.run({ event: click({ command: 'run', select: 'key:late' }) });
  expect(left).toMatchObject({ code: 1, outputs: { status: 'failure' } });
  expect(left.summary).toContain('This run failed: no retries are allowed.');
}, 120_000);

test('another click tries the same run once more when the first one did not help', async () => {
  rig = await makeActionRig({ 'branchline.yaml': PROJECT });
  const failed = await newest();
  const first = await rig.run({ event: click({ command: 'retry', 'run-id': failed }) });
  expect(first).toMatchObject({ code: 1, outputs: { status: 'failure' } });
  expect(log()).toEqual(['raw', 'mart', 'mart']);

  writeFileSync(shared('mended'), '');
  const job = rig.start({ event: click({ command: 'retry', 'run-id': failed }) });
  const second = await rig.end(job);
  expect(second).toMatchObject({ code: 0, outputs: { status: 'success', 'changed-assets': '["mart"]' } });
  expect(log()).toEqual(['raw', 'mart', 'mart', 'mart']);
  const { view } = await rig.state();
  const numbers = [...view.endedRuns.values()].flatMap(({ request }) =>
    request.kind === 'retry' ? [[request.of, request.number]] : [],
  );
  expect(numbers).toEqual([
    [failed, 1],
    [failed, 2],
  ]);
}, 120_000);

test('a click cancels what is at work, and what waits behind it', async () => {
  rig = await makeActionRig({ 'branchline.yaml': PROJECT });
  writeFileSync(shared('hold'), '');
  const job = rig.start({ event: click({ command: 'run', select: 'key:slow' }) });
  await until(() => existsSync(shared('held')));
  const [run] = (await rig.state()).view.openRuns.keys();

  const look = await rig.run({ event: click({ command: 'cancel', 'run-id': run!, 'dry-run': 'true' }) });
  expect(look).toMatchObject({ code: 0, outputs: { status: 'nothing' } });
  expect((await rig.state()).view.openRuns.get(run!)).not.toMatchObject({ cancelRequested: true });

  const canceled = await rig.run({ event: click({ command: 'cancel', select: 'key:slow', reason: 'wrong input' }) });
  expect(canceled).toMatchObject({ code: 0, outputs: { status: 'success' } });
  expect(canceled.summary).toContain(`Run ${run} is asked to stop`);
  const { view, log: commits } = await rig.state();
  expect(view.openRuns.get(run!)).toMatchObject({ cancelRequested: true });
  expect(commits[0]?.subject).toContain('wrong input');
  rmSync(shared('hold'));
  await rig.end(job);

  const nothing = await rig.run({ event: click({ command: 'cancel', 'run-id': run! }) });
  expect(nothing).toMatchObject({ code: 3, outputs: { status: 'refused' } });
  expect((await rig.run({ event: click({ command: 'cancel' }) })).code).toBe(2);
  expect((await rig.state()).problems).toEqual([]);
}, 120_000);
