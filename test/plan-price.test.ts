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
