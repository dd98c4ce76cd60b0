import { afterEach, expect, test } from 'vitest';
import { type CliProject, makeCliProject } from '../src/testing/cli-project.ts';

let project: CliProject;
afterEach(() => project.remove());

test('a plan of production says what it would cost on the machine of the workflow, from history; a local one nothing', async () => {
  project = makeCliProject({
    'branchline.yaml': 'name: shop\nassets: { a: { run: "true", materialize: always } }\n',
    '.github/workflows/x.yml': `on: { workflow_dispatch: }
jobs: { run: { runs-on: windows-latest, steps: [{ uses: "acme/branchline@${'0'.repeat(40)}" }] } }
`,
  });
  const production = ['--environment', 'production'];
  expect((await project.run(['plan', ...production])).stdout).toContain('no history yet');
  await project.json(['run', '--yes', ...production]);
  const { stdout } = await project.run(['plan', ...production, '--select', 'key:a']);
  expect(stdout).toContain('1 min on windows-latest: $0.010, free where public)');
  const { expected } = await project.json<{ expected: object }>(['plan', ...production, '--select', 'key:a']);
  expect(expected).toMatchObject({ minutes: 1, usd: 0.01, runner: 'windows-latest', samples: 1, unknownSteps: 0 });
  await project.json(['run']);
  expect((await project.run(['plan', '--select', 'key:a'])).stdout).not.toContain('$');
  const local = await project.json<{ expected: object }>(['plan', '--select', 'key:a']);
  expect(local.expected).not.toHaveProperty('usd');
});

test('with machines of its own, a plan of production shows its jobs, and the minutes that they are billed, each rounded up', async () => {
  project = makeCliProject({
    'branchline.yaml': `name: shop
runners: { big: { runs-on: windows-latest } }
assets:
  a: { run: "true", materialize: always }
  b: { run: "true", materialize: always, runner: big }
  c: { run: "true", materialize: always, deps: [a, b] }
`,
    '.github/workflows/x.yml': `on: { workflow_dispatch: }
jobs: { run: { runs-on: ubuntu-latest, steps: [{ uses: "acme/branchline@${'0'.repeat(40)}" }] } }
`,
  });
  const production = ['plan', '--environment', 'production', '--select', '*'];
  const { fanOut } = await project.json<{ fanOut: object }>(production);
  // A minute each for planning and recording, and for each of the two jobs between them.
  expect(fanOut).toMatchObject({
    jobs: [
      { runsOn: ['ubuntu-latest'], steps: ['a'], minutes: 1 },
      { runsOn: ['windows-latest'], steps: ['b'], minutes: 1 },
    ],
    later: ['c'],
    minutes: 4,
    usd: expect.closeTo(3 * 0.006 + 0.01),
  });
  const { stdout } = await project.run(production);
  expect(stdout).toMatch(
    /Shared out .*: 2 steps in 2 jobs; about 4 billed minutes with the jobs around them, \$0\.028\./,
  );
  expect(stdout).toContain('later waves: c');
  expect(await project.json(['plan', '--select', '*'])).not.toHaveProperty('fanOut');
});
