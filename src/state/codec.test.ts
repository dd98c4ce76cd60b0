import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { BranchlineEvent } from '../model/events.ts';
import type { BackfillChunkRequest, RunRequest } from '../model/plan.ts';
import { runEvents, STORY_START, tickDrafts } from '../testing/state-story.ts';
import { boundEvent, boundEvents, boundMetadata, CUT_KEY, METADATA_BYTES_MAX } from './bounds.ts';
import {
  decodeEvent,
  decodeEventValue,
  type EventVersions,
  encodeEvent,
  numberEvents,
  splitEventId,
  type Upcast,
} from './codec.ts';
import { cutEnd, cutStart } from './cut-text.ts';
import { EVENT_TYPES } from './event-shapes.ts';
import { leanEvent, mapEventText } from './event-text.ts';
import { utf8Bytes } from './layout.ts';

const RUN = '20261122-aaaaaaaaaaaaaaaa';
const events: BranchlineEvent[] = [
  ...runEvents({
    run: RUN,
    assets: [
      { asset: 'raw/a', outcome: 'success' },
      { asset: 'raw/b', outcome: 'failure' },
    ],
    group: 'raw',
  }),
  ...numberEvents('w1', 0, tickDrafts('hourly', STORY_START, { adopt: true })),
];

const manual = { selection: '*', mode: 'all', withUpstream: false, ignoreBlocking: false };

function problemOf(value: object): string {
  const decoded = decodeEvent(JSON.stringify(value), 'recent/x.jsonl', 7);
  return decoded.ok
    ? 'fine'
    : `${decoded.error.code} ${decoded.error.file}:${decoded.error.line} ${decoded.error.message}`;
}

