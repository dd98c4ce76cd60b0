import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { workflowProblems } from '../../testing/workflow-problems.ts';
import { type PullRequestWorkflowValues, pullRequestWorkflows } from './pull-request.ts';

const VALUES: PullRequestWorkflowValues = {
  action: { name: 'acme/branchline', commit: '0123456789012345678901234567890123456789', version: 'v1.2.3' },
  checkout: { name: 'actions/checkout', commit: '3d3c42e5aac5ba805825da76410c181273ba90b1', version: 'v7.0.1' },
};

const textsOf = (values: Partial<PullRequestWorkflowValues> = {}): readonly [string, string] => {
  const files = pullRequestWorkflows({ ...VALUES, ...values });
  return [files.get('.github/workflows/branchline-pr.yml')!, files.get('.github/workflows/branchline-comment.yml')!];
};

interface Workflow {
  readonly name: string;
  readonly on: Readonly<Record<string, { readonly workflows?: readonly string[]; readonly paths?: unknown } | null>>;
  readonly permissions: unknown;
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly if?: string;
        readonly permissions: Readonly<Record<string, string>>;
        readonly 'timeout-minutes': number;
        readonly steps: readonly { readonly uses: string; readonly with: Readonly<Record<string, unknown>> }[];
      }
    >
  >;
}

const first = (values: Partial<PullRequestWorkflowValues> = {}): Workflow => parse(textsOf(values)[0]);
const second = (values: Partial<PullRequestWorkflowValues> = {}): Workflow => parse(textsOf(values)[1]);

describe('workflow files for pull requests', () => {
  test.each([
    ['the first', textsOf()[0]],
    ['the first, of a project in a folder', textsOf({ project: 'data, "and" more' })[0]],
    ['the second', textsOf()[1]],
  ])('%s is a workflow to GitHub', async (name, text) => {
    expect(await workflowProblems(`${name}.yml`, text)).toEqual([]);
    for (const job of Object.values((parse(text) as Workflow).jobs))
      expect(job['timeout-minutes']).toBeTypeOf('number');
  });

  test('GitHub would object to a mistake', async () => {
    expect(await workflowProblems('x.yml', textsOf()[0].replace('runs-on', 'run-on'))).not.toEqual([]);
  });

  test('the required check always starts: no filter, no condition', () => {
    const { on, jobs, permissions } = first();
    expect(Object.keys(on)).toEqual(['pull_request', 'merge_group']);
    expect(on['pull_request']?.paths).toBeUndefined();
    expect(jobs['plan']?.if).toBeUndefined();
    expect(permissions).toEqual({});
    expect(jobs['plan']?.permissions).toEqual({ contents: 'read', 'pull-requests': 'write' });
  });

  test('the head is checked out, without a token in it, and no secret is handed over', () => {
    const [checkout, plan] = first({ project: 'data' }).jobs['plan']!.steps;
    expect(checkout).toEqual({
      uses: `actions/checkout@${VALUES.checkout.commit}`,
      with: { ref: '${{ github.event.pull_request.head.sha || github.sha }}', 'persist-credentials': false },
    });
    expect(plan).toEqual({
      uses: `acme/branchline@${VALUES.action.commit}`,
      with: { command: 'changes', project: 'data', 'fail-on': 'error' },
    });
    expect(textsOf()[0]).not.toContain('secrets.');
  });

  test('the second stage checks nothing out and has no contents', () => {
    const { on, jobs, name } = second();
    expect(on['workflow_run']?.workflows).toEqual([first().name]);
    expect(name).not.toBe(first().name);
    expect(jobs['comment']?.permissions).toEqual({ actions: 'read', 'pull-requests': 'write' });
    expect(jobs['comment']?.steps.map(({ uses }) => uses)).toEqual([`acme/branchline/comment@${VALUES.action.commit}`]);
  });

  test('every action is pinned by commit, with its version beside it', () => {
    for (const text of textsOf()) {
      const uses = text.split('\n').filter((line) => /\buses:/.test(line));
      expect(uses.length).toBeGreaterThan(0);
      expect(uses.filter((line) => !/uses: [\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
    }
  });

  test('a renamed first workflow is listened to by its name', () => {
    expect(second({ workflow: 'data-pr' }).on['workflow_run']?.workflows).toEqual([
      first({ workflow: 'data-pr' }).name,
    ]);
  });
});
