import { afterEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type ActionRig, makeActionRig } from '../src/testing/action-rig.ts';
import { makeCliProject } from '../src/testing/cli-project.ts';
import { workflowDispatchEvent } from '../src/testing/github/events.ts';
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
