import { afterEach, expect, test } from 'vitest';
import type { Explanation } from '../src/model/explanation.ts';
import { type CliProject, makeCliProject } from '../src/testing/cli-project.ts';

let project: CliProject;
afterEach(() => project.remove());

test('explain and partitions status judge as if it were another instant', async () => {
  project = makeCliProject({
    'branchline.yaml': `name: shop
assets:
  days: { run: "true", partitions: { daily: { start: 2026-01-01 } } }
`,
  });
  const at = ['--now', '2026-01-04T12:00:00Z'];
  const explained = await project.json<Explanation>(['explain', 'days', ...at]);
  expect(explained).toMatchObject({ partition: '2026-01-03', partitions: { total: 3 } });
  const status = await project.json<{ assets: readonly object[] }>(['partitions', 'status', ...at]);
  expect(status.assets).toMatchObject([{ total: 3 }]);
  for (const words of [
    ['explain', 'days'],
    ['partitions', 'status'],
  ]) {
    const refused = await project.run([...words, '--now', '2026-01-04T12:00:00']);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toContain('Write it with its zone: 2026-11-23T02:30:00Z.');
  }
});
