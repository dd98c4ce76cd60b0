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

/** A run that is killed at the first attempt of `a`; what `more` says goes into the manifest. */
async function losesRun(more = ''): Promise<void> {
  project = makeCliProject({
    'branchline.yaml': `name: lost
run_monitoring: { enabled: true, max_resume_run_attempts: 2 }
${more}assets:
  made: { run: 'mkdir -p data; echo made >> data/log' }
  a: { deps: [made], run: 'echo "a $BRANCHLINE_RUN_ID" >> data/log; test -e data/fine || { touch data/at-a; sleep 60; }; test ! -e data/odd || { rm data/odd; exit 1; }' }
  b: { run: 'mkdir -p data; echo b >> data/log' }
`,
  });
  const first = project.start(['run', '--select', '+key:a']);
  await until(() => project.has('data/at-a'));
  first.child.kill('SIGKILL');
  await first.end;
  project.write('data/fine', '');
}
const logged = (): string[] => project.read('data/log').trim().split('\n');
const statesOf = (runs: Iterable<{ readonly state: string; readonly epoch: number }>): string[] =>
  [...runs].map(({ state, epoch }) => `${state} ${epoch}`).sort();

test('who runs the same as a run whose runner was lost carries that on first, with what had finished', async () => {
  await losesRun();
  const [lost] = [...(await project.state()).view.openRuns.keys()];
  const waited = await project.run(['run', '--select', 'key:a', '--wait', '30s', '--json']);
  expect(waited.code, waited.stderr).toBe(0);
  expect(waited.stderr).toContain(`Run ${lost} is in the way, and nobody is at work on it`);
  expect(waited.stderr).toContain(`Run ${lost}, which was in the way, is SUCCESS.`);
  const own = JSON.parse(waited.stdout) as RunJson;
  expect(own).toMatchObject({ state: 'SUCCESS', counts: { materialized: 1 } });
  expect(logged()).toEqual(['made', `a ${lost}`, `a ${lost}`, `a ${own.run}`]);
  const { view, problems } = await project.state();
  expect(problems).toEqual([]);
  expect(view.openRuns.size + view.claims.size).toBe(0);
  expect(statesOf(view.endedRuns.values())).toEqual(['SUCCESS 1', 'SUCCESS 2']);
});

test('a lost run that is not in the way is left to the next tick', async () => {
  await losesRun();
  expect(await project.json<RunJson>(['run', '--select', 'key:b', '--wait', '30s'])).toMatchObject({
    state: 'SUCCESS',
  });
  const { view } = await project.state();
  expect(statesOf(view.openRuns.values())).toEqual(['QUEUED 2']);
  expect(logged().filter((line) => line.startsWith('a '))).toHaveLength(1);
});

test('of several that wait behind a lost run, for the only place, one carries it on, and no limit is exceeded', async () => {
  await losesRun('run_queue: { max_concurrent_runs: 1 }\n');
  const [lost] = [...(await project.state()).view.openRuns.keys()];
  const waiting = ['key:a', 'key:b'].map((select) => project.start(['run', '--select', select, '--wait', '60s']));
  for (const { end } of waiting) expect(await end).toMatchObject({ code: 0 });
  expect(logged().filter((line) => line === `a ${lost}`)).toHaveLength(2);
  const { view, problems } = await project.state();
  expect(problems).toEqual([]);
  expect(statesOf(view.endedRuns.values())).toEqual(['SUCCESS 1', 'SUCCESS 1', 'SUCCESS 2']);
  const spans = [...view.endedRuns.values()].map(({ startedAt, endedAt }) => ({ startedAt, endedAt }));
  spans.sort((one, other) => (one.endedAt! < other.endedAt! ? -1 : 1));
  for (const [index, span] of spans.entries())
    if (index > 0) expect(span.startedAt! >= spans[index - 1]!.endedAt!).toBe(true);
});

