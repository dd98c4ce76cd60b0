import { writeFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { type ActionRig, makeActionRig, schedule } from '../src/testing/action-rig.ts';

let rig: ActionRig;
afterEach(() => rig.stop());

const at = (instant: string): void => {
  rig.github.git.date = new Date(instant);
};

/** Each job has a new machine: what is read and made is a number that steps report. */
const manifest = `name: shop
assets:
  raw: { run: 'echo "data_version=$(cat "$SHARED/source")" >> "$BRANCHLINE_OUTPUT"' }
  clean:
    deps: [raw]
    run: 'test "$(cat "$SHARED/source")" != bad && echo "data_version=$(cat "$SHARED/source")" >> "$BRANCHLINE_OUTPUT"'
    automation: eager
  board: { deps: [clean], run: "true", automation: eager, tags: { branchline/priority: 5 } }
schedules:
  hourly: { selection: "key:raw", cron: "0 * * * *" }
`;

test('the Action makes what follows a schedule in the same job, and asks no second time for what failed', async () => {
  rig = await makeActionRig({ 'branchline.yaml': manifest });
  const source = (text: string): void => writeFileSync(`${rig.shared}/source`, text);
  source('1');
  at('2026-11-20T11:30:00Z');
  expect(await rig.run({ event: schedule })).toMatchObject({ code: 0, outputs: { status: 'nothing' } });
  at('2026-11-20T12:10:00Z');
  const due = await rig.run({ event: schedule });
  expect(due).toMatchObject({ code: 0, outputs: { status: 'success', 'changed-assets': '["board","clean","raw"]' } });
  expect(JSON.parse(due.outputs['run-ids']!)).toHaveLength(3);
  const { view } = await rig.state();
  const board = [...view.endedRuns.values()].find(({ tags }) => tags['branchline/priority'] === '5');
  expect(board).toMatchObject({ state: 'SUCCESS', request: { kind: 'automation', targets: [{ asset: 'board' }] } });

  source('bad');
  at('2026-11-20T13:10:00Z');
  expect(await rig.run({ event: schedule })).toMatchObject({ code: 1, outputs: { 'changed-assets': '["raw"]' } });
  at('2026-11-20T13:40:00Z');
  expect(await rig.run({ event: schedule })).toMatchObject({ code: 0, outputs: { status: 'nothing' } });
  source('2');
  at('2026-11-20T14:10:00Z');
  expect(await rig.run({ event: schedule })).toMatchObject({
    code: 0,
    outputs: { 'changed-assets': '["board","clean","raw"]' },
  });
  const { view: after, problems, log } = await rig.state();
  expect(problems).toEqual([]);
  expect([...after.openRuns.keys()]).toEqual([]);
  expect(log.map(({ subject }) => subject).filter((subject) => subject.includes('automation: clean'))).toHaveLength(6);
});
