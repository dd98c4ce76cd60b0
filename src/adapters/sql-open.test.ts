import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConnectionTarget, SqlFailure, SqlSession } from '../ports.ts';
import { testDialects } from '../testing/sql-dialects.ts';
import { installedEngines, rowsOf, scratchDuckDB } from '../testing/sql-sessions.ts';

const { sql, targets, opened } = testDialects('contract');

async function failureOf(
  session: SqlSession,
  text: string,
  binds: Parameters<SqlSession['query']>[1] = {},
): Promise<SqlFailure> {
  const result = await session.query(text, binds);
  if (result.ok) throw new Error('it succeeded');
  return result.error;
}

describe.each(['duckdb', 'postgres'] as const)('a %s session', (dialect) => {
  let session: SqlSession;
  beforeAll(async () => {
    session = await opened(dialect);
  });
  afterAll(async () => session.close());

  test('says what it is', () => {
    expect(session.dialect).toBe(dialect);
    expect(session.engineVersion).toMatch(/^\d+\.\d+/);
  });

  test('binds by name, each name as often as it stands there, and only outside of quotes and comments', async () => {
    const rows = await rowsOf(
      session,
      `select $a::int + $a::int as twice, '$a' as text, $$ $a $$ as dollars -- $nobody\n`,
      { a: 21, unused: 1 },
    );
    expect(rows).toEqual([[42, '$a', ' $a ']]);
  });

  test('a bound value is data, whatever it looks like', async () => {
    await rowsOf(session, 'create table if not exists guarded (x int)');
    const evil = `'); drop table guarded; --\\ $1 \${{ x }} "\u00e9'`;
    expect(await rowsOf(session, 'select $evil::varchar', { evil })).toEqual([[evil]]);
    expect(await rowsOf(session, 'select count(*) from guarded')).toEqual([[0]]);
  });

  test('a bind without a value is named', async () => {
    expect((await failureOf(session, 'select $missing::int')).message).toContain('$missing');
  });

  test('null, booleans and numbers keep what they are', async () => {
    expect(
      await rowsOf(session, 'select $n::int, $b::boolean, $f::double precision, $i::bigint', {
        n: null,
        b: true,
        f: 0.5,
        i: 4_000_000_000,
      }),
    ).toEqual([[null, true, 0.5, 4_000_000_000]]);
  });

  test('what JSON cannot hold exactly becomes text', async () => {
    const rows = await rowsOf(
      session,
      `select 9007199254740991::bigint, 9007199254740993::bigint, 1.50::decimal(10,2), 12345678901234567890.12::decimal(38,2), 'NaN'::double precision, 100::decimal(10,0)`,
    );
    expect(rows).toEqual([[9007199254740991, '9007199254740993', 1.5, '12345678901234567890.12', 'NaN', 100]]);
  });

  test('dates and instants are ISO 8601', async () => {
    const [row] = await rowsOf(
      session,
      `select date '2026-11-22', timestamp '2026-11-22 09:23:00.5', timestamptz '2026-11-22 09:23:00+00', time '09:23:00'`,
    );
    expect(row!.slice(0, 2)).toEqual(['2026-11-22', '2026-11-22T09:23:00.5']);
    expect(Date.parse(row![2] as string)).toBe(Date.UTC(2026, 10, 22, 9, 23));
    expect(row![3]).toBe('09:23:00');
  });

  test('columns have names and types; statements without rows say how many they changed', async () => {
    const result = await session.query('select 1::bigint as id, true as flag');
    expect(result.ok && result.value.columns.map(({ name, type }) => [name, type.toLowerCase()])).toEqual([
      ['id', 'bigint'],
      ['flag', 'boolean'],
    ]);
    await rowsOf(session, 'create table if not exists numbers (x int)');
    const changed = await session.query('insert into numbers values (1), (2), (3)');
    expect(changed.ok && changed.value).toMatchObject({ rows: [], changed: 3 });
  });

  test('maxRows bounds what comes back', async () => {
    const result = await session.query('select * from generate_series(1, 5000) as t(x) order by 1', {}, { maxRows: 3 });
    expect(result.ok && result.value.rows).toEqual([[1], [2], [3]]);
    expect(await rowsOf(session, 'select 1')).toEqual([[1]]);
  });

  test('what is left of a bounded result does not end a transaction', async () => {
    await rowsOf(session, 'begin');
    await rowsOf(session, 'create table bounded (x int)');
    expect((await session.query('select * from generate_series(1, 5000)', {}, { maxRows: 0 })).ok).toBe(true);
    await rowsOf(session, 'insert into bounded values (1)');
    await rowsOf(session, 'commit');
    expect(await rowsOf(session, 'select x from bounded')).toEqual([[1]]);
  });

  test('an error has line and column, also behind binds and letters of several bytes', async () => {
    const error = await failureOf(
      session,
      `select $long_name::int,\n  'é😀', wrong_column\nfrom (select 1 as x) as t`,
      { long_name: 1 },
    );
    expect(error).toMatchObject({ code: 'sql', line: 2, column: 10 });
    expect(error.message).toContain('wrong_column');
    expect(error.message).not.toContain('{');
  });

  test('after an error the session goes on', async () => {
    await failureOf(session, 'selec 1');
    expect(await rowsOf(session, 'select 2')).toEqual([[2]]);
  });

  test('split finds statements and which of them yield rows', async () => {
    const text = `create table a (x int);\n-- ; no\nwith t as (select ';' as x) select * from t;;`;
    const split = await session.split(text);
    expect(split.ok && split.value.map(({ offset, isSelect }) => ({ offset, isSelect }))).toEqual([
      { offset: 0, isSelect: false },
      { offset: text.indexOf('with'), isSelect: true },
    ]);
    const broken = await session.split("select 1;\nselect 'open");
    expect(broken).toMatchObject({ ok: false, error: { code: 'sql', line: 2, column: 8 } });
  });

  test('a signal stops a statement that runs, and the session goes on', { timeout: 240_000 }, async () => {
    const abort = new AbortController();
    const long = session.query(
      'select count(*) from generate_series(1, 100000) as a(x), generate_series(1, 10000000) as b(y) where x + y = 7',
      {},
      { signal: abort.signal },
    );
    abort.abort();
    expect(await long).toMatchObject({ ok: false, error: { code: 'interrupted' } });
    expect(await rowsOf(session, 'select 3')).toEqual([[3]]);
    expect(await session.query('select 1', {}, { signal: abort.signal })).toMatchObject({
      ok: false,
      error: { code: 'interrupted' },
    });
  });

  test('a timeout is told from an interruption', { timeout: 240_000 }, async () => {
    const long = await session.query(
      'select count(*) from generate_series(1, 100000) as a(x), generate_series(1, 10000000) as b(y) where x + y = 7',
      {},
      { timeoutMs: 20 },
    );
    expect(long).toMatchObject({ ok: false, error: { code: 'timeout' } });
  });
});

