import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BenchRow } from '../bench/row.ts';
import { action } from '../bench/rows/action.ts';
import { queue } from '../bench/rows/queue.ts';
import { plan } from '../bench/rows/start.ts';
import { byText } from '../src/base/order.ts';

let scratch = '';
beforeEach(() => {
  scratch = mkdtempSync(path.join(os.tmpdir(), 'branchline-start-'));
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

/** Files of the program that a command of the benchmarks loads, with their bytes. */
async function loadedBy(row: BenchRow, change = (text: string) => text): Promise<ReadonlyMap<string, number>> {
  const cli = process.env['BRANCHLINE_TEST_CLI']!;
  const afterwards = (): void => {};
  const [contest] = await row.prepare({ scratch, node: process.execPath, cli, isTiny: true, afterwards });
  if (contest?.kind !== 'pair') throw new Error('this row does not start a program');
  const { program, args, cwd, before } = contest.ours;
  before?.();
  const traces = path.join(scratch, 'traces');
  const variable = `NODE_V8_COVERAGE=${traces}`;
  const started = program === 'env' ? ['-i', variable, ...args.slice(1)] : [variable, program, ...args];
  const done = spawnSync('env', started.map(change), { cwd, encoding: 'utf8' });
  expect(done.stderr).toBe('');
  const loaded = new Map<string, number>();
  for (const name of readdirSync(traces)) {
    const { result } = JSON.parse(readFileSync(path.join(traces, name), 'utf8')) as { result: { url: string }[] };
    for (const { url } of result) {
      const file = url.startsWith('file:') ? fileURLToPath(url) : url;
      if (file.startsWith(path.dirname(cli) + path.sep)) loaded.set(path.basename(file), statSync(file).size);
    }
  }
  return loaded;
}

const sum = (sizes: Iterable<number>): number => [...sizes].reduce((all, size) => all + size, 0);
/** Without the hash of what is in it. */
const late = (files: Iterable<string>): string[] =>
  [...files].flatMap((name) => /^(?:late-)?([a-z-]+?)(?:-[0-9a-f]{8})?\.cjs$/.exec(name)?.[1] ?? []).sort();

// What is parsed at each start is most of what a short command costs. A change that needs more says so here.
test('a wake-up that the state tells that nothing is due loads what that takes', async () => {
  const loaded = await loadedBy(action);
  expect(late(loaded.keys())).toEqual([]);
  // Among it what leaves the names of pages out of a tree, and looks for few of many files.
  expect(sum(loaded.values())).toBeLessThan(92_000);
});

test('a wake-up with nothing due that looks at the state loads little code, and none that carries runs out', async () => {
  const loaded = await loadedBy(action, (text) =>
    text.replace(/^(GITHUB_EVENT_NAME)=schedule$/, '$1=repository_dispatch'),
  );
  expect(late(loaded.keys())).toEqual([]);
  // Among it what tells runs apart that one tick, click or push has asked for.
  // And what the entries have in common, with 6 kB by which the command line keeps compiled code and long manifests.
  expect(sum(loaded.values())).toBeLessThan(548_000);
});

test('`plan` loads little more than what planning takes', async () => {
  const loaded = await loadedBy(plan);
  expect(late(loaded.keys())).toEqual(['plan']);
  // With what a tick needs to judge who is overdue and to tell what a run waits for: for these two it read all of `work`.
  // What looks for lost data and names it is asked at each plan.
  expect(sum(loaded.values())).toBeLessThan(628_000);
});

test('a state that has grown is read, and a queue that lets nothing go is told of, without what carries runs out', async () => {
  const told = await loadedBy(queue);
  expect(late(told.keys())).toEqual(['history', 'partitions', 'plan']);
  // With what finds data in tables that the state does not know, by the same look as what is lost.
  expect(sum(told.values())).toBeLessThan(776_000);
});

test('`plan` on a state that has grown loads no more than what that takes', async () => {
  const planning: BenchRow = {
    ...queue,
    prepare: async (context) =>
      (await queue.prepare(context)).map((contest) =>
        contest.kind === 'pair' ? { ...contest, ours: { ...contest.ours, args: [context.cli, 'plan'] } } : contest,
      ),
  };
  const loaded = await loadedBy(planning);
  expect(late(loaded.keys())).toEqual(['history', 'partitions', 'plan']);
  expect(sum(loaded.values())).toBeLessThan(705_000);
});

test('`plan` of assets that were made looks for no files where there are none', async () => {
  const made: BenchRow = {
    ...plan,
    prepare: async (context) => {
      const contests = await plan.prepare(context);
      execFileSync(context.node, [context.cli, 'run'], { cwd: scratch, stdio: 'ignore' });
      return contests;
    },
  };
  const loaded = await loadedBy(made);
  expect(late(loaded.keys())).toEqual(['history', 'partitions', 'plan']);
});

test('a long manifest is not parsed again, but for a change, and in no job of a workflow', () => {
  const cache = path.join(scratch, 'cache');
  const kept = () => readdirSync(path.join(cache, 'manifests')).length;
  const list = (assets: string, more: NodeJS.ProcessEnv = {}) => {
    writeFileSync(path.join(scratch, 'branchline.yaml'), `name: p\n# ${'-'.repeat(5000)}\nassets:\n${assets}`);
    const env = { ...process.env, GITHUB_ACTIONS: undefined, BRANCHLINE_CACHE: cache, ...more };
    const args = [process.env['BRANCHLINE_TEST_CLI']!, 'list', '--json'];
    const done = spawnSync(process.execPath, args, { cwd: scratch, env, encoding: 'utf8' });
    expect(done).toMatchObject({ status: 0, stderr: '' });
    return (JSON.parse(done.stdout) as { assets: { asset: string; line: number }[] }).assets.map(
      ({ asset, line }) => `${asset} ${line}`,
    );
  };
  expect(list('  a: { run: ":" }\n', { GITHUB_ACTIONS: 'true' })).toEqual(['a 4']);
  expect(readdirSync(cache)).not.toContain('manifests');
  expect(list('  a: { run: ":" }\n')).toEqual(['a 4']);
  expect(list('  a: { run: ":" }\n')).toEqual(['a 4']);
  expect(kept()).toBe(1);
  expect(list('  b: { run: ":" }\n')).toEqual(['b 4']);
  expect(list('  a: { run: ":" }\n')).toEqual(['a 4']);
  expect(kept()).toBe(2);
});

describe('what Node made of the code', () => {
  const check = (cache: string) => {
    writeFileSync(path.join(scratch, 'branchline.yaml'), 'name: p\nassets: { a: { run: ":" } }\n');
    const env = { ...process.env, NODE_DISABLE_COMPILE_CACHE: undefined, BRANCHLINE_CACHE: cache };
    return spawnSync(process.execPath, [process.env['BRANCHLINE_TEST_CLI']!, 'check'], {
      cwd: scratch,
      env,
      encoding: 'utf8',
    });
  };

  const keptIn = (cache: string): ReadonlyMap<string, Buffer> => {
    const names = readdirSync(path.join(cache, 'compiled'), { recursive: true }).map(String).sort(byText);
    const files = names.filter((name) => name.endsWith('.cjs'));
    return new Map(files.map((name) => [name, readFileSync(path.join(cache, 'compiled', name))]));
  };

  test('is kept between two commands where things live that can be had anew', () => {
    const cache = path.join(scratch, 'cache');
    expect(check(cache).status).toBe(0);
    const made = keptIn(cache);
    expect(made.size).toBeGreaterThan(3);
    expect(new Set([...made.keys()].map((name) => path.basename(path.dirname(name))))).toEqual(new Set(['check']));
    expect(check(cache)).toMatchObject({ status: 0, stderr: '' });
    expect(keptIn(cache)).toEqual(made);
  });

  test('is made anew where what is kept was cut off, overwritten or is of another build', () => {
    const cache = path.join(scratch, 'cache');
    const fine = { status: 0, stderr: '', stdout: expect.stringContaining('all fine') };
    expect(check(cache)).toMatchObject(fine);
    const damages: readonly ((kept: Buffer) => Uint8Array)[] = [
      (kept) => kept.subarray(0, 5000),
      (kept) => Buffer.concat([Buffer.alloc(64), kept.subarray(64)]),
      (kept) => Buffer.concat([kept.subarray(0, -24), Buffer.alloc(24)]),
    ];
    const largest = [...keptIn(cache)].sort(([, a], [, b]) => b.length - a.length);
    for (const [index, damage] of damages.entries()) {
      const [name, kept] = largest[index]!;
      writeFileSync(path.join(cache, 'compiled', name), damage(kept));
    }
    expect(check(cache)).toMatchObject(fine);
    const mended = keptIn(cache);
    for (const [name, { length }] of largest) expect(mended.get(name)!.length).toBeGreaterThan(0.9 * length);
    expect(check(cache)).toMatchObject(fine);
  });

  test('is done without where nothing can be kept', () => {
    const cache = path.join(scratch, 'file');
    writeFileSync(cache, '');
    expect(check(cache)).toMatchObject({ status: 0, stderr: '' });
  });
});
