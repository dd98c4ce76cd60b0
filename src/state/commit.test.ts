import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BranchlineEvent } from '../model/events.ts';
import { timestamp } from '../model/instant.ts';
import { runEvents, STORY_START, tickDrafts } from '../testing/state-story.ts';
import { numberEvents } from './codec.ts';
import { type PreparedCommit, prepareCommit, withPages } from './commit.ts';
import { parseRecentPath, parseSegmentPath, RECENT_BYTES_MAX, RECENT_FILES_MAX, utf8Bytes } from './layout.ts';
import { neededPaths, type ReadOptions } from './needed-paths.ts';
import { areStreamsWanted, assembleView, hasLanded, type StateRead } from './read.ts';
import { encodeSnapshot } from './snapshot.ts';
import { verifyState } from './verify.ts';

const HOUR = 3_600_000;
type Tree = Map<string, string>;

function readOf(tree: Tree, options: ReadOptions = {}): StateRead {
  const listing = [...tree.keys()].sort();
  const needed = new Set(neededPaths(listing, options));
  const texts = new Map([...tree].filter(([path]) => needed.has(path)));
  const read = assembleView({ listing, texts, environment: 'production' });
  if (!read.ok && !options.olderStreams && areStreamsWanted(read.error))
    return readOf(tree, { ...options, olderStreams: true });
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value;
}

function commitTo(tree: Tree, read: StateRead, events: readonly BranchlineEvent[], now: number): PreparedCommit {
  const tx = read.view.seq + 1;
  const prepared = prepareCommit({ read, project: 'weather', events, writer: 'W 1', tx, now, message: 'a commit' });
  if (!prepared.ok) throw new Error(prepared.error.message);
  for (const [path, text] of prepared.value.change.files) {
    // What is deleted was there.
    if (text === null) expect([path, tree.delete(path)]).toEqual([path, true]);
    else tree.set(path, text);
  }
  return prepared.value;
}

function runId(at: number, i: number): string {
  return `${timestamp(at).slice(0, 10).replaceAll('-', '')}-${String(i).padStart(16, 'a')}`;
}

/** A run of two assets, in one commit or in three. */
function runCommits(i: number, at: number, pieces: number): BranchlineEvent[][] {
  const events = runEvents({
    run: runId(at, i),
    at,
    group: 'marts',
    assets: [
      { asset: `raw/a${i % 7}`, outcome: 'success' },
      { asset: `marts/b${i % 3}`, outcome: i % 4 === 0 ? 'failure' : 'success' },
    ],
  });
  return pieces === 1 ? [events] : [events.slice(0, 3), events.slice(3, 7), events.slice(7)];
}

function bytesOf(read: StateRead): string {
  const { chain: digest, filed } = read.base;
  return JSON.stringify([...encodeSnapshot(read.view, { digest, close: false, filed })]);
}

function recentOf(tree: Tree): string[] {
  return [...tree.keys()].filter((path) => parseRecentPath(path));
}

