import { expect, it } from 'vitest';
import { journalsContract } from '../contracts/journals.ts';
import { createFakeJournalDisk } from './fake-journals.ts';

journalsContract('in memory', () => {
  const disk = createFakeJournalDisk();
  return {
    start() {
      let isGone = false;
      const end = (): void => {
        isGone = true;
      };
      return { journals: disk.open(() => isGone), end };
    },
  };
});

it('a disk in memory takes nothing while it is full', () => {
  const disk = createFakeJournalDisk();
  const journals = disk.open(() => false);
  disk.isFull = true;
  expect(() => journals.open('w').append(['1'], false)).toThrow(/ENOSPC/);
  expect(() => journals.setAside('w', ['1'])).toThrow(/ENOSPC/);
  disk.isFull = false;
  journals.open('w').append(['1'], false);
  expect(disk.pending()).toEqual(['1']);
});
