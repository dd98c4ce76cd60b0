import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import { fail, ok } from '../base/result.ts';
import type { SqlSession } from '../ports.ts';
import { testDialects } from '../testing/sql-dialects.ts';
import { checkOf, cutByDay, sqlAsset } from '../testing/sql-projects.ts';
import { installedEngines, rowsOf } from '../testing/sql-sessions.ts';
import { materializeSql } from './materialize-sql.ts';
import type { SqlMaterializationInput } from './sql-attempt.ts';
import { readStamps } from './sql-stamps.ts';

const { targets, opened } = testDialects('partitions');

/** A row for each of these days of January, with an amount. */
const dayRows = (...rows: readonly (readonly [day: number, amount: number])[]): string =>
  rows.map(([day, amount]) => `select date '2026-01-0${day}' as day, ${amount} as amount`).join(' union all ');
const key = (day: number): string => `2026-01-0${day}`;

describe.each(['duckdb', 'postgres'] as const)('partitions on %s', (dialect) => {
  let session: SqlSession;
  beforeEach(async () => {
    session = await opened(dialect);
    for (const schema of ['marts', '_branchline']) await session.query(`drop schema if exists ${schema} cascade`);
    return () => session.close();
  });
  const make = (days: readonly number[], text: string, more: Partial<SqlMaterializationInput> = {}) =>
    materializeSql(session, sqlAsset(text, { partition: cutByDay(days.map(key), 'run1'), ...more }));
  const live = () => rowsOf(session, 'select cast(day as varchar), amount from marts.a order by 1, 2');
  const tables = async (): Promise<unknown> =>
    (
      await rowsOf(session, `select table_name from information_schema.tables where table_schema = 'marts' order by 1`)
    ).flat();

  test('each takes the place of its own rows, with its own stamp, version and count; others stay', async () => {
    const first = await make([1, 2], dayRows([1, 10], [2, 20], [2, 21]));
    expect(first.failure).toBeUndefined();
    expect([...first.partitions!].map(([name, { rows }]) => [name, rows])).toEqual([
      ['2026-01-01', 1],
      ['2026-01-02', 2],
    ]);
    const before = first.partitions!.get('2026-01-01')!.dataVersion;
    const second = await make([2], dayRows([2, 99]), { partition: cutByDay([key(2)], 'run2') });
    expect(second.failure).toBeUndefined();
    expect(await live()).toEqual([
      ['2026-01-01', 10],
      ['2026-01-02', 99],
    ]);
    const stamps = await readStamps(session, { environment: 'production', partitions: [key(1), key(2)] });
    expect(
      stamps.ok &&
        [...stamps.value.own]
          .map(([name, { materialization }]) => [name, materialization])
          .sort(([a], [b]) => (a! < b! ? -1 : 1)),
    ).toEqual([
      ['marts/a@2026-01-01', 'run1.1/marts/a@2026-01-01'],
      ['marts/a@2026-01-02', 'run2.1/marts/a@2026-01-02'],
    ]);
    expect(stamps.ok && stamps.value.own.get('marts/a@2026-01-01')?.dataVersion).toBe(before);
    const others = await readStamps(session, { environment: 'production', partitions: [key(1)] });
    expect(others.ok && [...others.value.own.keys()]).toEqual(['marts/a@2026-01-01']);
    expect(await tables()).toEqual(['a']);
  });

  test('what others wrote into the table is found by its stamps, and taken out with the rest that is not known', async () => {
    await make([1, 2], dayRows([1, 10], [2, 20]));
    const strangers = (environment: string, days: readonly number[]) =>
      make(days, dayRows(...days.map((day) => [day, 99] as const)), {
        environment,
        partition: cutByDay(days.map(key), 'other'),
      });
    await strangers('local', [2, 3]);
    await strangers('production', [4]);
    const asked = { environment: 'production', partitions: [key(1)], relations: ['"marts"."a"'] };
    const stamps = await readStamps(session, asked);
    const found = (stamps.ok ? stamps.value.ofRelations : []).map((each) => `${each.environment} ${each.partition}`);
    expect(found.sort()).toEqual([
      'local 2026-01-02',
      'local 2026-01-03',
      'production 2026-01-01',
      'production 2026-01-04',
    ]);
    expect(stamps.ok && [...stamps.value.own.keys()].sort()).toEqual(['marts/a@2026-01-01', 'marts/a@2026-01-04']);
    const cut = cutByDay([key(5)], 'run2');
    const keepOnly = (rows: readonly string[]) => ({
      keys: [key(1)],
      rowsOf: (keys: readonly string[], zoned: ReadonlySet<string>) =>
        rows.length > 0 ? fail(rows) : ok(cut.rowsOf(keys, zoned)),
    });
    const refused = await make([5], dayRows([5, 50]), { partition: { ...cut, keepOnly: keepOnly(['2025-12']) } });
    expect(refused.failure?.message).toContain('cannot be taken out of "marts"."a": it has made 2025-12 too');
    expect(await live()).toHaveLength(4);
    const done = await make([5], dayRows([5, 50]), { partition: { ...cut, keepOnly: keepOnly([]) } });
    expect(done.failure).toBeUndefined();
    expect(await live()).toEqual([
      ['2026-01-01', 10],
      ['2026-01-05', 50],
    ]);
    const after = await readStamps(session, asked);
    expect(after.ok && after.value.ofRelations.map(({ partition }) => partition)).toEqual([key(1), key(5)]);
  });

  test('a table that somebody dropped is made anew with no stamps of before', async () => {
    await make([1, 2], dayRows([1, 10], [2, 20]));
    await session.query('drop table marts.a');
    await make([2], dayRows([2, 20]));
    const stamps = await readStamps(session, { environment: 'production' });
    expect(stamps.ok && [...stamps.value.own.keys()]).toEqual(['marts/a@2026-01-02']);
  });

  test('a partition without rows empties its place', async () => {
    await make([1, 2], dayRows([1, 10], [2, 20]));
    const done = await make([1], `${dayRows([1, 10])} limit 0`);
    expect(done.partitions?.get(key(1))?.rows).toBe(0);
    expect(await live()).toEqual([['2026-01-02', 20]]);
  });

  test('rows that belong to none of them are refused, null too, and nothing changes', async () => {
    await make([1, 2], dayRows([1, 10], [2, 20]));
    const stray = await make([1], dayRows([1, 1], [2, 2]));
    expect(stray.failure?.message).toContain('1 of 2 rows do not belong to the partition 2026-01-01');
    const nothing = await make([1], `${dayRows([1, 1])} union all select null, 3`);
    expect(nothing.failure?.message).toContain('1 of 2 rows');
    expect(await live()).toEqual([
      ['2026-01-01', 10],
      ['2026-01-02', 20],
    ]);
    expect(await tables()).toEqual(['a']);
  });

  test('columns that differ are told by name; their order does not matter', async () => {
    await make([1], dayRows([1, 10]));
    const more = await make([2], `select date '2026-01-02' as day, 1 as amount, 'x' as note`);
    expect(more.failure?.message).toContain('has note in addition');
    const less = await make([2], `select date '2026-01-02' as day`);
    expect(less.failure?.message).toContain('lacks amount');
    const turned = await make([2], `select 20 as amount, date '2026-01-02' as day`);
    expect(turned.failure).toBeUndefined();
    expect(await live()).toEqual([
      ['2026-01-01', 10],
      ['2026-01-02', 20],
    ]);
  });

  test('checks see one partition: the one that fails is held back, the rest is published', async () => {
    const checks = [
      { check: checkOf({ type: 'range', ranges: { amount: { max: 50 } } }, { blocking: true }) },
      { check: checkOf({ type: 'row_count' }, { errorIf: { op: '<', value: 1, percent: false } }) },
    ];
    await make([2], dayRows([2, 7]));
    const done = await make([1, 2, 3], dayRows([1, 10], [2, 1000], [3, 30]), { checks });
    expect(done.failure).toMatchObject({
      code: 'check-failed',
      message: expect.stringMatching(/^1 of 3 partitions is held back: 2026-01-02: not published: 1 of 1/),
    });
    expect([...done.partitions!.keys()]).toEqual([key(1), key(3)]);
    expect([...done.checksOf!].map(([name, results]) => [name, results.map(({ status }) => status)])).toEqual([
      [key(1), ['PASSED', 'PASSED']],
      [key(2), ['FAILED', 'PASSED']],
      [key(3), ['PASSED', 'PASSED']],
    ]);
    expect(await live()).toEqual([
      ['2026-01-01', 10],
      ['2026-01-02', 7],
      ['2026-01-03', 30],
    ]);
    const none = await make([2], dayRows([2, 2000]), { checks });
    expect(none.partitions).toBeUndefined();
    expect(await live()).toHaveLength(3);
    expect(await tables()).toEqual(['a']);
  });

  test('the first publication has no rows of what was held back', async () => {
    const checks = [{ check: checkOf({ type: 'range', ranges: { amount: { max: 50 } } }, { blocking: true }) }];
    const done = await make([1, 2], dayRows([1, 10], [2, 1000]), { checks });
    expect([...done.partitions!.keys()]).toEqual([key(1)]);
    expect(await live()).toEqual([['2026-01-01', 10]]);
  });

  test('an instant belongs to the day of its zone, also when the clock changes', async () => {
    const berlin = cutByDay(['2026-10-25'], 'run1', { timezone: 'Europe/Berlin', expr: 'at' });
    const at = (text: string): string => `select cast('${text}' as timestamp with time zone) as at`;
    const text = [at('2026-10-25T00:00:00+02:00'), at('2026-10-25T23:59:59+01:00')].join(' union all ');
    const done = await materializeSql(session, sqlAsset(text, { partition: berlin }));
    expect(done.failure).toBeUndefined();
    expect(done.partitions?.get('2026-10-25')?.rows).toBe(2);
    const late = await materializeSql(session, sqlAsset(at('2026-10-26T00:00:00+01:00'), { partition: berlin }));
    expect(late.failure?.message).toContain('1 of 1 rows');
  });

  test.each(['built', 'judged', 'publishing', 'before commit', 'published'] as const)(
    'kill -9 when %s: the old partitions or the new ones, and the next attempt works',
    { timeout: 240_000 },
    async (stage) => {
      await make([1, 2], dayRows([1, 10], [2, 20]));
      await session.close();
      const script = `
      const { databases } = await import(${JSON.stringify(new URL('../adapters/sql-open.ts', import.meta.url).href)});
      const { materializeSql } = await import(${JSON.stringify(new URL('./materialize-sql.ts', import.meta.url).href)});
      const { cutByDay, sqlAsset } = await import(${JSON.stringify(new URL('../testing/sql-projects.ts', import.meta.url).href)});
      const real = (await databases(process.env).open(${JSON.stringify(targets[dialect])}, { tag: 't' })).value;
      // Within the transaction, when the old rows are gone and the new ones are there already.
      const query = (text, ...rest) => (text === 'commit' && ${JSON.stringify(stage)} === 'before commit' ? process.kill(process.pid, 'SIGKILL') : real.query(text, ...rest));
      const session = { dialect: real.dialect, engineVersion: real.engineVersion, query, split: real.split };
      const onStage = (stage) => { if (stage === ${JSON.stringify(stage)}) process.kill(process.pid, 'SIGKILL'); };
      await materializeSql(session, sqlAsset(${JSON.stringify(dayRows([2, 99]))}, { partition: cutByDay(['2026-01-02'], 'run2'), onStage }));`;
      const killed = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
        env: installedEngines() as NodeJS.ProcessEnv,
      }).catch((error: { signal?: string }) => error.signal);
      expect(killed).toBe('SIGKILL');
      session = await opened(dialect);
      const isPublished = stage === 'published';
      expect(await live()).toEqual([
        ['2026-01-01', 10],
        ['2026-01-02', isPublished ? 99 : 20],
      ]);
      const stamps = await readStamps(session, { environment: 'production', partitions: [key(1), key(2)] });
      expect(stamps.ok && stamps.value.own.get('marts/a@2026-01-02')?.materialization).toBe(
        `run${isPublished ? 2 : 1}.1/marts/a@2026-01-02`,
      );
      expect((await make([2], dayRows([2, 30]))).failure).toBeUndefined();
      expect((await live()).at(-1)).toEqual(['2026-01-02', 30]);
      expect(await tables()).toEqual(['a']);
    },
  );
});
