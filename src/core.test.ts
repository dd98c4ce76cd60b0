import { expect, it } from 'vitest';
import * as core from './core.ts';
import { version } from './version.ts';

const TREE: core.SourceTree = {
  files: () => [],
  kind: () => 'missing',
  text: () => undefined,
  digest: () => undefined,
};

it('carries a library user from YAML text to a plan, a run and a view', () => {
  const text = 'name: demo\nassets:\n  a: { run: "true" }\n  b: { run: "true", deps: [a] }\n';
  const parsed = core.parseManifest({ path: 'branchline.yaml', text }, 'project');
  const { project, diagnostics } = core.resolveProject(parsed.document ? [parsed.document] : [], TREE);
  expect(diagnostics).toEqual([]);
  const selected = core.select('key:a+', core.selectionScope(project!));
  expect(selected.ok && [...selected.value]).toEqual(['a', 'b']);
  const at = '2026-11-22T09:23:00.000Z';
  const request: core.RunRequest = {
    kind: 'schedule',
    schedule: 'nightly',
    tick: at,
    selection: '*',
    materialize: 'when_stale',
  };
  const plan = core.planRun({
    project: project!,
    view: core.emptyView('local'),
    environment: 'local',
    request,
    runId: core.runId(request),
    selected: new Set(['a', 'b']),
    fingerprintOf: core.fingerprinter(project!, TREE),
    lost: new Map(),
  });
  expect(plan.ok && plan.value.steps.map((step) => [step.id, step.verdict])).toEqual([
    ['a', 'run'],
    ['b', 'run'],
  ]);
  const cron = core.parseCron('23 2 * * *');
  expect(cron.ok && core.nextTick([cron.value], 'UTC', Date.parse(at))).toBe(Date.parse('2026-11-23T02:23:00.000Z'));
});

it('has the version of the package', async () => {
  const { default: manifest } = await import('../package.json', { with: { type: 'json' } });
  expect(version).toBe(manifest.version);
});