describe('events as lines', () => {
  it('come back as they were', () => {
    for (const event of events) {
      const line = encodeEvent(event);
      expect(line).not.toContain('\n');
      const back = decodeEvent(line, 'recent/x.jsonl', 1);
      expect(back.ok && encodeEvent(back.value)).toBe(line);
    }
  });

  it.each([
    { kind: 'dispatch', workflow: '17', at: events[0]!.at, ...manual },
    { kind: 'dispatch', workflow: '17', attempt: 2, at: events[0]!.at, job: 'nightly', ...manual },
    { kind: 'dispatch', workflow: '17', at: events[0]!.at, ...manual, partitions: '2026-11-01', part: 2 },
    { kind: 'push', commit: 'a1', at: events[0]!.at, selection: 'changed:any+' },
    { kind: 'push', commit: 'a1', at: events[0]!.at, selection: 'key:a', partitions: '2026-11-01', part: 1 },
  ])('know a request of kind $kind', (request) => {
    expect(problemOf({ ...events[0], request })).toBe('fine');
    expect(problemOf({ ...events[0], request: { ...request, at: 'now' } })).toContain(
      'request.at: expected an instant',
    );
  });

  it.each([
    [
      { ...events[0], v: 3 },
      'newer recent/x.jsonl:7 a `run.requested` event of version 3; this Branchline reads up to version 2',
    ],
    [
      { ...events[0], type: 'run.paused' },
      'newer recent/x.jsonl:7 the event type `run.paused` is not known to this Branchline',
    ],
    [
      { ...events[0], at: 'yesterday' },
      'broken recent/x.jsonl:7 `run.requested`: at: expected an instant such as 2026-11-22T09:23:00.000Z, found "yesterday"',
    ],
    [{ ...events[0], id: 'x' }, 'broken recent/x.jsonl:7 `run.requested`: id: expected <stream>#<n>, found "x"'],
    [{ ...events[0], mood: 'good' }, 'broken recent/x.jsonl:7 `run.requested`: mood: not a known field'],
    [{ ...events[0], run: undefined }, 'broken recent/x.jsonl:7 `run.requested`: run: is missing'],
    [{ ...events[2], steps: [{ id: 'a' }] }, 'broken recent/x.jsonl:7 `run.started`: steps[0].assets: is missing'],
    [[], 'broken recent/x.jsonl:7 expected an event, found a list'],
  ])('say what is wrong: %#', (value, message) => {
    expect(problemOf(value)).toBe(message);
  });

  it('says that a line is not JSON', () => {
    expect(decodeEvent('{"id', 'f', 3)).toMatchObject({ ok: false, error: { code: 'broken', line: 3 } });
  });

  it('are rewritten from older versions, one step at a time', () => {
    // A synthetic past: in version 1 the field was called `number`, in version 2 `tries`.
    const versions: EventVersions = {
      newest: 3,
      upcasts: new Map([
        [
          'step.started',
          new Map<number, Upcast>([
            [1, ({ number, ...rest }): Record<string, unknown> => ({ ...rest, tries: number })],
            [2, ({ tries, ...rest }): Record<string, unknown> => ({ ...rest, attempt: tries })],
          ]),
        ],
      ]),
    };
    const old = { id: `${RUN}.1#1`, type: 'step.started', at: '2026-11-22T09:00:00.000Z', run: RUN, step: 'raw/a' };
    expect(decodeEventValue({ ...old, v: 1, number: 2 }, 'f', 1, versions)).toMatchObject({
      ok: true,
      value: { attempt: 2 },
    });
    expect(decodeEventValue({ ...old, v: 2, tries: 4 }, 'f', 1, versions)).toMatchObject({
      ok: true,
      value: { attempt: 4 },
    });
    expect(decodeEventValue({ ...old, v: 3, attempt: 5 }, 'f', 1, versions)).toMatchObject({ ok: true });
    expect(decodeEventValue({ ...old, v: 4, attempt: 5 }, 'f', 1, versions)).toMatchObject({
      error: { code: 'newer' },
    });
  });

  it('are written in the oldest version that has all of their fields, and read as they are', () => {
    const started = {
      type: 'step.started',
      at: '2026-11-22T09:00:00.000Z',
      run: RUN,
      step: 'raw/a',
      attempt: 3,
    } as const;
    const written = numberEvents(`${RUN}.1`, 0, [started, { ...started, attemptsBefore: 2 }]);
    expect(written.map(({ v }) => v)).toEqual([1, 2]);
    const begun = { type: 'run.started', at: started.at, run: RUN, planDigest: 'f', steps: [] } as const;
    const uncommitted = { count: 2, files: ['a.sql'] };
    written.push(...numberEvents(`${RUN}.1`, 2, [begun, { ...begun, uncommitted }]));
    expect(written.map(({ v }) => v)).toEqual([1, 2, 1, 2]);
    const whole: BackfillChunkRequest = {
      kind: 'backfill',
      backfill: 'backfill-x',
      at: started.at,
      group: 1,
      place: 0,
      count: 3,
      assets: ['a'],
      selection: '*',
    };
    const again = (original: BackfillChunkRequest): RunRequest => ({
      kind: 'retry',
      root: RUN,
      number: 1,
      automatic: 1,
      of: RUN,
      at: started.at,
      strategy: 'FROM_FAILURE',
      since: started.at,
      original,
      selection: '*',
    });
    const asked = [whole, { ...whole, share: 'abc' }, again(whole), again({ ...whole, share: 'abc' })].map(
      (request) => ({ type: 'run.requested', at: started.at, run: RUN, request, tags: {} }) as const,
    );
    written.push(...numberEvents(`${RUN}.1`, 4, asked));
    expect(written.slice(4).map(({ v }) => v)).toEqual([1, 2, 1, 2]);
    for (const event of written) expect(decodeEvent(encodeEvent(event), 'f', 1)).toEqual({ ok: true, value: event });
  });

  it('number their streams', () => {
    expect(events[0]!.id).toBe(`${RUN}.1#1`);
    expect(splitEventId('a#b#12')).toEqual({ stream: 'a#b', n: 12 });
    expect(['#1', 'a#', 'a#0', 'a#01', 'a#1x'].map(splitEventId)).toEqual(Array.from({ length: 5 }, () => undefined));
  });
});

