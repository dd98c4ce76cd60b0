import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import type { SqlSession } from '../ports.ts';
import { testDialects } from '../testing/sql-dialects.ts';
import { checkOf, sqlAsset, sqlCheckOf } from '../testing/sql-projects.ts';
import { installedEngines, rowsOf } from '../testing/sql-sessions.ts';
import { judgePublished } from './judge-published.ts';
import { materializeSql } from './materialize-sql.ts';
import { readStamps } from './sql-stamps.ts';

const { targets, scratch, opened } = testDialects('materialize');

describe.each(['duckdb', 'postgres'] as const)('materializeSql on %s', (dialect) => {
  let session: SqlSession;
  beforeEach(async () => {
    session = await opened(dialect);
    for (const schema of ['marts', '_branchline']) await session.query(`drop schema if exists ${schema} cascade`);
    return () => session.close();
  });
  const tables = async (): Promise<unknown> =>
    (
      await rowsOf(session, `select table_name from information_schema.tables where table_schema = 'marts' order by 1`)
    ).flat();
  const blocking = { blocking: true } as const;

  test('publishes a table with rows, stamp and data version', async () => {
    const done = await materializeSql(session, sqlAsset('select 1 as id union all select 2'));
    expect(done).toMatchObject({ rows: 2, checks: [], holding: [] });
    expect(done.failure).toBeUndefined();
    expect(await rowsOf(session, 'select id from marts.a order by 1')).toEqual([[1], [2]]);
    expect(await tables()).toEqual(['a']);
    const stamps = await readStamps(session, { environment: 'production' });
    expect(stamps.ok && stamps.value.own.get('marts/a')).toEqual({
      materialization: 'run1.1/marts/a',
      dataVersion: done.dataVersion,
      at: '2026-11-22T09:23:00.000Z',
    });
    const other = await readStamps(session, { environment: 'local' });
    expect(other.ok && other.value.own.size).toBe(0);
  });

  test('a stamp without its relation, or overwritten by another environment, is no stamp', async () => {
    await materializeSql(session, sqlAsset('select 1 as id'));
    await materializeSql(session, sqlAsset('select 1 as id', { environment: 'local' }));
    const production = await readStamps(session, { environment: 'production' });
    expect(production.ok && [...production.value.own.keys()]).toEqual([]);
    await rowsOf(session, 'drop table marts.a');
    const local = await readStamps(session, { environment: 'local' });
    expect(local.ok && [...local.value.own.keys()]).toEqual([]);
  });

  test('earlier statements run first; the last select becomes the asset', async () => {
    const text = `create temporary table step as select 20 as x;\n-- and then\nselect x + $$1$$::int as id from step;`;
    expect((await materializeSql(session, sqlAsset(text))).failure).toBeUndefined();
    expect(await rowsOf(session, 'select id from marts.a')).toEqual([[21]]);
  });

  test('values arrive as binds: what they hold cannot change the statement', async () => {
    const evil = `x'; drop table marts.a; --`;
    const text = 'select ${{ env.NAME }}::varchar as name, ${{ env.COUNT }}::int as n where 1 = ${{ env.COUNT }}::int';
    const done = await materializeSql(
      session,
      sqlAsset(text, { value: (expression) => (expression === 'env.NAME' ? evil : 1) }),
    );
    expect(done.failure).toBeUndefined();
    expect(await rowsOf(session, 'select name, n from marts.a')).toEqual([[evil, 1]]);
    const quoted = await materializeSql(session, sqlAsset("select\n  '${{ env.NAME }}' as name"));
    expect(quoted.failure).toMatchObject({
      code: 'sql',
      message: expect.stringContaining('pipelines/a.sql:2:4: an expression inside of quotes'),
    });
  });

  test('names are quoted, whatever they are', async () => {
    const relation = { schema: 'marts', name: 'or"der; drop schema marts' };
    await materializeSql(session, sqlAsset('select 1 as id', { relation }));
    const source = () => ({ kind: 'relation', relation }) as const;
    const done = await materializeSql(session, sqlAsset(`select id from \${{ ref('odd') }}`, { source }));
    expect(done).toMatchObject({ rows: 1 });
  });

  test('an error shows the statement with line and caret, and leaves the old data', async () => {
    await materializeSql(session, sqlAsset('select 1 as id'));
    const done = await materializeSql(
      session,
      sqlAsset('-- two statements\nselect 1;\nselect id,\n       ${{ env.X }}::int as x, dya\nfrom ${{ this }}', {
        value: () => 3,
      }),
    );
    expect(done.failure).toMatchObject({ class: 'step', code: 'sql' });
    expect(done.failure!.message).toMatch(/^pipelines\/a\.sql:4:32: .*dya/);
    expect(done.failure!.logTail).toBe(
      [' 2 │ select 1;', ' 3 │ select id,', ' 4 │        ${{ env.X }}::int as x, dya', `   │ ${' '.repeat(31)}^`].join(
        '\n',
      ),
    );
    expect(await rowsOf(session, 'select id from marts.a')).toEqual([[1]]);
    expect(await tables()).toEqual(['a']);
  });

  test('the last statement must be a select', async () => {
    const done = await materializeSql(session, sqlAsset('select 1;\ncreate table other (x int)'));
    expect(done.failure!.message).toMatch(/^pipelines\/a\.sql:2:1: the last statement must be a select/);
  });

  test('a failed blocking check keeps the copy back; all checks are judged, and the old data stays', async () => {
    await materializeSql(session, sqlAsset('select 1 as id'));
    const checks = [
      { check: checkOf({ type: 'row_count' }, { errorIf: { op: '<', value: 1, percent: false } }) },
      { check: checkOf({ type: 'not_null', columns: ['id'] }, { ...blocking, name: 'ids' }) },
      sqlCheckOf('select * from ${{ this }} where id = ${{ env.BAD }}', {
        name: 'own',
        severity: 'warn',
        samples: 2,
        evaluate: () => 7,
      }),
    ];
    const done = await materializeSql(session, sqlAsset('select 7 as id union all select null', { checks }));
    expect(done).toMatchObject({ holding: ['ids'], failure: { class: 'step', code: 'check-failed' } });
    expect(done.failure!.message).toBe(
      'not published: 1 of 1 blocking check failed (ids: 1 of 2 rows lacks id (allowed 0))',
    );
    expect(
      done.checks.map(({ check, status, severity, stage, value, of }) => ({
        check,
        status,
        severity,
        stage,
        value,
        of,
      })),
    ).toEqual([
      { check: 'row_count', status: 'PASSED', severity: 'error', stage: 'audit', value: 2, of: 2 },
      { check: 'ids', status: 'FAILED', severity: 'error', stage: 'audit', value: 1, of: 2 },
      { check: 'own', status: 'FAILED', severity: 'warn', stage: 'audit', value: 1, of: undefined },
    ]);
    expect(done.checks[2]!.samples).toEqual([{ id: 7 }]);
    expect(await rowsOf(session, 'select id from marts.a')).toEqual([[1]]);
    expect(await tables()).toEqual(['a']);
    const stamps = await readStamps(session, { environment: 'production' });
    expect(stamps.ok && stamps.value.own.size).toBe(1);
  });

  test('a check that cannot be judged is ERRORED with its place; blocking, it keeps the copy back', async () => {
    const own = sqlCheckOf('select *\nfrom ${{ this }} where nope = 1', { name: 'own', blocking: true });
    const done = await materializeSql(
      session,
      sqlAsset('select 1 as id', { checks: [own, { check: checkOf({ type: 'unique', columns: ['id'] }) }] }),
    );
    expect(done.failure).toMatchObject({ code: 'check-errored' });
    expect(done.checks[0]).toMatchObject({
      status: 'ERRORED',
      message: expect.stringMatching(/^pipelines\/a\.yaml:2:24: .*nope/),
    });
    expect(done.checks[1]).toMatchObject({ status: 'PASSED', value: 0, of: 1 });
    expect(await tables()).toEqual([]);
  });

  test('direct publication is judged afterwards and stays', async () => {
    const checks = [{ check: checkOf({ type: 'not_null', columns: ['id'] }, blocking) }];
    const done = await materializeSql(session, sqlAsset('select null::int as id', { checks, publish: 'direct' }));
    expect(done).toMatchObject({ holding: ['not_null'], rows: 1 });
    expect(done.failure).toBeUndefined();
    expect(done.checks[0]).toMatchObject({ status: 'FAILED', stage: 'published' });
    expect(await tables()).toEqual(['a']);
  });

  test('a view is audited and published; table and view can take each other’s place', async () => {
    await materializeSql(session, sqlAsset('select 1 as id'));
    const view = { materialized: 'view', upstream: { 'raw/x': 'v1' } } as const;
    const first = await materializeSql(session, sqlAsset('select 2 as id', view));
    expect(first.failure).toBeUndefined();
    expect(first.dataVersion).toMatch(/^view:/);
    expect(await rowsOf(session, 'select id from marts.a')).toEqual([[2]]);
    const again = await materializeSql(session, sqlAsset('select 3 as id', view));
    expect(again.dataVersion).toBe(first.dataVersion);
    const wider = await materializeSql(
      session,
      sqlAsset(`select 'x' as name, 3 as id`, { ...view, codeVersion: 'c2' }),
    );
    expect(wider.failure).toBeUndefined();
    expect(wider.dataVersion).not.toBe(first.dataVersion);
    await materializeSql(session, sqlAsset('select 4 as id'));
    expect(await rowsOf(session, `select id from marts.a`)).toEqual([[4]]);
    expect(await tables()).toEqual(['a']);
    const bound = await materializeSql(session, sqlAsset('select ${{ env.X }} as id', view));
    expect(bound.failure!.message).toContain('a view cannot hold a value');
  });

  test('materialized none runs its statements and leaves a stamp', async () => {
    const none = { materialized: 'none', relation: undefined } as const;
    const done = await materializeSql(
      session,
      sqlAsset('create schema marts; create table marts.side (x int); insert into marts.side values (1)', none),
    );
    expect(done).toEqual({ dataVersion: 'run1.1/marts/a', checks: [], holding: [] });
    expect(await rowsOf(session, 'select x from marts.side')).toEqual([[1]]);
    const stamps = await readStamps(session, { environment: 'production' });
    expect(stamps.ok && [...stamps.value.own.keys()]).toEqual(['marts/a']);
  });

  test('views over the asset keep working, with the same columns and with others', async () => {
    await materializeSql(session, sqlAsset('select 1 as id'));
    await rowsOf(session, 'create view marts.over as select id + 1 as next from marts.a');
    await rowsOf(session, 'create view marts.over_over as select next + 1 as next from marts.over');
    const same = await materializeSql(session, sqlAsset('select 10 as id'));
    expect(same.failure).toBeUndefined();
    expect(await rowsOf(session, 'select next from marts.over_over')).toEqual([[12]]);
    const wider = await materializeSql(session, sqlAsset(`select 'x' as name, 20 as id`));
    expect(wider.failure).toBeUndefined();
    expect(await rowsOf(session, 'select next from marts.over_over')).toEqual([[22]]);
  });

  test('a stop before publication leaves the old data', async () => {
    await materializeSql(session, sqlAsset('select 1 as id'));
    const abort = new AbortController();
    const done = await materializeSql(
      session,
      sqlAsset('select 2 as id', { signal: abort.signal, onStage: () => abort.abort() }),
    );
    expect(done.failure).toMatchObject({ class: 'cancel' });
    expect(await rowsOf(session, 'select id from marts.a')).toEqual([[1]]);
    expect(await tables()).toEqual(['a']);
  });

  test('time that is over before publication is a timeout', async () => {
    let now = 0;
    const clock = { now: () => now, sleep: async () => undefined };
    const onStage = (): void => {
      now += 60_000;
    };
    const done = await materializeSql(session, sqlAsset('select 2 as id', { clock, timeoutMs: 30_000, onStage }));
    expect(done.failure).toMatchObject({ class: 'timeout', code: 'timeout' });
    expect(await tables()).toEqual([]);
  });

  test('a name too long for the database does not make copy and original one', async () => {
    const relation = { schema: 'marts', name: `${'n'.repeat(60)}_1` };
    const done = await materializeSql(session, sqlAsset('select 1 as id', { relation }));
    expect(done.failure).toBeUndefined();
    expect(await tables()).toEqual([relation.name]);
    const tooLong = await materializeSql(
      session,
      sqlAsset('select 1 as id', { relation: { schema: 'marts', name: 'n'.repeat(64) } }),
    );
    expect(tooLong.failure?.message).toEqual(
      dialect === 'postgres' ? expect.stringContaining('Postgres takes 63') : undefined,
    );
  });

  test.each(['built', 'judged', 'publishing', 'before commit', 'published'] as const)(
    'kill -9 when %s: old data or new, never none, and the next attempt works',
    { timeout: 240_000 },
    async (stage) => {
      await materializeSql(session, sqlAsset('select 1 as id, 1 as old'));
      await session.close();
      const script = `
      const { databases } = await import(${JSON.stringify(new URL('../adapters/sql-open.ts', import.meta.url).href)});
      const { materializeSql } = await import(${JSON.stringify(new URL('./materialize-sql.ts', import.meta.url).href)});
      const { sqlAsset } = await import(${JSON.stringify(new URL('../testing/sql-projects.ts', import.meta.url).href)});
      const real = (await databases(process.env).open(${JSON.stringify(targets[dialect])}, { tag: 't' })).value;
      // Within the transaction, when the old table is dropped and the new one renamed already.
      const query = (text, ...rest) => (text === 'commit' && ${JSON.stringify(stage)} === 'before commit' ? process.kill(process.pid, 'SIGKILL') : real.query(text, ...rest));
      const session = { dialect: real.dialect, engineVersion: real.engineVersion, query, split: real.split };
      const onStage = (stage) => { if (stage === ${JSON.stringify(stage)}) process.kill(process.pid, 'SIGKILL'); };
      await materializeSql(session, sqlAsset('select 2 as id', { materialization: 'run2.1/marts/a', onStage }));`;
      const killed = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
        env: installedEngines() as NodeJS.ProcessEnv,
      }).catch((error: { signal?: string }) => error.signal);
      expect(killed).toBe('SIGKILL');
      session = await opened(dialect);
      const isPublished = stage === 'published';
      expect(await rowsOf(session, 'select id from marts.a')).toEqual([[isPublished ? 2 : 1]]);
      const stamps = await readStamps(session, { environment: 'production' });
      expect(stamps.ok && stamps.value.own.get('marts/a')?.materialization).toBe(
        isPublished ? 'run2.1/marts/a' : 'run1.1/marts/a',
      );
      expect((await materializeSql(session, sqlAsset('select 3 as id'))).failure).toBeUndefined();
      expect(await rowsOf(session, 'select id from marts.a')).toEqual([[3]]);
      expect(await tables()).toEqual(['a']);
    },
  );
});

