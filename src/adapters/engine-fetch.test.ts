import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { installedEngines } from '../testing/sql-sessions.ts';
import { loadEngine } from './engine-fetch.ts';
import { ENGINES } from './generated/engines.ts';

const cache = mkdtempSync(join(tmpdir(), 'branchline-cache-'));
afterAll(() => rmSync(cache, { recursive: true, force: true }));
const env = { ...process.env, BRANCHLINE_CACHE: cache, BRANCHLINE_ENGINES: undefined, NODE_ENV: 'production' };

test('an engine is fetched once, verified, and two that fetch at once share one', { timeout: 480_000 }, async () => {
  const said: string[] = [];
  const options = { env, onProgress: (text: string) => said.push(text) };
  const [first, second] = await Promise.all([
    loadEngine<{ Client: unknown }>('pg', options),
    loadEngine('pg', options),
  ]);
  expect(first.ok && typeof first.value.Client).toBe('function');
  expect(second.ok).toBe(true);
  expect(said[0]).toMatch(/^Fetching the Postgres driver 8\.\d+\.\d+ for \S+ \(once; kept in /);
  expect(readdirSync(join(cache, 'engines'))).toHaveLength(1);
  said.length = 0;
  expect((await loadEngine('pg', options)).ok).toBe(true);
  expect(said).toEqual([]);
});

test('DuckDB from the cache answers a query, in a process of its own', { timeout: 480_000 }, async () => {
  const script = `
    const { databases } = await import(${JSON.stringify(new URL('./sql-open.ts', import.meta.url).href)});
    const session = await databases(process.env).open({ type: 'duckdb', path: ':memory:', extensions: [] }, { tag: 't' });
    if (!session.ok) throw new Error(session.error.message);
    console.log(JSON.stringify((await session.value.query('select 42')).value.rows));`;
  const { BRANCHLINE_ENGINES: _, ...clean } = env;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { env: clean });
  expect(stdout.trim()).toBe('[[42]]');
});

test('without a registry the message says what to do, and nothing half-made stays', { timeout: 240_000 }, async () => {
  const home = mkdtempSync(join(tmpdir(), 'branchline-cache-'));
  // The user's own npm configuration applies: here it points at a port where nobody listens.
  writeFileSync(join(home, '.npmrc'), `registry=http://127.0.0.1:9/\ncache=${join(home, 'npm')}\n`);
  const result = await loadEngine('pg', { env: { ...env, HOME: home, USERPROFILE: home, BRANCHLINE_CACHE: home } });
  expect(result).toMatchObject({ ok: false, error: { code: 'driver-missing' } });
  expect(!result.ok && result.error.message).toMatch(
    /could not be fetched: npm says: .*127\.0\.0\.1:9.*npm ping.*BRANCHLINE_ENGINES/,
  );
  expect(readdirSync(join(home, 'engines'))).toEqual([]);
  rmSync(home, { recursive: true, force: true });
});

test('what is not the locked bytes is refused', { timeout: 240_000 }, async () => {
  const { pg } = ENGINES;
  const forged = { ...pg.packages, pg: { ...pg.packages['pg']!, integrity: `sha512-${'A'.repeat(86)}==` } };
  const result = await loadEngine('pg', { env, engines: { ...ENGINES, pg: { ...pg, packages: forged } } });
  expect(result).toMatchObject({
    ok: false,
    error: { code: 'driver-missing', message: expect.stringMatching(/integrity checksum failed/i) },
  });
});

test('a platform without a build is told so', async () => {
  const result = await loadEngine('duckdb', { env, platform: 'sunos-x64' });
  expect(result).toMatchObject({ ok: false, error: { code: 'driver-missing' } });
  expect(!result.ok && result.error.message).toContain('linux-x64');
});

test('an installed copy is used when it is named', async () => {
  const result = await loadEngine<{ version(): string }>('duckdb', { env: installedEngines() });
  expect(result.ok && result.value.version()).toMatch(/^v1\./);
});

test('the generated lock is what package-lock.json says', () => {
  const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as {
    packages: Record<string, { version: string; integrity: string }>;
  };
  for (const engine of Object.values(ENGINES)) {
    const all = [
      ...Object.entries(engine.packages),
      ...Object.values(engine.platforms).map((native) => [native.name, native] as const),
    ];
    for (const [name, { version, integrity }] of all) {
      expect({ name, ...lock.packages[`node_modules/${name}`] }).toMatchObject({ name, version, integrity });
    }
  }
});

test('a folder that the user named is never called one to remove', async () => {
  const result = await loadEngine('pg', { env: { ...env, BRANCHLINE_ENGINES: join(cache, 'nothing-here') } });
  expect(result).toMatchObject({ ok: false, error: { code: 'driver-missing' } });
  const message = result.ok ? '' : result.error.message;
  expect(message).toContain(`pg ${ENGINES.pg.version}`);
  expect(message).not.toContain('Remove');
});
