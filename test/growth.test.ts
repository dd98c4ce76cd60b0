import { execFileSync, spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GitSandbox, makeGitSandbox } from '../src/testing/git-sandbox.ts';
import { growingHistory, importHistory, looseBytes, readingOn } from '../src/testing/growth.ts';

const ASSETS = 200;
/** Fifteen days of a wake-up every five minutes, as long as the report looks back; the row `history` of bench/ plays 10,000. */
const TICKS = 4_500;
const PER_DAY = 288;
/** Commits of the last day, with its fold: these carry the report, as every commit of a command does. */
const WINDOW = 2 * PER_DAY;
/** Of loose objects a commit, in bytes: the goal. */
const LOOSE_MAX = 15_000;
const LOOSE_MEAN_MAX = 5_000;
/** Packed, in bytes a commit, folds included: the goal. */
const PACKED_MAX = 3_000;
/** The trees of a head after two years, as a multiple of those after two days: the goal. */
const TREES_YEARS_MAX = 1.3;
const YEARS_DAYS = 731;

let sandbox: GitSandbox;
let gitDir: string;
/** Times of a day, in ticks: what a day fills is as full on the last whole one as on the second one, when every asset has been made. */
const TIMES = [20, 100, 144, 200, 280];
const SECOND_DAY = PER_DAY;
const LAST_DAY = (Math.floor(TICKS / PER_DAY) - 1) * PER_DAY;
const MARKS = new Set([5, ...TIMES.flatMap((time) => [SECOND_DAY + time, LAST_DAY + time])]);
/** What a tick at the end may read of files, as a multiple of one on the second day: on the mean of these times, the goal. */
const READ_MAX = 1.1;

const read = new Map<number, number>();
let commits: Awaited<ReturnType<typeof importHistory>>;

beforeAll(async () => {
  sandbox = makeGitSandbox();
  gitDir = sandbox.makeBare('state.git');
  const hasPages = (tick: number): boolean => tick < 10 || tick > TICKS - PER_DAY - 10;
  const history = growingHistory({ assets: ASSETS, ticks: TICKS, perTick: 5, ticksPerDay: PER_DAY, hasPages });
  commits = await importHistory(gitDir, 'refs/heads/state', readingOn(history, MARKS, read));
}, 600_000);
afterAll(() => sandbox.remove());

const git = (args: readonly string[], input = ''): Buffer =>
  execFileSync('git', args, { cwd: gitDir, env: sandbox.env, input, maxBuffer: 1 << 30 });

/** Objects that a commit has and its parent has not. */
function objectsOf(id: string): string[] {
  const lines = git(['rev-list', '--objects', '--no-object-names', id, `^${id}^`])
    .toString()
    .trim()
    .split('\n');
  return lines;
}

