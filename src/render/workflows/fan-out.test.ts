import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { examineWorkflows } from '../../doctor/examine.ts';
import { workflowProblems } from '../../testing/workflow-problems.ts';
import { fanOutWorkflow } from './fan-out.ts';
import { CHECKOUT } from './pinned-action.ts';
import type { ScheduledWorkflowValues } from './scheduled.ts';

const VALUES: ScheduledWorkflowValues = {
  action: { name: 'acme/branchline', commit: '0123456789012345678901234567890123456789', version: 'v1.0.0' },
  checkout: CHECKOUT,
  version: '1.0.0',
  repository: 'acme/data',
  branches: ['main'],
  project: 'data',
  crons: ['4 * * * *'],
  ringsAMonth: 720,
  usdPerMinute: 0.006,
  isScheduled: true,
  secrets: ['DATABASE_URL'],
  variables: ['REGION'],
  isCached: true,
  usesOidc: true,
};

interface Job {
  readonly permissions: Readonly<Record<string, string>>;
  readonly strategy?: { readonly matrix: string };
  readonly steps: readonly {
    readonly uses: string;
    readonly with: Readonly<Record<string, unknown>>;
    readonly env?: Readonly<Record<string, string>>;
  }[];
}

describe('the workflow that shares its work out', () => {
  const text = fanOutWorkflow(VALUES);
  const { jobs } = parse(text) as {
    readonly jobs: Readonly<Record<'plan' | 'execute' | 'canceled' | 'finalize', Job>>;
  };

  test('is one to GitHub, and to doctor', async () => {
    expect(await workflowProblems('branchline.yml', text)).toEqual([]);
    const { findings } = examineWorkflows({
      files: new Map([['.github/workflows/branchline.yml', text]]),
      folder: 'data',
      isItsRepository: false,
      version: '1.0.0',
      now: Date.parse('2026-11-20T00:00:00Z'),
      project: {
        schedules: [],
        hasAutomation: false,
        needed: { secrets: ['DATABASE_URL'], variables: ['REGION'], isMasked: () => true },
        usesOidc: true,
      },
    });
    expect(findings).toEqual([]);
  });

  test('lets only those push that run nothing of the project, and gives secrets only to those that do', () => {
    expect(jobs.plan.permissions).toEqual({ contents: 'write', actions: 'read' });
    expect(jobs.execute.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
    expect(jobs.finalize.permissions).toEqual({ contents: 'write', actions: 'write' });
    expect(jobs.canceled).toMatchObject({ permissions: {}, steps: [{ run: 'true' }] });
    const { plan, execute, finalize } = jobs;
    const envs = [plan, execute, finalize].map(({ steps }) => Object.keys(steps.at(-1)!.env ?? {}));
    expect(envs).toEqual([[], ['BRANCHLINE_STORAGE_KEY', 'DATABASE_URL', 'REGION'], []]);
    expect(jobs.execute.strategy!.matrix).toBe('${{ fromJSON(needs.plan.outputs.matrix) }}');
    for (const { steps } of [plan, execute, finalize]) expect(steps.at(-1)!.with['project']).toBe('data');
  });
});
