import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type EventDraft, type FinalRunState, noCounts, type RunCounts } from '../model/events.ts';
import type { SkipReason } from '../model/plan.ts';
import type { StateView } from '../model/state.ts';
import { expectGolden } from '../testing/golden.ts';
import { assetLines, type JudgedLine } from './asset-lines.ts';
import { againOptions, keptDataText, renderAssetLine, renderTotals, runSubject } from './run-text.ts';

const golden = path.resolve(import.meta.dirname, 'golden', 'run-text');
const at = '2026-11-22T09:23:11.000Z';
const base = { at, run: '20261122-k7q2mzr4tw5ah3bd' };

function made(asset: string, rows?: number, more: { files?: number } = {}): EventDraft {
  const files =
    more.files === undefined
      ? {}
      : {
          files: Object.fromEntries(Array.from({ length: more.files }, (_, i) => [`f${i}`, { digest: 'd', bytes: 1 }])),
        };
  return {
    ...base,
    type: 'asset.materialized',
    step: asset,
    asset,
    materialization: `r.1/${asset}`,
    codeVersion: 'c',
    codeParts: {},
    dataVersion: 'v',
    upstream: {},
    metadata: {},
    durationMs: 300,
    ...(rows === undefined ? {} : { rows }),
    ...files,
  };
}
function failed(asset: string, message: string, logTail?: string): EventDraft {
  const failure = { class: 'step', code: 'exit-code', message, ...(logTail === undefined ? {} : { logTail }) } as const;
  return {
    ...base,
    type: 'step.ended',
    step: asset,
    outcome: 'failure',
    failure,
    failedAssets: [asset],
    durationMs: 100,
  };
}
function skipped(asset: string, reason: SkipReason, cause?: string): EventDraft {
  return {
    ...base,
    type: 'step.skipped',
    step: asset,
    assets: [asset],
    reason,
    ...(cause === undefined ? {} : { cause }),
  };
}
function judged(asset: string, check: string, more: Partial<JudgedLine> = {}): EventDraft {
  return {
    ...base,
    type: 'check.judged',
    step: asset,
    asset,
    check,
    status: 'PASSED',
    severity: 'error',
    blocking: false,
    stage: 'published',
    message: 'all rows pass',
    metadata: {},
    durationMs: 10,
    ...more,
  };
}

const unpublished = [
  judged('marts/records', 'unique_day', {
    status: 'FAILED',
    blocking: true,
    stage: 'audit',
    message: '2 of 365 rows share a day (allowed 0)',
  }),
  judged('marts/records', 'enough', { blocking: true, stage: 'audit' }),
  failed('marts/records', 'not published: 1 of 2 blocking checks failed'),
];
const warned = [
  made('marts/monthly', 48),
  judged('marts/monthly', 'snow_days', {
    status: 'FAILED',
    severity: 'warn',
    message: '3 of 48 months have none (allowed 0)',
  }),
  judged('marts/monthly', 'all_months'),
];
const troubled = [
  made('raw/observations', 1461),
  judged('raw/observations', 'enough'),
  made('staging/days', 1461),
  ...warned,
  ...unpublished,
  skipped('charts/temperature', 'upstream_failed', 'marts/records'),
  skipped('staging/stations', 'up_to_date'),
];

function render(events: readonly EventDraft[], state: FinalRunState, unicode = true): string {
  const lines = assetLines(events);
  const width = Math.max(...lines.map(({ asset }) => asset.length));
  const shown = lines.map((line) => renderAssetLine(line, { color: false, unicode }, width));
  return `${[...shown, '', renderTotals(lines, state, 900)].join('\n')}\n`;
}

test('checks that could not be judged for one cause share a line, with all of it', () => {
  const cause = {
    status: 'ERRORED',
    blocking: true,
    message: `no database: ${'what to do, '.repeat(30)}at last`,
  } as const;
  const text = render(
    [
      judged('raw/a', 'first', cause),
      judged('raw/a', 'second', cause),
      judged('raw/a', 'third', { ...cause, message: 'another cause' }),
      failed('raw/a', 'not published'),
    ],
    'FAILURE',
  );
  expect(text.match(/^ {4}.*$/gm)).toEqual([
    `    first, second: ${cause.message} (could not judge)`,
    '    third: another cause (could not judge)',
  ]);
});

