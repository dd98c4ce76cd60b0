import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { StateView } from '../src/model/state.ts';
import {
  type ActionEnd,
  type ActionRig,
  click,
  type EventOf,
  makeActionRig,
  schedule,
} from '../src/testing/action-rig.ts';
import { cliProjectIn } from '../src/testing/cli-project.ts';
import { runWave } from '../src/testing/fan-out.ts';
import type { StartedJob } from '../src/testing/github/workflow-sandbox.ts';

// A DuckDB file that goes from job to job, each on a machine of its own, and in which a day counts 10. A look that finds
// something in it where there is nothing would stop the pipeline of a team.

let rig: ActionRig;
afterEach(() => rig.stop());

const past = click({ command: 'run', select: '*', partitions: '2026-11-17...2026-11-19' });

const shop = (storage: string, schedules = 'daily: { selection: "*", cron: "0 1 * * *" }'): string => `name: shop
storage: { type: ${storage} }
connections: { w: { type: duckdb, path: data/w.duckdb } }
partitions: { days: { daily: { start: 2026-11-17 } } }
run_retries: { enabled: true, max_retries: 1 }
assets:
  marts/revenue:
    connection: w
    partitions: days
    partition_expr: day
    on_lost: rebuild
    sql: "select $partition_start::date as day, 10 as amount"
    checks: { paid: { not_null: [amount] } }
  marts/net:
    connection: w
    partitions: days
    partition_expr: day
    sql: "select day, amount - 1 as amount from \${{ ref('marts/revenue') }} where day = $partition_start::date"
  marts/gate: { deps: [marts/revenue], run: 'test ! -e "$SHARED/fails" || { rm "$SHARED/fails"; exit 1; }' }
  marts/seen: { connection: w, materialized: view, sql: "select * from \${{ ref('marts/net') }}" }
  marts/total:
    connection: w
    deps: [marts/gate]
    sql: "select (select sum(amount) from \${{ ref('marts/revenue') }}) + (select sum(amount) from \${{ ref('marts/seen') }}) as total"
    checks: { days: { sql: "select * from \${{ ref('marts/net') }} where amount <> 9" } }
schedules:
  ${schedules}
`;

const at = (instant: string): void => {
  rig.github.git.date = new Date(instant);
};
const rows = ({ workspace }: StartedJob, sql: string): Promise<string[]> =>
  cliProjectIn(rig.github.sandbox, workspace.slice(rig.github.sandbox.root.length + 1)).rows('data/w.duckdb', sql);
const said = (end: ActionEnd): string => `${end.log}\n${end.summary}`;

const lossesIn = (view: StateView): string[] =>
  [...view.assets].filter(([, { lost, partitions }]) => lost ?? partitions?.lost).map(([key]) => key);
/** All that was ever recorded. */
const pushed = (): string => rig.github.sandbox.git(rig.github.origin, 'log', '-p', 'branchline/state');

/** Nobody was told of data that is lost or unknown, and the state has no loss. */
async function expectQuiet(ends: readonly ActionEnd[]): Promise<void> {
  for (const end of ends) {
    expect(said(end)).not.toMatch(/data[ -](unknown|lost)|is lost/i);
    expect(end.annotations.map(({ message }) => message).join('\n')).not.toMatch(/unknown|lost/i);
  }
  const { view, problems } = await rig.state();
  expect(problems).toEqual([]);
  expect([view.claims.size, view.openRuns.size]).toEqual([0, 0]);
  expect(lossesIn(view)).toEqual([]);
  expect(pushed()).not.toMatch(/asset\.lost|data-unknown|data-lost|data_lost/);
}

type Carry = (event: EventOf, run: number) => Promise<{ ends: readonly ActionEnd[]; jobs: readonly StartedJob[] }>;
const inJob: Carry = async (event, run) => {
  const job = rig.start({ event, run });
  return { ends: [await rig.end(job)], jobs: [job] };
};
const inWaves: Carry = async (event, run) => {
  const [ends, jobs]: [ActionEnd[], StartedJob[]] = [[], []];
  for (let wave = 0, next = event; wave < 9; wave++, next = click({ command: 'tick' })) {
    const done = await runWave(rig, { event: next, run: run * 10 + wave, onShard: (_, job) => void jobs.push(job) });
    ends.push(done.plan, ...done.shards.values(), ...(done.finalize ? [done.finalize] : []));
    if (done.plan.outputs['has-work'] !== 'true') break;
  }
  return { ends, jobs };
};

