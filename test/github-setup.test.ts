import { afterEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type ActionRig, makeActionRig } from '../src/testing/action-rig.ts';
import { makeCliProject } from '../src/testing/cli-project.ts';
import { scheduleEvent, workflowDispatchEvent } from '../src/testing/github/events.ts';
import type { TokenPermissions } from '../src/testing/github/repository-model.ts';

const ACTION = `acme/branchline@${'0123456789'.repeat(4)}#v1.0.0`;
const MANIFEST = `name: shop
secrets: [STRIPE]
assets:
  raw/pay: { run: 'test \${#STRIPE} = 14; echo $STRIPE', secrets: [STRIPE] }
schedules: { nightly: { cron: "23 2 * * *", selection: "*" } }
`;

interface Workflow {
  readonly jobs: {
    readonly run: {
      readonly permissions: TokenPermissions;
      readonly steps: readonly {
        readonly uses: string;
        readonly with: Readonly<Record<string, unknown>>;
        readonly env?: Readonly<Record<string, string>>;
      }[];
    };
  };
}

let rig: ActionRig | undefined;
afterEach(() => rig?.stop());

/** What GitHub makes of the expressions of a step: what a click has said, the secrets that there are, nothing else. */
function evaluated(
  values: Readonly<Record<string, unknown>>,
  known: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      String(value).replace(
        /\$\{\{ ([\w.-]+)(?: \|\| (\w+))? \}\}/,
        (_, path: string, other = '') => known[path] ?? other,
      ),
    ]),
  );
}

test('what init writes runs as it is: with its rights, its inputs and its secrets, to a report that tells the cost', async () => {
  const made = makeCliProject({ 'branchline.yaml': MANIFEST });
  await made.json(['init', '--action', ACTION]);
  const { run } = (parse(made.read('.github/workflows/branchline.yml')) as Workflow).jobs;
  made.remove();
  const step = run.steps.find(({ uses }) => uses.startsWith('acme/branchline@'))!;
  const known = { 'secrets.STRIPE': 'hunter2hunter2', 'inputs.reason': 'to see it' };

  rig = await makeActionRig({ 'branchline.yaml': MANIFEST });
  const end = await rig.run({
    event: (place) =>
      workflowDispatchEvent({ ...place, inputs: { command: 'run', reason: 'to see it' }, branch: 'main' }),
    permissions: run.permissions,
    with: evaluated(step.with, known),
    env: evaluated(step.env ?? {}, known),
  });
  expect(end).toMatchObject({
    code: 0,
    annotations: [],
    outputs: { status: 'success', 'changed-assets': '["raw/pay"]' },
  });

  const { view, problems } = await rig.state();
  expect(problems).toEqual([]);
  const [ended] = [...view.endedRuns.values()];
  expect(ended!.billed).toEqual({ runner: 'ubuntu-latest', minutes: 1, usd: 0.006 });
  const report = await rig.commandLine(['report', '--environment', 'production', '--json']);
  expect(JSON.parse(report.stdout).figures[7].now).toMatchObject({ billedMinutes: 1, usd: 0.006 });
  expect(rig.allBytes()).not.toContain('hunter2hunter2');
});

/** Its workflow has another job, on another machine. */
const onMachine = (runsOn: string): string => `on: { schedule: [{ cron: "23 2 * * *" }], workflow_dispatch: {} }
jobs:
  lint: { runs-on: ubuntu-latest, steps: [{ run: "true" }] }
  run: { runs-on: ${runsOn}, steps: [{ uses: "acme/branchline@v1" }] }
`;

test('a job costs what its own machine does: as `prices` has it, and nothing that is known where they say nothing', async () => {
  const text = `${MANIFEST.replace('secrets: [STRIPE]\n', '').replace(/raw\/pay: .*/, 'raw/pay: { run: "true" }')}prices: { big: 0.5 }\n`;
  const workflow = '.github/workflows/branchline.yml';
  rig = await makeActionRig({ 'branchline.yaml': text, [workflow]: onMachine('[self-hosted, big]') });
  const click = { event: (place: { sha: string }) => workflowDispatchEvent({ ...place, inputs: { command: 'run' } }) };
  const priced = await rig.run({ ...click, isSelfHosted: true });
  expect(priced.summary).toContain('1 minute billed on `big` ($0.50)');
  expect([...(await rig.state()).view.endedRuns.values()][0]!.billed).toEqual({ runner: 'big', minutes: 1, usd: 0.5 });

  // A group of larger machines, of GitHub's own.
  rig.github.commit({ 'branchline.yaml': text.replace(/prices.*/, ''), [workflow]: onMachine('{ group: large }') });
  const larger = await rig.run({ event: (place) => scheduleEvent(place) });
  expect(larger.summary).toContain('1 minute on `large`, of unknown price');
  expect(larger.summary).not.toContain('$');
  // And once the state says that nothing is due: what takes a parser is not told.
  const quiet = await rig.run({ event: (place) => scheduleEvent(place) });
  expect(quiet).toMatchObject({ code: 0, outputs: { status: 'nothing' } });
  expect(quiet.summary).not.toMatch(/ubuntu-latest|\$/);
});
