import { describe, expect, test } from 'vitest';
import { fanOutWorkflow } from '../render/workflows/fan-out.ts';
import { CHECKOUT } from '../render/workflows/pinned-action.ts';
import { pullRequestWorkflows } from '../render/workflows/pull-request.ts';
import { type ScheduledWorkflowValues, scheduledWorkflow } from '../render/workflows/scheduled.ts';
import { parseCron } from '../time/cron-syntax.ts';
import type { RungSchedule } from '../time/doorbell.ts';
import { type ExamineInput, examineWorkflows } from './examine.ts';

const NOW = Date.UTC(2026, 10, 23);
const RUN = '.github/workflows/branchline.yml';
const PR = '.github/workflows/branchline-pr.yml';
const COMMENT = '.github/workflows/branchline-comment.yml';
const ACTION = { name: 'acme/branchline', commit: '0123456789'.repeat(4), version: 'v1.0.0' };
const VALUES: ScheduledWorkflowValues = {
  action: ACTION,
  checkout: CHECKOUT,
  version: '1.0.0',
  repository: 'acme/data',
  branches: ['main'],
  crons: ['23 2 * * *'],
  ringsAMonth: 30,
  isScheduled: true,
  secrets: ['DATABASE_URL'],
  variables: ['REGION'],
  isCached: false,
  usesOidc: false,
};

function schedule(name: string, rule: string) {
  const cron = parseCron(rule);
  if (!cron.ok) throw new Error(cron.error.message);
  return { name, crons: [cron.value], timezone: 'UTC' };
}

const PROJECT: ExamineInput['project'] = {
  usesOidc: false,
  schedules: [schedule('nightly', '23 2 * * *')],
  hasAutomation: false,
  needed: { secrets: ['DATABASE_URL'], variables: ['REGION'], isMasked: (name) => /TOKEN|DATABASE_URL/.test(name) },
};

const run = scheduledWorkflow(VALUES);
const pullRequests = pullRequestWorkflows({ action: ACTION, checkout: CHECKOUT });
const WRITTEN = new Map([[RUN, run], ...pullRequests]);

function examine(files: ReadonlyMap<string, string> = WRITTEN, more: Partial<ExamineInput> = {}) {
  return examineWorkflows({
    files,
    isItsRepository: false,
    folder: '',
    version: '1.0.0',
    place: { repository: 'acme/data', branches: ['main'] },
    now: NOW,
    project: PROJECT,
    ...more,
  });
}

/** What is found when one text of a workflow is replaced by another: `error code file:line "the marked text"`. */
function after(path: string, from: string | RegExp, to: string, more: Partial<ExamineInput> = {}): string[] {
  const text = WRITTEN.get(path)!;
  const changed = text.replace(from, to);
  if (changed === text) throw new Error(`${String(from)} is not in ${path}`);
  const files = new Map([...WRITTEN, [path, changed]]);
  return examine(files, more).findings.map(({ severity, code, span }) => {
    if (!span) return `${severity} ${code}`;
    const line = files.get(span.file)!.split('\n')[span.line - 1]!;
    const marked = line.slice(span.column - 1, span.column - 1 + span.length);
    return `${severity} ${code} ${JSON.stringify(marked)}`;
  });
}

test('what init writes is as it should be', () => {
  const { findings, jobs } = examine();
  expect(findings).toEqual([]);
  expect(jobs.map(({ name, kind }) => [name, kind])).toEqual([
    ['run', 'run'],
    ['plan', 'changes'],
    ['comment', 'comment'],
  ]);
});

