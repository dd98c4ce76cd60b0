import { afterEach, expect, test } from 'vitest';
import { type CliProject, makeCliProject, type RunJson, until } from '../src/testing/cli-project.ts';
import { startGitHttpServer } from '../src/testing/git-http.ts';
import { filesOfPage } from '../src/testing/page-files.ts';

let project: CliProject;
afterEach(() => project.remove());

test('a run whose runner is lost goes on with another one, as docs/monitoring.md says: what had finished is kept', async () => {
  project = makeCliProject({ 'branchline.yaml': filesOfPage('docs/monitoring.md')['branchline.yaml']! });
  expect(await project.json(['check'])).toEqual({ version: 1, diagnostics: [] });
  const first = project.start(['run', '--select', '*']);
  await until(() => project.has('data/at-work'));
  first.child.kill('SIGKILL');
  await first.end;
  project.write('data/go', '');
  const ticked = await project.run(['tick', '--now', new Date().toISOString()]);
  expect(ticked.stderr).toMatch(/The runner of run \S+ was lost/);
  expect(ticked.code).toBe(0);
  const { view, problems } = await project.state();
  expect(problems).toEqual([]);
  expect(view.openRuns.size + view.claims.size).toBe(0);
  const [run, ...others] = [...view.endedRuns.values()];
  expect(others).toEqual([]);
  expect(run).toMatchObject({ state: 'SUCCESS', epoch: 2, counts: { materialized: 2 } });
  expect(run!.steps['marts/orders']).toMatchObject({ state: 'SUCCESS', attempt: 2 });
  expect(project.read('data/marts.txt')).toBe('made\n');
});

test('a run that is resumed often enough fails with class crash', async () => {
  project = makeCliProject({
    'branchline.yaml': `name: lost
run_monitoring: { enabled: true, max_resume_run_attempts: 1 }
assets: { a: { run: 'mkdir -p data; touch data/at-$BRANCHLINE_ATTEMPT; sleep 60' } }
`,
  });
  for (const attempt of [1, 2]) {
    const started = project.start(
      attempt === 1 ? ['run', '--select', '*'] : ['tick', '--now', new Date().toISOString()],
    );
    await until(() => project.has(`data/at-${attempt}`));
    started.child.kill('SIGKILL');
    await started.end;
  }
  await project.run(['tick', '--now', new Date().toISOString()]);
  const { view, problems } = await project.state();
  expect(problems).toEqual([]);
  expect([...view.endedRuns.values()]).toMatchObject([{ state: 'FAILURE', epoch: 3, failure: { class: 'crash' } }]);
});

test('a run that is at work for too long is stopped with all of its processes, and is FAILURE', async () => {
  project = makeCliProject({
    'branchline.yaml': `name: slow
assets:
  quick: { run: "mkdir -p data; echo 1 > data/quick" }
  slow: { deps: [quick], run: "(sleep 30; touch data/late) & wait", tags: { dagster/max_runtime: "2" }, retry_policy: { max_retries: 3 } }
  after: { deps: [slow], run: "true" }
`,
  });
  const run = await project.json<RunJson>(['run', '--select', '*'], 1);
  expect(run).toMatchObject({ state: 'FAILURE', counts: { materialized: 1, failed: 1, skipped: 1 } });
  const ended = run.events.find((event) => event.type === 'run.ended');
  expect(ended).toMatchObject({ failure: { class: 'timeout', code: 'max-runtime' } });
  const attempts = run.events.filter((event) => event.type === 'step.attempt-ended' && event.step === 'slow');
  expect(attempts).toMatchObject([{ outcome: 'failure', failure: { class: 'timeout' } }]);
  expect((await project.state()).problems).toEqual([]);
  expect(project.has('data/late')).toBe(false);
});

test('a machine whose clock is days ahead of the server lets a run have its whole maximum', async () => {
  project = makeCliProject({
    'branchline.yaml': `name: slow
assets:
  quick: { run: "mkdir -p data; echo 1 > data/quick" }
  slow: { deps: [quick], run: "sleep 600", tags: { branchline/max_runtime: "6" } }
`,
  });
  project.sandbox.makeBare('origin.git');
  const server = await startGitHttpServer(project.sandbox.root);
  try {
    server.date = new Date(Date.now() - 7 * 86_400_000);
    project.git('remote', 'add', 'origin', `${server.url}/origin.git`);
    const run = await project.json<RunJson>(['run', '--select', '*', '--environment', 'production', '--yes'], 1);
    expect(run).toMatchObject({ state: 'FAILURE', counts: { materialized: 1, failed: 1 } });
    const ended = run.events.find((event) => event.type === 'run.ended');
    expect(ended).toMatchObject({ failure: { class: 'timeout', code: 'max-runtime' } });
    expect((await project.state('production')).problems).toEqual([]);
  } finally {
    await server.stop();
  }
});
