import { describe, expect, test } from 'vitest';
import { fail, ok, type Result } from '../base/result.ts';
import type { BranchlineEvent, Claim, EventDraft } from '../model/events.ts';
import type { StateView } from '../model/state.ts';
import { encodeEvent, numberEvents } from '../state/codec.ts';
import { emptyView } from '../state/fold.ts';
import { projectOf } from '../testing/project-builder.ts';
import { type ZipFile, zipOf } from '../testing/zip.ts';
import { leftJournals } from './left-journals.ts';
import type { UploadRefusal, Uploads } from './wave-artifacts.ts';

const project = projectOf({
  'branchline.yaml':
    'name: shop\nconnections: { w: { type: duckdb, path: w.duckdb } }\nassets: { a: { run: "true", outputs: [a.csv] }, b: { run: "true", connection: w }, c: { run: "true" },\n  d: { run: "true", partitions: { daily: { start: 2026-11-01 } } } }\n',
});
const claim: Claim = {
  claim: 'r.1',
  environment: 'production',
  run: 'r',
  epoch: 1,
  holder: { kind: 'workflow', workflow: '32', attempt: 1, job: 'run' },
  writer: 'w32-1-run-00',
  assets: ['a', 'b'],
  connections: [{ name: 'w', startedFrom: '' }],
  at: '2026-11-22T09:00:00.000Z',
};
const step = (asset: string) => ({ assets: [asset], state: 'PLANNED', materialized: [], failedAssets: [], checks: [] });
const view = {
  ...emptyView('production'),
  assets: new Map([['b', { asset: 'b' }]]),
  openRuns: new Map([['r', { run: 'r', epoch: 1, environment: 'production', steps: { a: step('a'), b: step('b') } }]]),
} as unknown as StateView;

const base = { at: '2026-11-22T09:01:00.000Z', run: 'r', epoch: 1 };
const made: EventDraft = {
  ...base,
  type: 'asset.materialized',
  step: 'a',
  asset: 'a',
  materialization: 'r.1/a',
  codeVersion: 'c',
  codeParts: {},
  dataVersion: 'd',
  upstream: {},
  metadata: {},
  durationMs: 1,
};
const own: readonly EventDraft[] = [
  { ...base, type: 'step.started', step: 'a', attempt: 1 },
  made,
  { ...base, type: 'step.ended', step: 'a', outcome: 'success', failedAssets: [], durationMs: 1 },
];
const textOf = (events: readonly BranchlineEvent[], writer = 'w32-1-run-00.r'): string =>
  [JSON.stringify({ journal: 1, writer }), ...events.map(encodeEvent), ''].join('\n');
const text = textOf(numberEvents('r.1', 3, own));
const NAME = 'bl-journal-w32-1-run-post-00-a1';
const PATH = 'shop/journals/production/w32-1-run-00.r.jsonl';
const zip = (content: string, name = PATH): Uint8Array => zipOf([{ name, content }]);

async function left(
  archives: Readonly<Record<string, Uint8Array | UploadRefusal>>,
  names?: UploadRefusal,
  known: StateView = view,
) {
  const uploads: Uploads = {
    names: async () => (names ? fail(names) : ok(Object.keys(archives))),
    read: async (name): Promise<Result<Uint8Array, UploadRefusal>> => {
      const found = archives[name]!;
      return found instanceof Uint8Array ? ok(found) : fail(found);
    },
  };
  const warnings: string[] = [];
  const of = { run: '32', attempt: 1, warn: (message: string) => warnings.push(message) };
  const done = await leftJournals(uploads, of, [claim], { project, view: known });
  const lines = done.ok ? done.value.map((journal) => [journal.writer, journal.lines.length]) : done.error.code;
  return { lines, warnings };
}