describe('the job that makes production', () => {
  test.each<[what: string, from: string | RegExp, to: string, found: string[]]>([
    ['may not push', 'contents: write', 'contents: read', ['error permission-missing "read"']],
    ['may not look at jobs', / {6}actions: read.*\n/, '', ['error permission-missing "permissions"']],
    [
      'has no rights',
      / {4}permissions:\n.*\n.*\n/,
      '',
      ['error permission-missing "permissions"', 'error permission-missing "permissions"'],
    ],
    ['may write all', /permissions:\n.*\n.*\n/, 'permissions: write-all\n', ['error permission-too-wide "write-all"']],
    [
      'may write packages',
      'actions: read',
      'actions: read\n      packages: write',
      ['warning permission-too-wide "write"'],
    ],
    ['may sign in and go on at once', 'actions: read', 'actions: write\n      id-token: write', []],
    ['may sign in though no step does', 'actions: read', 'actions: read\n      id-token: write', []],
    ['is in a concurrency group', 'jobs:', 'concurrency: one\njobs:', ['error concurrency "concurrency"']],
    [
      'is in a group of its own',
      '    runs-on',
      '    concurrency: { group: a }\n    runs-on',
      ['error concurrency "concurrency"'],
    ],
    [
      'keeps the token',
      'persist-credentials: false',
      'fetch-depth: 1',
      [`error credentials-kept "actions/checkout@${CHECKOUT.commit}"`],
    ],
    [
      'calls a tag',
      `acme/branchline@${ACTION.commit}`,
      'acme/branchline@v1',
      ['warning action-not-pinned "acme/branchline@v1"'],
    ],
    ['calls an older version', '# v1.0.0', '# v0.9.12', [`warning older-version "acme/branchline@${ACTION.commit}"`]],
    ['calls a newer version', '# v1.0.0', '# v1.10.0', []],
    ['is stopped too early', 'timeout-minutes: 350', 'timeout-minutes: 310', ['warning budget-too-long "310"']],
    ['is stopped before its budget', 'timeout-minutes: 350', 'timeout-minutes: 30', ['error budget-too-long "30"']],
    ['has all the time of GitHub', / {4}timeout-minutes: 350.*\n/, '', []],
    ['has a budget beyond that', / {4}timeout-minutes: 350.*\n([\s\S]*)5h/, '$16h', ['error budget-too-long "6h"']],
    ['says a budget that is none', 'time-budget: 5h', 'time-budget: 3 hours', ['error bad-input "3 hours"']],
    ['says a budget without a unit', 'time-budget: 5h', 'time-budget: 300', ['error bad-input "300"']],
    ['computes its budget', 'time-budget: 5h', 'time-budget: ${{ vars.BUDGET }}', []],
    ['misspells an input', 'time-budget: 5h', 'time_budget: 5h', ['warning unknown-input "time_budget"']],
    ['writes an input as GitHub lets it', 'time-budget: 5h', 'Time-Budget: 5h', []],
    ['says a command that there is not', 'time-budget: 5h', 'command: tikc', ['error bad-input "tikc"']],
    ['says a command with words', 'time-budget: 5h', 'command: retry --all', []],
    ['computes its command', 'time-budget: 5h', "command: ${{ inputs.command || 'tick' }}", []],
    ['makes all at an empty click', 'default: tick', 'default: run', ['warning click-starts-work "run"']],
    [
      'makes all at a click of the first word',
      'options: [tick, run, backfill, retry, cancel, plan, check], default: tick',
      'options: [run, tick]',
      ['warning click-starts-work "command"'],
    ],
    ['looks at an empty click', 'default: tick', 'default: plan', []],
    ['offers what no click can ask for', 'options: [tick, run', 'options: [tick, rnu', ['error bad-input "rnu"']],
    ['begins with what there is not', 'default: tick', 'default: tock', ['error bad-input "tock"']],
    ['lacks a secret', / {10}DATABASE_URL:.*\n/, '', [`error variable-missing "acme/branchline@${ACTION.commit}"`]],
    ['lacks a variable', / {10}REGION:.*\n/, '', [`warning variable-missing "acme/branchline@${ACTION.commit}"`]],
    ['hands a secret to all', 'jobs:', 'env: { X: "${{ secrets.X }}" }\njobs:', ['error secret-too-wide "X"']],
    [
      'hands a secret to every step',
      '    steps:',
      '    env: { X: "${{secrets.X}}", Y: 1 }\n    steps:',
      ['error secret-too-wide "X"'],
    ],
    [
      'hands over a secret that is not masked',
      'REGION:',
      'PIN: ${{ secrets.PIN }}\n          REGION:',
      ['warning secret-not-masked "PIN"'],
    ],
    ['hands over one that its name gives away', 'REGION:', 'A_TOKEN: ${{ secrets.A }}\n          REGION:', []],
    [
      'listens to everybody',
      'permissions: {}',
      '  issue_comment:\npermissions: {}',
      ['error dangerous-trigger "issue_comment"'],
    ],
    [
      'cannot be started by hand',
      / {2}workflow_dispatch:[\s\S]*?permissions/,
      'permissions',
      ['warning no-dispatch "on"'],
    ],
  ])('%s', (_, from, to, found) => {
    expect(after(RUN, from, to)).toEqual(found);
  });

  test('is told the nearest word of what it says wrongly', () => {
    const helps = (from: string, to: string) =>
      examine(new Map([[RUN, run.replace(from, to)]])).findings.map(({ help }) => help);
    expect(helps('time-budget: 5h', 'time_budget: 5h')).toEqual(['did you mean `time-budget`?']);
    expect(helps('time-budget: 5h', 'command: tikc')).toEqual(['did you mean `tick`?']);
    expect(helps('time-budget: 5h', 'time-budget: 3 hours')).toEqual(['write `time-budget: 5h`, or leave it out']);
    expect(helps('options: [tick, run', 'options: [tick, backfil')).toEqual(['did you mean `backfill`?']);
    // A step that says itself what it does listens to no click.
    expect(helps('time-budget: 5h', 'command: tick').concat(helps('default: tick', 'default: run'))).toEqual([
      'write `default: tick`',
    ]);
  });

  test('without any word on rights, the setting decides', () => {
    const bare = run.replace(/permissions: \{\}.*\n/, '').replace(/ {4}permissions:\n.*\n.*\n/, '');
    const { findings } = examine(new Map([[RUN, bare]]));
    expect(findings).toMatchObject([{ code: 'permission-missing', span: { file: RUN } }]);
    expect(findings[0]!.help).toContain('permissions: { contents: write, actions: read }');
  });

  test('that runs on a machine of GitHub is told of a maximum which is never reached there', () => {
    const longest = (ms: number) => ({ project: { ...PROJECT!, longestRun: { ms, where: '`run_monitoring`' } } });
    const found = (ms: number, to: string) => examine(new Map([[RUN, run.replace('ubuntu-latest', to)]]), longest(ms));
    const codes = (ms: number, to: string) => found(ms, to).findings.map(({ code }) => code);
    expect(codes(330 * 60_000, 'ubuntu-24.04')).toEqual([]);
    expect(codes(330 * 60_000 + 1000, 'ubuntu-24.04')).toEqual(['maximum-too-long']);
    expect(codes(1e9, '[ubuntu-24.04]')).toEqual(['maximum-too-long']);
    const days = (5 * 24 * 60 - 30) * 60_000;
    expect(codes(days, '[self-hosted, linux]')).toEqual([]);
    expect(codes(days, '{ group: ubuntu-large }')).toEqual([]);
    // No job is longer than 5 days, wherever it is.
    expect(codes(days + 1000, '[self-hosted, linux]')).toEqual(['maximum-too-long']);
    expect(codes(days + 1000, '"${{ vars.MACHINE }}"')).toEqual(['maximum-too-long']);
  });

  test('that says more than any job can have is held to what it can', () => {
    const found = (machine: string, minutes: number, budget: string) =>
      examine(
        new Map([
          [
            RUN,
            run
              .replace('ubuntu-latest', machine)
              .replace(/timeout-minutes: \d+/, `timeout-minutes: ${minutes}`)
              .replace('time-budget: 5h', `time-budget: ${budget}`),
          ],
        ]),
      ).findings.map(({ code, severity, help }) => [code, severity, help]);
    expect(found('[self-hosted, linux]', 7200, '4d')).toEqual([]);
    expect(found('[self-hosted, linux]', 20_000, '119h')).toEqual([]);
    expect(found('[self-hosted, linux]', 20_000, '6d')).toEqual([
      ['budget-too-long', 'error', 'write `time-budget: 7180m`'],
    ]);
    expect(found('ubuntu-latest', 600, '9h')).toEqual([['budget-too-long', 'error', 'write `time-budget: 340m`']]);
    expect(found('ubuntu-latest', 30, '20m')).toEqual([
      ['budget-too-long', 'warning', 'write `time-budget: 10m`, or `timeout-minutes: 40`'],
    ]);
  });
  test('of another project in the repository is judged by what all need, and not by what this one needs', () => {
    const at = (folder: string): string =>
      run
        .replace('          select:', `          project: ${folder}\n          select:`)
        .replace(/ {10}REGION:.*\n/, '');
    expect(examine(new Map([[RUN, at('data/other')]])).findings.map(({ code }) => code)).toEqual(['no-workflow']);
    for (const written of ['data/other', './data/other/']) {
      const both = new Map([...WRITTEN, ['.github/workflows/other.yml', at(written)]]);
      expect(examine(both).findings).toEqual([]);
      expect(examine(both, { folder: 'data/other' }).findings.map(({ code }) => code)).toEqual(['variable-missing']);
    }
  });

  test('may give OIDC tokens where steps ask for them', () => {
    const project = { ...PROJECT!, usesOidc: true };
    const [finding] = examine(WRITTEN, { project }).findings;
    expect(finding).toMatchObject({ code: 'permission-missing', help: 'add `id-token: write` here' });
    const withRight = new Map([...WRITTEN, [RUN, scheduledWorkflow({ ...VALUES, usesOidc: true })]]);
    expect(examine(withRight, { project }).findings).toEqual([]);
  });

  test('is known by its call, in the repository of the Action by its path', () => {
    const here = new Map([[RUN, run.replace(/acme\/branchline@.*/, './')]]);
    expect(examine(here).jobs).toEqual([]);
    expect(examine(here, { isItsRepository: true }).jobs).toHaveLength(1);
  });
});

