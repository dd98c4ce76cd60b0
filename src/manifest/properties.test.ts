import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse as parseOther } from 'yaml';
import { fits } from './fits.ts';
import { validateManifest, validateProject } from './generated/validators.mjs';
import { parseManifest } from './parse.ts';
import type { ManifestKind } from './schema.ts';
import { walkSchema } from './schema-walk.ts';
import { readYaml } from './yaml-text.ts';

describe('properties', () => {
  const pieces = [
    'assets:\n',
    '  raw/x:\n',
    '    run: a\n',
    '    deps: [b, c]\n',
    '    sql: |\n      select 1\n',
    '  ',
    '\t',
    '- ',
    ': ',
    '"',
    "'",
    '[',
    ']',
    '{',
    '}',
    ',',
    '&a ',
    '*a',
    '!',
    '%',
    '@',
    '#',
    '\n',
    '\r\n',
    '\0',
    '---\n',
    'null',
    'true',
    '1',
    '0x1f',
    '1e400',
    '.nan',
    '2020-01-01',
    '<<: ',
    '? ',
    '|',
    '>',
    '${{ env.X }}',
    'é',
    '🦆',
    'checks:\n',
    '      c: { not_null: [id], blocking: true }\n',
    'jobs:\n  j: { selection: "*" }\n',
    'name: x\n',
    '__proto__: ',
    'constructor: ',
  ];
  const mangled = fc
    .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 4 })), { maxLength: 14 })
    .map((parts) => parts.join(''));

  test('whatever the text, there is a document or a diagnostic, and never an exception', () => {
    fc.assert(
      fc.property(mangled, fc.constantFrom<ManifestKind>('project', 'manifest'), (text, kind) => {
        const { document, diagnostics } = parseManifest({ path: 'a.yaml', text }, kind);
        expect(document !== undefined || diagnostics.length > 0).toBe(true);
        for (const { span } of diagnostics) {
          const lines = text.split(/\r\n|\n|\r/);
          expect(span.line).toBeGreaterThanOrEqual(1);
          expect(span.line).toBeLessThanOrEqual(lines.length);
          expect(span.column).toBeGreaterThanOrEqual(1);
          expect(span.column).toBeLessThanOrEqual(lines[span.line - 1]!.length + 1);
          expect(span.length).toBeGreaterThanOrEqual(1);
        }
        // One mistake, one finding.
        const places = diagnostics.map((each) => `${each.code} ${each.span.line}:${each.span.column} ${each.message}`);
        expect(new Set(places).size).toBe(places.length);
        if (document && kind === 'manifest') expect(validateManifest(document.value)).toBe(true);
      }),
      { numRuns: 1500 },
    );
  });

  test('what we read is what another YAML 1.2 parser reads', () => {
    fc.assert(
      fc.property(mangled, (text) => {
        const { value, problems } = readYaml(text);
        // Only what is a manifest at all. Known to differ: a lone CR, exponents beyond a double, a tab alone on a line
        // behind a block of text, an anchor before a key.
        if (typeof value !== 'object' || problems.length > 0 || /\r(?!\n)|\d[eE]|^ *\t|&a [^[{]/m.test(text)) return;
        let other: unknown;
        try {
          other = parseOther(text, { logLevel: 'silent' });
        } catch {
          // The other parser is stricter here and there; the value is what must never differ.
          return;
        }
        // A key that is nothing at all is called `null` by one and by no letters by the other.
        expect(JSON.stringify(value).replaceAll('"null":', '"":')).toBe(
          JSON.stringify(other).replaceAll('"null":', '"":'),
        );
      }),
      { numRuns: 1500 },
    );
  });

  // Values that are near the vocabulary: right keys with wrong values, and wrong keys with right ones.
  const leaf = fc.constantFrom<unknown>(
    'x',
    '30s',
    '> 1',
    '',
    1,
    0,
    1.5,
    true,
    false,
    null,
    [],
    ['a'],
    {},
    { a: 'b' },
    'table',
    'duckdb',
    '@a',
  );
  const keyed = (keys: readonly string[], values: fc.Arbitrary<unknown>) =>
    fc
      .dictionary(fc.constantFrom(...keys), values, { maxKeys: 4 })
      .map((each) => ({ ...each }) as Record<string, unknown>);
  const aCheck = keyed(
    [
      'not_null',
      'row_count',
      'sql',
      'run',
      'value',
      'shell',
      'warn_if',
      'error_if',
      'range',
      'reported',
      'zzz',
      'samples',
    ],
    leaf,
  );
  const asset = keyed(
    ['run', 'sql', 'deps', 'timeout', 'checks', 'env', 'tags', 'outputs', 'materialized', 'zzz', 'owners'],
    fc.oneof(leaf, fc.dictionary(fc.constantFrom('c', 'd e'), aCheck)),
  );
  const connection = keyed(['type', 'path', 'url', 'schema'], leaf);
  const file = fc.record(
    {
      name: leaf,
      assets: fc.oneof(leaf, fc.dictionary(fc.constantFrom('a', 'a/b', '/'), fc.oneof(leaf, asset))),
      defaults: fc.oneof(leaf, asset),
      connections: fc.oneof(leaf, fc.dictionary(fc.constantFrom('a', 'b'), fc.oneof(leaf, connection))),
      schedules: fc.dictionary(fc.constantFrom('a', 'b'), keyed(['cron', 'job', 'selection', 'grace'], leaf)),
    },
    { requiredKeys: [] },
  );

  test('the walk finds something exactly when the compiled validator says no', () => {
    fc.assert(
      fc.property(file, (value) => {
        expect(walkSchema('project', value).length === 0).toBe(validateProject(value));
        expect(walkSchema('manifest', value).length === 0).toBe(validateManifest(value));
        expect(fits('project', value)).toBe(validateProject(value));
        expect(fits('manifest', value)).toBe(validateManifest(value));
      }),
      { numRuns: 1500 },
    );
  });
});
