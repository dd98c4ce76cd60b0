import { describe, expect, test } from 'vitest';
import { parseManifest } from './parse.ts';
import type { ManifestKind } from './schema.ts';

/** `line:column+length code: message`, and what to do behind an arrow. */
function findings(text: string, kind: ManifestKind = 'manifest'): string[] {
  return parseManifest({ path: 'a.yaml', text }, kind).diagnostics.map(({ span, code, message, help }) => {
    const what = `${span.line}:${span.column}+${span.length} ${code}: ${message}`;
    return help ? `${what} → ${help}` : what;
  });
}

function check(text: string, expected: readonly string[], kind: ManifestKind = 'manifest'): void {
  expect(findings(text, kind)).toEqual(expected);
}

describe('text that is no YAML gives one finding, where it is mended', () => {
  test.each<[name: string, text: string, expected: string]>([
    [
      'a bracket that is never closed',
      'assets:\n  raw/x:\n    deps: [raw/a, raw/b\n    run: a\n  raw/y:\n    run: b\n',
      '3:11+13 yaml-syntax: `[` is never closed → write `]` where the list ends',
    ],
    [
      'a brace that is never closed',
      'assets:\n  raw/x: { run: a\n  raw/y:\n    run: b\n',
      '2:10+8 yaml-syntax: `{` is never closed → write `}` where the mapping ends',
    ],
    [
      'a quote that is never closed',
      'assets:\n  raw/x:\n    run: "a\n    sql: b\n',
      '3:10+2 yaml-syntax: the quote `"` is never closed → write `"` where the text ends',
    ],
    [
      'a quote that is never closed, in brackets',
      'schedules:\n  s: { cron: "0 2 * * *, job: all }\n',
      '2:14+22 yaml-syntax: the quote `"` is never closed → write `"` where the text ends',
    ],
    [
      'a tab',
      'assets:\n\traw/x:\n\t\trun: a\n',
      '2:1+1 yaml-syntax: a tab cannot indent YAML → use spaces, two for each level',
    ],
    [
      'a team without quotes',
      'assets:\n  raw/x:\n    owners: [@acme/data]\n',
      '3:14+10 yaml-syntax: a value cannot begin with `@` → write it in quotes: `"@acme/data"`',
    ],
    [
      'a bound without quotes',
      'checks:\n  a:\n    error_if: > 10\n    selection: "*"\n',
      '3:15+4 yaml-syntax: a value that begins with `>` must be in quotes → write `"> 10"`',
    ],
    [
      'a colon in text',
      'assets:\n  x:\n    description: Note: this\n    run: a\n',
      '3:18+10 yaml-syntax: text that holds `: ` must be in quotes → write `"Note: this"`',
    ],
    [
      'a key without colon',
      'assets:\n  raw/x\n    run: a\n',
      '2:3+5 yaml-syntax: a colon is missing after `raw/x` → write `raw/x:`',
    ],
    [
      'a colon without space',
      'assets:\n  x:\n    run:a\n    sql: b\n',
      '3:5+5 yaml-syntax: a space is missing after the colon → write `run: a`',
    ],
    [
      'too little indentation',
      'assets:\n  x:\n    run: a\n   timeout: 3s\n',
      '4:4+11 yaml-syntax: this line is indented like nothing before it → give it the indentation of its neighbours',
    ],
    [
      'too much indentation',
      'assets:\n  x:\n    run: a\n      timeout: 3s\n',
      '4:7+11 yaml-syntax: this line is indented like nothing before it → give it the indentation of its neighbours',
    ],
    [
      'a line that has slipped out of a text',
      'assets:\n  x:\n    run: |\n      echo one\n    echo two\n      echo three\n    timeout: 3s\n',
      '5:5+8 yaml-syntax: this line has left the text of `run` above it, and is no key → if it belongs to that text, indent it like the rest of it, by 6 spaces',
    ],
    [
      'one that has slipped out of it by more than a level',
      'assets:\n  x:\n    run: |\n      echo one\n\n  echo two\n  y:\n    run: a\n',
      '6:3+8 yaml-syntax: this line has left the text of `run` above it, and is no key → if it belongs to that text, indent it like the rest of it, by 6 spaces',
    ],
    [
      'the last line of it',
      'assets:\n  x:\n    run: >-\n      echo one\n     echo two\n',
      '5:6+8 yaml-syntax: this line has left the text of `run` above it, and is no key → if it belongs to that text, indent it like the rest of it, by 6 spaces',
    ],
    [
      'a key without colon behind a text',
      'assets:\n  x:\n    run: |\n      echo one\n  raw/x\n    run: a\n',
      '5:3+5 yaml-syntax: a colon is missing after `raw/x` → write `raw/x:`',
    ],
    [
      'an expression in a flow mapping',
      'defaults:\n  env: { A: ${{ env.X }} }\n',
      '2:13+12 yaml-syntax: inside of `{ }` or `[ ]` an expression must be in quotes → write `"${{ env.X }}"`',
    ],
    [
      'a colon in text in a flow mapping',
      'defaults:\n  columns: { day: { type: text, description: Kind of day: sun, fog } }\n',
      '2:46+16 yaml-syntax: text that holds `: ` must be in quotes → put the whole text into one pair of quotes',
    ],
    [
      'a NUL',
      'assets:\n  a: b\0c\n',
      '2:7+1 yaml-syntax: a control character (U+0000) cannot stand in a manifest → remove it; is this a text file in UTF-8?',
    ],
    [
      'an escape in double quotes',
      'assets:\n  a: { run: "\\d+" }\n',
      '2:14+2 yaml-syntax: `\\d` is no escape that YAML knows → double the backslash, or use single quotes',
    ],
  ])('%s', (_name, text, expected) => {
    const { document, diagnostics } = parseManifest({ path: 'a.yaml', text }, 'manifest');
    expect(document).toBeUndefined();
    expect(findings(text)).toEqual([expected]);
    expect(diagnostics[0]?.severity).toBe('error');
  });

  test('twenty thousand brackets do no harm', () => {
    expect(findings('['.repeat(20_000))).toHaveLength(1);
    expect(findings('{a: '.repeat(20_000))).toHaveLength(1);
  });
});

