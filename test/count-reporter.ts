import { writeFileSync, writeSync } from 'node:fs';
import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** What scripts/test.mjs reads: the counts, and what was skipped by name, with the reason where one was given. */
interface Outcome extends Counts {
  skippedTests: string[];
}

/**
 * Counts tests for the last line of `npm test`. What fails outside a test counts as well: a file that does not load, a
 * hook that throws, an unhandled error. Tests that never ran because their hook threw are failures, not skips.
 *
 * With BRANCHLINE_TEST_COUNTS the counts go to that file as JSON, otherwise to the last line of standard output.
 */
export function countReporter(): Reporter {
  return {
    onTestRunEnd(modules, unhandledErrors) {
      const counts: Outcome = { passed: 0, failed: unhandledErrors.length, skipped: 0, skippedTests: [] };
      for (const module of modules) countModule(module, counts);
      const file = process.env['BRANCHLINE_TEST_COUNTS'];
      if (file !== undefined) writeFileSync(file, JSON.stringify(counts));
      // At exit, so that nothing of another reporter can follow it.
      else process.once('exit', () => writeSync(1, `${sentence(counts)}\n`));
    },
  };
}

function sentence(counts: Counts): string {
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
  return `${counts.passed} passed, ${counts.failed} failed${skipped}`;
}

function countModule(module: TestModule, counts: Outcome): void {
  let failedInside = 0;
  for (const test of module.children.allTests()) {
    const verdict = verdictOf(test);
    counts[verdict] += 1;
    if (verdict === 'failed') failedInside += 1;
    if (verdict === 'skipped') counts.skippedTests.push(skipText(test));
  }
  const suites = [module, ...module.children.allSuites()];
  if (failedInside === 0 && suites.some((suite) => suite.errors().length > 0)) counts.failed += 1;
}

function verdictOf(test: TestCase): keyof Counts {
  const state = test.result().state;
  if (state === 'passed' || state === 'failed') return state;
  return isBelowBrokenSuite(test) ? 'failed' : 'skipped';
}

function isBelowBrokenSuite(test: TestCase): boolean {
  if (test.options.mode === 'skip' || test.options.mode === 'todo') return false;
  let place: TestSuite | TestModule | undefined = test.parent;
  while (place !== undefined) {
    if (place.errors().length > 0) return true;
    place = place.type === 'suite' ? place.parent : undefined;
  }
  return false;
}

function skipText(test: TestCase): string {
  const result = test.result();
  const note = result.state === 'skipped' && result.note !== undefined ? ` (${result.note})` : '';
  return `${test.fullName}${note}`;
}