test.each([
  ['a job', 'cache', inJob],
  ['jobs of a fan-out', 'branch', inWaves],
] as const)(
  'in %s, a file in the %s that is as the state says: nothing of it is called lost or unknown, also in a retry',
  async (_, storage, carry) => {
    rig = await makeActionRig({ 'branchline.yaml': shop(storage) });
    at('2026-11-20T12:10:00Z');
    await inJob(schedule, 80);
    const { ends } = await inJob(past, 81);
    at('2026-11-21T01:10:00Z');
    const tick = await carry(schedule, 82);
    expect(await rows(tick.jobs.at(-1)!, 'select total::int from marts.total')).toEqual(['76']);
    at('2026-11-22T01:10:00Z');
    writeFileSync(join(rig.shared, 'fails'), '');
    const retried = await carry(schedule, 83);
    expect(existsSync(join(rig.shared, 'fails'))).toBe(false);
    expect(await rows(retried.jobs.at(-1)!, 'select total::int from marts.total')).toEqual(['95']);
    await expectQuiet([...ends, ...tick.ends, ...retried.ends]);
  },
);

test('a job that is killed between the save of its file and the record of it: the next tick goes on by itself', async () => {
  rig = await makeActionRig({ 'branchline.yaml': shop('cache') });
  const saves = (): number => rig.github.results.cache.entries.filter(({ isFinished }) => isFinished).length;
  at('2026-11-20T12:10:00Z');
  await inJob(schedule, 80);
  const ends = [...(await inJob(past, 81)).ends];
  at('2026-11-21T01:10:00Z');
  const before = saves();
  const job = rig.start({ event: schedule, run: 82 });
  let isKilled = false;
  rig.github.git.onRequest = async (kind) => {
    if (kind !== 'advertise-push' || isKilled || saves() === before) return;
    isKilled = true;
    await job.kill();
  };
  await job.main;
  rig.github.git.onRequest = undefined;
  expect(isKilled).toBe(true);
  rig.github.endJob(job, 'failure');
  // Its file is newer than what the state says of it.
  expect(await rows(job, 'select total::int from marts.total')).toEqual(['76']);
  at('2026-11-21T01:40:00Z');
  const next = await inJob(schedule, 83);
  expect(next.ends[0]).toMatchObject({ code: 0, outputs: { status: 'success' } });
  expect(await rows(next.jobs[0]!, 'select total::int from marts.total')).toEqual(['76']);
  await expectQuiet([...ends, ...next.ends]);
});

test('a file whose cache entry is evicted is made again by a schedule that asks for what is missing, and its losses end', async () => {
  rig = await makeActionRig({
    'branchline.yaml': shop('cache', 'daily: { selection: "*", cron: "0 1 * * *", partitions: missing }'),
  });
  at('2026-11-20T12:10:00Z');
  await inJob(schedule, 80);
  await inJob(past, 81);
  rig.github.results.cache.entries.splice(0);
  at('2026-11-21T01:10:00Z');
  const tick = await inJob(schedule, 82);
  expect(tick.ends[0]).toMatchObject({ code: 0, outputs: { status: 'success' } });
  expect(await rows(tick.jobs[0]!, 'select total::int from marts.total')).toEqual(['76']);
  expect(await rows(tick.jobs[0]!, 'select day::text, count(*) from marts.net group by 1 order by 1')).toEqual(
    [17, 18, 19, 20].map((day) => `2026-11-${day}|1`),
  );
  // What was lost was recorded.
  expect(pushed()).toContain('"asset.lost"');
  const { view, problems } = await rig.state();
  expect(problems).toEqual([]);
  expect(lossesIn(view)).toEqual([]);
});

test('two jobs at once, each with a schedule and an asset of its own in one file, call nothing of the other unknown', async () => {
  const schedules = `daily: { selection: "key:marts/net or +key:marts/total", cron: "0 1 * * *" }
  other: { selection: "key:marts/other or key:marts/sum", cron: "0 1 * * *" }`;
  rig = await makeActionRig({
    'branchline.yaml': shop('cache', schedules),
    'pipelines/other.yaml': `assets:
  marts/other: { connection: w, partitions: days, partition_expr: day, sql: "select $partition_start::date as day, 1 as amount" }
  marts/sum: { connection: w, sql: "select (select count(*) from \${{ ref('marts/other') }}) + (select count(*) from \${{ ref('marts/revenue') }}) as n" }
`,
  });
  at('2026-11-20T12:10:00Z');
  await inJob(schedule, 80);
  await inJob(past, 81);
  const ends: ActionEnd[] = [];
  at('2026-11-21T01:10:00Z');
  for (const { ends: own } of await Promise.all([inJob(schedule, 82), inJob(schedule, 83)])) ends.push(...own);
  const last = await inJob(schedule, 84);
  ends.push(...last.ends);
  for (const end of ends) expect(end.code).toBe(0);
  await expectQuiet(ends);
});
