import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';

const repository = path.resolve(import.meta.dirname, '..');

/** Runs vitest on files of the given texts with only our reporter, and returns its exit code and last line. */
function runVitestOn(
  files: Record<string, string>,
  countsFile?: string,
): { code: number | null; lastLine: string | undefined } {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'branchline-reporter-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
    const reporter = path.join(repository, 'test', 'count-reporter.ts');
    writeFileSync(
      path.join(folder, 'vitest.config.ts'),
      `import { countReporter } from ${JSON.stringify(reporter)};\n` +
        'export default { test: { globals: true, reporters: [countReporter()] } };\n',
    );
    const { BRANCHLINE_TEST_COUNTS: _, VITEST: __, ...inherited } = process.env;
    const env = countsFile === undefined ? inherited : { ...inherited, BRANCHLINE_TEST_COUNTS: countsFile };
    const vitest = path.join(repository, 'node_modules', 'vitest', 'vitest.mjs');
    const done = spawnSync(process.execPath, [vitest, 'run', '--root', folder], { env, encoding: 'utf8' });
    return { code: done.status, lastLine: done.stdout.trimEnd().split('\n').at(-1) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const twoGood = "test('one', () => {});\ntest('two', () => {});\n";

test('counts passes alone, and names skips only when there are some', () => {
  expect(runVitestOn({ 'a.test.js': twoGood })).toEqual({ code: 0, lastLine: '2 passed, 0 failed' });
  expect(runVitestOn({ 'a.test.js': `${twoGood}test.skip('three', () => {});\n` })).toEqual({
    code: 0,
    lastLine: '2 passed, 0 failed, 1 skipped',
  });
});

test('a file that does not load is a failure', () => {
  const files = { 'a.test.js': twoGood, 'b.test.js': "import './nowhere.js';\ntest('never', () => {});\n" };
  expect(runVitestOn(files)).toEqual({ code: 1, lastLine: '2 passed, 1 failed' });
});

test('tests whose hook throws are failures, not skips', () => {
  const hook = "describe('s', () => {\n  beforeAll(() => { throw new Error('no'); });\n";
  const files = { 'a.test.js': `${twoGood}${hook}  test('three', () => {});\n  test('four', () => {});\n});\n` };
  expect(runVitestOn(files)).toEqual({ code: 1, lastLine: '2 passed, 2 failed' });
});

test('a throwing afterAll and an unhandled rejection are failures', () => {
  const after = `${twoGood}afterAll(() => { throw new Error('no'); });\n`;
  expect(runVitestOn({ 'a.test.js': after })).toEqual({ code: 1, lastLine: '2 passed, 1 failed' });
  const stray = `${twoGood}test('three', () => { void Promise.reject(new Error('stray')); });\n`;
  expect(runVitestOn({ 'a.test.js': stray })).toEqual({ code: 1, lastLine: '3 passed, 1 failed' });
});

test('with a file for the counts, they go there, with the names of what was skipped and why', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'branchline-counts-'));
  try {
    const countsFile = path.join(folder, 'counts.json');
    const skips = "test('three', ({ skip }) => skip(true, 'no such thing here'));\ntest.skip('four', () => {});\n";
    runVitestOn({ 'a.test.js': `${twoGood}${skips}` }, countsFile);
    expect(JSON.parse(readFileSync(countsFile, 'utf8'))).toEqual({
      passed: 2,
      failed: 0,
      skipped: 2,
      skippedTests: ['three (no such thing here)', 'four'],
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