describe('the last job where work is shared out', () => {
  const text = fanOutWorkflow(VALUES);
  const codes = (from: string | RegExp, to: string): readonly string[] => {
    expect(text).toMatch(from);
    const { findings } = examine(new Map([[RUN, text.replace(from, to)]]));
    return findings.map(({ code, severity, span, help }) => {
      const line = text.replace(from, to).split('\n')[span!.line - 1]!.trim();
      expect(help.length).toBeGreaterThan(20);
      return `${severity} ${code}: ${line}`;
    });
  };

  test('is told of a cancel, and by a way that GitHub knows', () => {
    expect(codes('a', 'a')).toEqual([]);
    expect(codes(/ {10}canceled:.*\n/, '')).toEqual([
      `warning cancel-goes-on: - uses: acme/branchline/finalize@${ACTION.commit} # v1.0.0`,
    ]);
    expect(codes("${{ needs.canceled.result == 'success' }}", '${{ cancelled() }}')).toEqual([
      'error bad-input: canceled: ${{ cancelled() }}',
    ]);
    expect(codes('[plan, execute, canceled]', '[plan, execute]')).toEqual([
      "warning bad-input: canceled: ${{ needs.canceled.result == 'success' }}",
    ]);
  });
});

test('jobs of a matrix are told of a maximum that none of the machines lets a run reach', () => {
  const text = fanOutWorkflow(VALUES);
  const codes = (machines: readonly (readonly string[] | undefined)[], planned = text): readonly string[] => {
    const project = { ...PROJECT!, longestRun: { ms: 4e8, where: '`run_monitoring`', machines } };
    return examine(new Map([[RUN, planned]]), { project }).findings.map(({ code }) => code);
  };
  const [own, hosted] = [['self-hosted', 'gpu'], ['ubuntu-24.04']];
  expect(codes([undefined])).toEqual(['maximum-too-long']);
  expect(codes([undefined, hosted])).toEqual(['maximum-too-long']);
  expect(codes([hosted, own])).toEqual([]);
  expect(codes([undefined, own])).toEqual([]);
  const ours = text.replace('max-parallel: 20 #', 'runs-on: self-hosted linux\n          max-parallel: 20 #');
  expect(codes([undefined], ours)).toEqual([]);
  expect(codes([])).toEqual([]);
});

