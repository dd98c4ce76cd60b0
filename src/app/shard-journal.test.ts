import { expect, test } from 'vitest';
import type { EventDraft } from '../model/events.ts';
import { numberEvents } from '../state/codec.ts';
import { boundedJournal, journalEvents } from './shard-journal.ts';

const base = { at: '2026-11-22T09:00:00.000Z', run: 'r', epoch: 1 } as const;
const failure = { class: 'step', code: 'exit-code', message: 'exit code 1', logTail: 'ü'.repeat(1_000) } as const;
const events = numberEvents('x', 0, [
  { ...base, type: 'step.ended', step: 'a', outcome: 'failure', failedAssets: ['a'], durationMs: 1, failure },
  {
    ...base,
    type: 'check.judged',
    step: 'a',
    asset: 'a',
    check: 'c',
    status: 'FAILED',
    severity: 'error',
    blocking: true,
    stage: 'published',
    message: 'two rows',
    metadata: {},
    samples: ['ü'.repeat(1_000)],
    durationMs: 1,
  },
] satisfies EventDraft[]);

test('a journal is bounded by its bytes, not by its letters', () => {
  const whole = boundedJournal(events);
  if (!whole.ok) throw new Error(whole.error);
  const { length } = whole.value.text;
  expect(whole.value.isShortened).toBe(false);
  expect(Buffer.byteLength(whole.value.text)).toBeGreaterThan(length + 1_500);
  expect(boundedJournal(events, Buffer.byteLength(whole.value.text))).toEqual(whole);
  // As many letters, and too many bytes.
  expect(boundedJournal(events, length)).toMatchObject({ value: { isShortened: true } });
});

test('a journal that is too long is without what is only to be looked at, and is one all the same', () => {
  const short = boundedJournal(events, 1_500);
  if (!short.ok) throw new Error(short.error);
  const read = journalEvents(short.value.text, 'journal');
  if (!read.ok) throw new Error(read.error);
  expect(read.value).toMatchObject([{ failure: { message: 'exit code 1' } }, { message: 'two rows' }]);
  expect(short.value.text).not.toContain('ü');
});

test('one that is too long even so is refused, with what makes it shorter', () => {
  const refused = boundedJournal(events, 100);
  expect(refused).toMatchObject({ ok: false });
  expect(JSON.stringify(refused)).toContain('`max-parallel`');
});
