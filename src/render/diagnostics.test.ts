import { describe, expect, test } from 'vitest';
import type { Diagnostic, Span } from '../model/diagnostic.ts';
import { closingLine, diagnosticsJson, renderDiagnostics } from './diagnostics.ts';

const weather = [
  'assets:',
  '  marts/monthly:',
  '    connection: warehouse',
  '    patitions: { daily: { start: 2012-01-01 } }',
  '',
  '  marts/records:',
  '    deps: [marts/yearly]',
  '  marts/yearly:',
  '    deps: [marts/records]',
].join('\n');

const span = (line: number, column: number, length: number, file = 'pipelines/weather.yaml'): Span => ({
  file,
  line,
  column,
  length,
});

function diagnostic(at: Span, more: Partial<Diagnostic> = {}): Diagnostic {
  return {
    code: 'unknown-key',
    severity: 'error',
    message: 'assets have no key `patitions`; did you mean `partitions`?',
    span: at,
    ...more,
  };
}

function render(
  diagnostics: readonly Diagnostic[],
  texts: Record<string, string>,
  unicode = true,
  color = false,
): string {
  return renderDiagnostics(diagnostics, { textOf: (file) => texts[file], style: { color, unicode }, fileCount: 3 });
}

/** One frame alone, without its closing line. */
function frame(text: string, at: Span, more: Partial<Diagnostic> = {}): string[] {
  return render([diagnostic(at, { message: 'here', ...more })], { [at.file]: text })
    .split('\n\n')[0]!
    .split('\n');
}

test('frames in order of their places, with context, the other half, and a verdict at the end', () => {
  const cycle = diagnostic(span(9, 11, 15), {
    code: 'cycle',
    message: 'marts/yearly → marts/records → marts/yearly',
    related: [{ span: span(7, 11, 14), note: 'the other half' }],
  });
  expect(
    render([cycle, diagnostic(span(4, 5, 9))], { 'pipelines/weather.yaml': weather }),
  ).toBe(`pipelines/weather.yaml:4:5  unknown-key
    2 │   marts/monthly:
    3 │     connection: warehouse
    4 │     patitions: { daily: { start: 2012-01-01 } }
      │     ^^^^^^^^^ assets have no key \`patitions\`; did you mean \`partitions\`?

pipelines/weather.yaml:9:11  cycle
    7 │     deps: [marts/yearly]     (the other half)
    9 │     deps: [marts/records]
      │           ^^^^^^^^^^^^^^^ marts/yearly → marts/records → marts/yearly

2 problems in 1 of 3 files. Nothing was run.
`);
});

test('help, a place in another file, a warning, ASCII', () => {
  const found = diagnostic(span(1, 1, 6), {
    code: 'duplicate',
    severity: 'warning',
    message: 'defined twice',
    help: 'remove one',
    related: [{ span: span(2, 3, 1, 'b.yaml'), note: 'first defined here' }],
  });
  expect(
    render([found], { 'pipelines/weather.yaml': weather, 'b.yaml': 'assets:\n  a: {}' }, false),
  ).toBe(`pipelines/weather.yaml:1:1  duplicate (warning)
    1 | assets:
      | ^^^^^^ defined twice
      | help: remove one
      b.yaml:2:3
    2 |   a: {}     (first defined here)

1 warning in 1 of 3 files.
`);
});

test('nothing wrong is no text', () => {
  expect(render([], {})).toBe('');
});

test('colour marks the head and the caret and changes nothing else', () => {
  const texts = { 'pipelines/weather.yaml': weather };
  const coloured = render([diagnostic(span(4, 5, 9))], texts, true, true);
  expect(coloured).toContain('\u001b[31m^^^^^^^^^\u001b[39m');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: our own colour codes
  expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(render([diagnostic(span(4, 5, 9))], texts));
});

describe('the caret stands under what it marks', () => {
  const caretOf = (line: string, word: string) => {
    const lines = frame(line, span(1, line.indexOf(word) + 1, word.length));
    return lines.slice(1).map((each) => each.slice('      │ '.length));
  };
  test('behind tabs', () => {
    expect(caretOf('\ta:\tword', 'word')).toEqual(['    a:  word', '        ^^^^ here']);
  });
  test('behind wide characters, emoji and combining marks', () => {
    // A terminal gives two columns to each of 資料 and 🦆, and none to the accent.
    expect(caretOf('資料: word', 'word')).toEqual(['資料: word', '      ^^^^ here']);
    expect(caretOf('🦆: word', 'word')).toEqual(['🦆: word', '    ^^^^ here']);
    expect(caretOf('e\u0301: word', 'word')).toEqual(['e\u0301: word', '   ^^^^ here']);
  });
  test('under wide characters', () => {
    expect(caretOf('a: 資料', '資料')).toEqual(['a: 資料', '   ^^^^ here']);
  });
  test('at the end of a line, and behind it', () => {
    expect(frame('a: b', span(1, 5, 1)).at(-1)).toBe('      │     ^ here');
    expect(frame('a: b', span(1, 99, 4)).at(-1)).toBe('      │     ^ here');
  });
  test('with lines of five digits', () => {
    const text = `${'\n'.repeat(12_344)}a: b`;
    expect(frame(text, span(12_345, 1, 1)).slice(-2)).toEqual(['   12345 │ a: b', '         │ ^ here']);
  });
});

describe('what the user wrote cannot harm the terminal', () => {
  test('control characters and reordering', () => {
    const lines = frame('a: \u001b[31mred\u202E', span(1, 1, 1), {
      message: 'not \u001b[2J this',
      help: 'or\nthis\u0007',
    });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
    expect(lines.join('\n')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(lines).toHaveLength(4);
  });
  test('a line of a megabyte is cut around the mark', () => {
    const text = `${'x'.repeat(500_000)} word ${'y'.repeat(500_000)}`;
    const lines = frame(text, span(1, 500_002, 4));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(130);
    expect(lines[2]!.indexOf('^^^^')).toBe(lines[1]!.indexOf('word'));
  });
  test('a mark longer than the line that is shown', () => {
    const lines = frame('x'.repeat(5_000), span(1, 1, 5_000));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(130);
  });
  test('a message of a megabyte is cut', () => {
    expect(frame('a', span(1, 1, 1), { message: 'm'.repeat(1_000_000) }).join('\n').length).toBeLessThan(1_000);
  });
});

test('a file that is gone still gives its frame', () => {
  expect(render([diagnostic(span(4, 5, 9), { message: 'gone' })], {})).toBe(
    'pipelines/weather.yaml:4:5  unknown-key\n      │ gone\n\n1 problem in 1 of 3 files. Nothing was run.\n',
  );
});

test('the closing line counts problems, warnings and files', () => {
  const error = diagnostic(span(1, 1, 1));
  const warning = diagnostic(span(1, 1, 1, 'b.yaml'), { severity: 'warning' });
  expect(closingLine([error], 1)).toBe('1 problem in 1 of 1 file. Nothing was run.');
  expect(closingLine([error, error, warning], 3)).toBe('2 problems and 1 warning in 2 of 3 files. Nothing was run.');
  expect(closingLine([warning, warning], 3)).toBe('2 warnings in 1 of 3 files.');
});

test('the JSON shape has a version and the same order', () => {
  const first = diagnostic(span(1, 1, 1));
  const second = diagnostic(span(4, 5, 9));
  expect(diagnosticsJson([second, first])).toEqual({ version: 1, diagnostics: [first, second] });
});
