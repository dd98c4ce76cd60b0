import { expect, test } from 'vitest';
import { fullDisk } from './failure.ts';

const thrown = (facts: object): Error => Object.assign(new Error('write'), facts);

test.each([
  [{ code: 'ENOSPC', syscall: 'write' }, 'A file cannot be written: the disk is full.'],
  [{ code: 'ENOSPC', syscall: 'open', path: '/a/b' }, '/a/b cannot be written: the disk is full.'],
  [{ code: 'EDQUOT', path: '/a/b' }, '/a/b cannot be written: the disk quota is used up.'],
])('no room is the machine’s failure, not a bug: %o', (facts, message) => {
  expect(fullDisk(thrown(facts))).toMatchObject({ exit: 3, code: 'disk-full', message });
});

test.each([thrown({ code: 'ENOENT' }), thrown({}), 'ENOSPC', undefined, { code: 'ENOSPC' }])(
  'anything else is not: %o',
  (what) => {
    expect(fullDisk(what)).toBeUndefined();
  },
);