describe('the lines of a run', () => {
  test.each<[string, EventDraft[], FinalRunState]>([
    ['troubled', troubled, 'FAILURE'],
    [
      'well',
      [
        made('raw/observations', 1461),
        judged('raw/observations', 'enough'),
        made('charts/temperature', undefined, { files: 1 }),
      ],
      'SUCCESS',
    ],
    [
      'script-failed',
      [
        failed(
          'charts/temperature',
          'the script ended with exit code 1',
          `${Array.from({ length: 20 }, (_, i) => `line ${i}`).join('\n')}\n`,
        ),
        skipped('charts/page', 'upstream_failed', 'charts/temperature'),
      ],
      'FAILURE',
    ],
    [
      'check-alone',
      [
        judged('marts/records', 'unique_day', { status: 'FAILED', message: '2 rows share a day' }),
        judged('marts/monthly', 'all_months'),
      ],
      'SUCCESS',
    ],
    [
      'could-not-judge',
      [
        made('raw/orders', 3),
        judged('raw/orders', 'sane', { status: 'ERRORED', message: 'no such column: x' }),
        made('raw/deals', 3),
        judged('raw/deals', 'sane', { status: 'ERRORED', severity: 'warn', message: 'no such column: x' }),
      ],
      'FAILURE',
    ],
    ['canceled', [made('raw/observations', 1461), skipped('staging/days', 'canceled')], 'CANCELED'],
  ])('%s', (name, events, state) => {
    expectGolden(path.join(golden, `${name}.txt`), render(events, state));
  });

  test('text from outside moves no cursor', () => {
    const text = render([failed('a', 'bad \u001b[2J\u202e thing', 'one\u001b]0;title\u0007\r\ntwo')], 'FAILURE', false);
    for (const char of ['\u001b', '\u0007', '\u202e', '\r']) expect(text).not.toContain(char);
  });

  test('a skipped check is neither a failure nor its cause', () => {
    const text = render(
      [judged('a', 'c', { status: 'SKIPPED', blocking: true }), failed('a', 'the script ended with exit code 1')],
      'FAILURE',
    );
    expect(text).toContain('the script ended with exit code 1');
    expect(text).not.toContain('blocking');
  });
});

const none: RunCounts = {
  materialized: 0,
  failed: 0,
  skipped: 0,
  upToDate: 0,
  checksPassed: 0,
  checksWarned: 0,
  checksFailed: 0,
};

/** The log of a state branch, as `git log --format=%s` shows it. */
const diary: [events: readonly EventDraft[], state: FinalRunState, counts: Partial<RunCounts>, trigger: string][] = [
  [[made('a'), made('b'), made('c'), made('d')], 'SUCCESS', {}, 'hourly 09:23'],
  [[made('a')], 'SUCCESS', { upToDate: 7 }, 'hourly 10:23'],
  [[], 'SUCCESS', { upToDate: 8 }, 'hourly 11:23'],
  [[], 'SUCCESS', {}, 'hourly 12:23'],
  [[...warned, made('a'), made('b')], 'SUCCESS', {}, 'hourly 13:23'],
  [[...unpublished, made('a'), made('b'), made('c'), made('d')], 'FAILURE', { skipped: 1 }, 'hourly 14:23'],
  [[...unpublished, failed('raw/x', 'the script ended with exit code 3')], 'FAILURE', {}, 'by hand: *'],
  [
    [failed('charts/temperature', 'the script ended with exit code 1'), made('a')],
    'FAILURE',
    {},
    'by hand: key:charts/*',
  ],
  [[made('a'), judged('a', 'sane', { status: 'ERRORED', message: 'no such column' })], 'FAILURE', {}, 'hourly 15:23'],
  [[made('a'), judged('a', 'unique', { status: 'FAILED' })], 'SUCCESS', {}, 'hourly 16:23'],
  [
    [judged('marts/records', 'unique_day', { status: 'FAILED', message: '2 rows' })],
    'SUCCESS',
    {},
    'by hand: key:marts/records',
  ],
  [
    [skipped('a', 'up_to_date'), judged('a', 'fresh', { status: 'FAILED', severity: 'warn' })],
    'SUCCESS',
    {},
    'hourly 17:23',
  ],
  [[], 'FAILURE', {}, 'hourly 18:23'],
  [[], 'CANCELED', {}, 'hourly 19:23'],
  [[made('a'), skipped('b', 'canceled')], 'CANCELED', { skipped: 1 }, 'by hand: *'],
  [[failed('raw/x', 'thanks @acme/data, fixes #12 and GH-7\nsecond line')], 'FAILURE', {}, 'hourly 20:23'],
  [[failed(`long/${'x'.repeat(150)}`, 'y'.repeat(300))], 'FAILURE', {}, 'hourly 21:23'],
  [Array.from({ length: 1200 }, (_, i) => made(`a${i}`)), 'SUCCESS', { upToDate: 8800 }, 'job nightly'],
];

