import { expect, test } from 'vitest';
import { growingHistory } from '../testing/growth.ts';

test('all pages are written by the first end of a run in a day, whichever commit closed the day before', () => {
  const perDay = 4;
  const history = growingHistory({ assets: 12, ticks: 3 * perDay, perTick: 2, ticksPerDay: perDay });
  const pages = [...history].map(({ prepared: { change, folded }, tick }) => ({
    tick,
    folded,
    // A tick changes the health of two assets at most.
    all: [...change.files].filter(([path, text]) => path.startsWith('health/assets/') && text !== null).length >= 12,
  }));
  const refreshed = pages.filter(({ all }) => all).map(({ tick }) => tick);
  expect(refreshed).toEqual([0, 4, 8, 12]);
  // What closes a day is the claim of its first run, which writes none.
  expect(pages.filter(({ folded }) => folded).every(({ all }) => !all)).toBe(true);
});
