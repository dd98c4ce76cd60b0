import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../base/json.ts';
import type { BranchlineEvent } from '../model/events.ts';
import { runEvents, STORY_START } from '../testing/state-story.ts';
import { encodeEvent, numberEvents } from './codec.ts';
import { prepareCommit } from './commit.ts';
import { parseJournal } from './journal-text.ts';
import { FILE_BYTES_MAX, parseRecentPath, utf8Bytes } from './layout.ts';
import { eventLines } from './long-events.ts';
import { neededPaths } from './needed-paths.ts';
import { assembleView, type StateRead } from './read.ts';
import { repairState } from './repair.ts';
import { encodeSnapshot } from './snapshot.ts';
import { verifyState } from './verify.ts';

const DAY = 86_400_000;
const ASSETS = 8_500;
const run = '20261122-aaaaaaaaaaaaaaaa';
const assets = Array.from({ length: ASSETS }, (_, i) => ({
  asset: `layer_${String(i % 20).padStart(2, '0')}/größe_${String(i).padStart(6, '0')}`,
  outcome: i === 7 ? ('failure' as const) : ('success' as const),
}));
const events = runEvents({ run, at: STORY_START, group: 'marts', assets });
const longOnes = ['run.started', 'claim.opened'];

type Tree = Map<string, string>;

function readOf(tree: Tree): StateRead {
  const listing = [...tree.keys()].sort();
  const needed = new Set(neededPaths(listing));
  const texts = new Map([...tree].filter(([path]) => needed.has(path)));
  const read = assembleView({ listing, texts, environment: 'production' });
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value;
}

function commitTo(tree: Tree, own: readonly BranchlineEvent[], now: number): StateRead {
  const read = readOf(tree);
  const tx = read.view.seq + 1;
  const prepared = prepareCommit({ read, project: 'weather', events: own, writer: 'w1', tx, now, message: 'a commit' });
  if (!prepared.ok) throw new Error(prepared.error.message);
  for (const [path, text] of prepared.value.change.files) {
    if (text === null) tree.delete(path);
    else tree.set(path, text);
  }
  return prepared.value.after;
}

const bytesOf = (read: StateRead): Map<string, string> => encodeSnapshot(read.view, { digest: '', close: false });

