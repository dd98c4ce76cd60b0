import { afterAll, expect, test } from 'vitest';
import type { ConnectionTarget, SqlSession } from '../ports.ts';
import { installedEngines, rowsOf, scratchDuckDB } from '../testing/sql-sessions.ts';
import { databases } from './sql-open.ts';
import { pooledSql } from './sql-pool.ts';

const scratch = scratchDuckDB();
afterAll(() => scratch.remove());
const real = databases(installedEngines());

/** The real databases, with a count of what was opened and closed. */
function counting(): { readonly sql: typeof real; readonly log: string[] } {
  const log: string[] = [];
  return {
    log,
    sql: {
      async open(target, options) {
        const session = await real.open(target, options);
        log.push(session.ok ? 'open' : 'refused');
        if (!session.ok) return session;
        const inner = session.value;
        const closing: SqlSession = {
          ...inner,
          dialect: inner.dialect,
          engineVersion: inner.engineVersion,
          query: (...of) => inner.query(...of),
          split: (text) => inner.split(text),
          close: async () => {
            log.push('close');
            await inner.close();
          },
        };
        return { ok: true, value: closing };
      },
    },
  };
}

async function lease(
  pool: ReturnType<typeof pooledSql>,
  target: ConnectionTarget = scratch.target,
  readOnly = false,
): Promise<SqlSession> {
  const session = await pool.open(target, { tag: 't', readOnly });
  if (!session.ok) throw new Error(session.error.message);
  return session.value;
}

test('one connection serves many assets, one after the other', async () => {
  const { sql, log } = counting();
  const pool = pooledSql(sql);
  const order: string[] = [];
  const first = await lease(pool);
  const second = lease(pool).then(async (session) => {
    order.push('second has it');
    await rowsOf(session, 'select 1');
    await session.close();
  });
  await rowsOf(first, 'create or replace table t as select 1 as x');
  order.push('first gives it back');
  await first.close();
  await first.close();
  await second;
  expect(order).toEqual(['first gives it back', 'second has it']);
  expect(log).toEqual(['open']);
  await pool.end();
  expect(log).toEqual(['open', 'close']);
});

test.each(['create temp table left as select 1 as x', 'set threads = 1', 'begin'])(
  'what `%s` leaves behind meets no other asset',
  async (statement) => {
    const { sql, log } = counting();
    const pool = pooledSql(sql);
    const first = await lease(pool);
    await first.query(statement.replace('left', '"left"'));
    await first.close();
    const second = await lease(pool);
    expect(await rowsOf(second, `select count(*) from duckdb_tables() where temporary`)).toEqual([[0]]);
    expect((await second.query('begin')).ok).toBe(true);
    await second.query('rollback');
    await second.close();
    await pool.end();
    expect(log).toEqual(['open', 'close', 'open', 'close']);
  },
);

test('a reader gets the writer’s session; a writer never gets a reader’s', async () => {
  const { sql, log } = counting();
  const pool = pooledSql(sql);
  await (await lease(pool, scratch.target, true)).close();
  const writer = await lease(pool);
  expect((await writer.query('create or replace table written as select 1 as x')).ok).toBe(true);
  await writer.close();
  await (await lease(pool, scratch.target, true)).close();
  await pool.end();
  expect(log).toEqual(['open', 'close', 'open', 'close']);
});

test('exclusive: the file is closed, and whoever wants it waits', async () => {
  const { sql, log } = counting();
  const pool = pooledSql(sql);
  await (await lease(pool)).close();
  const giveBack = await pool.exclusive(scratch.target);
  expect(log).toEqual(['open', 'close']);
  let got = false;
  const waiting = lease(pool).then((session) => {
    got = true;
    return session.close();
  });
  await Promise.resolve();
  expect(got).toBe(false);
  giveBack();
  await waiting;
  expect(log).toEqual(['open', 'close', 'open']);
  await pool.end();
});

test('memory is kept between assets, and an ended pool opens nothing', async () => {
  const pool = pooledSql(real);
  const memory: ConnectionTarget = { type: 'duckdb', path: ':memory:', extensions: [] };
  const first = await lease(pool, memory);
  await rowsOf(first, 'create temp table here as select 5 as x');
  await first.close();
  const second = await lease(pool, memory);
  expect(await rowsOf(second, 'select x from here')).toEqual([[5]]);
  await second.close();
  await pool.end();
  expect(await pool.open(memory, { tag: 't' })).toMatchObject({ ok: false });
});
