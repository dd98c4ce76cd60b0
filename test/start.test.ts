import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandOf } from '../src/testing/machine.ts';
import { installedEngines } from '../src/testing/sql-sessions.ts';

const repository = path.resolve(import.meta.dirname, '..');
let folder = '';

/** What a fresh clone has of what `npm start` needs: no packages. */
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'branchline-start-'));
  for (const name of ['scripts/start.mjs', 'package.json'])
    cpSync(path.join(repository, name), path.join(folder, name));
  // Built from the sources as they are, once for the whole suite (test/built-cli.ts).
  cpSync(path.dirname(process.env['BRANCHLINE_TEST_CLI'] ?? ''), path.join(folder, 'dist'), { recursive: true });
  const files = execFileSync('git', ['ls-files', '-z', 'examples/weather'], { cwd: repository, encoding: 'utf8' });
  for (const file of files.split('\0').filter((name) => name !== ''))
    cpSync(path.join(repository, file), path.join(folder, file));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Done {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** On the oldest Node that is promised, where there is one here. */
function node(args: readonly string[], env: Readonly<Record<string, string | undefined>> = {}): Done {
  return spawnSync(commandOf('node20') ?? process.execPath, [...args], {
    cwd: folder,
    encoding: 'utf8',
    // As on a laptop: in CI, steps are shown as they print.
    env: {
      ...installedEngines(),
      CI: undefined,
      GITHUB_ACTIONS: undefined,
      INIT_CWD: folder,
      GIT_CONFIG_GLOBAL: os.devNull,
      ...env,
    },
  });
}
const start = (args: readonly string[] = [], env: Readonly<Record<string, string | undefined>> = {}) =>
  node(['scripts/start.mjs', ...args], env);
const inTry = (...names: string[]) => path.join(folder, '.branchline-try', ...names);
const git = (...args: string[]) => execFileSync('git', args, { cwd: inTry('weather'), encoding: 'utf8' }).trim();

interface Shown {
  readonly commit: string;
  readonly assets: readonly {
    readonly asset: string;
    readonly attempt: { readonly outcome: string };
    readonly checks: Readonly<Record<string, { readonly status: string; readonly severity: string }>>;
    readonly materialized?: { readonly run: string; readonly rows?: number };
  }[];
  readonly schedules: readonly { readonly adoptedAt: string; readonly lastTick: { readonly tick: string } }[];
}
function state(): Shown {
  const done = node([
    'dist/cli.js',
    'state',
    'show',
    '--environment',
    'production',
    '--json',
    '--project',
    '.branchline-try/weather',
  ]);
  return JSON.parse(done.stdout);
}

describe('npm start', () => {
  test('the first time: real data, checked, recorded, reported', () => {
    const done = start();
    expect(done).toMatchObject({ status: 0, stderr: '' });
    const { assets, schedules } = state();
    expect(assets.filter((asset) => asset.attempt.outcome !== 'success')).toEqual([]);
    expect(assets.length).toBeGreaterThanOrEqual(6);
    expect(assets.find((asset) => asset.asset === 'raw/observations')?.materialized?.rows).toBeGreaterThan(1000);
    const checks = assets.flatMap((asset) => Object.entries(asset.checks));
    expect(checks.length).toBeGreaterThanOrEqual(8);
    expect(checks.filter(([, check]) => check.status !== 'PASSED')).toMatchObject([
      ['rain_is_wet', { severity: 'warn' }],
    ]);
    // One run, at the first due instant after the schedule was adopted, and in the past.
    expect(new Set(assets.map((asset) => asset.materialized?.run)).size).toBe(1);
    expect(schedules).toHaveLength(1);
    expect(schedules[0]?.lastTick.tick.slice(0, 10)).toBe(schedules[0]?.adoptedAt.slice(0, 10));
    expect(Date.parse(schedules[0]?.lastTick.tick ?? '')).toBeLessThan(Date.now());
    expect(git('log', '--format=%s', 'branchline/state').split('\n')).toHaveLength(3);
    expect(readFileSync(inTry('report', 'README.md'), 'utf8')).toContain('marts/monthly');
    expect(readFileSync(inTry('weather', 'data', 'temperature.svg'), 'utf8')).toContain('</svg>');
    expect(readFileSync(inTry('weather', 'data', 'monthly.csv'), 'utf8').split('\n').length).toBeGreaterThan(96);
  });

  test('its identity belongs to that repository alone, and the work tree is clean', () => {
    expect(git('log', '--format=%an <%ae>', 'main')).toBe('Branchline example <example@localhost>');
    expect(git('config', '--local', 'user.name')).toBe('Branchline example');
    expect(git('status', '--porcelain')).toBe('');
  });

  test('again: nothing has to be done, nothing is recorded, and the three commands that it names can be pasted', () => {
    const before = state();
    const done = start();
    expect(done).toMatchObject({ status: 0, stderr: '' });
    expect(state()).toEqual(before);
    expect(existsSync(inTry('report', 'README.md'))).toBe(true);
    const pasted = done.stdout.split('\n').filter((line) => line.startsWith('  node '));
    expect(pasted.map((line) => /dist\/cli\.js ([a-z ]+?) --/.exec(line)?.[1])).toEqual(['list', 'plan', 'state log']);
    for (const line of pasted) {
      const tried = node(line.trim().split(' ').slice(1));
      expect(tried).toMatchObject({ status: 0, stderr: '' });
      expect(tried.stdout.trim()).not.toBe('');
    }
  });

  test('`--fresh` starts over; without DuckDB it says what is missing, once; the next start makes what is left', () => {
    writeFileSync(inTry('weather', 'mine.txt'), 'mine\n');
    const empty = path.join(folder, 'no-engines');
    mkdirSync(empty, { recursive: true });
    const failed = start(['--fresh'], { BRANCHLINE_ENGINES: empty });
    expect(failed.status).toBe(3);
    expect(existsSync(inTry('weather', 'mine.txt'))).toBe(false);
    expect(failed.stderr.match(/BRANCHLINE_ENGINES \(/g)).toHaveLength(1);
    expect(state().assets).toEqual([]);
    expect(start()).toMatchObject({ status: 0, stderr: '' });
    expect(state().assets.every((asset) => asset.attempt.outcome === 'success')).toBe(true);
  });

  test('an unknown option is refused, and nothing is written', () => {
    const before = state();
    expect(start(['--frsh']).status).toBe(2);
    expect(state()).toEqual(before);
  });
});
