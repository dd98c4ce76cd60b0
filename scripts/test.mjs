// `npm test`: packages, then every static check, then vitest under Node 24; one count for all of it as the last line.
// `npm test -- src/time` runs only the tests whose path contains the words given.

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { environmentOf, pinnedNode } from './node24.mjs';
import { ensurePackages, root } from './packages.mjs';

/** Every check that is not a vitest test: what it says, and the script with its arguments, run by Node 24. */
const staticChecks = [
  ['types (tsc)', 'node_modules/typescript/bin/tsc', '--noEmit', '-p', '.'],
  ['format and lint (biome)', 'node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'],
  ['lint with types (oxlint)', 'node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings'],
  ['nothing unused (knip)', 'node_modules/knip/bin/knip.js', '--no-progress'],
  ['generated files are current', 'scripts/generate.mjs', '--check'],
  ['dist is current', 'scripts/build.mjs', '--check'],
];

ensurePackages();
const node = pinnedNode();
const env = environmentOf(node);
const filters = process.argv.slice(2);
const totals = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const skippedTests = [];

if (filters.length === 0) await runStaticChecks();
runVitest();
if (failures.length > 0) process.stdout.write(`\nFailed: ${failures.join('; ')}\n`);
for (const name of skippedTests) process.stdout.write(`Skipped: ${name}\n`);
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : '';
process.stdout.write(`${totals.passed} passed, ${totals.failed} failed${skipped}\n`);
process.exitCode = totals.failed > 0 ? 1 : 0;

/** Two at a time, since most of them are single-threaded; the output of a check appears only when it fails. */
async function runStaticChecks() {
  const waiting = [...staticChecks];
  const worker = async () => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) await runStaticCheck(check);
  };
  await Promise.all([worker(), worker()]);
}

async function runStaticCheck([title, script, ...args]) {
  const { code, output } = await capture(script, args);
  if (code === 0) {
    totals.passed += 1;
    process.stdout.write(` ✓ ${title}\n`);
    return;
  }
  totals.failed += 1;
  failures.push(title);
  process.stdout.write(` × ${title}\n${output}\n`);
}

function capture(script, args) {
  return new Promise((resolve) => {
    const child = spawn(node, [script, ...args], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const take = (chunk) => {
      output += chunk;
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.on('error', (error) => resolve({ code: 1, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

function runVitest() {
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'branchline-test-'));
  const countsFile = path.join(scratch, 'counts.json');
  const done = spawnSync(node, ['node_modules/vitest/vitest.mjs', 'run', ...filters], {
    cwd: root,
    env: { ...env, BRANCHLINE_TEST_COUNTS: countsFile },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const counts = readCounts(countsFile);
  rmSync(scratch, { recursive: true, force: true });
  for (const key of Object.keys(totals)) totals[key] += counts[key];
  skippedTests.push(...counts.skippedTests);
  if (counts.failed > 0) failures.push('tests (see above)');
  // A vitest that dies, or fails for a reason that is no test's, must never look like success.
  if (done.status !== 0 && counts.failed === 0) {
    totals.failed += 1;
    failures.push(`vitest ended with ${done.signal ?? `exit code ${done.status}`}`);
  }
}

function readCounts(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 0, skipped: 0, skippedTests: [] };
  }
}
