import { expect, test } from 'vitest';
import { labelsOfJob } from './job-labels.ts';

const workflow = `on: push
jobs:
  lint: { runs-on: ubuntu-latest, steps: [] }
  run:
    runs-on: [self-hosted, big] # ours
  grouped:
    runs-on: { group: large }
  many:
    runs-on: \${{ matrix.os }}
`;

test.each<[job: string, labels: readonly string[]]>([
  ['lint', ['ubuntu-latest']],
  ['run', ['self-hosted', 'big']],
  ['grouped', ['large']],
  ['many', []],
  ['elsewhere', []],
])('job %s', (job, labels) => {
  expect(labelsOfJob(workflow, job)).toEqual(labels);
});

test.each(['', 'jobs: 7', 'jobs:\n  run: x\n', 'a: [', '- 1'])('of %j nothing is known', (text) => {
  expect(labelsOfJob(text, 'run')).toEqual([]);
});