test('Postgres sees the tag as application name, and a default schema is made', async () => {
  const target = { ...targets.postgres!, schema: 'pr 1' } as ConnectionTarget;
  const session = await sql.open(target, { tag: 'branchline raw/orders 20261122-abc' });
  if (!session.ok) throw new Error(session.error.message);
  expect(await rowsOf(session.value, `select current_setting('application_name'), current_schema()`)).toEqual([
    ['branchline raw/orders 20261122-abc', 'pr 1'],
  ]);
  await session.value.close();
});

test('Postgres that nobody runs is unreachable', async () => {
  const result = await sql.open({ type: 'postgres', url: 'postgres://postgres@127.0.0.1:1/none' }, { tag: 't' });
  expect(result).toMatchObject({ ok: false, error: { code: 'unreachable' } });
});

test('DuckDB reads and closes: a second open finds what the first wrote; read only refuses to write', async () => {
  const own = scratchDuckDB();
  const first = await sql.open(own.target, { tag: 't' });
  if (!first.ok) throw new Error(first.error.message);
  await rowsOf(first.value, 'create table kept as select 7 as x');
  await first.value.close();
  const second = await sql.open(own.target, { tag: 't', readOnly: true });
  if (!second.ok) throw new Error(second.error.message);
  expect(await rowsOf(second.value, 'select x from kept')).toEqual([[7]]);
  expect((await failureOf(second.value, 'drop table kept')).code).toBe('sql');
  await second.value.close();
  own.remove();
});

test('DuckDB runs init and fetches no extension by itself', async () => {
  const session = await sql.open(
    {
      type: 'duckdb',
      path: ':memory:',
      extensions: ['json'],
      init: "create table made_by_init as select 1 as x; set timezone = 'Asia/Tokyo'",
    },
    { tag: 't' },
  );
  if (!session.ok) throw new Error(session.error.message);
  expect(
    await rowsOf(session.value, `select x, current_setting('autoinstall_known_extensions') from made_by_init`),
  ).toEqual([[1, false]]);
  expect(await rowsOf(session.value, `select timestamptz '2026-11-22 09:23:00+00'`)).toEqual([
    ['2026-11-22T09:23:00Z'],
  ]);
  await session.value.close();
});

test('DuckDB makes the folder of its file: data is not in git', async () => {
  const target = scratchDuckDB();
  const path = target.target.path.replace(/[^/\\]+$/, 'not/there/yet.duckdb');
  const session = await sql.open({ ...target.target, path }, { tag: 'branchline raw/a' });
  if (!session.ok) throw new Error(session.error.message);
  await session.value.close();
  target.remove();
});

test('a closed DuckDB file is free for other processes, whatever was asked of it', async () => {
  const own = scratchDuckDB();
  const { path } = own.target as Extract<ConnectionTarget, { readonly type: 'duckdb' }>;
  const elsewhere = async (): Promise<string> => {
    const script = `
      const { databases } = await import(${JSON.stringify(new URL('./sql-open.ts', import.meta.url).href)});
      const session = await databases(process.env).open({ type: 'duckdb', path: ${JSON.stringify(path)}, extensions: [] }, { tag: 't' });
      console.log(session.ok ? 'free' : session.error.message);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, ...installedEngines() },
    });
    return stdout.trim();
  };
  const asked = {
    'rows left of a bounded result': ['select * from range(100000)', { maxRows: 2 }],
    'a bounded result of which nothing is wanted': ['select 1', { maxRows: 0 }],
    'a bounded result out of time': ['select sum(range) over () from range(100000000)', { maxRows: 0, timeoutMs: 50 }],
    'an error': ['select nope', {}],
  } as const;
  for (const [what, [statement, options]] of Object.entries(asked)) {
    const session = await sql.open(own.target, { tag: 't' });
    if (!session.ok) throw new Error(session.error.message);
    await session.value.query(statement, {}, options);
    await session.value.close();
    expect([what, await elsewhere()]).toEqual([what, 'free']);
  }
  own.remove();
}, 60_000);
