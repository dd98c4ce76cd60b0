import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type ActionRig, makeActionRig } from '../src/testing/action-rig.ts';
import { until } from '../src/testing/cli-project.ts';
import { workflowDispatchEvent } from '../src/testing/github/events.ts';
import { readCompositeAction } from '../src/testing/workflow/composite-action.ts';
import { playDispatched, playWorkflow, type WorkflowPlay } from '../src/testing/workflow/play.ts';
import { workflowProblems } from '../src/testing/workflow-problems.ts';

const root = path.resolve(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

let rig: ActionRig;
afterEach(() => rig.stop());

const key = (i: number): string => `s${String(i).padStart(3, '0')}`;

/** 200 steps in chains of four, each of which leaves a line. */
function manifest(): string {
  const steps = Array.from({ length: 200 }, (_, i) => {
    const deps = i % 4 === 0 ? '' : `deps: [${key(i - 1)}], `;
    return `  ${key(i)}: { ${deps}run: 'echo x >> "$SHARED/${key(i)}"' }`;
  });
  return `name: shop\nassets:\n${steps.join('\n')}\n`;
}

/** The workflow of the docs that calls `run.yml`, with as many jobs as the test wants. */
function callerOfTheDocs(): string {
  const [, text] = /```yaml\n(# \.github\/workflows\/branchline\.yml\n.*?)```/s.exec(read('docs/fan-out.md')) ?? [];
  const wanted = text!.replace('    with:\n', '    with:\n      max-parallel: 8\n');
  expect(wanted).not.toBe(text);
  return wanted;
}

const calls = (uses: string): string | undefined =>
  /^branchline\/branchline\/(\.github\/workflows\/run(-oidc)?\.yml)@v1$/.test(uses)
    ? read(uses.slice('branchline/branchline/'.length, uses.indexOf('@')))
    : undefined;

/** What `init --fan-out` writes into the repository, with as many jobs as the test wants. */
async function writtenByInit(): Promise<string> {
  const end = await rig.commandLine([
    'init',
    'shop',
    '--fan-out',
    '--no-pull-requests',
    '--print',
    '--action',
    `acme/branchline@${'0123456789'.repeat(4)}#v1.0.0`,
  ]);
  const [, text = ''] = end.stdout.split('# .github/workflows/branchline.yml\n');
  const wanted = text.replace('max-parallel: 20 #', 'max-parallel: 8 #');
  expect(wanted).not.toBe(text);
  return wanted;
}

function register(text: string): void {
  const file = '.github/workflows/branchline.yml';
  rig.github.commit({ [file]: text });
  rig.github.model.workflowFiles.set('branchline.yml', { id: 1, name: 'branchline', path: file, state: 'active' });
}

const click = { kind: 'workflow_dispatch', inputs: { command: 'run', select: '*' } } as const;

describe.each([
  ['the reusable workflow run.yml', () => Promise.resolve(callerOfTheDocs()), 'branchline / '],
  ['the workflow that `init --fan-out` writes', writtenByInit, ''],
])('%s', (_, textOf, prefix) => {
  test('runs 200 steps over 8 jobs, one of which is killed, and the next wave does the rest', async () => {
    rig = await makeActionRig({ 'branchline.yaml': manifest() });
    const text = await textOf();
    register(text);
    expect(await workflowProblems('branchline.yml', text)).toEqual([]);
    const play: Omit<WorkflowPlay, 'trigger' | 'run'> = { text, called: calls };
    const killed: unknown[] = [];
    const first = await playWorkflow(rig, {
      ...play,
      trigger: click,
      run: 21,
      async onJob({ name, matrix }, job) {
        if (name !== `${prefix}execute` || matrix['shard'] !== 's003') return;
        await job.seen(/s\d{3}/);
        await job.kill();
        killed.push(matrix['shard']);
      },
    });
    expect(killed).toEqual(['s003']);
    const execute = first.all(`${prefix}execute`);
    expect(execute.map(({ result }) => result).sort()).toEqual(['failure', ...Array<string>(7).fill('success')]);
    for (const job of execute) {
      expect(job).toMatchObject({ runsOn: ['ubuntu-latest'], permissions: { contents: 'read' } });
      expect(job.environment).toEqual({ name: 'production', deployment: false });
      expect(job.ignoredContainer).toBeUndefined();
    }
    const finalize = first.job(`${prefix}finalize`);
    expect(finalize.end).toMatchObject({ code: 0, outputs: { status: 'requeued' } });
    expect(finalize.end!.log).toContain('1 job of 8 (s003) came to no end');
    const made = JSON.parse(finalize.end!.outputs['changed-assets']!) as string[];
    // Chains of four steps stay together, and each job has about as many.
    expect(made.length).toBeGreaterThanOrEqual(172);
    expect(made.length).toBeLessThan(200);

    // The one starts its next wave itself; a called workflow waits for the next ring.
    const started = await playDispatched(rig, { ...play, run: 22 });
    expect(started).toHaveLength(prefix === '' ? 1 : 0);
    const next = started[0] ?? (await playWorkflow(rig, { ...play, trigger: { kind: 'schedule' }, run: 23 }));
    const last = next.job(`${prefix}finalize`).end!;
    expect(last).toMatchObject({ code: 0, outputs: { status: 'success' } });
    expect(JSON.parse(last.outputs['changed-assets']!)).toHaveLength(200 - made.length);
    expect(next.conclusion).toBe('success');
    const { view, problems } = await rig.state();
    expect(problems).toEqual([]);
    expect([...view.claims.keys()]).toEqual([]);
    const [run, ...others] = [...view.openRuns.values(), ...view.endedRuns.values()];
    expect(others).toEqual([]);
    expect(run).toMatchObject({
      state: 'SUCCESS',
      epoch: 2,
      counts: { materialized: 200, failed: 0, skipped: 0 },
    });
    expect(readdirSync(rig.shared).filter((name) => /^s\d{3}$/.test(name))).toHaveLength(200);

    // Nothing is left: the jobs behind the plan are left out.
    const idle = await playWorkflow(rig, { ...play, trigger: { kind: 'schedule' }, run: 24 });
    expect(idle.jobs.map(({ name, result }) => `${name}: ${result}`)).toEqual([
      `${prefix}plan: success`,
      `${prefix}execute: skipped`,
      `${prefix}canceled: skipped`,
      `${prefix}finalize: skipped`,
    ]);
  });
});

/** A chain of two in one job, whose second step waits for the test. */
const HELD = `name: shop
assets:
  a: { run: 'echo x >> "$SHARED/a"' }
  b: { deps: [a], run: 'echo x >> "$SHARED/b"; until test -e "$SHARED/go"; do sleep 0.05; done' }
run_retries: { enabled: true, max_retries: 3 }
`;

describe.each([
  ['the reusable workflow run.yml', () => Promise.resolve(callerOfTheDocs()), 'branchline / '],
  ['the workflow that `init --fan-out` writes', writtenByInit, ''],
])('%s', (_, textOf, prefix) => {
  test('ends its runs when it is canceled on GitHub, keeps what had finished, and starts no next wave', async () => {
    rig = await makeActionRig({ 'branchline.yaml': HELD });
    const text = await textOf();
    register(text);
    const play: Omit<WorkflowPlay, 'trigger' | 'run'> = { text, called: calls };
    const end = await playWorkflow(rig, {
      ...play,
      trigger: click,
      run: 61,
      async onJob({ name }, job, workflow) {
        if (name !== `${prefix}execute`) return;
        await until(() => existsSync(path.join(rig.shared, 'b')));
        expect(job.log()).toContain('a');
        workflow.cancel();
      },
    });
    expect(end.jobs.map(({ name, result }) => `${name}: ${result}`)).toEqual([
      `${prefix}plan: success`,
      `${prefix}execute: cancelled`,
      `${prefix}canceled: success`,
      `${prefix}finalize: failure`,
    ]);
    const { end: finalize } = end.job(`${prefix}finalize`);
    expect(finalize).toMatchObject({ code: 130, outputs: { status: 'canceled', 'changed-assets': '["a"]' } });
    const { view, problems } = await rig.state();
    expect(problems).toEqual([]);
    expect([...view.claims.keys()]).toEqual([]);
    expect([...view.openRuns.keys()]).toEqual([]);
    const [run, ...others] = [...view.endedRuns.values()];
    expect(others).toEqual([]);
    expect(run).toMatchObject({ state: 'CANCELED', counts: { materialized: 1, failed: 0 } });
    expect(finalize!.summary).toContain(`branchline retry ${run!.run} --from-failure`);
    expect(rig.github.model.dispatches).toEqual([]);

    // Nobody goes on with it by himself; somebody who asks for it gets the rest.
    writeFileSync(path.join(rig.shared, 'go'), '');
    const idle = await playWorkflow(rig, { ...play, trigger: { kind: 'schedule' }, run: 62 });
    expect(idle.job(`${prefix}execute`).result).toBe('skipped');
    const retry = await rig.run({
      event: (place) => workflowDispatchEvent({ ...place, branch: 'main', inputs: {} }),
      run: 63,
      with: { command: 'retry --from-failure', 'run-id': run!.run },
    });
    expect(retry).toMatchObject({ code: 0, outputs: { status: 'success', 'changed-assets': '["b"]' } });
    expect(readFileSync(path.join(rig.shared, 'a'), 'utf8')).toBe('x\n');
  });
});

test('a cancel while the first job still shares out ends its runs as well, and nobody goes on with them', async () => {
  rig = await makeActionRig({ 'branchline.yaml': HELD });
  const text = await writtenByInit();
  register(text);
  const end = await playWorkflow(rig, {
    text,
    trigger: click,
    run: 65,
    async onJob({ name }, _job, workflow) {
      if (name !== 'plan') return;
      // The runs are claimed, and nobody has got the plan yet.
      await rig.github.results.once('CreateArtifact', 503);
      workflow.cancel();
    },
  });
  expect(end.jobs.map(({ name, result }) => `${name}: ${result}`)).toEqual([
    'plan: cancelled',
    'execute: skipped',
    'canceled: skipped',
    'finalize: skipped',
  ]);
  const { end: plan } = end.job('plan');
  expect(plan).toMatchObject({ code: 130, outputs: { status: 'canceled', 'has-work': 'false' } });
  const { view, problems } = await rig.state();
  expect(problems).toEqual([]);
  expect([...view.claims.keys()]).toEqual([]);
  expect([...view.openRuns.keys()]).toEqual([]);
  const [run, ...others] = [...view.endedRuns.values()];
  expect(others).toEqual([]);
  expect(run).toMatchObject({ state: 'CANCELED', counts: { materialized: 0, failed: 0 } });
  expect(run).not.toHaveProperty('retry');
  expect(plan!.summary).toContain(`branchline retry ${run!.run} --from-failure`);
  const idle = await playWorkflow(rig, { text, trigger: { kind: 'schedule' }, run: 66 });
  expect(idle.job('execute').result).toBe('skipped');
  expect(existsSync(path.join(rig.shared, 'a'))).toBe(false);
});

test('a job of the matrix that runs out of time is no cancel: the next wave goes on with what it had not finished', async () => {
  rig = await makeActionRig({ 'branchline.yaml': HELD });
  const text = await writtenByInit();
  register(text);
  const end = await playWorkflow(rig, {
    text,
    trigger: click,
    run: 71,
    async onJob({ name }, job) {
      if (name !== 'execute') return;
      await until(() => existsSync(path.join(rig.shared, 'b')));
      // As the runner ends a job whose timeout-minutes are over.
      job.cancel();
    },
  });
  expect(end.job('canceled').result).toBe('skipped');
  const { end: finalize } = end.job('finalize');
  expect(finalize).toMatchObject({ code: 0, outputs: { status: 'requeued', 'changed-assets': '["a"]' } });
  writeFileSync(path.join(rig.shared, 'go'), '');
  const [next] = await playDispatched(rig, { text, run: 72 });
  expect(next!.job('finalize').end).toMatchObject({
    code: 0,
    outputs: { status: 'success', 'changed-assets': '["b"]' },
  });
  const { view } = await rig.state();
  expect([...view.endedRuns.values()].map(({ state }) => state)).toEqual(['SUCCESS']);
  expect(readFileSync(path.join(rig.shared, 'a'), 'utf8')).toBe('x\n');
});

test('run-oidc.yml is played by a caller that gives it what it asks for, and by no other', async () => {
  rig = await makeActionRig({ 'branchline.yaml': 'name: shop\nassets: { a: { run: "true" } }\n' });
  const text = callerOfTheDocs().replace('run.yml@v1', 'run-oidc.yml@v1');
  register(text);
  const play: WorkflowPlay = { text, called: calls, trigger: click, run: 31 };
  await expect(playWorkflow(rig, play)).rejects.toThrow(
    "branchline / execute asks for 'id-token: write', and its caller allows 'id-token: none'",
  );
  const allowed = text.replace('actions: read }', 'actions: read, id-token: write }');
  const end = await playWorkflow(rig, { ...play, text: allowed, run: 32 });
  expect(end.job('branchline / execute')).toMatchObject({ result: 'success', permissions: { 'id-token': 'write' } });
});

test('a called workflow gets the variables of its secret `env`, each masked, and only where steps run', async () => {
  rig = await makeActionRig({
    'branchline.yaml':
      'name: shop\nsecrets: [DATABASE_URL]\nassets: { a: { secrets: [DATABASE_URL], run: \'echo "it is $DATABASE_URL"\' } }\n',
  });
  const text = callerOfTheDocs();
  register(text);
  const end = await playWorkflow(rig, {
    text,
    called: calls,
    trigger: click,
    run: 41,
    secrets: { DATABASE_URL: 'postgres://sesame-open-1@db/shop' },
  });
  expect(end.job('branchline / execute').end!.log).toContain('it is ***');
  expect(end.conclusion).toBe('success');
  expect(rig.allBytes()).not.toContain('sesame-open-1');
});

test('a called workflow sets up what steps need by an action of its caller, before the first of them and where they run', async () => {
  rig = await makeActionRig({
    'branchline.yaml':
      'name: shop\nassets: { a: { run: \'made-by-us > "$SHARED/a"; echo "$FROM_SET_UP" >> "$SHARED/a"\' } }\n',
    '.github/actions/branchline-setup/action.yml': `name: set-up
runs:
  using: composite
  steps:
    - run: |
        mkdir -p "$RUNNER_TEMP/bin"
        printf '#!/bin/sh\\necho tool of %s\\n' "$GITHUB_JOB" > "$RUNNER_TEMP/bin/made-by-us"
        chmod +x "$RUNNER_TEMP/bin/made-by-us"
        echo "$RUNNER_TEMP/bin" >> "$GITHUB_PATH"
      shell: bash
    - run: made-by-us && echo "FROM_SET_UP=variable" >> "$GITHUB_ENV" && echo set up >> "$SHARED/set-up"
      shell: bash
      env: { SHARED: "SHARED_FOLDER" }
`,
  });
  // The steps of a set-up see no variables of the test.
  rig.github.commit({
    '.github/actions/branchline-setup/action.yml': rig.github
      .show('refs/heads/main', '.github/actions/branchline-setup/action.yml')
      .replace('SHARED_FOLDER', rig.shared)
      .concat('\n'),
  });
  const text = callerOfTheDocs();
  register(text);
  const end = await playWorkflow(rig, { text, called: calls, trigger: click, run: 51 });
  expect(end.conclusion).toBe('success');
  expect(readFileSync(path.join(rig.shared, 'a'), 'utf8')).toBe('tool of execute\nvariable\n');
  // Once: the jobs that plan and record run nothing of the project.
  expect(readFileSync(path.join(rig.shared, 'set-up'), 'utf8')).toBe('set up\n');
});

test('the rig plays scripts of an action alone, and says what it does not play', () => {
  const read = (steps: string): unknown =>
    readCompositeAction('a/action.yml', `runs:\n  using: composite\n  steps:\n${steps}`);
  expect(read('    - { run: make, shell: bash }')).toEqual([{ run: 'make', env: {} }]);
  expect(() => read('    - { uses: actions/setup-python@v6 }')).toThrow('`uses`');
  expect(() => read('    - { run: make, shell: pwsh }')).toThrow('shell');
  expect(() => read('    - { run: "echo ${{ inputs.x }}", shell: bash }')).toThrow('`run`');
  expect(() => readCompositeAction('a/action.yml', 'runs: { using: docker, steps: [] }')).toThrow('docker');
});