describe('the journal that a lost job uploaded', () => {
  test('is found by its claim; those of other attempts, runs and projects are left alone', async () => {
    const archives = {
      [NAME]: zip(text),
      'bl-journal-w32-1-run-post-00-a2': zip(text),
      'bl-journal-w32-1-other-00-a1': zip(textOf(numberEvents('q.1', 0, own), 'w32-1-run-00.q')),
      'bl-journal-s000-1-a1': zip(text, 'journal.jsonl'),
    };
    expect(await left(archives)).toEqual({ lines: [['w32-1-run-00.r', 3]], warnings: [] });
    expect(await left({})).toEqual({ lines: [], warnings: [] });
    // Whatever a project may be called.
    for (const name of ['_shop', '-', '0'])
      expect(await left({ [NAME]: zip(text, PATH.replace('shop', name)) })).toMatchObject({ warnings: [] });
  });

  test('also says what was up to date, of assets that the state knows', async () => {
    const archive = zip(textOf(numberEvents('r.1', 3, [...own, { ...base, type: 'assets.confirmed', assets: ['b'] }])));
    expect(await left({ [NAME]: archive })).toEqual({ lines: [['w32-1-run-00.r', 4]], warnings: [] });
  });

  test('also says which steps its plan left out, of which the record of a run knows nothing', async () => {
    const skipped = (step: string, asset: string): EventDraft => {
      return { ...base, type: 'step.skipped', step, assets: [asset], reason: 'other_environment' };
    };
    const archive = (draft: EventDraft) => zip(textOf(numberEvents('r.1', 0, [draft, ...own])));
    for (const [step, asset] of [
      ['c', 'c'],
      ['d@2026-11-20...2026-11-21', 'd'],
    ] as const)
      expect(await left({ [NAME]: archive(skipped(step, asset)) })).toEqual({
        lines: [['w32-1-run-00.r', 4]],
        warnings: [],
      });
    for (const [step, asset] of [
      ['x', 'c'],
      ['c', 'x'],
      ['c', 'd'],
      ['cc', 'c'],
      ['', ''],
    ] as const)
      expect((await left({ [NAME]: archive(skipped(step, asset)) })).lines).toEqual([]);
  });

  test('counts up to the first file that its branch of data never got, for that goes with the push that failed', async () => {
    const files = { 'a.csv': { digest: 'f'.repeat(64), bytes: 1, blob: 'e'.repeat(40) } };
    const saved: EventDraft = {
      ...base,
      type: 'connection.saved',
      connection: 'w',
      path: 'w.duckdb',
      digest: 'd'.repeat(64),
      bytes: 1,
      blob: 'c'.repeat(40),
      startedFrom: '',
    } as EventDraft;
    const drafts = [own[0]!, { ...made, files } as EventDraft, own[2]!];
    const lines = async (all: readonly EventDraft[], first: number, counted: number) => {
      const known = { ...view, streams: new Map([['r.1', counted]]) };
      const { lines: found, warnings } = await left(
        { [NAME]: zip(textOf(numberEvents('r.1', first, all))) },
        undefined,
        known,
      );
      return [found, warnings.length];
    };
    expect(await lines(drafts, 3, 3)).toEqual([[['w32-1-run-00.r', 1]], 1]);
    // What is recorded already has been pushed with its files.
    expect(await lines(drafts, 3, 5)).toEqual([[['w32-1-run-00.r', 3]], 0]);
    expect(await lines([...own, saved], 3, 3)).toEqual([[['w32-1-run-00.r', 3]], 1]);
    // Tables are where the database is that was saved after them.
    const table = { ...made, step: 'b', asset: 'b', materialization: 'r.1/b', connection: 'w' } as EventDraft;
    expect(await lines([...own, table, saved], 3, 3)).toEqual([[['w32-1-run-00.r', 3]], 1]);
    expect(await lines([...own, table], 3, 3)).toEqual([[['w32-1-run-00.r', 4]], 0]);
    expect(await lines([...own, { ...saved, blob: undefined } as EventDraft], 3, 3)).toEqual([
      [['w32-1-run-00.r', 4]],
      0,
    ]);
  });

  test('that says what is not its own to say is left out whole, with a word', async () => {
    const odd: readonly (readonly BranchlineEvent[])[] = [
      numberEvents('r.1', 3, [
        ...own,
        { ...base, type: 'step.ended', step: 'x', outcome: 'success', failedAssets: [], durationMs: 1 },
      ]),
      numberEvents('r.1', 3, [{ ...made, files: { 'b.csv': { digest: 'f'.repeat(64), bytes: 1 } } } as EventDraft]),
      numberEvents('r.1', 3, [...own, { ...base, type: 'claim.closed', claim: 'other.1', reason: 'ended' }]),
      numberEvents('w32-1-run-00', 3, own),
      numberEvents('r.1', 3, [...own, { ...base, type: 'assets.confirmed', assets: ['b', 'c'] }]),
      numberEvents('r.1', 3, [...own, { ...base, type: 'assets.confirmed', assets: ['x'] }]),
      numberEvents('r.1', 3, [{ ...base, type: 'run.taken-over', reason: 'mine', epoch: 9 }]),
    ];
    for (const events of odd) {
      const { lines, warnings } = await left({ [NAME]: zip(textOf(events)) });
      expect(lines).toEqual([]);
      expect(warnings).toEqual([expect.stringContaining('does not count, and what it says was made is made again')]);
    }
    const twice = await left({ [NAME]: zip(text), 'bl-journal-w32-1-run-post-01-a1': zip(text) });
    expect(twice).toEqual({ lines: [], warnings: [expect.stringContaining('several journals of run r')] });
  });

  test('that is no journal, leads out of its folder or is packed too tight is left out', async () => {
    const bomb: ZipFile = { name: PATH, content: 'x'.repeat(8_000_000) };
    for (const archive of [
      Buffer.from('no zip'),
      zip('no event\n'),
      zip(text, '../up.jsonl'),
      zip(text, 'a/../../up.jsonl'),
      zip(text, '/up.jsonl'),
      zipOf([bomb]),
      zipOf(Array.from({ length: 21 }, (_, i) => ({ name: `p/${i}.jsonl`, content: text }))),
      zipOf([{ name: PATH, content: text, says: { unpacked: 2_000_000_000 } }]),
    ]) {
      const { lines, warnings } = await left({ [NAME]: archive });
      expect(lines).toEqual([]);
      expect(warnings).toHaveLength(1);
    }
  });

  test('for which nobody answers decides nothing; where the right to look is missing, that is said', async () => {
    const silence = { message: 'no answer', isSilence: true };
    expect((await left({}, silence)).lines).toBe('no-artifacts');
    expect((await left({ [NAME]: silence })).lines).toBe('no-artifacts');
    const refused = await left({}, { message: 'forbidden', isSilence: false });
    expect(refused).toEqual({ lines: [], warnings: [expect.stringContaining('`permissions: actions: read`')] });
  });
});
