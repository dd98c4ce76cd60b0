import { expect, test } from 'vitest';
import { untrackedCodeNotes } from './untracked-code.ts';

const tree = {
  kind: (path: string) => (path.endsWith('/') || path === 'run' ? 'missing' : 'file') as 'missing' | 'file',
  isTracked: (path: string) => path === 'jobs/a.sh',
};
const changed = (asset: string, ...detail: string[]) => ({ asset, reason: 'code_changed', detail });

test('names a file that a script may have written beside its code, with the cure', () => {
  expect(untrackedCodeNotes([changed('a', 'jobs/out.txt', 'run'), changed('b', 'jobs/out.txt')], tree)).toEqual([
    'jobs/out.txt is not in git and counts as code of a, b. If a run writes it, name it under `outputs:` of what does: outputs are no code.',
  ]);
});

test('says nothing of files in git, of other reasons, and where nobody knows what git tracks', () => {
  expect(untrackedCodeNotes([changed('a', 'jobs/a.sh')], tree)).toEqual([]);
  expect(untrackedCodeNotes([{ ...changed('a', 'jobs/out.txt'), reason: 'upstream_changed' }], tree)).toEqual([]);
  expect(untrackedCodeNotes([changed('a', 'jobs/out.txt')], { kind: tree.kind })).toEqual([]);
});