describe('bounds', () => {
  const materialized = events.find((event) => event.type === 'asset.materialized')!;

  it('cut long texts with a mark, never in the middle of a character', () => {
    expect(cutEnd('short', 100)).toBe('short');
    const cut = cutEnd('é€😀'.repeat(1000), 200);
    expect(utf8Bytes(cut)).toBeLessThanOrEqual(200);
    expect(new TextDecoder().decode(new TextEncoder().encode(cut))).toBe(cut);
    expect(cut).toContain('… (cut: 9000 bytes)');
    const tail = cutStart(`${'first\n'.repeat(100)}last line\n`, 60);
    expect(tail.startsWith('… (cut)\nfirst\n')).toBe(true);
    expect(tail.endsWith('last line\n')).toBe(true);
    expect(utf8Bytes(cutStart('x'.repeat(1000), 60))).toBeLessThanOrEqual(60);
  });

  it('hold metadata to 4 KiB a value and 16 KiB an event', () => {
    const big = boundMetadata({ list: Array.from({ length: 5000 }, (_, i) => i), quotes: '"'.repeat(5000), n: 1 });
    expect(big['n']).toBe(1);
    expect(big['list']).toContain('left out');
    expect(utf8Bytes(JSON.stringify(big['quotes']))).toBeLessThanOrEqual(4096);
    const many = boundMetadata(Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`k${i}`, 'x'.repeat(4000)])));
    expect(many[CUT_KEY]).toBe('5 more left out; the limit of an event is 16384 bytes');
    expect(utf8Bytes(JSON.stringify(many))).toBeLessThanOrEqual(METADATA_BYTES_MAX);
  });

  it('keep an event that is within them as it is, and 20 log tails a commit', () => {
    expect(boundEvent(materialized)).toEqual(materialized);
    const failure = { class: 'step', code: 'exit-code', message: 'm', logTail: 'x'.repeat(20_000) } as const;
    const failed = events.find((event) => event.type === 'step.ended')!;
    const bounded = boundEvents(Array.from({ length: 30 }, () => ({ ...failed, failure })));
    const tails = bounded.filter((event) => 'failure' in event && event.failure?.logTail !== undefined);
    expect(tails).toHaveLength(20);
    expect(utf8Bytes((tails[0] as { failure: { logTail: string } }).failure.logTail)).toBeLessThanOrEqual(8192);
  });
});

describe('free text', () => {
  const secret = 'hunter2-hunter2';
  const judged: BranchlineEvent = {
    id: `${RUN}.1#9`,
    v: 1,
    at: '2026-11-22T09:00:00.000Z',
    type: 'check.judged',
    run: RUN,
    step: 'raw/a',
    asset: 'raw/a',
    check: 'rows',
    status: 'FAILED',
    severity: 'error',
    blocking: true,
    stage: 'audit',
    value: 2,
    message: `saw ${secret}`,
    metadata: { rows: 2, [secret]: { deep: [`x${secret}x`] } },
    samples: [{ key: secret }],
    durationMs: 5,
  };

  it('is rewritten everywhere it may stand, and names are not', () => {
    const mapped = mapEventText(judged, (text) => text.replaceAll(secret, '***'));
    expect(JSON.stringify(mapped)).not.toContain(secret);
    expect(mapped).toMatchObject({ message: 'saw ***', asset: 'raw/a', metadata: { '***': { deep: ['x***x'] } } });
    for (const event of events) expect(mapEventText(event, (text) => text)).toEqual(event);
    const failed = {
      ...events.find((event) => event.type === 'run.ended')!,
      failure: { class: 'step', code: 'c', message: secret, logTail: secret },
    };
    expect(JSON.stringify(mapEventText(failed as BranchlineEvent, () => ''))).not.toContain(secret);
  });

  it('is gone from a lean event, which still decodes', () => {
    const lean = leanEvent(judged);
    expect(JSON.stringify(lean)).not.toContain('hunter2');
    expect(lean).toMatchObject({ value: 2, metadata: { rows: 2 }, status: 'FAILED' });
    for (const event of [judged, ...events]) expect(decodeEvent(encodeEvent(leanEvent(event)), 'f', 1).ok).toBe(true);
  });
});

describe('docs/events.md', () => {
  const page = readFileSync(new URL('../../docs/events.md', import.meta.url), 'utf8');

  it('has a section for each event type and for no other', () => {
    const sections = [...page.matchAll(/^### `([^`]+)`$/gm)].map((match) => match[1]!);
    expect([...sections].sort()).toEqual(EVENT_TYPES);
  });

  it('shows an example of each that decodes, in canonical form', () => {
    const examples = [...page.matchAll(/^```json\n(.*)\n```$/gm)].map((match) => match[1]!);
    const types = examples.map((line) => {
      const decoded = decodeEvent(line, 'docs/events.md', 1);
      if (!decoded.ok) throw new Error(`${decoded.error.message}: ${line}`);
      expect(encodeEvent(decoded.value)).toBe(line);
      return decoded.value.type;
    });
    expect(types.sort()).toEqual(EVENT_TYPES);
  });
});
