import { describe, expect, test } from 'vitest';
import type { BranchlineEvent, EventDraft } from '../model/events.ts';
import { numberEvents } from '../state/codec.ts';
import { isPathInside, recordedBlobs, withoutLostData } from './shard-data.ts';

const base = { at: '2026-11-22T09:00:00.000Z', run: 'r', epoch: 1 } as const;
const made = (step: string, files: Readonly<Record<string, string>>): EventDraft => ({
  ...base,
  type: 'asset.materialized',
  step,
  asset: step,
  materialization: `r.1/${step}`,
  codeVersion: 'c',
  codeParts: {},
  dataVersion: 'd',
  upstream: {},
  files: Object.fromEntries(
    Object.entries(files).map(([path, digest]) => [path, { digest, bytes: 1, blob: `blob-of-${digest}` }]),
  ),
  metadata: {},
  durationMs: 1,
});
const step = (name: string, files: Readonly<Record<string, string>>): EventDraft[] => [
  { ...base, type: 'step.started', step: name, attempt: 1 },
  made(name, files),
  { ...base, type: 'step.ended', step: name, outcome: 'success', failedAssets: [], durationMs: 1 },
];
const saved: EventDraft = {
  ...base,
  type: 'connection.saved',
  connection: 'w',
  path: 'w.db',
  digest: '9',
  bytes: 1,
  blob: 'blob-of-9',
  startedFrom: '',
};
const journals = (s000: EventDraft[], s001: EventDraft[] = []): ReadonlyMap<string, readonly BranchlineEvent[]> =>
  new Map([
    ['s000', numberEvents('x', 0, s000)],
    ['s001', numberEvents('y', 0, s001)],
  ]);
const kept = (...digests: string[]): ReadonlyMap<string, string> =>
  new Map(digests.map((digest) => [digest, `blob-of-${digest}`]));
const left = (of: ReadonlyMap<string, readonly BranchlineEvent[]>): string[] =>
  [...of].flatMap(([shard, events]) =>
    events.map((event) => `${shard} ${event.type}${'step' in event ? ` ${event.step}` : ''}`),
  );

describe('what was recorded of files', () => {
  const all = journals([...step('a', { 'a.txt': '1', 'b.txt': '2' }), ...step('c', {}), saved], step('d', { d: '3' }));

  test('names each that git has to have', () => {
    expect(recordedBlobs(all).map(({ digest }) => digest)).toEqual(['1', '2', '9', '3']);
  });

  test('counts when all of them arrived', () => {
    const done = withoutLostData(all, kept('1', '2', '3', '9'));
    expect(done.journals).toEqual(all);
    expect([...done.incomplete]).toEqual([]);
  });

  test('does not count when one of a step is missing: the step is not done, and others are', () => {
    const done = withoutLostData(all, kept('1', '3'));
    expect(left(done.journals)).toEqual([
      's000 step.started c',
      's000 asset.materialized c',
      's000 step.ended c',
      's001 step.started d',
      's001 asset.materialized d',
      's001 step.ended d',
    ]);
    expect([...done.incomplete]).toEqual(['s000']);
  });

  test('does not count when git has it under another id', () => {
    const done = withoutLostData(journals(step('a', { 'a.txt': '1' })), new Map([['1', 'another']]));
    expect(left(done.journals)).toEqual([]);
  });
});

test.each([
  ['data/a.csv', true],
  ['data/..a/b', true],
  ['../a', false],
  ['/etc/a', false],
  ['a/../b', false],
  ['a//b', false],
  ['.git/config', false],
  ['a/.GIT/b', false],
  ['a/.git./b', false],
  ['a/.g\u200cit/b', false],
  ['GIT~1/config', false],
  ['C:/a', false],
  ['a\\b', false],
  ['a\nb', false],
  ['', false],
])('a path %j is inside: %s', (path, expected) => {
  expect(isPathInside(path)).toBe(expected);
});