// A shared machine may take its time: these write and verify some megabytes.
describe('a history of commits', { timeout: 240_000 }, () => {
  it('reads back, from little, what was committed, and verifies', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ waitMs: fc.integer({ min: 0, max: 40 * HOUR }), pieces: fc.constantFrom(1, 3) }), {
          minLength: 1,
          maxLength: 25,
        }),
        (steps) => {
          const tree: Tree = new Map();
          let now = STORY_START;
          let read = readOf(tree);
          for (const [i, { waitMs, pieces }] of steps.entries()) {
            now += waitMs;
            for (const events of runCommits(i, now, pieces)) {
              // Half of the time the next commit builds on what the last one said, as a writer does that nobody disturbed.
              const prepared = commitTo(tree, i % 2 === 0 ? readOf(tree, { now }) : read, events, now);
              read = prepared.after;
              expect(bytesOf(readOf(tree, { now }))).toBe(bytesOf(read));
              now += HOUR;
            }
          }
          expect(verifyState(tree, 'production').problems).toEqual([]);
        },
      ),
      { numRuns: 10 },
    );
  });

  it('moves a closed day away in the first commit of the next one, with a run open over midnight', () => {
    const tree: Tree = new Map();
    const evening = Date.UTC(2026, 10, 22, 23, 50);
    const [start, middle, end] = runCommits(1, evening, 3);
    commitTo(tree, readOf(tree), runCommits(0, evening - HOUR, 1)[0]!, evening - HOUR);
    commitTo(tree, readOf(tree), start!, evening);
    const morning = evening + 20 * 60_000;
    const first = commitTo(tree, readOf(tree), middle!, morning);
    expect(first).toMatchObject({ sealed: true, folded: true });
    const closed = tree.get('runs/2026/11/22/0001.jsonl')!;
    expect(closed).toContain(runId(evening - HOUR, 0));
    expect(closed).not.toContain(runId(evening, 1));
    expect(tree.has('rollups/day/2026-11-22.json')).toBe(true);
    expect(readOf(tree).view.openRuns.get(runId(evening, 1))!.state).toBe('STARTED');
    expect([...tree.keys()].filter((path) => path.startsWith('events/'))).toEqual([
      'events/2026/11/22/0000000001-0000000002.jsonl',
    ]);
    const last = commitTo(tree, readOf(tree), end!, morning + 60_000);
    expect(last.folded).toBe(false);
    expect(tree.get('runs/2026/11/22/0001.jsonl')).toBe(closed);
    const view = readOf(tree).view;
    expect(view.endedRuns.get(runId(evening, 1))).toMatchObject({ recordedOn: '2026-11-23', state: 'SUCCESS' });
    expect(view.days.get('2026-11-23')!.get('project')).toMatchObject({ runs: 1 });
    expect(view.days.get('2026-11-22')!.get('project')).toMatchObject({ runs: 1, materialized: 1, failed: 1 });
    expect(verifyState(tree, 'production').problems).toEqual([]);
  });

  it('never goes back in time: a clock behind the head takes the head’s instant', () => {
    const tree: Tree = new Map();
    commitTo(tree, readOf(tree), runCommits(0, STORY_START, 1)[0]!, STORY_START);
    const behind = commitTo(tree, readOf(tree), runCommits(1, STORY_START, 1)[0]!, STORY_START - 48 * HOUR);
    expect(behind.change.at).toBe(STORY_START);
    expect(behind.folded).toBe(false);
  });

  it('keeps recent within its bounds and folds in the middle of a day when segments grow', () => {
    const tree: Tree = new Map();
    let read = readOf(tree);
    let folds = 0;
    for (let i = 0; i < 100; i++) {
      const assets = Array.from({ length: 12 }, (_, a) => ({ asset: `raw/a${a}`, outcome: 'success' as const }));
      const events = runEvents({ run: runId(STORY_START, i), assets, at: STORY_START + i * 1000 });
      const prepared = commitTo(tree, read, events, STORY_START + i * 1000);
      read = prepared.after;
      if (prepared.folded) folds++;
      const recent = recentOf(tree);
      expect(recent.length).toBeLessThanOrEqual(RECENT_FILES_MAX);
      const bytes = recent.reduce((sum, path) => sum + utf8Bytes(tree.get(path)!), 0);
      expect(bytes).toBeLessThanOrEqual(RECENT_BYTES_MAX);
    }
    expect(folds).toBeGreaterThan(0);
    const runs = [...tree.keys()].filter((path) => path.startsWith('runs/'));
    expect(runs).toEqual(['runs/2026/11/22/0001.jsonl']);
    expect(bytesOf(readOf(tree))).toBe(bytesOf(read));
    const again = readOf(tree).view;
    expect(again.endedRuns.size).toBe(100);
    commitTo(tree, readOf(tree), [], STORY_START + 24 * HOUR);
    expect(tree.get('runs/2026/11/22/0001.jsonl')!.split('\n').length).toBe(101);
    expect(verifyState(tree, 'production').problems).toEqual([]);
  });

  it('sums a month when a later one begins', () => {
    const tree: Tree = new Map();
    let day = Date.UTC(2026, 10, 28, 12);
    for (let i = 0; i < 6; i++) {
      commitTo(tree, readOf(tree, { now: day }), runCommits(i, day, 1)[0]!, day);
      day += 24 * HOUR;
    }
    const month = JSON.parse(tree.get('rollups/month/2026-11.json')!) as { cells: Record<string, { runs: number }> };
    expect(month.cells['project']!.runs).toBe(3);
    expect(tree.has('rollups/month/2026-11/000.json')).toBe(true);
    expect(verifyState(tree, 'production').problems).toEqual([]);
  });

  it('splits a commit that is too long for one file', () => {
    const tree: Tree = new Map();
    const assets = Array.from({ length: 1500 }, (_, a) => ({ asset: `raw/asset-${a}`, outcome: 'success' as const }));
    const events = runEvents({ run: runId(STORY_START, 0), assets });
    commitTo(tree, readOf(tree), events, STORY_START);
    expect(recentOf(tree).length).toBeGreaterThan(1);
    for (const text of tree.values()) expect(utf8Bytes(text)).toBeLessThanOrEqual(1024 * 1024);
    expect(readOf(tree).view.assets.size).toBe(1500);
    commitTo(tree, readOf(tree), runCommits(1, STORY_START + 24 * HOUR, 1)[0]!, STORY_START + 24 * HOUR);
    expect([...tree].filter(([, text]) => utf8Bytes(text) > 1024 * 1024)).toEqual([]);
    // 1,500 records do not fit one shard of 64 KiB.
    expect([...tree.keys()].filter((path) => /^snapshot\/[0-9a-f]{3}\.json$/.test(path)).length).toBeGreaterThan(8);
    expect(readOf(tree).view.assets.size).toBe(1502);
    expect(verifyState(tree, 'production').problems).toEqual([]);
  });
});

