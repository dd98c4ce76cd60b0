import fc from 'fast-check';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { describe, expect, test } from 'vitest';
import { blocks, code, fence, folded, html, link, type Markdown, oneLine, own, table, text } from './markdown.ts';

/** What GitHub's rules make of it, with raw HTML let through so that an injected tag would be seen. */
function render(markdown: string): string {
  return micromark(markdown, {
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
    allowDangerousHtml: true,
    allowDangerousProtocol: true,
  });
}

/** The tags of a page, in order, with the targets of links and images. */
function structure(page: string): string[] {
  return [...page.matchAll(/<[^>]*>/g)].map(([tag]) => tag);
}

/** The words of a page as a person reads them. */
function words(page: string): string {
  return page
    .replace(/<[^>]*>/g, '')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, '&')
    .replaceAll('\u200b', '');
}

const pieces = [
  '|',
  '\\',
  '`',
  '``',
  '```',
  '~~~',
  '\n',
  '\r\n',
  '\n\n',
  '    ',
  '# ',
  '## x',
  '- ',
  '* ',
  '+ ',
  '1. ',
  '1)',
  '> ',
  '---',
  '===',
  '***',
  '<b>',
  '</details>',
  '<!--',
  '-->',
  '<script>',
  '<img src=x onerror=alert(1)>',
  '<http://a.b>',
  '</code>',
  '&lt;',
  '&#35;',
  '&vert;',
  '&',
  '[a](b)',
  '![a](b)',
  '[a]: b',
  '[^1]',
  '[^1]: note',
  '[ ] ',
  ']',
  '[',
  '(',
  ')',
  '!',
  'https://evil.example/x',
  'www.evil.example',
  'a@b.example',
  'mailto:a@b.example',
  '@acme/data',
  '#12',
  'GH-7',
  'a/b#3',
  '**b**',
  '_i_',
  '__b__',
  '~~s~~',
  '*',
  '_',
  '~',
  '$x$',
  '$$',
  '$`x`$',
  ':tada:',
  '{',
  '}',
  '\t',
  '\u0000',
  '\u001b[31m',
  '\u202e',
  '\u2028',
  '\ud800',
  'é',
  '漢字',
  '🌦',
  'word',
  'snake_case',
  '0',
  '9',
  '.',
  '-',
  '=',
  '#',
  ' ',
];
const hostile = fc.oneof(
  fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 40 }),
);
const runs = { numRuns: 200 };

/** Asserts that a page has the same structure for any text as for a plain word. */
function keepsStructure(page: (raw: string) => Markdown): void {
  const plain = structure(render(page('word')));
  fc.assert(
    fc.property(hostile, (raw) => {
      const shown = page(raw);
      // What is blank has nothing to show: a code span of nothing is left out.
      fc.pre(oneLine(raw, 300) !== '');
      expect(structure(render(shown))).toEqual(plain);
    }),
    runs,
  );
}

describe('text from outside changes nothing around it', () => {
  test('in a paragraph', () => keepsStructure((raw) => blocks([text(raw), own('after')])));
  test('in a paragraph between words of ours', () => keepsStructure((raw) => own(`before ${text(raw)} after`)));
  test('in a heading', () => keepsStructure((raw) => blocks([own(`# x: ${text(raw)}`), own('after')])));
  test('at the start of a heading', () => keepsStructure((raw) => blocks([own(`# ${text(raw)}`), own('after')])));
  test('in a list', () => keepsStructure((raw) => blocks([own(`- ${text(raw)}\n- second`)])));
  test('in cells of a table', () =>
    keepsStructure((raw) =>
      blocks([
        table([own('a'), text(raw)], '->', [
          [text(raw), own('1')],
          [own('2'), text(raw)],
        ]),
        own('after'),
      ]),
    ));
  test('as the label of a link', () => keepsStructure((raw) => own(`see ${link(text(raw), 'a/b.md')} there`)));
  test('in a fence', () => keepsStructure((raw) => blocks([fence(`first\n${raw}`), own('after')])));
  test('in a folded summary', () => keepsStructure((raw) => blocks([folded(raw, own('inside')), own('after')])));
});

test('code from outside stays in its cell, whether as a span or as HTML', () => {
  fc.assert(
    fc.property(hostile, (raw) => {
      fc.pre(oneLine(raw, 120) !== '');
      const page = render(blocks([table([own('a'), own('b')], '--', [[code(raw), own('end')]]), own('after')]));
      expect(structure(page)).toEqual(
        structure(render(blocks([table([own('a'), own('b')], '--', [[code('word'), own('end')]]), own('after')]))),
      );
    }),
    runs,
  );
});

test('a person reads what was written', () => {
  fc.assert(
    fc.property(hostile, (raw) => {
      fc.pre(oneLine(raw, 300) !== '');
      expect(words(render(text(raw)))).toBe(oneLine(raw, 300).replaceAll('\u200b', ''));
      expect(words(render(code(raw)))).toBe(oneLine(raw, 120).replaceAll('\u200b', ''));
    }),
    runs,
  );
});

describe('nothing becomes a link or a mention after the Markdown is read', () => {
  // GitHub looks for these in the words of the page: a zero-width space keeps them apart.
  test.each([
    '@acme/data',
    'x @octocat',
    '#12',
    'acme/data#3',
    'GH-7',
    'https://evil.example',
    'www.evil.example',
    'a@b.example',
    'mailto:a@b.example',
  ])('%s', (raw) => {
    const page = render(text(raw));
    expect(page).not.toContain('<a');
    expect(page.replace(/<[^>]*>/g, '')).not.toMatch(/@[a-z]|#\d|GH-\d|:\/\/|www\.|mailto:/i);
  });
});

test('targets of links hold nothing that ends them', () => {
  expect(link(own('a'), 'health/assets/a%2541.md')).toBe('[a](health/assets/a%2541.md)');
  fc.assert(
    fc.property(hostile, (raw) => {
      expect(structure(render(link(own('a'), `x/${raw}`)))).toHaveLength(4);
    }),
    runs,
  );
});

test('names of ours read as they are written', () => {
  expect(text('marts/daily_revenue')).toBe('marts/daily_revenue');
  expect(text('2 of 365 rows share a day (allowed 0)')).toBe('2 of 365 rows share a day (allowed 0)');
  expect(code('one_row_a_day')).toBe('`one_row_a_day`');
});

test('long text is cut, never inside of a character', () => {
  expect(text('abcdef', 4)).toBe('abc…');
  expect(oneLine('ab🌦def', 4)).toBe('ab…');
});

test('text inside of HTML and SVG', () => {
  expect(html('<a href="x">&</a>')).toBe('&lt;a href=&quot;x&quot;&gt;&amp;&lt;/a&gt;');
});
