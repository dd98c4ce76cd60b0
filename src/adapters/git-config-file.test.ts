import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GitSandbox, makeGitSandbox } from '../testing/git-sandbox.ts';
import { parseGitConfig } from './git-config-file.ts';

let sandbox: GitSandbox;
let file = '';
beforeAll(() => {
  sandbox = makeGitSandbox();
  file = join(sandbox.root, 'config');
});
afterAll(() => sandbox.remove());

/** The settings as git lists them; undefined where it refuses the file. */
function listedByGit(text: string): (readonly [string, string])[] | undefined {
  writeFileSync(file, text);
  try {
    const listed = sandbox.git(sandbox.root, 'config', '--list', '-z', '--file', file).split('\0').filter(Boolean);
    return listed.map((line) => {
      const end = line.indexOf('\n');
      return end < 0 ? [line, 'true'] : [line.slice(0, end), line.slice(end + 1)];
    });
  } catch {
    return undefined;
  }
}

test.each([
  ['a backslash at the end of a comment', '[a]\n# C:\\\nb = 1\n; C:\\\nc = 2 # D:\\\nd = 3\n'],
  ['an escaped backslash at the end of a value', '[a]\nb = C:\\\\x\\\\\nc = 2\n'],
  ['a value that goes on', '[a]\nb = 1 \\\n  2\nc = "x \\\n y"\nd\n'],
  ['comments and quotes', '[a]\nb = "x # y" # z\nc = x"y;z"w;v\nd = \\"q\\"\ne = "a\\tb\\nc"\n'],
  ['a mark of UTF-8 at its begin, and ends of lines of Windows', '\ufeff[a]\r\nb = 1\r\nc = x \\\r\n y\r\n'],
  ['names of sections', '[A.B]\nC-d = 1\n[a "B c"] e = 2\n[a "q\\"\\\\x"]f=3\n[ a"y"]\n'],
  ['no value', '[a]\nb\nc =\nd=   \n'],
  ['no end of the last line', '[a]\nb = 1'],
])('%s is read as git does', (_what, text) => {
  const listed = listedByGit(text);
  if (listed !== undefined) expect(parseGitConfig(text)).toEqual(listed);
  else expect(parseGitConfig(text)).toBeInstanceOf(Array);
});

test('property: whatever git reads is read as git does', () => {
  const part = fc.constantFrom(
    '[a]',
    '[a "b c"]',
    '[A.b]',
    'b',
    'c-1',
    '=',
    ' = ',
    '\n',
    '\n',
    '\n',
    ' ',
    '\\',
    '\\\\',
    '\\n',
    '"',
    '"',
    '#',
    ';',
    'x',
    'yy',
    'é',
    '\r\n',
    '\\\n',
    ']',
    '[',
    '.',
  );
  const line = fc.tuple(fc.constantFrom('b = ', 'c=', 'dd = "'), fc.array(part, { maxLength: 6 }));
  const text = fc
    .array(
      fc.oneof(
        line.map(([name, parts]) => name + parts.join('')),
        fc.array(part, { maxLength: 4 }).map((all) => all.join('')),
      ),
      { maxLength: 4 },
    )
    .map((lines) => `[s]\n${lines.join('\n')}\n`);
  let read = 0;
  fc.assert(
    fc.property(text, (config) => {
      const listed = listedByGit(config);
      const own = parseGitConfig(config);
      if (listed === undefined) return;
      read++;
      expect(own).toEqual(listed);
    }),
    { numRuns: 250 },
  );
  expect(read).toBeGreaterThan(40);
});