describe('a job that never starts', () => {
  const changedBy = after;

  test('is for another repository, or another branch than production has', () => {
    const condition = "github.repository == 'acme/data' && github.ref == 'refs/heads/main'";
    expect(changedBy(RUN, condition, condition.replace('acme/data', 'Acme/Data'))).toEqual([]);
    const [moved] = changedBy(RUN, "'acme/data'", "'acme/old'");
    expect(moved).toMatch(/^warning never-starts /);
    const [branch] = changedBy(RUN, 'refs/heads/main', 'refs/heads/master');
    expect(branch).toMatch(/^error never-starts /);
    expect(changedBy(RUN, condition, "github.actor != 'x' && 'acme/old' == github.repository")[0]).toMatch(
      /^warning never-starts /,
    );
    // What is not known, or may be another thing, is no finding.
    expect(changedBy(RUN, "'acme/data'", "'acme/old'", { place: { branches: ['main'] } })).toEqual([]);
    expect(changedBy(RUN, 'refs/heads/main', 'refs/heads/master', { place: {} })).toEqual([]);
    expect(changedBy(RUN, condition, `github.repository == 'acme/old' || github.actor == 'x'`)).toEqual([]);
    expect(changedBy(RUN, condition, "github.repository_owner == 'acme'")).toEqual([]);
  });

  test('has a trigger that is misspelled', () => {
    expect(changedBy(RUN, '  push:', '  psuh:')).toEqual(['error unknown-trigger "psuh"']);
    expect(changedBy(RUN, '  push:', '  telepathy:')).toEqual([]);
  });

  test('calls the Action by a commit cut short', () => {
    const { findings } = examine(new Map([...WRITTEN, [RUN, run.replace(ACTION.commit, ACTION.commit.slice(0, 7))]]));
    expect(findings).toMatchObject([{ code: 'action-not-pinned', message: expect.stringContaining('cut short') }]);
  });
});