function looseBytesOf(ids: readonly string[]): number {
  const answer = git(['cat-file', '--batch'], `${ids.join('\n')}\n`);
  let at = 0;
  let bytes = 0;
  while (at < answer.length) {
    const end = answer.indexOf(10, at);
    const [, type, size] = answer.toString('latin1', at, end).split(' ');
    const content = answer.subarray(end + 1, end + 1 + Number(size));
    bytes += looseBytes(type!, content);
    at = end + 2 + Number(size);
  }
  return bytes;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const say = (text: string): void => void process.stdout.write(`growth: ${text}\n`);

test('a tick at the end reads as many bytes of files as one on the second day', () => {
  const early = TIMES.map((time) => read.get(SECOND_DAY + time)!);
  const late = TIMES.map((time) => read.get(LAST_DAY + time)!);
  const young = read.get(5)!;
  say(`files that a tick reads, in bytes: ${early.join(', ')} on the second day, ${late.join(', ')} on the last one`);
  say(
    `that is ${(mean(late) / mean(early)).toFixed(2)} × on the mean, and ${(mean(late) / young).toFixed(2)} × of ${young} after ten commits`,
  );
  expect(mean(late) / mean(early)).toBeLessThanOrEqual(READ_MAX);
});

test('a commit that does not fold is at most 15 kB of loose objects', () => {
  const window = commits.slice(-WINDOW);
  const sizes = window.map(({ id, tick, folded, sealed }) => ({
    folded,
    sealed,
    // What a day begins with: the fold, in the claim of its first run, and all pages, where that run ends.
    isFirstOfDay: tick % PER_DAY === 0,
    bytes: looseBytesOf(objectsOf(id)),
  }));
  expect(sizes.some(({ sealed }) => sealed)).toBe(true);
  const bytes = sizes.filter(({ folded }) => !folded).map((size) => size.bytes);
  const plain = sizes.filter((size) => !size.folded && !size.sealed && !size.isFirstOfDay).map((size) => size.bytes);
  const most = Math.max(...plain);
  say(`loose: mean ${mean(bytes).toFixed(0)}, most without a seal ${most} bytes a commit`);
  expect(mean(bytes)).toBeLessThanOrEqual(LOOSE_MEAN_MAX);
  // Also where the health of an asset changed, and with it pages.
  expect(most).toBeLessThanOrEqual(LOOSE_MAX);
});

test('packed, a commit stays small on average, folds included', () => {
  const window = commits.slice(-WINDOW);
  expect(window.some(({ folded }) => folded)).toBe(true);
  // Against all that was there before, as a repository that is packed has it. What is pushed is whole: the deltas are those
  // that `git gc` finds, not those that the import of this history left.
  const args = ['pack-objects', '--revs', '--thin', '--no-reuse-delta', '--delta-base-offset', '--stdout', '-q'];
  const packed = spawnSync('git', args, {
    cwd: gitDir,
    env: sandbox.env,
    input: `${window.at(-1)!.id}\n^${window[0]!.id}\n`,
    maxBuffer: 1 << 30,
  });
  const bytes = packed.stdout.length / (window.length - 1);
  say(`packed: ${bytes.toFixed(0)} bytes a commit`);
  expect(bytes).toBeLessThanOrEqual(PACKED_MAX);
});

/** What a fetch of a head without its files brings. */
function treesOf(id: string): number {
  const objects = git(['rev-list', '--objects', '--filter=blob:none', '--no-walk', id]);
  const packed = spawnSync('git', ['pack-objects', '--stdout', '-q'], {
    cwd: gitDir,
    env: sandbox.env,
    input: objects,
    maxBuffer: 1 << 30,
  });
  return packed.stdout.length;
}
const treesAt = (tick: number): number => treesOf(commits.findLast((commit) => commit.tick === tick)!.id);

test('a tick at the end fetches as many bytes, trees and files, as one on the second day', () => {
  const fetched = (day: number): number => mean(TIMES.map((time) => read.get(day + time)! + treesAt(day + time)));
  const [early, late] = [fetched(SECOND_DAY), fetched(LAST_DAY)];
  say(`trees and files of a tick: ${early.toFixed(0)} and ${late.toFixed(0)} bytes, ${(late / early).toFixed(2)} ×`);
  expect(late / early).toBeLessThanOrEqual(READ_MAX);
});

test('what a fetch of the head without files brings after two years is hardly more than after two days', async () => {
  // Days with few commits of few assets: what stays of a day in the tree does not depend on how many it had.
  const options = { assets: 20, ticks: YEARS_DAYS * 2, perTick: 5, ticksPerDay: 2, hasPages: () => false };
  const years = await importHistory(gitDir, 'refs/heads/years', growingHistory(options));
  const yearsAt = (day: number): number => treesOf(years.findLast(({ tick }) => tick === 2 * day)!.id);
  const early = treesAt(2 * PER_DAY + 100);
  // The days of a month come and go.
  const more = [701, 711, 721, 731].map((day) => yearsAt(day) - yearsAt(2));
  const most = 1 + Math.max(...more) / early;
  say(
    `trees of a head, ${2 * PER_DAY} commits a day: ${early} bytes after two days; after two years ${more.join(', ')} more, ${most.toFixed(2)} ×`,
  );
  expect(most).toBeLessThanOrEqual(TREES_YEARS_MAX);
}, 300_000);