test('what becomes of the lost run that was in the way does not decide about the own one', async () => {
  await losesRun();
  project.write('data/odd', '');
  const waited = await project.run(['run', '--select', 'key:a', '--wait', '30s', '--fail-fast']);
  expect(waited.code, waited.stderr).toBe(0);
  expect(waited.stderr).toContain('which was in the way, is FAILURE.');
  expect(statesOf((await project.state()).view.endedRuns.values())).toEqual(['FAILURE 2', 'SUCCESS 1']);
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

test('a step that a resumed run makes again has all of its retries, and goes on counting those while it is unfinished', async () => {
  const manifest = (script: string): string => `name: again
run_monitoring: { enabled: true, max_resume_run_attempts: 2 }
assets:
  a: { run: "${script}", retry_policy: { max_retries: 2 } }
  b: { deps: [a], run: "touch data/at-b; while [ ! -e data/go ]; do sleep 0.1; done" }
`;
  // The first attempt fails, the second one makes it.
  project = makeCliProject({ 'branchline.yaml': manifest('mkdir -p data; [ $BRANCHLINE_ATTEMPT = 2 ]') });
  const first = project.start(['run', '--select', '*']);
  await until(() => project.has('data/at-b'));
  first.child.kill('SIGKILL');
  await first.end;
  // By other code: the third is lost with its runner, the fourth fails, the fifth makes it.
  project.write(
    'branchline.yaml',
    manifest('touch data/at-$BRANCHLINE_ATTEMPT; case $BRANCHLINE_ATTEMPT in 3) sleep 60;; 4) exit 1;; esac'),
  );
  const second = project.start(['tick', '--now', new Date().toISOString()]);
  await until(() => project.has('data/at-3'));
  second.child.kill('SIGKILL');
  await second.end;
  project.write('data/go', '');
  const ticked = await project.run(['tick', '--now', new Date().toISOString()]);
  expect(ticked.code, ticked.stderr).toBe(0);
  const { view, problems } = await project.state();
  expect(problems).toEqual([]);
  const [run, ...others] = [...view.endedRuns.values()];
  expect(others).toEqual([]);
  expect(run).toMatchObject({ state: 'SUCCESS', epoch: 3 });
  expect(run!.steps['a']).toMatchObject({ state: 'SUCCESS', attempt: 5, attemptsBefore: 2 });
  expect(run!.steps['b']).not.toHaveProperty('attemptsBefore');
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

test('what a run whose runner was lost waits in the queue later is no work', async () => {
  project = makeCliProject({
    'branchline.yaml': `name: waits
run_monitoring: { enabled: true, max_runtime_seconds: 4, max_resume_run_attempts: 2 }
run_retries: { requeue_after: 1s }
assets:
  a: { run: 'mkdir -p data; touch data/at-$BRANCHLINE_ATTEMPT; case $BRANCHLINE_ATTEMPT in 1) sleep 60;; 2) exit 1;; esac', retry_policy: { max_retries: 2, delay: 6s } }
`,
  });
  const first = project.start(['run', '--select', '*']);
  await until(() => project.has('data/at-1'));
  first.child.kill('SIGKILL');
  await first.end;
  await project.run(['tick', '--now', new Date().toISOString()]);
  const due = [...(await project.state()).view.openRuns.values()].map((run) => Date.parse(run.due!));
  expect(due).toHaveLength(1);
  await until(() => Date.now() > due[0]!);
  await project.run(['tick', '--now', new Date().toISOString()]);
  const { view, problems } = await project.state();
  expect(problems).toEqual([]);
  expect([...view.endedRuns.values()]).toMatchObject([{ state: 'SUCCESS', epoch: 2, steps: { a: { attempt: 3 } } }]);
});

test('what a run was at work for when its runner was lost goes on counting', async () => {
  project = makeCliProject({
    'branchline.yaml': `name: counts
run_monitoring: { enabled: true, max_runtime_seconds: 4, max_resume_run_attempts: 2 }
assets: { a: { run: 'mkdir -p data; touch data/at-$BRANCHLINE_ATTEMPT; sleep 60' } }
`,
  });
  const first = project.start(['run', '--select', '*']);
  await until(() => project.has('data/at-1'));
  const since = Date.now();
  await until(() => Date.now() > since + 2000);
  first.child.kill('SIGKILL');
  await first.end;
  const ticked = Date.now();
  await project.run(['tick', '--now', new Date().toISOString()]);
  expect(Date.now() - ticked).toBeLessThan(3500);
  const { view, problems } = await project.state();
  expect(problems).toEqual([]);
  expect([...view.endedRuns.values()]).toMatchObject([
    { state: 'FAILURE', epoch: 2, failure: { class: 'timeout', code: 'max-runtime' } },
  ]);
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