describe('the rings', () => {
  test.each<[what: string, from: string | RegExp, to: string, found: string[]]>([
    ['are not there', / {2}schedule:[\s\S]*? {2}push/, '  push', ['error no-schedule "on"']],
    ['come too late', '"23 2 * * *"', '"23 7 * * *"', ['warning rings-too-rarely "schedule"']],
    ['come on some days', '"23 2 * * *"', '"23 2 * * 1-5"', ['warning rings-too-rarely "schedule"']],
    ['come in another zone', '- cron: "23 2 * * *"', '- { cron: "23 3 * * *", timezone: Africa/Lagos }', []],
    ['come twice', '- cron: "23 2 * * *"', '- cron: "23 2 * * *"\n    - cron: "7 * * * *"', []],
    ['come too often', '"23 2 * * *"', '"*/4 * * * *"', ['warning rings-too-often "\\"*/4 * * * *\\""']],
    ['come as often as they can', '"23 2 * * *"', '"*/5 * * * *"', []],
    [
      'come too soon in the next hour',
      '"23 2 * * *"',
      '"1,58 * * * *"',
      ['warning rings-too-often "\\"1,58 * * * *\\""'],
    ],
    ['come in hours apart', '"23 2 * * *"', '"1,58 2,4 * * *"', []],
    ['are no rule', '"23 2 * * *"', '"23 2 * *"', ['error bad-cron "\\"23 2 * *\\""']],
    ['are a rule that GitHub does not know', '"23 2 * * *"', '"@daily"', ['error bad-cron "\\"@daily\\""']],
    [
      'are in no zone',
      '- cron: "23 2 * * *"',
      '- { cron: "23 2 * * *", timezone: Berlin }',
      ['error bad-cron "\\"23 2 * * *\\""'],
    ],
  ])('%s', (_, from, to, found) => {
    expect(after(RUN, from, to)).toEqual(found);
  });

  test('are too few for a schedule that is due between them', () => {
    const project = { ...PROJECT!, schedules: [schedule('often', '*/10 * * * *')] };
    const { findings } = examine(new Map([[RUN, run.replace('23 2 * * *', '7 * * * *')]]), { project });
    expect(findings.map(({ message }) => message)).toEqual([
      expect.stringContaining('up to 6 of its ticks are due at one ring'),
    ]);
  });

  test('are missing for automation alone, and at its ticks; what has no time may be rung for as rarely as one likes', () => {
    const silent = new Map([[RUN, run.replace(/ {2}schedule:[\s\S]*? {2}push/, '  push')]]);
    const loose = { ...schedule('automation of b', '0 * * * *'), isAutomation: true as const, isLoose: true as const };
    const strict = { ...schedule('automation of c', '0 9 * * *'), isAutomation: true as const };
    const messages = (files: typeof WRITTEN, ...schedules: RungSchedule[]) =>
      examine(files, { project: { ...PROJECT!, schedules } }).findings.map(({ code, message }) => `${code} ${message}`);
    expect(messages(silent, loose)).toEqual([
      expect.stringMatching(/^no-schedule assets of the project are made by themselves/),
    ]);
    expect(messages(silent, schedule('nightly', '23 2 * * *'), loose)).toEqual([
      expect.stringMatching(/^no-schedule the project has a schedule and `automation`/),
    ]);
    const files = new Map([[RUN, run]]);
    expect(messages(files, loose)).toEqual([]);
    expect(messages(files, strict)).toEqual([
      expect.stringMatching(
        /^rings-too-rarely the workflow rings too rarely for automation of c: a tick waits up to 17/,
      ),
    ]);
  });

  test('are not asked for without schedules, or without knowing them', () => {
    const silent = new Map([[RUN, run.replace(/ {2}schedule:[\s\S]*? {2}push/, '  push')]]);
    expect(examine(silent, { project: { ...PROJECT!, schedules: [] } }).findings).toEqual([]);
    // What is made by itself, and reads nothing that comes at a time.
    const timeless = { project: { ...PROJECT!, schedules: [], hasAutomation: true } };
    expect(examine(silent, timeless).findings).toMatchObject([
      { code: 'no-schedule', severity: 'warning', message: expect.stringContaining('only a push or a click') },
    ]);
    expect(examine(new Map([[RUN, run]]), timeless).findings).toEqual([]);
    const unknown = { files: silent, isItsRepository: false, folder: '', version: '1.0.0', now: NOW };
    expect(examineWorkflows(unknown).findings).toEqual([]);
  });
});

