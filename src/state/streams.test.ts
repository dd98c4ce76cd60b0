import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { BranchlineEvent } from '../model/events.ts';
import { timestamp } from '../model/instant.ts';
import { runEvents, STORY_START, tickDrafts } from '../testing/state-story.ts';
import { numberEvents } from './codec.ts';
import { type PreparedCommit, prepareCommit } from './commit.ts';
import { neededPaths, type ReadOptions } from './needed-paths.ts';
import { areStreamsWanted, assembleView, type StateRead } from './read.ts';
import { repairState } from './repair.ts';
import { leavingFiles, needsOlderStreams, readStreams } from './streams.ts';
import { verifyState } from './verify.ts';

const DAY = 86_400_000;
type Tree = Map<string, string>;

function tryRead(tree: Tree, options: ReadOptions = {}): ReturnType<typeof assembleView> {
  const listing = [...tree.keys()].sort();
  const needed = new Set(neededPaths(listing, options));
  const texts = new Map([...tree].filter(([path]) => needed.has(path)));
  return assembleView({ listing, texts, environment: 'production' });
}
function readOf(tree: Tree, options: ReadOptions = {}): StateRead {
  const read = tryRead(tree, options);
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value;
}

function commitTo(tree: Tree, read: StateRead, events: readonly BranchlineEvent[], now: number): PreparedCommit {
  const tx = read.view.seq + 1;
  const prepared = prepareCommit({ read, project: 'weather', events, writer: 'w', tx, now, message: '' });
  if (!prepared.ok) throw new Error(prepared.error.message);
  for (const [path, text] of prepared.value.change.files) {
    if (text === null) expect([path, tree.delete(path)]).toEqual([path, true]);
    else tree.set(path, text);
  }
  return prepared.value;
}

const runOf = (day: number): string =>
  `${timestamp(STORY_START + day * DAY)
    .slice(0, 10)
    .replaceAll('-', '')}-aaaaaaaaaaaaaaaa`;
const eventsOf = (day: number): BranchlineEvent[] =>
  runEvents({ run: runOf(day), at: STORY_START + day * DAY, assets: [{ asset: 'a', outcome: 'success' }] });

/** A run a day, each commit on what was read anew from as little as a reader takes. */
function days(count: number): Tree {
  const tree: Tree = new Map();
  for (let day = 0; day < count; day++) commitTo(tree, readOf(tree), eventsOf(day), STORY_START + day * DAY);
  return tree;
}
const filesOf = (tree: Tree): string[] => [...tree.keys()].filter((path) => path.startsWith('streams/')).sort();

