import { expect, test } from 'vitest';
import { CHECKOUT } from '../render/workflows/pinned-action.ts';
import { scheduledWorkflow } from '../render/workflows/scheduled.ts';
import { productionRunner } from './production-runner.ts';

const written = scheduledWorkflow({
  action: { name: 'acme/branchline', commit: '0'.repeat(40), version: 'v1.0.0' },
  checkout: CHECKOUT,
  version: '1.0.0',
  branches: ['main'],
  crons: ['23 2 * * *'],
  ringsAMonth: 30,
  isScheduled: true,
  secrets: [],
  variables: [],
  isCached: false,
  usesOidc: false,
});

test.each<[what: string, runsOn: string | undefined, expected: object]>([
  ['as init writes it', 'ubuntu-latest', { runner: 'ubuntu-latest' }],
  ['another machine', 'windows-2025', { runner: 'windows-2025' }],
  ['a machine of one’s own', '[self-hosted, big]', { runner: 'big', isSelfHosted: true }],
  ['what an expression says is not known', '"${{ matrix.os }}"', { runner: 'ubuntu-latest' }],
  ['a group of machines', '{ group: large }', { runner: 'large' }],
  ['labels in a group', '{ group: large, labels: [linux, big] }', { runner: 'big' }],
  ['no workflow yet', undefined, { runner: 'ubuntu-latest' }],
])('%s', (_, runsOn, expected) => {
  const files = new Map([['.github/workflows/ci.yml', 'on: push\njobs: { a: { runs-on: macos-15, steps: [] } }\n']]);
  if (runsOn !== undefined)
    files.set('.github/workflows/x.yml', written.replace('runs-on: ubuntu-latest', `runs-on: ${runsOn}`));
  expect(productionRunner(files, { big: 0.02 })).toEqual(expected);
});