describe('the job of pull requests', () => {
  test.each<[what: string, path: string, from: string | RegExp, to: string, found: string[]]>([
    ['may push', PR, 'contents: read', 'contents: write', ['error permission-too-wide "write"']],
    ['may not comment', PR, / {6}pull-requests: write.*\n/, '', ['error permission-missing "permissions"']],
    [
      'starts for some files only',
      PR,
      'types: [',
      'paths: ["*.sql"], types: [',
      ['warning required-check-skipped "paths"'],
    ],
    [
      'is skipped',
      PR,
      '    runs-on',
      "    if: github.actor != 'me'\n    runs-on",
      ['warning required-check-skipped "if"'],
    ],
    [
      'has the rights of the default branch',
      PR,
      '  merge_group:',
      '  pull_request_target:\n  merge_group:',
      ['error dangerous-trigger "pull_request_target"'],
    ],
    ['has a group, as it should', PR, 'cancel-in-progress: true', 'cancel-in-progress: false', []],
    [
      'is not heard by the second',
      PR,
      'name: branchline-pr',
      'name: checks',
      ['error unheard-workflow "branchline-pr"'],
    ],
    [
      'the second may read contents',
      COMMENT,
      'actions: read',
      'actions: read\n      contents: write',
      ['error permission-too-wide "write"'],
    ],
  ])('%s', (_, path, from, to, found) => {
    expect(after(path, from, to)).toEqual(found);
  });
});

