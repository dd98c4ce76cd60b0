import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { comparePaired, ratioOf } from './compare.ts';
import { measure } from './measure.ts';
import type { BenchRow, Outcome } from './row.ts';
import { rows } from './rows/all.ts';
import { renderTable } from './table.ts';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'branchline-harness-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const bash = (script: string) => ({ program: 'bash', args: ['-c', script], cwd: scratch });

describe('measure', () => {
  test('counts the work of grandchildren', () => {
    const busy = 'for ((i = 0; i < 100000; i++)); do :; done';
    const idle = measure(bash("bash -c ':'; true"));
    const working = measure(bash(`bash -c '${busy}'; true`));
    expect(working.cpuMs).toBeGreaterThan(idle.cpuMs);
  });

  test('runs as often as asked, after the untimed preparation', () => {
    const marks = path.join(scratch, 'marks');
    measure({ ...bash('echo mark >> marks'), repeat: 3, before: () => rmSync(marks, { force: true }) });
    expect(readFileSync(marks, 'utf8')).toBe('mark\n'.repeat(3));
    measure({ ...bash('echo mark >> marks'), before: () => rmSync(marks, { force: true }) });
    expect(readFileSync(marks, 'utf8')).toBe('mark\n');
  });

  test('a command that fails is an error with its last words, never a fast sample', () => {
    expect(() => measure(bash('echo first; echo the reason >&2; exit 7'))).toThrow(/the reason/);
    expect(() => measure({ ...bash('test ! -e once && touch once'), repeat: 2 })).toThrow(/failed/);
  });

  test('hands on nothing that slows Node or changes what it measures', () => {
    process.env['NODE_EXTRA_CA_CERTS'] = path.join(scratch, 'nowhere.pem');
    try {
      measure(bash('test -z "$NODE_EXTRA_CA_CERTS$VITEST$GITHUB_ACTIONS$CI" && test -n "$PATH"'));
    } finally {
      delete process.env['NODE_EXTRA_CA_CERTS'];
    }
  });
});

test('pairs run in turn, with one uncounted pair first', () => {
  const comparison = comparePaired(bash('echo a >> order'), bash('echo b >> order'), 2);
  expect(readFileSync(path.join(scratch, 'order'), 'utf8')).toBe('a\nb\n'.repeat(3));
  expect(comparison.pairs).toBe(2);
  expect(comparison.cpu.lowest).toBeLessThanOrEqual(comparison.cpu.median);
  expect(comparison.cpu.median).toBeLessThanOrEqual(comparison.cpu.highest);
});

test('the ratio is the median with its extremes', () => {
  expect(ratioOf([3, 1, 2])).toEqual({ median: 2, lowest: 1, highest: 3 });
  expect(ratioOf([4, 1, 2, 3])).toEqual({ median: 2.5, lowest: 1, highest: 4 });
});

describe('the table', () => {
  const row: BenchRow = { name: 'a', question: 'q | r', against: 'p', goal: { cpu: 1.5, wall: 2 }, prepare: () => [] };
  const measured = (cpu: number, wall: number): Outcome => ({
    kind: 'measured',
    comparison: {
      pairs: 1,
      cpu: { median: cpu, lowest: 1, highest: 2.345 },
      wall: { median: wall, lowest: 1, highest: 2 },
    },
  });

  test.each<[Outcome, string]>([
    [measured(1.5, 2), '1.50 × (1.00 to 2.35) | 2.00 × (1.00 to 2.00) | ≤ 1.5 × CPU, ≤ 2 × wall | met |'],
    [measured(1.6, 1), '1.60 × (1.00 to 2.35) | 1.00 × (1.00 to 2.00) | ≤ 1.5 × CPU, ≤ 2 × wall | missed |'],
    [measured(1, 2.1), '1.00 × (1.00 to 2.35) | 2.10 × (1.00 to 2.00) | ≤ 1.5 × CPU, ≤ 2 × wall | missed |'],
    [{ kind: 'peer-missing', why: 'no ninja' }, ' |  | ≤ 1.5 × CPU, ≤ 2 × wall | not measured: no ninja |'],
    [{ kind: 'failed', why: 'see above' }, ' |  | ≤ 1.5 × CPU, ≤ 2 × wall | failed: see above |'],
  ])('says %j', (outcome, cells) => {
    expect(renderTable([{ row, label: '', outcome }])).toBe(
      '| row | question | against | CPU | wall | goal | verdict |\n|---|---|---|---|---|---|---|\n' +
        `| a | q \\| r | p | ${cells}\n`,
    );
  });
});

test('the documentation has every row with its goal', () => {
  const page = readFileSync(path.join(import.meta.dirname, '..', 'docs', 'benchmarks.md'), 'utf8');
  for (const { name, question, against, goal } of rows) {
    const text = `≤ ${goal.cpu} × CPU${goal.wall === undefined ? '' : ' and wall'}`;
    expect(page).toContain(`| \`${name}\` | ${question} | ${against} | ${text} |`);
  }
});
