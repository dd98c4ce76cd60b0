import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { workflowProblems } from '../../testing/workflow-problems.ts';
import { CHECKOUT, scalar } from './pinned-action.ts';
import { bellPrice, type ScheduledWorkflowValues, scheduledWorkflow } from './scheduled.ts';

const VALUES: ScheduledWorkflowValues = {
  action: { name: 'acme/branchline', commit: '0123456789012345678901234567890123456789', version: 'v1.0.0' },
  checkout: CHECKOUT,
  version: '1.0.0',
  repository: 'acme/data',
  branches: ['main'],
  crons: ['4 * * * *'],
  ringsAMonth: 720,
  usdPerMinute: 0.006,
  isScheduled: true,
  secrets: [],
  variables: [],
  isCached: false,
  usesOidc: false,
};

interface Workflow {
  readonly on: {
    readonly schedule: readonly { readonly cron: string }[];
    readonly push: { readonly branches: readonly string[] };
    readonly workflow_dispatch: { readonly inputs: Readonly<Record<string, { readonly options?: readonly string[] }>> };
  };
  readonly permissions: unknown;
  readonly concurrency?: unknown;
  readonly jobs: {
    readonly run: {
      readonly if: string;
      readonly environment: unknown;
      readonly env?: unknown;
      readonly permissions: unknown;
      readonly 'timeout-minutes': number;
      readonly steps: readonly {
        readonly uses: string;
        readonly with: Readonly<Record<string, unknown>>;
        readonly env?: Readonly<Record<string, string>>;
      }[];
    };
  };
}

const workflow = (values: Partial<ScheduledWorkflowValues> = {}): Workflow =>
  parse(scheduledWorkflow({ ...VALUES, ...values }));

describe('the workflow that init writes', () => {
  test('a folder whose name begins an expression stays text', async () => {
    const text = scheduledWorkflow({ ...VALUES, project: 'a/${{ x }}' });
    expect(await workflowProblems('branchline.yml', text)).toEqual([]);
    expect((parse(text) as Workflow).jobs.run.steps[1]!.with['project']).toBe("a/${{ '${{' }} x }}");
  });

  test('is a workflow to GitHub, whatever the project is called and reads', async () => {
    const word = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,8}$/);
    const values = fc.record({
      repository: fc.option(fc.stringMatching(/^[a-z0-9-]{1,8}\/[\w.-]{1,8}$/), { nil: undefined }),
      branches: fc.uniqueArray(fc.stringMatching(/^[\w][\w./#'" -]{0,10}[\w]$/), { minLength: 1, maxLength: 3 }),
      project: fc.option(fc.string({ minLength: 1, maxLength: 12 }), { nil: undefined }),
      secrets: fc.uniqueArray(word, { maxLength: 4 }),
      variables: fc.uniqueArray(word, { maxLength: 2 }),
      isScheduled: fc.boolean(),
      isCached: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(values, async ({ repository, project, secrets, variables, ...more }) => {
        const all: ScheduledWorkflowValues = {
          ...VALUES,
          ...more,
          secrets,
          variables: variables.filter((name) => !secrets.includes(name)),
        };
        const { repository: _, ...bare } = all;
        const chosen = { ...bare, ...(repository ? { repository } : {}), ...(project ? { project } : {}) };
        const text = scheduledWorkflow(chosen);
        expect(await workflowProblems('branchline.yml', text)).toEqual([]);
        const { on, jobs } = parse(text) as Workflow;
        expect(on.push.branches).toEqual(chosen.branches);
        const written = jobs.run.steps[1]!.with['project'] as string | undefined;
        expect(written?.replaceAll("${{ '${{' }}", '${{')).toEqual(project || undefined);
        for (const branch of chosen.branches)
          expect(jobs.run.if).toContain(`'refs/heads/${branch.replaceAll("'", "''")}'`);
      }),
      { numRuns: 60 },
    );
  });

  test('grants nothing by default and the job the least', () => {
    const { permissions, concurrency, jobs } = workflow();
    expect(permissions).toEqual({});
    expect(jobs.run.permissions).toEqual({ contents: 'write', actions: 'read' });
    expect(workflow({ usesOidc: true }).jobs.run.permissions).toMatchObject({ 'id-token': 'write' });
    expect(concurrency).toBeUndefined();
    expect(jobs.run).not.toHaveProperty('concurrency');
  });

  test('runs for this repository and its production branches only, with room to record the end', () => {
    const { jobs, on } = workflow({ branches: ['main', 'live'] });
    expect(jobs.run.if).toBe(
      "github.repository == 'acme/data' && (github.ref == 'refs/heads/main' || github.ref == 'refs/heads/live')",
    );
    expect(on.push.branches).toEqual(['main', 'live']);
    expect(jobs.run['timeout-minutes']).toBeGreaterThanOrEqual(5 * 60 + 20);
    expect(jobs.run.environment).toEqual({ name: 'production', deployment: false });
  });

  test('leaves no token in the checkout, and pins what it uses', () => {
    const text = scheduledWorkflow(VALUES);
    const [checkout, action] = workflow().jobs.run.steps;
    expect(checkout!.with).toEqual({ 'persist-credentials': false });
    expect(action!.uses).toBe('acme/branchline@0123456789012345678901234567890123456789');
    const uses = text.split('\n').filter((line) => /\buses:/.test(line));
    expect(uses.filter((line) => !/uses: [\w.-]+\/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
    expect(workflow({ action: { name: './', commit: '', version: '' } }).jobs.run.steps[1]!.uses).toBe('./');
  });

  test('hands secrets and variables to the step alone', () => {
    const { jobs } = workflow({ secrets: ['API_KEY', 'DATABASE_URL'], variables: ['REGION'] });
    expect(jobs.run).not.toHaveProperty('env');
    expect(jobs.run.steps[1]).toMatchObject({
      with: { 'secret-env': 'API_KEY DATABASE_URL' },
      env: {
        API_KEY: '${{ secrets.API_KEY }}',
        DATABASE_URL: '${{ secrets.DATABASE_URL }}',
        REGION: '${{ vars.REGION }}',
      },
    });
    expect(workflow().jobs.run.steps[1]).not.toHaveProperty('env');
    expect(workflow({ isCached: true }).jobs.run.steps[1]!.env).toEqual({
      BRANCHLINE_STORAGE_KEY: '${{ secrets.BRANCHLINE_STORAGE_KEY }}',
    });
  });

  test('says what the rings cost', () => {
    expect(scheduledWorkflow(VALUES)).toContain('720 billed minutes a month at least ($4.32 on a private repository');
    expect(bellPrice(30, 0.006)).toBe(
      '30 billed minutes a month at least ($0.18 on a private repository, free on a public one)',
    );
    expect(bellPrice(1, undefined)).toBe('1 billed minute a month at least');
    expect(scheduledWorkflow({ ...VALUES, isScheduled: false })).toContain('Nothing is scheduled yet');
  });
});

test('a scalar is read back as the text that it was', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(parse(`a: ${scalar(text)}`)).toEqual({ a: text });
    }),
  );
});
