import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { workflowProblems } from '../src/testing/workflow-problems.ts';

const folder = path.resolve(import.meta.dirname, '..', '.github', 'workflows');
const names = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));

interface Step {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Job extends Step {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly steps?: readonly Step[];
}

describe.each(names)('%s', (name) => {
  const content = readFileSync(path.join(folder, name), 'utf8');
  const workflow: { permissions?: unknown; jobs: Record<string, Job> } = parse(content);
  const jobs = Object.values(workflow.jobs);

  test('is a workflow to GitHub', async () => {
    expect(await workflowProblems(name, content)).toEqual([]);
  });

  test('grants nothing by default, and each job what it says', () => {
    expect(workflow.permissions).toEqual({});
    for (const job of jobs) expect(job.permissions).toBeTypeOf('object');
  });

  test('every job ends', () => {
    for (const job of jobs) expect(job['timeout-minutes']).toBeTypeOf('number');
  });

  test('every action of others is pinned by commit, with its version beside it', () => {
    const uses = content.split('\n').filter((line) => /\buses:/.test(line) && !/uses: ["']?[.$]\//.test(line));
    expect(uses.filter((line) => !/uses: [\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
  });

  test('a checkout leaves no token behind', () => {
    const checkouts = jobs
      .flatMap((job) => job.steps ?? [])
      .filter((step) => step.uses?.startsWith('actions/checkout@'));
    expect(checkouts.filter((step) => step.with?.['persist-credentials'] !== false)).toEqual([]);
  });
});

test('there is a workflow to check', () => {
  expect(names).toContain('ci.yml');
});

test.each([
  ['an unknown key', 'on: push\njobs: { a: { runs-on: x, stepz: [] } }\n'],
  ['an unknown event', 'on: pushed\njobs: { a: { runs-on: x, steps: [{ run: a }] } }\n'],
  [
    'an unknown permission',
    'on: push\njobs: { a: { permissions: { content: read }, runs-on: x, steps: [{ run: a }] } }\n',
  ],
  ['a broken expression', 'on: push\njobs: { a: { if: "${{ github. }}", runs-on: x, steps: [{ run: a }] } }\n'],
  ['an unknown need', 'on: push\njobs: { a: { needs: b, runs-on: x, steps: [{ run: a }] } }\n'],
])('the parser refuses %s', async (_, content) => {
  expect(await workflowProblems('a.yml', content)).not.toEqual([]);
});
