import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { countLines } from './lines.ts';

const folder = mkdtempSync(join(tmpdir(), 'branchline-lines-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function byGit(before: string, after: string): string {
  writeFileSync(join(folder, 'a'), before);
  writeFileSync(join(folder, 'b'), after);
  const args = ['diff', '--no-index', '--numstat', '--minimal', 'a', 'b'];
  const { stdout } = spawnSync('git', args, { cwd: folder, encoding: 'utf8' });
  const [added, removed] = stdout.split('\t');
  return stdout === '' ? '+0 -0' : `+${added} -${removed}`;
}

function byUs(before: string, after: string): string {
  const { added, removed } = countLines(before, after);
  return `+${added} -${removed}`;
}

/** The shortest script by the plain table of longest common subsequences: slow, and with nothing to get wrong. */
function byTable(before: string, after: string): string {
  const [a, b] = [before.split('\n').slice(0, -1), after.split('\n').slice(0, -1)];
  let row = Array.from({ length: b.length + 1 }, () => 0);
  for (const line of a) {
    const next = [0];
    for (const [at, other] of b.entries())
      next.push(line === other ? (row[at] ?? 0) + 1 : Math.max(row[at + 1] ?? 0, next[at] ?? 0));
    row = next;
  }
  const common = row.at(-1) ?? 0;
  return `+${b.length - common} -${a.length - common}`;
}

function countsOf(text: string): { readonly added: number; readonly removed: number } {
  const [added = 0, removed = 0] = text.split(' ').map((count) => Math.abs(Number(count)));
  return { added, removed };
}

describe('lines are counted as git counts them', () => {
  test.each([
    ['', '', '+0 -0'],
    ['a\n', '', '+0 -1'],
    ['', 'a\nb\n', '+2 -0'],
    ['a\nb\nc\n', 'a\nx\nc\n', '+1 -1'],
    ['a\nb\nc\n', 'c\nb\na\n', '+2 -2'],
  ])('%j → %j', (before, after, expected) => {
    expect(byUs(before, after)).toBe(expected);
    expect(byGit(before, after)).toBe(expected);
  });

  test('any two texts: the shortest script, which git can miss by a line that stands too often, never the other way', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 })
      .map((lines) => lines.map((line) => `${line}\n`).join(''));
    fc.assert(
      fc.property(text, text, (before, after) => {
        expect(byUs(before, after)).toBe(byTable(before, after));
        const [ours, git] = [countsOf(byUs(before, after)), countsOf(byGit(before, after))];
        expect(ours.added).toBeLessThanOrEqual(git.added);
        expect(git.added - ours.added).toBe(git.removed - ours.removed);
      }),
      { numRuns: 60, examples: [['a\na\na\nd\na\na\na\na\n', 'd\nd\nd\nd\n']] },
    );
  });

  test('line ends make no difference', () => {
    expect(byUs('a\r\nb\r\n', 'a\nb\n')).toBe('+0 -0');
  });

  test('texts with nothing in common are counted in no time', () => {
    const lines = (prefix: string): string => Array.from({ length: 30_000 }, (_, i) => `${prefix}${i}`).join('\n');
    expect(byUs(lines('a'), lines('b'))).toBe('+30000 -30000');
  });
});