test('DuckDB: the data version follows the rows and columns, not their order', async () => {
  const session = await opened('duckdb');
  const version = async (text: string): Promise<string | undefined> =>
    (await materializeSql(session, sqlAsset(text))).dataVersion;
  const first = await version('select * from (values (1, null), (2, 3)) as t(a, b)');
  expect(first).toMatch(/^duckdb-1\.\d+\.\d+:2-/);
  expect(await version('select * from (values (2, 3), (1, null)) as t(a, b)')).toBe(first);
  for (const other of ['(1, null), (2, 4)', '(1, null), (2, 3), (2, 3)', '(1, null)', '(1, 3), (2, null)']) {
    expect({ other, version: await version(`select * from (values ${other}) as t(a, b)`) }).not.toEqual({
      other,
      version: first,
    });
  }
  expect(await version('select * from (values (1, null), (2, 3)) as t(a, c)')).not.toBe(first);
  expect(await version('select 1 as a where false')).toMatch(/:0-0-0-/);
  await session.close();
});

test('DuckDB: files are read through ref, also in a view, and judged where they lie', async () => {
  const session = await opened('duckdb');
  const path = join(scratch.folder, "it's days.csv");
  writeFileSync(path, 'day,rain\n2012-01-01,0\n2012-01-02,10.9\n2012-01-02,0.8\n');
  const source = () => ({ kind: 'files', paths: [path] }) as const;
  for (const materialized of ['table', 'view'] as const) {
    const done = await materializeSql(
      session,
      sqlAsset(`select max(rain) as rain from \${{ ref('raw/days') }}`, { source, materialized }),
    );
    expect(done.failure).toBeUndefined();
    expect(await rowsOf(session, 'select rain from marts.a')).toEqual([[10.9]]);
  }
  const checks = [
    { check: checkOf({ type: 'unique', columns: ['day'] }, { samples: 5 }) },
    { check: checkOf({ type: 'relationships', column: 'day', to: 'raw/days', field: 'day' }) },
    {
      check: checkOf({
        type: 'columns',
        columns: { day: { type: 'date', nullable: false }, rain: { type: 'double' } },
      }),
    },
  ];
  const clock = sqlAsset('').clock;
  const judged = await judgePublished(session, { asset: 'raw/days', checks, source, clock });
  expect(judged.results.map(({ status, message, samples }) => ({ status, message, samples }))).toEqual([
    { status: 'FAILED', message: '2 of 3 rows share the same day (allowed 0)', samples: [{ day: '2012-01-02' }] },
    { status: 'PASSED', message: '0 of 3 rows have a day that is no day of raw/days', samples: undefined },
    { status: 'PASSED', message: 'all 2 columns are as declared', samples: undefined },
  ]);
  const lost = await judgePublished(session, {
    asset: 'raw/days',
    checks,
    source: () => ({ kind: 'files', paths: ['/nowhere.csv'] }),
    clock,
  });
  expect(lost.results.every(({ status, message }) => status === 'ERRORED' && message.includes('/nowhere.csv'))).toBe(
    true,
  );
  expect(await rowsOf(session, 'select count(*) from duckdb_views() where temporary and not internal')).toEqual([[0]]);
  await session.close();
});

