import { afterEach, describe, expect, test } from 'vitest';
import type { RunRecord } from '../src/model/state.ts';
import { type CliProject, makeCliProject, type RunJson, until } from '../src/testing/cli-project.ts';
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

describe('a run that fails', () => {
  const manifest = (more: string, settings = 'enabled: true, max_retries: 2') => `name: again
run_retries: { ${settings} }
assets:
  a: { run: "mkdir -p data; echo a >> data/log" }
  b: { deps: [a], run: "echo b >> data/log; test -e data/fine"${more} }
  c: { deps: [b], run: "echo c >> data/log" }
`;
  const chain = async (): Promise<readonly RunRecord[]> => {
    const { view, problems } = await project.state();
    expect(problems).toEqual([]);
    expect(view.openRuns.size + view.claims.size).toBe(0);
    return [...view.endedRuns.values()].sort(
      (x, y) => Number(x.tags['branchline/retry_number'] ?? 0) - Number(y.tags['branchline/retry_number'] ?? 0),
    );
  };
  const log = (): string => project.read('data/log').trim().replaceAll('\n', '');

  test('is tried again from its failure until the budget is used up, and each decision is on record', async () => {
    project = makeCliProject({ 'branchline.yaml': manifest('') });
    const last = await project.json<RunJson>(['run', '--select', '*'], 1);
    const runs = await chain();
    expect(runs.map(({ state, retry }) => `${state} ${retry?.decision} ${retry?.reason}`)).toEqual([
      'FAILURE retry budget-left',
      'FAILURE retry budget-left',
      'FAILURE no-retry used-up',
    ]);
    const [root, first, second] = runs;
    const shown = await project.run(['state', 'show', root!.run, '--environment', 'local']);
    expect(shown.stdout).toContain('  retry      it is tried again: automatic retry 1 of 2, from the failure');
    expect(last.run).toBe(second!.run);
    expect(first!.tags).toMatchObject({ 'branchline/root_run': root!.run, 'branchline/parent_run': root!.run });
    expect(second!.tags).toMatchObject({ 'branchline/root_run': root!.run, 'branchline/parent_run': first!.run });
    // What had finished is kept.
    expect(log()).toBe('abbb');
    // By hand: the budget is another matter.
    project.write('data/fine', '');
    const byHand = await project.json<RunJson>(['retry', second!.run]);
    expect(byHand).toMatchObject({ state: 'SUCCESS', counts: { materialized: 2, upToDate: 1 } });
    expect(log()).toBe('abbbbc');
    const refused = await project.run(['retry', byHand.run]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/succeeded: there is nothing to try again[\s\S]*branchline run --select '\*'`/);
    const all = await project.json<RunJson>(['retry', root!.run, '--all']);
    expect(all.counts).toMatchObject({ materialized: 3 });
    expect(log()).toBe('abbbbcabc');
  });

  test('by a step is not tried again where only its runner counts, and tags have the last word', async () => {
    project = makeCliProject({
      'branchline.yaml': manifest(
        ', tags: { dagster/max_retries: "1" }',
        'enabled: true, max_retries: 2, retry_on_asset_or_op_failure: false',
      ),
    });
    await project.json(['run', '--select', '*'], 1);
    expect((await chain()).map(({ retry }) => retry?.reason)).toEqual(['step-failure']);
    project.write('branchline.yaml', manifest(', tags: { dagster/max_retries: "1" }'));
    const second = await project.json<RunJson>(['run', '--select', 'key:b+'], 1);
    const retried = (await chain()).filter(({ tags }) => tags['branchline/max_retries'] ?? tags['dagster/max_retries']);
    expect(retried.map(({ retry }) => retry?.reason)).toContain('used-up');
    expect((await project.state()).view.endedRuns.get(second.run)?.retry?.message).toMatch(/all 1 automatic/);
  });

  test('is made anew where a blocking check failed, and where the code of what was kept has changed', async () => {
    const files = (code: string) => `name: anew
assets:
  a: { run: "mkdir -p data; echo a${code} >> data/log", checks: { fine: { run: "test -e data/fine", blocking: true } } }
  b: { deps: [a], run: "echo b >> data/log" }
  z: { run: "mkdir -p data; echo z${code} >> data/log" }
`;
    project = makeCliProject({ 'branchline.yaml': files('') });
    const { run } = await project.json<RunJson>(['run', '--select', '*', '--max-parallel', '1'], 1);
    expect(log()).toBe('az');
    project.write('data/fine', '');
    expect(await project.json<RunJson>(['retry', run])).toMatchObject({ state: 'SUCCESS' });
    expect(log()).toBe('azab');
    project.write('branchline.yaml', files('2'));
    expect(await project.json<RunJson>(['retry', run, '--max-parallel', '1'])).toMatchObject({ state: 'SUCCESS' });
    expect(log()).toBe('azaba2z2b');
  });

  test('under a tick waits in the queue, and is carried out by the same or the next one', async () => {
    project = makeCliProject({
      'branchline.yaml': `${manifest('')}schedules: { nightly: { cron: "30 2 * * *", selection: "*" } }
`,
    });
    await project.json(['tick', '--now', '2026-11-20T12:00:00Z']);
    const { runs } = await project.json<TickJson>(['tick', '--now', '2026-11-21T02:30:00Z'], 1);
    expect(runs.map(({ state }) => state)).toEqual(['FAILURE', 'FAILURE', 'FAILURE']);
    expect((await chain()).map(({ request }) => request.kind)).toEqual(['schedule', 'retry', 'retry']);
    expect(log()).toBe('abbb');
  });

  test('is seen to wait for its retry as soon as it is found lost, and can be told not to come', async () => {
    const files = `name: lost
run_retries: { enabled: true, max_retries: 2 }
assets:
  a: { run: 'mkdir -p data; echo a >> data/log; test -e data/fine || { touch data/held; sleep 60; }' }
  z: { run: "true" }
`;
    project = makeCliProject({ 'branchline.yaml': files });
    const lose = async (): Promise<string> => {
      const before = new Set((await project.state()).view.openRuns.keys());
      const started = project.start(['run', '--select', 'key:a']);
      await until(() => project.has('data/held'));
      started.child.kill('SIGKILL');
      await started.end;
      project.git('clean', '-fdxq', 'data/held');
      return [...(await project.state()).view.openRuns.keys()].find((run) => !before.has(run))!;
    };
    interface QueueJson {
      readonly runs: readonly { readonly run: string; readonly state: string; readonly trigger: string }[];
    }
    const queued = async (): Promise<QueueJson['runs']> => (await project.json<QueueJson>(['queue'])).runs;
    const first = await lose();
    // Whoever runs something else finds it lost.
    const other = await project.run(['run', '--select', 'key:z']);
    expect(other.code).toBe(0);
    expect(other.stderr).toContain(
      `Run ${first} was cut off before. What it had finished is kept; it is tried again: automatic retry 1 of 2, from the failure, and waits in the queue.`,
    );
    const [row] = await queued();
    expect(row).toMatchObject({ state: 'QUEUED', trigger: 'retry 1 of by hand: key:a' });
    const explained = await project.json<{ runs: readonly { run: string }[] }>(['explain', 'a']);
    expect(explained.runs.map(({ run }) => run)).toEqual([row!.run]);
    // The same asset by hand does not wait for it; the next tick makes the retry, which finds all made.
    project.write('data/fine', '');
    expect(await project.json(['run', '--select', 'key:a'])).toMatchObject({ state: 'SUCCESS' });
    expect((await queued()).map(({ run }) => run)).toEqual([row!.run]);
    const ticked = await project.json<TickJson>(['tick']);
    expect(ticked.runs).toMatchObject([{ run: row!.run, state: 'SUCCESS' }]);
    expect(await queued()).toEqual([]);
    expect(log()).toBe('aa');

    project.git('clean', '-fdxq', 'data/fine');
    await lose();
    await project.json(['run', '--select', 'key:z']);
    const [again] = await queued();
    expect(await project.json(['cancel', again!.run])).toMatchObject({
      runs: [{ run: again!.run, outcome: 'canceled' }],
    });
    expect(await queued()).toEqual([]);
    expect((await project.json<TickJson>(['tick'])).runs).toEqual([]);
    expect((await project.state()).view.endedRuns.get(again!.run)).toMatchObject({ state: 'CANCELED' });
    expect(log()).toBe('aaa');
    await chain();
  });

  test('leaves nothing failed where its retry succeeds in the same tick, and says so', async () => {
    // It fails once, and is fine from then on.
    const flaky = (more: string) => `name: heals
run_retries: { enabled: true, max_retries: 2 }
assets:
  a: { run: "mkdir -p data"${more} }
  b: { deps: [a], run: "test -e data/fine || { touch data/fine; exit 1; }" }
  c: { deps: [b], run: "true" }
schedules: { nightly: { cron: "30 2 * * *", selection: "*" } }
`;
    project = makeCliProject({ 'branchline.yaml': flaky('') });
    await project.json(['tick', '--now', '2026-11-20T12:00:00Z']);
    const healed = await project.run(['tick', '--now', '2026-11-21T02:30:00Z']);
    const [root, retry] = (await chain()).map(({ run }) => run);
    expect(healed).toMatchObject({ code: 0 });
    expect(healed.stdout).toContain('It is tried again: automatic retry 1 of 2, from the failure.');
    expect(healed.stdout).not.toContain('After a fix');
    expect(healed.stdout).toContain(`Run ${root} failed; this retry of it succeeded.`);
    expect(project.has('data/fine')).toBe(true);

    // The same by hand, and as JSON.
    project.write('data/fine', '');
    const { runs } = await project.json<{ runs: readonly (RunJson & { madeGoodBy?: string })[] }>([
      'tick',
      '--now',
      '2026-11-22T02:30:00Z',
    ]);
    expect(runs.map(({ state, madeGoodBy }) => [state, madeGoodBy])).toEqual([['SUCCESS', undefined]]);
    project.git('clean', '-fdxq', 'data');
    const byHand = await project.json<RunJson>(['run', '--select', '*']);
    expect(byHand).toMatchObject({ state: 'SUCCESS' });

    // A check that did not pass and that the retry had no reason to judge again is left failed.
    project.git('clean', '-fdxq', 'data');
    project.write('branchline.yaml', flaky(', checks: { odd: { run: "exit 1", blocking: false } }'));
    const ticked = await project.json<{ runs: readonly (RunJson & { madeGoodBy?: string })[] }>(
      ['tick', '--now', '2026-11-23T02:30:00Z'],
      1,
    );
    expect(ticked.runs.map(({ state }) => state)).toEqual(['FAILURE', 'SUCCESS']);
    expect(ticked.runs.map(({ madeGoodBy }) => madeGoodBy)).toEqual([ticked.runs[1]!.run, undefined]);
    project.git('clean', '-fdxq', 'data');
    expect(await project.json<RunJson>(['run', '--select', '*'], 1)).toMatchObject({ state: 'SUCCESS' });
    project.git('clean', '-fdxq', 'data');
    expect(await project.json<RunJson>(['run', '--select', '*', '--fail-on', 'never'])).toMatchObject({
      state: 'SUCCESS',
    });
    expect(retry).not.toBe(root);
  });
});
