import { afterEach, describe, expect, test } from 'vitest';
import { type CliProject, makeCliProject, type RunJson } from '../src/testing/cli-project.ts';
import { filesOfPage } from '../src/testing/page-files.ts';

let project: CliProject;
afterEach(() => project.remove());

const attemptsOf = (run: RunJson): string[] =>
  run.events.flatMap((event) =>
    event.type === 'step.attempt-ended' ? [`${event.step} ${event.attempt} ${event.outcome}`] : [],
  );

interface TickJson {
  readonly runs: readonly RunJson[];
}

describe('a step that fails', () => {
  test('is tried again, as docs/retries.md shows', async () => {
    const files = filesOfPage('docs/retries.md');
    project = makeCliProject({ 'branchline.yaml': files['branchline.yaml']! });
    expect(await project.json(['check'])).toEqual({ version: 1, diagnostics: [] });
    const run = await project.json<RunJson>(['run']);
    expect(run).toMatchObject({ state: 'SUCCESS', counts: { materialized: 2, failed: 0 } });
    expect(attemptsOf(run)).toEqual(['raw/orders 1 failure', 'raw/orders 2 success', 'marts/orders 1 success']);
    expect(project.read('data/marts.csv')).toBe('id,amount\n1,2\n');
    const { view, problems } = await project.state();
    expect(problems).toEqual([]);
    expect(view.endedRuns.get(run.run)?.steps['raw/orders']).toMatchObject({ state: 'SUCCESS', attempt: 2 });
    // An attempt that was repeated is no failure of the asset.
    expect((await project.asset('raw/orders')).attempt).toMatchObject({ outcome: 'success', failuresInRow: 0 });
  });

  test('fails when its attempts are used up, with the failure of the last one', async () => {
    project = makeCliProject({
      'branchline.yaml': `name: flaky
assets:
  a: { run: "exit $((BRANCHLINE_ATTEMPT + 10))", retry_policy: { max_retries: 2 } }
  b: { deps: [a], run: "true" }
`,
    });
    const run = await project.json<RunJson>(['run'], 1);
    expect(run).toMatchObject({ state: 'FAILURE', counts: { failed: 1, skipped: 1 } });
    expect(attemptsOf(run)).toEqual(['a 1 failure', 'a 2 failure', 'a 3 failure']);
    expect((await project.asset('a')).attempt).toMatchObject({ failure: { exitCode: 13 }, failuresInRow: 1 });
  });

  test('is tried again when its process was killed, and not when the class is another one', async () => {
    project = makeCliProject({
      'branchline.yaml': `name: killed
assets:
  a: { run: '[ $BRANCHLINE_ATTEMPT -gt 1 ] || kill -KILL $$', retry_policy: { max_retries: 1 } }
  b: { run: "exit 1", retry_policy: { max_retries: 5, classes: [timeout, crash] } }
  c: { run: "[ $BRANCHLINE_ATTEMPT -gt 1 ] || sleep 60", timeout: 1s, retry_policy: { max_retries: 1, classes: [timeout] } }
`,
    });
    const run = await project.json<RunJson>(['run'], 1);
    expect(attemptsOf(run).sort()).toEqual(['a 1 failure', 'a 2 success', 'b 1 failure', 'c 1 failure', 'c 2 success']);
  });

  test('is judged anew: a blocking check that fails once keeps nothing back in the end', async () => {
    project = makeCliProject({
      'branchline.yaml': `name: judged
connections: { db: { type: duckdb, path: data/a.duckdb } }
assets:
  n: { run: 'mkdir -p data; echo "v,$BRANCHLINE_ATTEMPT" | tr , "\\n" > data/n.csv', outputs: [data/n.csv], retry_policy: { max_retries: 1 },
       checks: { high: { sql: "select * from \${{ this }} where v < 2", blocking: true } } }
`,
    });
    const run = await project.json<RunJson>(['run']);
    expect(run).toMatchObject({ state: 'SUCCESS', counts: { materialized: 1, checksPassed: 1, checksFailed: 0 } });
    expect(project.read('data/n.csv')).toBe('v\n2\n');
  });
});

test('a long wait gives the run back; the tick after it is due makes the next attempt, and nothing else again', async () => {
  project = makeCliProject({
    'branchline.yaml': `name: waits
run_retries: { requeue_after: 10m }
assets:
  a: { run: "mkdir -p data; echo x >> data/a.log; cp data/a.log data/a.txt", outputs: [data/a.txt] }
  b: { deps: [a], run: '[ $BRANCHLINE_ATTEMPT -gt 1 ] && cp data/a.txt data/b.txt', outputs: [data/b.txt], retry_policy: { max_retries: 1, delay: 2h } }
jobs: { all: { selection: "*", materialize: all } }
schedules: { nightly: { cron: "30 2 * * *", job: all } }
`,
  });
  const tick = (now: string): Promise<TickJson> => project.json<TickJson>(['tick', '--now', now]);
  await tick('2026-11-20T12:00:00Z');
  const first = await tick('2026-11-21T02:30:00Z');
  expect(first.runs).toMatchObject([{ state: 'QUEUED', counts: { materialized: 1 } }]);
  const { run } = first.runs[0]!;
  expect(first.runs[0]!.events.at(-2)).toMatchObject({ type: 'run.requeued', due: expect.stringMatching(/T04:30:/) });
  expect((await tick('2026-11-21T03:30:00Z')).runs).toEqual([]);
  expect((await project.state()).view.openRuns.get(run)?.steps['b']).toMatchObject({ state: 'PLANNED', attempt: 1 });
  const second = await tick('2026-11-21T04:31:00Z');
  expect(second.runs).toMatchObject([{ run, state: 'SUCCESS', counts: { materialized: 2, failed: 0 } }]);
  expect(attemptsOf(second.runs[0]!)).toEqual(['b 2 success']);
  expect(project.read('data/a.log')).toBe('x\n');
  const { view, problems } = await project.state();
  expect(problems).toEqual([]);
  expect(view.openRuns.size + view.claims.size).toBe(0);
  expect(view.endedRuns.get(run)).toMatchObject({ state: 'SUCCESS', counts: { materialized: 2 } });
});
