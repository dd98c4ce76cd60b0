import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type CliProject, makeCliProject } from '../src/testing/cli-project.ts';

// Who reads lost data may look at no more than what it reads; what it is to name is the uppermost asset that lost something.

let project: CliProject;
afterEach(() => project.remove());

const daily = (from: string): string =>
  `{ connection: w, partitions: days, partition_expr: day, sql: "select day, amount from \${{ ref('${from}') }} where day >= $partition_start and day < $partition_end" }`;
const manifest = `name: shop
storage: { type: directory }
connections:
  w: { type: duckdb, path: data/w.duckdb }
partitions:
  days: { daily: { start: 2026-01-01, end: 2026-01-04 } }
schedules:
  daily: { cron: "0 5 * * *", selection: "key:a+", partitions: missing }
  other: { cron: "0 6 * * *", selection: "key:z" }
assets:
  a: { connection: w, partitions: days, partition_expr: day, sql: "select $partition_start::date as day, 10 as amount" }
  b: ${daily('a')}
  c: ${daily('b')}
  d: { connection: w, sql: "select sum(amount) as total from \${{ ref('c') }}" }
  z: { run: "true" }
`;

test('one command makes a chain again, also where its days are closed: plan, run and what failed name the same', async () => {
  project = makeCliProject({ 'branchline.yaml': manifest });
  const tick = (now: string) => project.run(['tick', '--now', now]);
  await tick('2026-01-10T04:00:00Z');
  expect((await tick('2026-01-10T05:30:00Z')).code).toBe(0);
  // What was made then is no more in what a reader of the newest events sees.
  for (const day of ['11', '12', '13']) await tick(`2026-01-${day}T06:30:00Z`);
  const { view } = await project.state();
  expect([...view.endedRuns.keys()].filter((run) => run.startsWith('20260110'))).toEqual([]);
  rmSync(join(project.root, 'data/w.duckdb'));

  const command = ['run', '--select', 'key:a+', '--partitions', '2026-01-01...2026-01-03'];
  const named = `\`branchline ${command.join(' ')}\` makes it again`;
  expect((await project.run(['plan', '--select', 'key:d'])).stderr).toContain(named);
  const failed = await project.run(['run', '--select', 'key:d']);
  expect(failed.code).toBe(1);
  expect(failed.stderr).toContain(named);
  expect(failed.stdout).toContain(named);
  const middle = await project.run(['run', '--select', 'key:c', '--partitions', '2026-01-02']);
  expect(middle.stdout).toContain(named);

  const again = await project.run(command);
  expect(again, again.stdout + again.stderr).toMatchObject({ code: 0 });
  expect((await project.run(['run', '--select', 'key:d'])).code).toBe(0);
  expect(await project.rows('data/w.duckdb', 'select total from d')).toEqual(['30']);
});