describe('a transaction', () => {
  it('writes nothing twice: events that count already are left out', () => {
    const tree: Tree = new Map();
    const [events] = runCommits(0, STORY_START, 1);
    commitTo(tree, readOf(tree), events!.slice(0, 5), STORY_START);
    const replay = commitTo(tree, readOf(tree), events!, STORY_START);
    expect(replay.fresh.map((event) => event.id)).toEqual(events!.slice(5).map((event) => event.id));
    expect(verifyState(tree, 'production').events).toBe(events!.length);
  });

  it('is found by its recent file, and by its writer once it was sealed or folded', () => {
    const tree: Tree = new Map();
    commitTo(tree, readOf(tree), runCommits(0, STORY_START, 1)[0]!, STORY_START);
    expect(hasLanded(tree.keys(), { writer: 'W 1', tx: 1 })).toBe(true);
    expect(hasLanded(tree.keys(), { writer: 'W 1', tx: 2 })).toBe(false);
    expect(hasLanded(tree.keys(), { writer: '1', tx: 1 })).toBe(false);
    commitTo(tree, readOf(tree), [], STORY_START + 20 * HOUR);
    expect(hasLanded(tree.keys(), { writer: 'W 1', tx: 1 })).toBe(false);
    expect(hasLanded(tree.keys(), { writer: 'W 1', tx: 1 }, readOf(tree).view.writers)).toBe(true);
    const segment = [...tree.keys()].find((path) => parseSegmentPath(path))!;
    expect(JSON.parse(tree.get(segment)!.split('\n')[0]!)).toMatchObject({ segment: { writers: { 'W 1': 1 } } });
  });

  it('takes pages along, which never replace the state’s own files', () => {
    const tree: Tree = new Map();
    const read = readOf(tree);
    const prepared = prepareCommit({
      read,
      project: 'weather',
      events: numberEvents('W 1', 0, tickDrafts('hourly', STORY_START, { adopt: true })),
      writer: 'W 1',
      tx: 1,
      now: STORY_START,
      message: 'tick',
    });
    if (!prepared.ok) throw new Error(prepared.error.message);
    const paged = withPages(
      prepared.value,
      new Map([
        ['README.md', '# fine\n'],
        ['format.json', 'mine'],
      ]),
    );
    expect(paged.change.files.get('README.md')).toBe('# fine\n');
    expect(paged.change.files.get('format.json')).toBe('{"format":5,"project":"weather","reader_min":"1.0.0"}\n');
    expect(paged.after.base.paths.has('README.md')).toBe(true);
  });

  it('adds little to the repository: a run of five assets among a hundred', () => {
    const tree: Tree = new Map();
    const all = Array.from({ length: 100 }, (_, a) => ({ asset: `raw/asset-${a}`, outcome: 'success' as const }));
    commitTo(tree, readOf(tree), runEvents({ run: runId(STORY_START, 0), assets: all }), STORY_START);
    const five = runEvents({ run: runId(STORY_START, 1), assets: all.slice(0, 5) });
    const { change } = commitTo(tree, readOf(tree), five, STORY_START + HOUR);
    const texts = [...change.files.values()].filter((text) => text !== null);
    const loose = texts.reduce((sum, text) => sum + deflateSync(text).length, 0);
    expect(change.files.size).toBe(1);
    expect(loose).toBeLessThan(3000);
    expect(loose / 5).toBeLessThan(1024);
  });
});