test('Postgres: a materialized view over the asset is named instead of being dropped', async () => {
  const session = await opened('postgres');
  const relation = { schema: 'marts', name: 'watched' };
  await materializeSql(session, sqlAsset('select 1 as id', { relation }));
  await rowsOf(session, 'create materialized view marts.frozen as select id from marts.watched');
  expect((await materializeSql(session, sqlAsset('select 2 as id', { relation }))).failure).toBeUndefined();
  const changed = await materializeSql(session, sqlAsset(`select 'x' as id`, { relation }));
  expect(changed.failure!.message).toContain('"marts"."frozen" depends on it');
  expect(await rowsOf(session, 'select id from marts.watched')).toEqual([[2]]);
  await session.close();
});

test('Postgres: a view that needs a column that is gone keeps the old data and is named', async () => {
  const session = await opened('postgres');
  const relation = { schema: 'marts', name: 'narrowed' };
  await materializeSql(session, sqlAsset('select 1 as id, 2 as gone', { relation }));
  await rowsOf(session, 'create view marts.needs as select gone from marts.narrowed');
  const done = await materializeSql(session, sqlAsset('select 1 as id', { relation }));
  expect(done.failure!.message).toContain('"marts"."needs"');
  expect(await rowsOf(session, 'select gone from marts.needs')).toEqual([[2]]);
  await session.close();
});
