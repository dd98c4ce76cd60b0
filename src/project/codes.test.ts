import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

test('every code of a finding is in docs/diagnostics.md', () => {
  const here = import.meta.dirname;
  const page = readFileSync(path.join(here, '..', '..', 'docs', 'diagnostics.md'), 'utf8');
  const sources = readdirSync(here).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  const text = sources.map((name) => readFileSync(path.join(here, name), 'utf8')).join('\n');
  const codes = [...text.matchAll(/(?:\.error|\.warning|\.inText|reportInSql|reportSelection)\(\s*'([a-z-]+)'/g)].map(
    (match) => match[1]!,
  );
  expect(new Set(codes).size).toBeGreaterThan(30);
  expect([...new Set(codes)].filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
});