describe('YAML that manifests do not have', () => {
  test('several documents in one file', () => {
    check('assets: {}\n---\njobs: {}\n', [
      '3:1+8 yaml-feature: a manifest is one YAML document; another one begins here → remove the line `---`, or move the rest into a file of its own',
    ]);
  });
  test('what is nested on the line of its key behind an anchor or a tag', () => {
    expect(findings('assets: &a x: 1\njobs: {}\n')).toEqual([
      '1:9+7 yaml-syntax: a mapping or a list cannot begin on the line of its key → write `&a x: 1` on the next line, indented; if it is text, put it in quotes',
    ]);
    expect(findings('assets: !!map x: 1\n')).toEqual([expect.stringMatching(/^1:9\+10 yaml-syntax/)]);
    expect(findings('assets: ! x: 1\n')).toEqual([expect.stringMatching(/^1:9\+6 yaml-syntax/)]);
    expect(findings('assets: !!map\n  x: { run: "a != b" } # ! here: too\n')).toEqual([]);
  });

  test('a pattern that YAML takes for a tag', () => {
    check(
      'name: x\nmanifests: [pipelines/*.yaml, !pipelines/old/**]\n',
      [
        '2:31+17 yaml-feature: `!pipelines/old/**` is read as a YAML tag, which manifests do not have → write it in quotes: `"!pipelines/old/**"`',
      ],
      'project',
    );
  });
  test('a pattern that YAML takes for an alias', () => {
    check('defaults:\n  code:\n    - *.py\n', [
      '3:7+4 yaml-feature: `*.py` is read as a YAML alias, and there is no anchor `&.py` before it → if it is text, write it in quotes: `"*.py"`',
    ]);
  });
  test('tags for types, directives, keys that are no text', () => {
    expect(findings('defaults: { metadata: { a: !!timestamp 2020-01-01 } }')).toEqual([
      expect.stringMatching(/^1:28.*yaml-feature/),
    ]);
    expect(findings('%YAML 1.1\n---\nassets: {}')).toEqual([expect.stringMatching(/^1:1\+9 yaml-feature/)]);
    expect(findings('# first\n%assets:\n  ---\n')).toEqual([expect.stringMatching(/^2:1\+8 yaml-feature/)]);
    expect(findings('assets: {{ env.X }}')).toEqual([expect.stringMatching(/^1:10.*a key must be plain text/)]);
    expect(findings('assets: { __proto__: { run: a } }')).toEqual([
      expect.stringMatching(/`__proto__` cannot be a key/),
    ]);
  });
  test('an alias inside of itself, and aliases that multiply', () => {
    expect(findings('defaults: { metadata: { a: &a [*a] } }')).toEqual([
      expect.stringMatching(/stands inside of what it stands for/),
    ]);
    const levels = 'bcdefghi'.split('').map((name, index) => {
      const before = 'abcdefgh'[index];
      return `    ${name}: &${name} [${Array(9).fill(`*${before}`).join(', ')}]\n`;
    });
    const text = `defaults:\n  metadata:\n    a: &a [x, x, x, x, x, x, x, x, x]\n${levels.join('')}`;
    expect(findings(text)).toEqual([expect.stringMatching(/aliases repeat too much/)]);
  });
  test('a few aliases are fine', () => {
    const { document, diagnostics } = parseManifest(
      { path: 'a.yaml', text: 'assets:\n  a: &a { run: x }\n  b: *a\n' },
      'manifest',
    );
    expect(diagnostics).toEqual([]);
    expect(document?.value.assets).toEqual({ a: { run: 'x' }, b: { run: 'x' } });
    expect(document?.locate(['assets', 'b'])).toMatchObject({ line: 3, column: 6, length: 2 });
    expect(document?.locate(['assets', 'b', 'run'])).toMatchObject({ line: 2, column: 16 });
  });
  test('merge keys are unknown keys with a way out', () => {
    expect(findings('assets:\n  a: &a { run: x }\n  b: { <<: *a }\n')).toEqual([
      '3:8+2 unknown-key: assets have no key `<<` → manifests have no merge keys: use `defaults` or a group for what several assets share',
    ]);
  });
});

test('a key that is written twice names both places, and the rest is still judged', () => {
  const text = 'assets:\n  a: { run: x }\n  b: { run: y, tiemout: 3s }\n  a: { sql: z }\n';
  const { diagnostics } = parseManifest({ path: 'a.yaml', text }, 'manifest');
  expect(diagnostics.map((each) => [each.code, each.span.line])).toEqual([
    ['unknown-key', 3],
    ['duplicate-key', 4],
  ]);
  expect(diagnostics[1]?.related).toEqual([
    { span: { file: 'a.yaml', line: 2, column: 3, length: 1 }, note: 'first written here' },
  ]);
});