test('the subjects of the commits read like a diary of the data', () => {
  const subjects = diary.map(([events, state, counts, trigger]) =>
    runSubject(assetLines(events), state, { ...none, ...counts }, trigger),
  );
  expectGolden(path.join(golden, 'diary.txt'), `${subjects.join('\n')}\n`);
  for (const subject of subjects) expect(subject.length).toBeLessThanOrEqual(250);
});

describe('partitions', () => {
  const part = (key: string, more: { rows?: number; files?: number } = {}): EventDraft => ({
    ...(made('raw/days', more.rows, more) as EventDraft & { type: 'asset.materialized' }),
    partition: key,
  });
  const days = ['2026-11-25', '2026-11-26', '2026-11-27'];
  const plain = { color: false, unicode: true } as const;
  const lost = (keys: readonly string[]): EventDraft => ({
    ...(failed('raw/days', 'the script ended with exit code 1') as EventDraft & { type: 'step.ended' }),
    failedPartitions: keys,
  });
  const shown = (...events: EventDraft[]): string => renderAssetLine(assetLines(events)[0]!, plain, 10);

  test('are summed up in the line of their asset', () => {
    expect(shown(...days.map((key) => part(key, { files: 2 })))).toBe(
      '✓ raw/days         6 files                0.9 s   3 partitions, 2026-11-25 to 2026-11-27',
    );
    expect(shown(part(days[0]!, { rows: 4 }), part(days[1]!, { rows: 5 }))).toBe(
      '✓ raw/days          9 rows                0.6 s   2026-11-25, 2026-11-26',
    );
  });
  test('that are lacking are named with the failure, and in the subject of the commit', () => {
    expect(shown(part(days[0]!), lost(days.slice(1)))).toContain('2026-11-26, 2026-11-27: the script ended');
    const subject = runSubject(assetLines([lost(days.slice(2))]), 'FAILURE', noCounts, 'by hand: key:raw/days');
    expect(subject).toBe(
      '✗ 1 failed: raw/days 2026-11-27 failed: the script ended with exit code 1 · by hand: key:raw/days',
    );
  });
  test('that failed name themselves once', () => {
    const [line] = assetLines([lost([days[0]!])]);
    const named = { ...line!, failure: { ...line!.failure!, message: '2026-11-25: no rows' } };
    expect(renderAssetLine(named, plain, 10)).toContain('   2026-11-25: no rows');
  });
});

describe('after a failure', () => {
  const record = (at: string) => ({ materialized: { at } });
  const view = {
    assets: new Map<string, object>([
      ['raw/a', record('2026-11-20T09:00:00.000Z')],
      ['raw/c', { ...record('2026-11-20T09:00:00.000Z'), lost: { at: '2026-11-21T09:00:00.000Z', message: 'gone' } }],
    ]),
    partitions: new Map([['raw/d', new Map([['2026-11-26', record('2026-11-21T10:00:00.000Z')]])]]),
  } as unknown as Pick<StateView, 'assets' | 'partitions'>;
  test.each([
    [{ asset: 'raw/a' }, true, 'Downstream of raw/a still reads its data of 2026-11-20 09:00 UTC.'],
    [{ asset: 'raw/a' }, false, 'raw/a keeps its data of 2026-11-20 09:00 UTC.'],
    [{ asset: 'raw/b' }, true, undefined],
    [{ asset: 'raw/c' }, false, undefined],
    [
      { asset: 'raw/d', partitions: ['2026-11-26'] },
      true,
      'Downstream of raw/d 2026-11-26 still reads its data of 2026-11-21 10:00 UTC.',
    ],
    [{ asset: 'raw/d', partitions: ['2026-11-27'] }, true, undefined],
  ])('%j, read: %s', (line, isRead, text) => {
    expect(keptDataText(line, view, isRead)).toBe(text);
  });
  test.each([
    [[], '--select "key:raw/d+"'],
    [['2026-11-27'], '--select "key:raw/d+" --partitions 2026-11-27'],
    [["it's"], `--select "key:raw/d+" --partitions 'it'\\''s'`],
    [['a', 'b'], '--select "key:raw/d+" --partitions failed'],
  ])('the command names %j', (partitions, text) => {
    expect(againOptions({ asset: 'raw/d', partitions })).toBe(text);
  });
});
