import { expect, test } from 'vitest';
import { waitText } from './queue-text.ts';

test.each([
  [{ kind: 'all-places', limit: 1, holders: ['r1'] }, 'the only place is taken: run r1'],
  [{ kind: 'all-places', limit: 10, holders: [] }, 'all 10 places are taken'],
  [
    { kind: 'tag', key: 'source', value: 'crm', limit: 1, holders: ['r1'] },
    'the only place of source=crm is taken: run r1',
  ],
  [{ kind: 'tag', key: 'source', limit: 4, holders: [] }, 'all 4 places of the tag source are taken'],
  [{ kind: 'pool', pool: 'api', limit: 1, free: 0, holders: ['r1'] }, 'the only slot of pool api is taken: run r1'],
  [
    { kind: 'pool', pool: 'api', limit: 2, free: 0, holders: ['a', 'b'] },
    'all 2 slots of pool api are taken: run a, run b',
  ],
] as const)('%j', (wait, text) => {
  expect(waitText(wait)).toBe(text);
});
