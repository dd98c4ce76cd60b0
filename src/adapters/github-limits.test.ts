import { expect, test } from 'vitest';
import { limitedUntil, limitOfAnswer, missingPermission } from './github-limits.ts';

const NOW = Date.parse('2026-11-22T09:00:00Z');

test.each<[string, Record<string, string>, number | undefined]>([
  ['seconds', { 'retry-after': '7' }, NOW + 7_000],
  ['a date', { 'retry-after': 'Sun, 22 Nov 2026 09:02:00 GMT' }, NOW + 120_000],
  [
    'the reset, where nothing remains',
    { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1795338000' },
    1_795_338_000_000,
  ],
  ['nothing, where something remains', { 'x-ratelimit-remaining': '1', 'x-ratelimit-reset': '1795338000' }, undefined],
  ['nothing, where the reset is no number', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': 'soon' }, undefined],
  [
    'the secondary one before the primary',
    { 'retry-after': '1', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' },
    NOW + 1_000,
  ],
  ['nothing', {}, undefined],
])('the end of a limit: %s', (_, headers, until) => {
  expect(limitedUntil(new Headers(headers), NOW)).toBe(until);
});

test('only 403 and 429 tell of limits, and a 429 always does', () => {
  const headers = new Headers({ 'retry-after': '7' });
  expect([200, 403, 404, 429, 503].map((status) => limitOfAnswer({ status, headers }, NOW))).toEqual([
    undefined,
    NOW + 7_000,
    undefined,
    NOW + 7_000,
    undefined,
  ]);
  expect(limitOfAnswer({ status: 429, headers: new Headers() }, NOW)).toBe(NOW + 60_000);
  expect(limitOfAnswer({ status: 403, headers: new Headers() }, NOW)).toBeUndefined();
});

test.each([
  [null, 'actions: read', 'actions: read'],
  ['', 'administration: read', undefined],
  ['administration=read', 'actions: read', undefined],
  ['metadata=read', 'metadata: read', undefined],
  ['issues=write; pull_requests=write', 'pull-requests: write', 'pull-requests: write'],
  ['issues=write; pull_requests=write', 'contents: write', 'issues: write'],
  [' actions=write ,contents=read', 'actions: write', 'actions: write, contents: read'],
  ['nonsense', 'actions: read', 'actions: read'],
])('%s, where we know of %s: %s', (header, documented, line) => {
  expect(missingPermission(header, documented)).toBe(line);
});