describe('the files', () => {
  test('none wakes the project', () => {
    for (const files of [
      new Map(),
      new Map([['.github/workflows/ci.yml', 'on: push\njobs: { a: { runs-on: x, steps: [] } }\n']]),
    ])
      expect(examine(files).findings).toMatchObject([{ code: 'no-workflow', help: expect.stringContaining('init') }]);
  });

  test('one that cannot be read is told at its place; one of others is theirs', () => {
    const broken = run.replace('permissions: {}', 'permissions: {');
    expect(examine(new Map([[RUN, broken]])).findings).toMatchObject([
      { code: 'workflow-syntax', span: { file: RUN } },
    ]);
    expect(examine(new Map([...WRITTEN, ['.github/workflows/x.yml', 'a: [']])).findings).toEqual([]);
    expect(examine(new Map([[RUN, '- a list\n']])).findings).toMatchObject([{ code: 'workflow-syntax' }]);
  });

  test('odd shapes are no crash', () => {
    for (const text of [
      'jobs: 1\n',
      'jobs: { a: 2, b: { steps: 3 } }\n',
      `jobs: { a: { steps: [1, { uses: "acme/branchline@${ACTION.commit}" }] } }\n`,
    ])
      expect(() => examine(new Map([[RUN, text]]))).not.toThrow();
  });
});

test('where runs fail that no machine begins, the name of a job of the matrix has to tell its shard', () => {
  const text = fanOutWorkflow(VALUES);
  const found = (name: string, hasStartTimeout = true): readonly string[] => {
    const named = text.replace('  execute: #', (line) => line.replace('#', `\n    name: ${name} #`));
    const { findings } = examine(new Map([[RUN, named]]), { project: { ...PROJECT!, hasStartTimeout } });
    return findings.map(({ code, severity, span, help }) => {
      const line = named.split('\n')[span!.line - 1]!;
      expect(help).toContain('${{ matrix.shard }}`');
      return `${severity} ${code}: ${line.slice(span!.column - 1, span!.column - 1 + span!.length)}`;
    });
  };
  const other = 'make on ${{ matrix.runs-on[0] }}';
  expect(found(other)).toEqual([`warning shard-not-named: ${other}`]);
  expect(found(other, false)).toEqual([]);
  // GitHub puts the values of the matrix behind these by itself.
  for (const name of ['make', '${{ github.ref_name }}']) expect(found(name)).toEqual([]);
  for (const value of ['matrix.shard', "matrix['shard']", 'toJSON(matrix)', 'matrix.runs-on, matrix.shard'])
    expect(found(`make \${{ format('{0}', ${value}) }}`)).toEqual([]);
  expect(examine(new Map([[RUN, text]]), { project: { ...PROJECT!, hasStartTimeout: true } }).findings).toEqual([]);
  // Of one job that does all there is no shard to tell.
  expect(examine(WRITTEN, { project: { ...PROJECT!, hasStartTimeout: true } }).findings).toEqual([]);
});
