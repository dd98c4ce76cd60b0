import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EvaluationContexts } from './expressions.ts';
import { envNamesOf, evaluateTemplate, parseTemplate, substituteNames } from './template.ts';

const contexts: EvaluationContexts = {
  env: { TARGET: 'prod', EMPTY: '', target: 'lower', constructor: 'odd' },
  environment: 'production',
  asset: { key: 'raw/orders', name: 'orders', group: 'ingest' },
};

function check(template: string, expected: string | { missingEnv?: string; message?: RegExp }): void {
  const value = evaluateTemplate(template, contexts);
  if (typeof expected === 'string') {
    expect(value).toEqual({ ok: true, value: expected });
    return;
  }
  expect(value.ok).toBe(false);
  if (value.ok) return;
  if (expected.missingEnv !== undefined) expect(value.error.missingEnv).toBe(expected.missingEnv);
  if (expected.message !== undefined) expect(value.error.message).toMatch(expected.message);
}

describe('evaluateTemplate', () => {
  it('puts values in', () => {
    check('plain', 'plain');
    check('db_${{ env.TARGET }}_x', 'db_prod_x');
    check('${{asset.key}}/${{ asset.name }}@${{ environment.name }}', 'raw/orders/orders@production');
    check("${{ format('{0}-{1}', env.TARGET, asset.group) }}", 'prod-ingest');
    check("${{ env.TARGET == 'prod' && 'yes' || 'no' }}", 'yes');
    check("${{ '}}' }}", '}}');
    check('${{ 1 }}${{ true }}${{ null }}', '1true');
  });
  it('tells names of variables apart by case, also those of object members', () => {
    check('${{ env.target }}', 'lower');
    check('${{ env.constructor }}', 'odd');
    check('${{ env.toString }}', { missingEnv: 'toString' });
  });
  it('fails when a needed variable is not set', () => {
    check('${{ env.NONE }}', { missingEnv: 'NONE', message: /NONE is not set/ });
    check("${{ format('x{0}', env.NONE) }}", { missingEnv: 'NONE' });
    check('${{ env.NONE || env.OTHER }}', { missingEnv: 'NONE' });
  });
  it('takes a default for what is not set, and an empty value as set', () => {
    check("${{ env.NONE || 'fallback' }}", 'fallback');
    check('[${{ env.EMPTY }}]', '[]');
  });
  it('refuses a list or mapping', () => check("${{ fromJSON('[1]') }}", { message: /list or a mapping/ }));
});

describe('parseTemplate', () => {
  function refused(template: string, message: RegExp, column: number, length: number, options = {}): void {
    const parsed = parseTemplate(template, options);
    expect(parsed).toMatchObject({ ok: false, error: { column, length, message: expect.stringMatching(message) } });
  }
  it('says what is wrong and where', () => {
    refused('a ${{ env.X', /never closed/, 3, 3);
    refused('${{ }}', /empty/, 1, 6);
    refused('x ${{ evn.X }}', /no `evn` here/, 7, 3);
    refused('${{ env }}', /needs a name behind a dot/, 5, 3);
    refused('${{ asset.kye }}', /no `asset\.kye`/, 5, 9);
    refused('${{ secrets.A }}', /no `secrets`/, 5, 7);
    refused('${{ partition.kye }}', /no `partition\.kye`/, 5, 13);
    refused('${{ pull_request.number }}', /pull request environments/, 5, 12);
    refused("${{ ref('a') }}", /no function `ref`/, 5, 3);
    refused('${{ this }}', /SQL only/, 5, 4);
    refused("${{ 'open }}", /never closed/, 1, 3);
    refused('${{ env.A b }}', /`b` is not expected/, 11, 1);
    refused('${{ env.A && }}', /ends too early/, 11, 2);
    refused("${{ contains('a') }}", /wrong number/, 5, 8);
    refused('line\n  ${{ evn.X }}', /evn/, 7, 3);
    refused("${{ ref('a' }}", /`\(` is never closed/, 8, 1, { sql: true });
    refused("${{ format('{0}', env.A }}", /`\(` is never closed/, 11, 1);
    refused('${{ env[asset.key] }}', /needs a name/, 5, 3);
  });
  it('suggests the nearest name', () => {
    expect(parseTemplate('${{ evn.X }}')).toMatchObject({ error: { help: 'did you mean `env`?' } });
    expect(parseTemplate('${{ colunm }}', { names: ['column'] })).toMatchObject({
      error: { help: 'did you mean `column`?' },
    });
    expect(parseTemplate("${{ reff('a') }}", { sql: true })).toMatchObject({ error: { help: 'did you mean `ref`?' } });
    expect(parseTemplate("${{ reff('a') }}")).toMatchObject({ error: { help: expect.not.stringContaining('ref') } });
    expect(parseTemplate("${{ starts('a') }}")).toMatchObject({ error: { help: 'did you mean `startsWith`?' } });
  });
  it('never throws and covers the text', () => {
    const pieces = fc.array(
      fc.constantFrom('${{', '}}', ' env.X ', "'", 'a', '\n', '(', ')', '==', 'ref', '.', '[', '$', '{'),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(pieces, (words) => {
        const text = words.join('');
        const parsed = parseTemplate(text);
        if (!parsed.ok)
          return parsed.error.offset >= 0 && parsed.error.offset <= text.length && parsed.error.message.length > 0;
        return (
          parsed.value.map((part) => (part.kind === 'text' ? part.text : text.slice(part.start, part.end))).join('') ===
          text
        );
      }),
    );
  });
});

it('lists the variables that a template reads', () => {
  expect(envNamesOf("${{ env.B }} ${{ env.A || env['B'] }} ${{ asset.key }}")).toEqual(['B', 'A']);
});

describe('substituteNames', () => {
  it('puts values of for_each in', () => {
    expect(substituteNames('${{ column }}', { column: 'date' })).toBe('date');
    expect(substituteNames('x_${{ column }}_${{ n }}', { column: "it's", n: 3 })).toBe("x_it's_3");
  });
  it('keeps other expressions, with literals for the names', () => {
    expect(substituteNames("${{ format('{0}{1}', env.A, column) }}", { column: "o'b" })).toBe(
      "${{ format('{0}{1}', env.A, 'o''b') }}",
    );
  });
  it('leaves values in SQL as expressions, so that they become bind variables', () => {
    expect(substituteNames('select ${{ column }} from ${{ this }}', { column: 'a' }, { sql: true })).toBe(
      "select ${{ 'a' }} from ${{ this }}",
    );
  });
});
