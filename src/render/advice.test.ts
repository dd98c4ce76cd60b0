import { expect, test } from 'vitest';
import { adviceIn } from './advice.ts';

test.each([
  ['`branchline run --stale` makes it.', '`branchline run --stale --environment production` makes it.'],
  ['`branchline state log`, `branchline check`', '`branchline state log --environment production`, `branchline check`'],
  ['`branchline retry r --environment local`', '`branchline retry r --environment local`'],
  ['`branchline plan --json > plan.json`', '`branchline plan --json --environment production > plan.json`'],
  ['`branchline backfill` alone, and branchline run', '`branchline backfill` alone, and branchline run'],
  ['`branchline`, `branchline running`', '`branchline`, `branchline running`'],
])('%s', (text, inProduction) => {
  expect(adviceIn(text, 'production')).toBe(inProduction);
  for (const environment of ['local', undefined]) expect(adviceIn(text, environment)).toBe(text);
});
