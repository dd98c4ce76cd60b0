import { describe, expect, it } from 'vitest';
import { buildProject, showDiagnostic } from '../testing/project-builder.ts';

/** The project's own file against what stands behind its name in the diagnostics, with the cure. */
function check(text: string, expected: readonly string[]): void {
  const { diagnostics } = buildProject({ 'branchline.yaml': `name: shop\n${text}` });
  expect(
    diagnostics.map((one) =>
      `${showDiagnostic(one)}${one.help === undefined ? '' : ` → ${one.help}`}`.replace('branchline.yaml:', ''),
    ),
  ).toEqual(expected);
}

describe('what is wrong with it', () => {
  it.each([
    ['type: cache, path: x', 'key-without-effect', '`path` does nothing for storage `cache`'],
    ['type: directory, branch: x', 'key-without-effect', '`branch` does nothing for storage `directory`'],
    ['type: none, max_file: 5MB', 'key-without-effect', '`max_file` does nothing for storage `none`'],
    ['type: branch, max_file: 200MB', 'max-file-too-large', 'GitHub refuses files over 100 MB'],
    ['type: branch, max_file: 5', 'wrong-type', '`max_file`'],
    ['type: branch, max_file: 5GB', 'bad-format', '`500kB`, `50MB`'],
    ['type: branch, branch: branchline/state', 'bad-storage-branch', 'is the branch of the state'],
    ['type: branch, branch: branchline', 'bad-storage-branch', 'git cannot have both `branchline` and the branch'],
    ['type: branch, branch: branchline/state/x', 'bad-storage-branch', 'git cannot have both'],
    ['type: branch, branch: "a b"', 'bad-storage-branch', 'git cannot have a branch named `a b`'],
    ['type: branch, branch: refs/heads/x', 'bad-storage-branch', 'git cannot have a branch named'],
    ['type: cach', 'unknown-value', 'did you mean `cache`?'],
    ['type: git', 'unknown-value', '`directory`, `cache`, `branch`'],
  ])('{ %s }', (written, code, words) => {
    const { diagnostics } = buildProject({ 'branchline.yaml': `name: shop\nstorage: { ${written} }` });
    expect(diagnostics.map((one) => `${one.code}: ${one.message} ${one.help ?? ''}`)).toEqual([
      expect.stringContaining(words),
    ]);
    expect(diagnostics[0]!.code).toBe(code);
  });
  it('is told with its cure, also on assets that have nothing to keep', () => {
    check('storage: { type: cache, max_file: 5MB }\n', [
      'key-without-effect 2:25 (8) `max_file` does nothing for storage `cache` → remove it, or write `type: branch`',
    ]);
    check('assets:\n  a: { run: "true", incremental: true, storage: { type: none } }\n', [
      'key-without-effect 3:21 (11) `incremental` puts the last outputs of `a` in place, and it has none → name what it writes under `outputs:`; a table that a script extends stays in its database anyway',
      'key-without-effect 3:40 (7) `storage` says where outputs are kept, and `a` has none → name what it writes under `outputs:`',
    ]);
    check('assets:\n  a: { external: true, incremental: true, storage: { type: none } }\n', [
      'key-without-effect 3:24 (11) `incremental` does nothing for `a`: it is external → remove it',
      'key-without-effect 3:43 (7) `storage` does nothing for `a`: it is external → remove it',
    ]);
  });
});
