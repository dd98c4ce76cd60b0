import { expect, test } from 'vitest';
import type { RunRequest } from '../model/plan.ts';
import { reasonText } from './reason-text.ts';

test('what reads nothing, or only what others make, is made since nothing tells whether that is new', () => {
  const say = (detail: readonly string[], request?: RunRequest): string =>
    reasonText({ verdict: 'run', reason: 'no_upstreams', detail }, request);
  expect(say([])).toBe('a source: it may have something new');
  expect(say(['raw/feed'])).toBe('raw/feed is made by others: there may be something new');
  expect(say(['raw/a', 'raw/b'])).toBe('raw/a, raw/b are made by others: there may be something new');
  const tick = '2026-11-22T02:23:00.000Z';
  const request = { kind: 'schedule', schedule: 'nightly', tick, selection: '*', materialize: 'when_stale' } as const;
  expect(say(['raw/feed'], request)).toBe('schedule nightly due 2026-11-22 02:23 UTC');
});
