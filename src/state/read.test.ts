import { describe, expect, it } from 'vitest';
import { timestamp } from '../model/instant.ts';
import { runEvents, STORY_START } from '../testing/state-story.ts';
import { prepareCommit } from './commit.ts';
import { projectOf } from './format-file.ts';
import { foldedSeq, neededPaths, segmentsToAsk } from './needed-paths.ts';
import { assembleView } from './read.ts';
import { verifyState } from './verify.ts';

const DAY = 86_400_000;

/** Three days of one run each; the tree after the fourth commit. */
function history(): Map<string, string> {
  const tree = new Map<string, string>();
  for (let i = 0; i < 4; i++) {
    const at = STORY_START + Math.floor(i / 2) * DAY + i * 1000;
    const read = assembleView({ listing: [...tree.keys()], texts: tree, environment: 'production' });
    if (!read.ok) throw new Error(JSON.stringify(read.error));
    const run = `${timestamp(at).slice(0, 10).replaceAll('-', '')}-${String(i).repeat(16)}`;
    const events = runEvents({ run, at, assets: [{ asset: 'raw/a', outcome: 'success' }] });
    const commit = prepareCommit({
      read: read.value,
      project: 'weather',
      events,
      writer: 'w1',
      tx: i + 1,
      now: at,
      message: '',
    });
    if (!commit.ok) throw new Error(commit.error.message);
    for (const [path, text] of commit.value.change.files) {
      if (text === null) tree.delete(path);
      else tree.set(path, text);
    }
  }
  return tree;
}

function problemsOf(tree: ReadonlyMap<string, string>): string[] {
  const read = assembleView({ listing: [...tree.keys()], texts: tree, environment: 'production' });
  return read.ok ? [] : read.error.map((p) => `${p.code} ${p.file}:${p.line} ${p.message}`);
}

function edited(path: string, edit: (text: string) => string): Map<string, string> {
  const tree = history();
  expect([...tree.keys()]).toContain(path);
  return new Map(tree).set(path, edit(tree.get(path)!));
}

const SEGMENT = 'events/2026/11/22/0000000001-0000000002.jsonl';
const RECENT = 'recent/0000000004-w1-4.jsonl';

describe('what is read', () => {
  it('is the snapshot, what is newer, and the sums that were asked for', () => {
    const listing = [...history().keys(), 'README.md', 'health/assets/0/1/raw.a.md'].sort();
    expect(foldedSeq(listing)).toBe(2);
    expect(neededPaths(listing)).toEqual([
      'format.json',
      'recent/0000000003-w1-3.jsonl',
      RECENT,
      'rollups/day/2026-11-22.json',
      'rollups/day/2026-11-22/000.json',
      'runs/2026/11/22/0001.jsonl',
      'snapshot/000.json',
      'snapshot/folded-0000000002',
      'snapshot/index.json',
    ]);
    expect(neededPaths(listing, { runsOf: ['2026-11-22'] })).toContain('runs/2026/11/22/0001.jsonl');
    expect(segmentsToAsk(listing)).toEqual([]);
  });

  it('takes the newest days of project and assets apart', () => {
    const days = ['2026-11-20', '2026-11-21', '2026-11-22'];
    const listing = days.flatMap((day) => [`rollups/day/${day}.json`, `rollups/day/${day}/000.json`]);
    expect(neededPaths(listing, { days: 2 })).toEqual([
      'rollups/day/2026-11-21.json',
      'rollups/day/2026-11-22.json',
      'rollups/day/2026-11-22/000.json',
    ]);
    expect(neededPaths(listing, { days: 9, assetDays: 9 })).toEqual(listing);
    expect(neededPaths(listing, { now: Date.UTC(2026, 11, 1) })).toEqual(listing);
    expect(neededPaths([...listing, 'rollups/month/2026-11.json'], { now: Date.UTC(2026, 11, 1) })).toHaveLength(2);
  });

  it('is an empty view for an empty branch', () => {
    const read = assembleView({ listing: [], texts: new Map(), environment: 'local' });
    expect(read).toMatchObject({ ok: true, value: { view: { environment: 'local', seq: 0 } } });
  });

  it('says whose it is', () => {
    expect(projectOf(history())).toBe('weather');
    expect(projectOf(new Map())).toBeUndefined();
  });
});

