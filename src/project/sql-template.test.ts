import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileSqlTemplate, refsOf } from './sql-template.ts';
import { scanSql, sqlWords } from './sql-text.ts';

function check(text: string, expected: readonly string[]): void {
  const compiled = compileSqlTemplate(text);
  expect(compiled.ok).toBe(true);
  if (!compiled.ok) return;
  const shown = compiled.value.parts.map((part) => {
    if (part.kind === 'text') return part.text;
    if (part.kind === 'ref') return `<ref ${part.asset}@${part.offset}>`;
    return part.kind === 'this' ? `<this@${part.offset}>` : `<bind ${part.expression.source}@${part.offset}>`;
  });
  expect(shown).toEqual(expected);
}

describe('compileSqlTemplate', () => {
  it('tells identifiers from binds', () => {
    check("select * from ${{ ref('raw/orders') }} where a > ${{ env.MIN }} and b in (select b from ${{this}})", [
      'select * from ',
      '<ref raw/orders@14>',
      ' where a > ',
      '<bind env.MIN@49>',
      ' and b in (select b from ',
      '<this@88>',
      ')',
    ]);
  });
  it('leaves comments alone', () => check('select 1 -- ${{ broken\n', ['select 1 -- ${{ broken\n']));
  it('refuses what could only do harm', () => {
    const refused = (text: string, message: RegExp, column: number): void =>
      expect(compileSqlTemplate(text)).toMatchObject({
        ok: false,
        error: { message: expect.stringMatching(message), column },
      });
    refused("select '${{ env.A }}'", /inside of a quoted string/, 9);
    refused('select "${{ env.A }}"', /inside of a quoted name/, 9);
    refused('select $$ ${{ env.A }} $$', /inside of a quoted string/, 11);
    refused('select ${{ ref(env.A) }}', /needs the key of an asset in single quotes/, 12);
    refused("select ${{ format('{0}', ref('a')) }}", /cannot be part of a longer expression/, 26);
    refused("select ${{ this == 'a' }}", /cannot be part/, 12);
    refused('select 1\nfrom ${{ evn.A }}', /no `evn`/, 10);
    refused('select ${{ env.A', /never closed/, 8);
  });
  it('lists refs once each', () =>
    expect(refsOf("${{ ref('b') }} ${{ ref('a') }} ${{ ref('b') }}")).toEqual(['b', 'a']));
});

describe('sqlWords', () => {
  const same = (a: string, b: string): void => expect(sqlWords(a)).toEqual(sqlWords(b));
  const differ = (a: string, b: string): void => expect(sqlWords(a)).not.toEqual(sqlWords(b));
  it('drops comments and white space', () => {
    same('select a,b from t', 'select a , b -- why\n\tfrom /* nested /* yes */ */ t\n');
    same('a>=b', 'a >= b');
    same('a=-1', 'a = -1');
    same('${{ this }}', '${{this}}');
    same("ref('x'):: int", "ref ('x')::int");
  });
  it('keeps what has a meaning', () => {
    differ("select 'a b'", "select 'a  b'");
    differ('select "a b"', 'select "a  b"');
    differ('a > = b', 'a >= b');
    differ('a - -1', 'a --1');
    differ("select E'\\n'", "select E '\\n'");
    differ("select '--x'", "select ''");
    differ('$$ a  b $$', '$$ a b $$');
    differ('select ab', 'select a b');
  });
  it('does not end a string at an escaped quote', () => {
    expect(scanSql("E'\\'--' x").map((stretch) => stretch.kind)).toEqual(['code', 'string', 'code']);
    expect(scanSql("'it''s' x").map((stretch) => stretch.kind)).toEqual(['string', 'code']);
  });
  it('covers any text, in order, without a gap', () => {
    const letters = fc.array(fc.constantFrom("'", '"', '-', '/', '*', '$', '\n', 'a', ' ', '{', '}', 'E', '\\'), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(letters, (words) => {
        const text = words.join('');
        let at = 0;
        for (const { start, end } of scanSql(text)) {
          if (start !== at || end <= start) return false;
          at = end;
        }
        return at === text.length;
      }),
    );
  });
  it('is the same whatever stands between words', () => {
    const word = fc.constantFrom('select', 'a', '(', ')', ',', '1.5', "'x  y'", '"A b"', '>=', '::', '${{ this }}');
    const gap = fc.constantFrom(' ', '\n', '\t ', ' /* c */ ', ' -- c\n');
    fc.assert(
      fc.property(fc.array(fc.tuple(word, gap, gap), { maxLength: 15 }), (words) => {
        const one = sqlWords(words.map(([text, left]) => text + left).join(''));
        const other = sqlWords(words.map(([text, , right]) => text + right).join(''));
        expect(one).toEqual(other);
      }),
    );
  });
});
