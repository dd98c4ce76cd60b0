import { expect, test } from 'vitest';
import type { HealthReason } from '../insights/health.ts';
import { consequencePhrase, type ReasonContext } from './health-text.ts';
import { phraseText } from './phrase.ts';

const failed = { kind: 'materialization_failed', findings: [], at: '2026-11-28T02:26:00.000Z', failuresInRow: 1 };
const context: ReasonContext = {
  materialized: { at: '2026-11-27T02:26:00.000Z' },
  keepsPublished: true,
  hasReaders: true,
  isCut: false,
};

test.each([
  [{}, 'Downstream still reads the data of 2026-11-27 02:26 UTC.'],
  [{ hasReaders: false }, 'What is published is still the data of 2026-11-27 02:26 UTC.'],
  // The partition that failed may never have been made; when the newest one was says nothing of it.
  [{ isCut: true }, 'What is published of its partitions stays.'],
])('after a failure, with %j', (more, text) => {
  expect(phraseText(consequencePhrase(failed as unknown as HealthReason, { ...context, ...more })!)).toBe(text);
});

test('says nothing of what is published where that is gone', () => {
  expect(consequencePhrase(failed as unknown as HealthReason, { ...context, isGone: true })).toBeUndefined();
});
