import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { createSourceTree } from '../src/adapters/source-tree.ts';
import { loadProject } from '../src/app/load-project.ts';
import { neededVariables, rungSchedules } from '../src/app/workflow-values.ts';
import { examineWorkflows } from '../src/doctor/examine.ts';
import { COMMANDS } from '../src/model/action-inputs.ts';
import { CHECKOUT } from '../src/render/workflows/pinned-action.ts';
import { pullRequestWorkflows } from '../src/render/workflows/pull-request.ts';
import { scheduledWorkflow } from '../src/render/workflows/scheduled.ts';
import { workflowProblems } from '../src/testing/workflow-problems.ts';
import { version } from '../src/version.ts';

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

describe('the example on a schedule', () => {
  const files = new Map(
    names.map((name) => [`.github/workflows/${name}`, readFileSync(path.join(folder, name), 'utf8')] as const),
  );
  const { project } = loadProject(createSourceTree(path.resolve(folder, '..', '..', 'examples', 'weather')));

  test('is as the doctor wants it, and rings for the schedules of the example', () => {
    const { findings, jobs } = examineWorkflows({
      files,
      isItsRepository: true,
      folder: 'examples/weather',
      version,
      now: Date.UTC(2026, 10, 23),
      project: {
        schedules: rungSchedules(project!),
        hasAutomation: false,
        usesOidc: false,
        needed: { ...neededVariables(project!), isMasked: () => true },
      },
    });
    expect(findings).toEqual([]);
    expect(jobs.map(({ name, kind }) => [name, kind])).toEqual([['weather', 'run']]);
    expect(jobs[0]!.action.inputs['project']).toBe('examples/weather');
  });
});

describe('what workflows hand to the Action', () => {
  const action = parse(readFileSync(path.resolve(folder, '..', '..', 'action.yml'), 'utf8')) as {
    readonly inputs: Readonly<Record<string, unknown>>;
  };
  const pin = { name: 'acme/branchline', commit: '0'.repeat(40), version: 'v1.0.0' };
  const project = 'data/shop';
  const written = [
    scheduledWorkflow({
      action: pin,
      checkout: CHECKOUT,
      version,
      branches: ['main'],
      project,
      crons: ['23 2 * * *'],
      ringsAMonth: 30,
      isScheduled: true,
      secrets: ['DATABASE_URL'],
      variables: [],
      isCached: true,
      usesOidc: false,
    }),
    pullRequestWorkflows({ action: pin, checkout: CHECKOUT, project }).get('.github/workflows/branchline-pr.yml')!,
    readFileSync(path.join(folder, 'branchline.yml'), 'utf8'),
  ];

  test('are its inputs', () => {
    const steps = written.flatMap((text) =>
      Object.values((parse(text) as { jobs: Record<string, Job> }).jobs).flatMap((job) => job.steps ?? []),
    );
    const ours = steps.filter(({ uses }) => uses === './' || uses?.startsWith('acme/branchline@'));
    expect(ours).toHaveLength(written.length);
    const given = new Set(ours.flatMap((step) => Object.keys(step.with ?? {})));
    expect(given.size).toBeGreaterThan(6);
    expect([...given].filter((input) => !Object.hasOwn(action.inputs, input))).toEqual([]);
  });

  test('are commands that it has, where a person chooses', () => {
    for (const text of [written[0]!, written[2]!]) {
      const { options } = (
        parse(text) as { on: { workflow_dispatch: { inputs: Record<string, { options: string[] }> } } }
      ).on.workflow_dispatch.inputs['command']!;
      expect(options.filter((command) => !(COMMANDS as readonly string[]).includes(command))).toEqual([]);
    }
  });
});