describe('older streams', () => {
  it('leave the index when a day is closed, into a file that is written once, and are forgotten after 30 days', () => {
    const tree = days(5);
    // Three days are closed and folded: of the last two the index has them.
    expect(filesOf(tree)).toEqual(['streams/2026-11-24.json', 'streams/2026-11-25.json']);
    expect(tree.get('streams/2026-11-25.json')).toBe(
      `{"v":1,"streams":{\n"2026-11-23":{"${runOf(1)}.1":${eventsOf(1).length}}\n}}\n`,
    );
    expect(Object.keys((JSON.parse(tree.get('snapshot/index.json')!) as { streams: object }).streams)).toEqual([
      '2026-11-24',
      '2026-11-25',
    ]);
    expect(verifyState(tree, 'production').problems).toEqual([]);
    const before = tree.get('streams/2026-11-24.json');
    for (let day = 5; day < 40; day++) commitTo(tree, readOf(tree), eventsOf(day), STORY_START + day * DAY);
    expect(before).toBeDefined();
    expect(filesOf(tree)).toHaveLength(29);
    expect(filesOf(tree)).not.toContain('streams/2026-11-24.json');
    expect(verifyState(tree, 'production').problems).toEqual([]);
    expect(readOf(tree, { olderStreams: true }).view.streams.size).toBe(31);
    expect(readOf(tree).view.streams.size).toBe(3);
  });

  it('keeps the index as small after weeks as after days', () => {
    const bytes = (tree: Tree): number => tree.get('snapshot/index.json')!.length;
    expect(bytes(days(30)) / bytes(days(4))).toBeLessThan(1.02);
  });

  it('counts an event of theirs once: with the files, and never without', () => {
    const tree = days(6);
    const late = eventsOf(0);
    const little = readOf(tree);
    expect(little.base.hasUnreadStreams).toBe(true);
    const folded = little.base.foldedAt!;
    expect(needsOlderStreams(little.view, late, { folded, isNew: () => false })).toBe(true);
    const whole = readOf(tree, { olderStreams: true });
    const prepared = commitTo(tree, whole, late, STORY_START + 6 * DAY);
    expect(prepared.fresh).toEqual([]);
    expect(verifyState(tree, 'production').problems).toEqual([]);
  });

  it('asks for the files when a commit on the branch goes on with one', () => {
    const tree = days(6);
    const [first] = eventsOf(0);
    const more = numberEvents(`${runOf(0)}.1`, eventsOf(0).length, [
      { type: 'assets.confirmed', at: first!.at, run: runOf(0), epoch: 1, assets: ['a'] },
    ]);
    const after = commitTo(tree, readOf(tree, { olderStreams: true }), more, STORY_START + 5 * DAY + 1000);
    expect(after.fresh).toHaveLength(1);
    const little = tryRead(tree);
    expect(!little.ok && areStreamsWanted(little.error)).toBe(true);
    expect(readOf(tree, { olderStreams: true }).view.streams).toEqual(after.after.view.streams);
    // Once it is folded the index has it, and the file an older number, which says nothing any more.
    for (let day = 6; day < 9; day++)
      commitTo(tree, readOf(tree, { olderStreams: day === 6 }), eventsOf(day), STORY_START + day * DAY);
    expect(readOf(tree, { olderStreams: true }).view.streams.get(`${runOf(0)}.1`)).toBe(eventsOf(0).length + 1);
    expect(verifyState(tree, 'production').problems).toEqual([]);
  });

  it('never make a file over 1 MiB', () => {
    const numbers = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, i) => [`20261122-${String(i).padStart(16, 'a')}.1`, i + 1]),
    );
    const files = leavingFiles('2026-11-24', { '2026-11-21': { a: 1 }, '2026-11-22': numbers });
    expect(files.map(([path]) => path)).toEqual(['streams/2026-11-24.json', 'streams/2026-11-24.0002.json']);
    for (const [, text] of files) expect(text.length).toBeLessThanOrEqual(1024 * 1024);
    expect(readStreams(new Map(files), timestamp(STORY_START), []).streams.size).toBe(20_001);
  });

  it('are needed for no run of these days, nor for a writer that cannot be older', () => {
    const tree = days(4);
    const { view, base } = readOf(tree);
    const own = numberEvents('p1', 0, tickDrafts('hourly', STORY_START + 4 * DAY));
    const by = (isFresh: boolean) => ({ folded: base.foldedAt!, isNew: () => isFresh });
    expect(needsOlderStreams(view, [...own, ...eventsOf(4)], by(true))).toBe(false);
    expect(needsOlderStreams(view, own, by(false))).toBe(true);
    expect(needsOlderStreams(view, numberEvents('p1', 7, tickDrafts('hourly', STORY_START)), by(false))).toBe(true);
  });

  it.each([
    ['streams/2026-11-24.json', (text: string) => text.replace(':9', ':99'), 'differs from what the events give'],
    ['streams/2026-11-24.json', (text: string) => text.replace(':9', ':3'), 'differs from what the events give'],
    [
      'streams/2026-11-24.json',
      (text: string) => text.replace('2026-11-22', '2026-11-23'),
      'differs from what the events give',
    ],
    ['streams/2026-11-24.json', (text: string) => `${text} `, 'not in canonical form: the file was edited'],
    ['streams/x.json', () => '{}', 'not a file of the state'],
  ] as const)('%s, edited, is found and mended', (path, edit, message) => {
    const tree = days(6);
    const damaged = new Map(tree).set(path, edit(tree.get(path) ?? ''));
    expect(damaged.get(path)).not.toBe(tree.get(path));
    expect(
      verifyState(damaged, 'production').problems.map((problem) => `${problem.file} ${problem.message}`),
    ).toContain(`${path} ${message}`);
    expectMended(damaged);
  });

  it('that are gone are written anew', () => {
    for (const path of filesOf(days(6))) {
      const damaged = new Map(days(6));
      damaged.delete(path);
      expect(verifyState(damaged, 'production').problems).not.toEqual([]);
      expectMended(damaged);
    }
  });
});