describe('a run whose plan is longer than a file', { timeout: 60_000 }, () => {
  const tree: Tree = new Map();
  const begun = commitTo(tree, events.slice(0, 3), STORY_START);

  it('is recorded in several files of one commit, and read back as it was', () => {
    expect(events.slice(0, 3).map(({ type }) => type)).toEqual(expect.arrayContaining(longOnes));
    const recent = [...tree.keys()].filter((path) => parseRecentPath(path));
    expect(recent.length).toBeGreaterThan(1);
    for (const text of tree.values()) expect(utf8Bytes(text)).toBeLessThanOrEqual(FILE_BYTES_MAX);
    const read = readOf(tree);
    expect(read.view.seq).toBe(1);
    expect(bytesOf(read)).toEqual(bytesOf(begun));
    expect(Object.keys(read.view.openRuns.get(run)!.steps)).toHaveLength(ASSETS);
    expect(read.view.claims.get(`${run}.1`)!.assets).toHaveLength(ASSETS);
    expect(verifyState(tree, 'production').problems).toEqual([]);
  });

  it('stays open over a fold, with its record in files beside the index', () => {
    const later = new Map(tree);
    const after = commitTo(later, events.slice(3, 40), STORY_START + DAY);
    const parts = [...later.keys()].filter((path) => path.startsWith('snapshot/index-'));
    expect(parts.some((path) => path.startsWith('snapshot/index-openRuns.'))).toBe(true);
    expect(JSON.parse(later.get('snapshot/index.json')!)).toMatchObject({ v: 2, writers: { w1: { tx: 1 } } });
    for (const [path, text] of later) expect([path, utf8Bytes(text) <= FILE_BYTES_MAX]).toEqual([path, true]);
    expect(bytesOf(readOf(later))).toEqual(bytesOf(after));
    // Half of a record is none.
    const lost = new Map(later);
    lost.delete(parts[0]!);
    expect(() => readOf(lost)).toThrow(JSON.stringify(parts[0]));
    commitTo(later, numberEvents(`${run}.1`, 40, events.slice(-2)), STORY_START + DAY + 60_000);
    commitTo(later, [], STORY_START + 2 * DAY);
    expect([...later.keys()].filter((path) => path.startsWith('snapshot/index-'))).toEqual([]);
    for (const [path, text] of later) expect([path, utf8Bytes(text) <= FILE_BYTES_MAX]).toEqual([path, true]);
    expect(verifyState(later, 'production').problems).toEqual([]);
  });

  it('says that a part is gone, and leaves the whole event out in a repair', () => {
    const path = [...tree.keys()].filter((each) => parseRecentPath(each))[1]!;
    const lines = tree.get(path)!.split('\n');
    const damaged: Tree = new Map(tree);
    const at = lines.findIndex((line) => line.includes('"event.part"'));
    damaged.set(path, lines.filter((_, i) => i !== at).join('\n'));
    const problems = verifyState(damaged, 'production').problems;
    expect(problems[0]).toMatchObject({ code: 'broken', file: path });
    expect(problems[0]!.message).toContain('does not continue the line before: a part is missing');
    const repair = repairState(damaged, 'production', tree.get('format.json')!);
    expect(repair.lost).toEqual([]);
    const mended: Tree = new Map(damaged);
    for (const [file, text] of repair.files) {
      if (text === null) mended.delete(file);
      else mended.set(file, text);
    }
    expect(verifyState(mended, 'production').problems).toEqual([]);
    const left = [...mended].filter(([file]) => parseRecentPath(file)).map(([, text]) => text);
    const ids = left.flatMap((text) => [...text.matchAll(/"id":"([^"]+#\d+)"/g)].map((match) => match[1]));
    const cut = lines[at]!.match(/"id":"([^"]+)"/)![1];
    expect(ids).not.toContain(cut);
    expect(new Set(ids).size).toBe(2);
  });

  it('is a journal as well, as its files have it', () => {
    const text = [...tree]
      .filter(([path]) => parseRecentPath(path))
      .map(([, content]) => content)
      .join('');
    const journal = parseJournal('recent', text);
    expect(journal.ok && journal.value.events.map(encodeEvent)).toEqual(events.slice(0, 3).map(encodeEvent));
    const last = text.lastIndexOf('"event.part"');
    expect(parseJournal('recent', text.slice(0, last))).toMatchObject({ ok: true, value: { isCut: true } });
    const without = text.split('\n').filter((line) => !line.includes('"part":2,'));
    expect(parseJournal('recent', without.join('\n'))).toMatchObject({ ok: false });
  });
});

describe('a step of more partitions than a line has room for', { timeout: 60_000 }, () => {
  it('is recorded, read back and folded into leaves, whichever event names them', () => {
    const keys = Array.from({ length: 60_000 }, (_, i) => `station_${String(i).padStart(12, '0')}`);
    const own = runEvents({ run, at: STORY_START, assets: [{ asset: 'raw/stations', outcome: 'success' }] }).map(
      (event): BranchlineEvent => {
        if (event.type === 'claim.opened')
          return { ...event, claim: { ...event.claim, partitions: { 'raw/stations': keys } } };
        if (event.type === 'run.started')
          return { ...event, steps: event.steps.map((step) => ({ ...step, partitions: keys })) };
        if (event.type === 'asset.materialized') return { ...event, partition: keys[0]! };
        return event.type === 'check.judged' ? { ...event, partitions: keys } : event;
      },
    );
    const tree: Tree = new Map();
    const made = commitTo(tree, own, STORY_START);
    expect([...tree.values()].join('')).toContain('"event.part"');
    const read = readOf(tree);
    expect(read.view.partitions!.get('raw/stations')!.size).toBe(keys.length);
    expect(read.base.touched.get('raw/stations')!.size).toBe(keys.length);
    expect(bytesOf(read)).toEqual(bytesOf(made));
    commitTo(tree, [], STORY_START + DAY);
    expect([...tree.keys()].filter((path) => path.startsWith('partitions/')).length).toBeGreaterThanOrEqual(
      keys.length / 500,
    );
    for (const [path, text] of tree) expect([path, utf8Bytes(text) <= FILE_BYTES_MAX]).toEqual([path, true]);
    expect(verifyState(tree, 'production').problems).toEqual([]);
  });
});

describe('the lines of an event', () => {
  it('are one where a file has room for it, and canonical always', () => {
    expect(eventLines(events[0]!)).toEqual([encodeEvent(events[0]!)]);
    const started = events.find(({ type }) => type === 'run.started')!;
    const lines = eventLines(started)!;
    expect(lines.length).toBeGreaterThan(3);
    for (const line of lines) expect(canonicalJson(JSON.parse(line))).toBe(line);
    expect(lines.map((line) => (JSON.parse(line) as { text: string }).text).join('')).toBe(encodeEvent(started));
  });

  it('are none where it is longer than any may be, and the refusal says what it is', () => {
    const files = Object.fromEntries(
      Array.from({ length: 1000 }, (_, i) => [`${i}-${'x'.repeat(140_000)}`, { digest: 'd', bytes: 1 }]),
    );
    const made = events.find((event) => event.type === 'asset.materialized')!;
    const read = readOf(new Map());
    const huge = { ...made, id: `${run}.1#1`, files } as BranchlineEvent;
    const prepared = prepareCommit({ read, project: 'p', events: [huge], writer: 'w', tx: 1, now: 0, message: '' });
    expect(prepared).toMatchObject({ ok: false, error: { code: 'too-long' } });
    const message = prepared.ok ? '' : prepared.error.message;
    expect(message).toMatch(/has 1000 output files: what is recorded of it is longer than 128 MiB$/);
  });
});