describe('what stops a reader', () => {
  it('a newer format, with the version that reads it', () => {
    const newer = edited('format.json', () => '{"format":7,"project":"weather","reader_min":"3.1.0"}\n');
    expect(problemsOf(newer)).toEqual([
      'newer-format format.json:0 the state has format 7 and this Branchline reads up to format 6: use Branchline 3.1.0 or newer',
    ]);
  });

  it.each([
    ['format.json', () => 'no', 'broken format.json:0 not JSON'],
    ['format.json', () => '{"format":1}', 'broken format.json:0 project: is missing'],
    [
      RECENT,
      (t: string) => t.replace('"step.ended"', '"step.finished"'),
      `newer ${RECENT}:8 the event type \`step.finished\` is not known to this Branchline`,
    ],
    [
      RECENT,
      (t: string) => t.replace('"attempt":1', '"attempt":"1"'),
      `broken ${RECENT}:5 \`step.started\`: attempt: expected a whole number from 0, found "1"`,
    ],
    [RECENT, (t: string) => t.slice(0, -20), `broken ${RECENT}:0 the last line has no end: the file was cut`],
    [
      RECENT,
      (t: string) =>
        t
          .split('\n')
          .filter((_, i) => i !== 3)
          .join('\n'),
      `gap ${RECENT}:0 event 20261123-3333333333333333.1#4 follows number 2 of its stream: what is between is missing`,
    ],
    [
      'snapshot/index.json',
      (t: string) => t.replace('"v":1', '"v":3'),
      'newer snapshot/index.json:0 records of version 3; this Branchline reads up to version 2',
    ],
    [
      'snapshot/000.json',
      (t: string) => t.replace('"durationsMs"', '"durations"'),
      'broken snapshot/000.json:2 raw/a: durations: not a known field',
    ],
  ])('%s edited', (path, edit, message) => {
    expect(problemsOf(edited(path, edit))[0]).toBe(message);
  });

  it('all problems at once', () => {
    const tree = edited(RECENT, (t) => t.replaceAll('"at":"2026', '"at":"soon'));
    const others = new Map(tree).set('snapshot/000.json', '{}');
    expect(problemsOf(others).length).toBeGreaterThan(5);
  });

  it('a file that is listed and not there', () => {
    const tree = history();
    const listing = [...tree.keys()];
    tree.delete('snapshot/000.json');
    const read = assembleView({ listing, texts: tree, environment: 'production' });
    expect(read.ok ? [] : read.error.map((p) => p.code)).toContain('missing');
  });
});

describe('verify', () => {
  it('finds nothing in a whole history and counts it', () => {
    const { problems, commits, events, view } = verifyState(history(), 'production');
    expect(problems).toEqual([]);
    expect({ commits, events: events > 30, runs: view?.endedRuns.size }).toEqual({ commits: 4, events: true, runs: 4 });
  });

  const found = (tree: ReadonlyMap<string, string>): string[] =>
    verifyState(tree, 'production').problems.map((p) => `${p.file}:${p.line} ${p.message}`);

  it.each([
    [
      'a value in a snapshot',
      'snapshot/000.json',
      (t: string) => t.replace('"rows":365', '"rows":366'),
      'snapshot/000.json:2 differs from what the events give',
    ],
    [
      'a sum',
      'rollups/day/2026-11-22.json',
      (t: string) => t.replace('"runs":2', '"runs":3'),
      'rollups/day/2026-11-22.json:2 differs from what the events give',
    ],
    [
      'a closed run',
      'runs/2026/11/22/0001.jsonl',
      (t: string) => t.replace('SUCCESS', 'FAILURE'),
      'runs/2026/11/22/0001.jsonl:1 differs from what the events give',
    ],
    [
      'white space in an event',
      SEGMENT,
      (t: string) => t.replace('"v":1}', '"v":1 }'),
      `${SEGMENT}:3 not in canonical form: the line was edited`,
    ],
    [
      'an event',
      SEGMENT,
      (t: string) => t.replace('"rows":365', '"rows":1'),
      'snapshot/000.json:2 differs from what the events give',
    ],
    [
      'a digest',
      'snapshot/folded-0000000002',
      () => 'x\n',
      'snapshot/folded-0000000002:1 differs from what the events give',
    ],
  ])('sees that %s was edited', (_what, path, edit, message) => {
    expect(found(edited(path, edit))).toContain(message);
  });

  it('sees a broken chain, a lost file and a stray one', () => {
    const lost = history();
    lost.delete('rollups/day/2026-11-22.json');
    expect(found(lost)).toEqual(['rollups/day/2026-11-22.json:0 the events ask for this file and it is not there']);
    const stray = new Map(history()).set('runs/recent/aa/x.json', '{}').set('README.md', 'a page');
    expect(found(stray)).toEqual(['runs/recent/aa/x.json:0 no event asks for this file']);
    const chain = edited(SEGMENT, (t) => t.replace('"after":""', '"after":"00"'));
    expect(found(chain)[0]).toContain('the digest of the segment before differs');
    const gone = history();
    gone.delete(SEGMENT);
    expect(found(gone)[0]).toContain('commit 3 follows commit 0');
    const name = new Map(history()).set('recent/0000000005-w1-9.jsonl', history().get(RECENT)!);
    expect(found(name)[0]).toContain('the commit in it is not the one in its name');
  });
});
