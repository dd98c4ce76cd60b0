import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSelection, SELECTION_ATTRIBUTES, type SelectionExpr } from './selection.ts';
import { formatSelection } from './selection-format.ts';

function plain(expr: unknown): unknown {
  return JSON.parse(JSON.stringify(expr, (key, value) => (key === 'at' ? undefined : value)));
}

function check(text: string, expected: string): void {
  const parsed = parseSelection(text);
  expect(parsed).toMatchObject({ ok: true });
  if (parsed.ok) expect(formatSelection(parsed.value)).toBe(expected);
}

function refused(text: string, column: number, length: number, message: RegExp, help: RegExp): void {
  expect(parseSelection(text)).toMatchObject({
    ok: false,
    error: { column, length, message: expect.stringMatching(message), help: expect.stringMatching(help) },
  });
}

describe('parseSelection', () => {
  it('binds traversal before not before and before or', () => {
    check('key:a or key:b and not +key:c', 'key:a or key:b and not +key:c');
    check('(key:a or key:b) and key:c', '(key:a or key:b) and key:c');
    check('not (key:a and key:b)+', 'not (key:a and key:b)+');
    check('(not key:a)+2', '(not key:a)+2');
    check('((key:a))', 'key:a');
  });
  it('reads hops, functions and stars', () => {
    check('2+key:a+3', '2+key:a+3');
    check('+ key:a +', '+key:a+');
    check('roots(group:x) or SINKS( * )', 'roots(group:x) or sinks(*)');
    check('KEY:a'.toLowerCase(), 'key:a');
    check('key:* AND NOT key:"*"', 'key:* and not key:*');
  });
  it('reads values', () => {
    check('key:raw/orders-2.x', 'key:raw/orders-2.x');
    check('owner:@acme/data', 'owner:@acme/data');
    check('owner:"a b\\"c\\\\"', 'owner:"a b\\"c\\\\"');
    check('tag:k', 'tag:k');
    check('tag:k=""', 'tag:k=""');
    check('tag:k=v and tag:"x y"="z"', 'tag:k=v and tag:"x y"=z');
    check('group:<null>', 'group:<null>');
    check('key:android', 'key:android');
  });
  it('says what is wrong, where, and what to write', () => {
    refused('raw/orders', 1, 10, /selects nothing/, /key:raw\/orders/);
    refused('key:a key:b', 7, 5, /follow each other/, /`and` or `or`/);
    refused('key:a and', 9, 1, /ends too early/, /what to select/);
    refused('  ', 1, 1, /is empty/, /\*/);
    refused('grup:x', 1, 5, /no attribute `grup:`/, /group:/);
    refused('(key:a', 1, 1, /never closed/, /\)/);
    refused('key:a)', 6, 1, /closes nothing/, /remove/);
    refused('key:', 5, 1, /value is missing/, /key:name/);
    refused('key:"a', 5, 1, /never closed/, /"/);
    refused('and key:a', 1, 3, /missing before `and`/, /joins/);
    refused('key:a And key:b', 7, 3, /no operator/, /`and`/);
    refused('group:*', 7, 1, /key:/, /group:<null>/);
    refused('tag:k=<null>', 1, 12, /exclude each other/, /not tag:name/);
    refused('key:a | key:b', 7, 1, /follow each other/, /and/);
  });
  it('bounds what an expression may cost', () => {
    expect(parseSelection(`${'('.repeat(5000)}*`)).toMatchObject({ ok: false });
    expect(parseSelection(`${'not '.repeat(2400)}*`)).toMatchObject({ ok: false });
    expect(parseSelection(`${'* or '.repeat(3000)}*`)).toMatchObject({ ok: false });
  });

  const text = fc.oneof(
    fc.constantFrom('a', 'raw/orders', '@acme/x', '', 'a b', '"', '\\', '*', 'and', '<null>', 'ü'),
    fc.string(),
  );
  const value = fc.oneof(fc.record({ kind: fc.constant('text'), text }), fc.constant({ kind: 'null' }));
  const attribute = fc.record({
    kind: fc.constant('attribute'),
    attribute: fc.constantFrom(...SELECTION_ATTRIBUTES.filter((name) => name !== 'tag')),
    value,
  });
  const tag = fc.oneof(
    fc.record({ kind: fc.constant('tag'), name: value }),
    fc.record({ kind: fc.constant('tag'), name: fc.record({ kind: fc.constant('text'), text }), value: text }),
  );
  const hops = fc.oneof(fc.nat(99), fc.constant('all'));
  const { expr } = fc.letrec((tie) => ({
    expr: fc.oneof(
      { maxDepth: 4 },
      attribute,
      tag,
      fc.constant({ kind: 'all' }),
      fc.record({ kind: fc.constantFrom('or', 'and'), terms: fc.array(tie('expr'), { minLength: 2, maxLength: 3 }) }),
      fc.record({ kind: fc.constant('not'), term: tie('expr') }),
      fc.record({ kind: fc.constantFrom('roots', 'sinks'), of: tie('expr') }),
      fc.oneof(
        fc.record({ kind: fc.constant('traverse'), up: hops, of: tie('expr') }),
        fc.record({ kind: fc.constant('traverse'), down: hops, up: hops, of: tie('expr') }),
      ),
    ),
  }));
  it('reads back what formatSelection writes', () => {
    fc.assert(
      fc.property(expr, (made) => {
        const written = formatSelection(made as SelectionExpr);
        fc.pre(written.length < 10_000);
        const parsed = parseSelection(written);
        expect(parsed).toMatchObject({ ok: true });
        if (parsed.ok) expect(plain(parsed.value)).toEqual(plain(made));
      }),
    );
  });
  it('never throws, and its places lie in the text', () => {
    const words = fc.array(
      fc.constantFrom(
        'key:a',
        '+',
        '(',
        ')',
        'and',
        'or',
        'not',
        '"',
        '2',
        ' ',
        '*',
        'roots',
        ':',
        '<null>',
        'tag:',
        '=',
      ),
      { maxLength: 15 },
    );
    fc.assert(
      fc.property(words, (pieces) => {
        const written = pieces.join('');
        const parsed = parseSelection(written);
        if (!parsed.ok) expect(parsed.error.column).toBeLessThanOrEqual(written.length + 1);
      }),
    );
  });
});
