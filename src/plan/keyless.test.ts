import { expect, test } from 'vitest';
import { keylessCure, keylessText } from '../app/keyless-text.ts';
import { emptyView } from '../state/fold.ts';
import { projectOf } from '../testing/project-builder.ts';
import { leaveOutKeyless } from './keyless.ts';
import { openPartitionReader } from './partitioned.ts';

const project = projectOf({
  'branchline.yaml': `name: shop
partitions:
  later: { daily: { start: 2027-01-01 } }
  both: { multi: { region: { static: [eu] }, customer: { dynamic: customers } } }
assets:
  raw: { run: "true" }
  b: { run: "true", deps: [raw], partitions: { dynamic: customers } }
  c: { run: "true", deps: [b] }
  d: { run: "true", deps: [c, raw] }
  e: { run: "true", partitions: later }
  f: { run: "true", partitions: both }
  known: { run: "true", partitions: { dynamic: regions } }
`,
});
const at = {
  now: Date.parse('2026-11-22T00:00:00Z'),
  dynamic: (name: string) => (name === 'regions' ? ['eu'] : []),
};
const leftOut = (...selected: string[]) =>
  leaveOutKeyless(project, openPartitionReader(project, emptyView('local'), at), new Set(selected));

test('what has no partitions yet is left out, with all that reads it, and nothing else', () => {
  const { rest, assets, readers } = leftOut('raw', 'b', 'c', 'd', 'known');
  expect([[...rest], assets, readers]).toEqual([['raw', 'known'], ['b'], ['c', 'd']]);
  // Who reads it through what is not selected reads what is there.
  expect([...leftOut('raw', 'b', 'd').rest]).toEqual(['raw', 'd']);
  const all = leftOut('raw', 'c', 'known');
  expect([[...all.rest], all.assets]).toEqual([['raw', 'c', 'known'], []]);
});

test('it is told with what to do, by the kind of its partitions', () => {
  const { rest: _rest, ...left } = leftOut('raw', 'b', 'c', 'd');
  expect(keylessText(project, left)).toBe(
    'b has no partitions yet: it is left out, and so are c, d, which read it. Add keys by `branchline partitions add customers <key>`.',
  );
  expect(keylessText(project, { assets: [], readers: [] })).toBeUndefined();
  expect(keylessCure(project, ['e'])).toBe('Look at `start:` of its partitions.');
  expect(keylessCure(project, ['f', 'b'])).toBe('Add keys by `branchline partitions add customers <key>`.');
  expect(keylessText(project, leftOut('e', 'f'))).toBe(
    'e, f have no partitions yet: they are left out. Add keys by `branchline partitions add customers <key>`, or look at `start:` of its partitions.',
  );
});
