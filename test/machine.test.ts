import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { commandOf, isLacking, type Requirement } from '../src/testing/machine.ts';

const requirements: readonly Requirement[] = ['python', 'chromium', 'node20'];

// Under BRANCHLINE_TEST_REQUIRE=all these three say which requirement is missing; elsewhere they are skipped by name.
test.for(requirements)('this machine has %s', (requirement, { skip }) => {
  skip(isLacking(requirement), `${requirement} is not on this machine`);
  expect(commandOf(requirement), `${requirement} is demanded by BRANCHLINE_TEST_REQUIRE=all`).toBeDefined();
});

test('the pinned Node 20 is of that major version', ({ skip }) => {
  skip(isLacking('node20'), 'no Node 20 is published for this platform');
  const version = execFileSync(commandOf('node20') ?? '', ['--version'], { encoding: 'utf8' });
  expect(version).toMatch(/^v20\./);
});
