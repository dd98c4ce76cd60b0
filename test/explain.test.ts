import { afterEach, expect, test } from 'vitest';
import type { Explanation } from '../src/model/explanation.ts';
import { type CliProject, makeCliProject } from '../src/testing/cli-project.ts';

let project: CliProject;
afterEach(() => project.remove());

test('explain and partitions status judge as if it were another instant', async () => {
  project = makeCliProject({
    'branchline.yaml': `name: shop
assets:
  days: { run: "true", partitions: { daily: { start: 2026-01-01 } } }
`,
  });
  const at = ['--now', '2026-01-04T12:00:00Z'];
  const explained = await project.json<Explanation>(['explain', 'days', ...at]);
  expect(explained).toMatchObject({ partition: '2026-01-03', partitions: { total: 3 } });
  const status = await project.json<{ assets: readonly object[] }>(['partitions', 'status', ...at]);
  expect(status.assets).toMatchObject([{ total: 3 }]);
  for (const words of [
    ['explain', 'days'],
    ['partitions', 'status'],
  ]) {
    const refused = await project.run([...words, '--now', '2026-01-04T12:00:00']);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toContain('Write it with its zone: 2026-11-23T02:30:00Z.');
  }
});

test('of an older partition explain tells that no schedule makes it, and what does', async () => {
  project = makeCliProject({
    'branchline.yaml': `name: shop
assets:
  days: { run: "true", partitions: { daily: { start: 2026-01-01 } } }
  never: { run: "true", partitions: { static: [x, y] } }
schedules: { nightly: { cron: "30 2 * * *", selection: key:days } }
`,
  });
  const explain = async (...args: string[]): Promise<string> => {
    const end = await project.run(['explain', ...args, '--now', '2026-01-04T01:00:00Z']);
    expect(end).toMatchObject({ code: 0, stderr: '' });
    return end.stdout;
  };
  // The newest one has its tick still to come.
  expect(await explain('days')).toMatch(/a schedule would +make it: never materialized/);
  expect(await explain('days')).toContain('next 2026-01-04 02:30 UTC, of 2026-01-03)');
  const older = await explain('days', '--partition', '2026-01-01');
  expect(older).toMatch(/by itself +nothing makes this partition: next nightly makes 2026-01-03\n/);
  expect(older).toMatch(/if asked for +it is made: never materialized\n/);
  const [, command] = /to ask for it +branchline (.*)\n/.exec(older)!;
  expect(command).toBe(`backfill start --select 'key:"days"' --partitions '2026-01-01'`);
  expect(older).not.toContain('a schedule would');
  const at = ['--now', '2026-01-04T01:00:00Z'];
  const json = await project.json<Explanation>(['explain', 'days', '--partition', '2026-01-01', ...at]);
  expect(json).toMatchObject({ comesByItself: false, madeBy: { schedules: [{ partitions: ['2026-01-03'] }] } });

  // The command that it names makes it; then nothing is to be asked for.
  await project.json(['backfill', 'start', '--select', 'key:"days"', '--partitions', '2026-01-01', '--yes']);
  const made = await explain('days', '--partition', '2026-01-01');
  expect(made).toMatch(/by itself +nothing makes this partition again: next nightly makes 2026-01-03\n/);
  expect(made).not.toContain('to ask for it');
  expect(await explain('never', '--partition', 'x')).toMatch(/nothing makes this partition: no schedule selects it/);

  // One that asks for all that is missing does make it.
  const all = project
    .read('branchline.yaml')
    .replace('selection: key:days', 'selection: key:days, partitions: missing');
  project.write('branchline.yaml', all);
  expect(await explain('days', '--partition', '2026-01-02')).toMatch(/a schedule would +make it: never materialized/);
});