function expectMended(damaged: Tree): void {
  const { files, lost } = repairState(damaged, 'production', 'weather');
  expect(lost).toEqual([]);
  for (const [path, text] of files) {
    if (text === null) damaged.delete(path);
    else damaged.set(path, text);
  }
  expect(verifyState(damaged, 'production').problems).toEqual([]);
  expect(readOf(damaged, { olderStreams: true }).view.streams.get(`${runOf(0)}.1`)).toBe(eventsOf(0).length);
}

describe('a state in the layout before', () => {
  /** Format 1, as it was written before there was another: four days, and a fold in the middle of the last one. */
  const old = (): Tree => {
    const file = new URL('../testing/states/format-1.jsonl', import.meta.url);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    return new Map(lines.map((line) => JSON.parse(line) as [string, string]));
  };
  const last = Date.UTC(2026, 10, 30, 13);

  it('is read, verified and mended as it is', () => {
    const tree = old();
    expect(tree.get('format.json')).toContain('"format":1');
    expect(verifyState(tree, 'production').problems).toEqual([]);
    const { view, base } = readOf(tree);
    expect(base.layout).toBe(1);
    expect([...view.endedRuns.values()].filter((run) => run.recordedOn === '2026-11-30')).toHaveLength(4);
    expect(view.streams.size).toBe(8);
    const whole = new Map(tree);
    for (const path of whole.keys()) if (/^(snapshot\/.*\.json$|runs\/)/.test(path)) tree.delete(path);
    const { files, lost } = repairState(tree, 'production', 'weather');
    expect(lost).toEqual([]);
    expect([...files.keys()].filter((path) => path.startsWith('runs/recent/')).sort()).toEqual(
      [...whole.keys()].filter((path) => path.startsWith('runs/recent/')).sort(),
    );
    for (const [path, text] of files) tree.set(path, text!);
    expect(verifyState(tree, 'production').problems).toEqual([]);
  });

  it('goes on as it is until a fold, which leaves it, and counts nothing twice', () => {
    const tree = old();
    const events = runEvents({
      run: '20261130-zzzzzzzzzzzzzzzz',
      at: last,
      assets: [{ asset: 'raw/b', outcome: 'success' }],
    });
    expect(commitTo(tree, readOf(tree), events, last).folded).toBe(false);
    expect(tree.get('format.json')).toContain('"format":1');
    expect(verifyState(tree, 'production').problems).toEqual([]);
    const before = readOf(tree).view;
    const next = commitTo(tree, readOf(tree), [], last + DAY);
    expect(next.folded).toBe(true);
    expect(tree.get('format.json')).toContain('"format":5');
    expect([...tree.keys()].filter((path) => path.startsWith('runs/recent/'))).toEqual([]);
    expect(filesOf(tree)).toEqual(['streams/2026-11-30.json']);
    expect(verifyState(tree, 'production').problems).toEqual([]);
    const after = readOf(tree, { olderStreams: true }).view;
    expect(after.streams).toEqual(before.streams);
    expect([...after.assets.keys()]).toEqual([...before.assets.keys()]);
    expect(after.endedRuns.size).toBe(5);
    // A journal of the first day counts already.
    const late = runEvents({
      run: '20261127-ptq7w2l5kx3mfa60',
      at: Date.UTC(2026, 10, 27, 9, 23),
      group: 'marts',
      assets: [
        { asset: 'marts/days', outcome: 'success', dataVersion: `sha256:${'0'.repeat(64)}` },
        { asset: 'raw/obs', outcome: 'success' },
      ],
    });
    expect(commitTo(tree, readOf(tree, { olderStreams: true }), late, last + DAY).fresh).toEqual([]);
  });
});
