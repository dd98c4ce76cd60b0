import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type ActionRig, click, makeActionRig, schedule } from '../src/testing/action-rig.ts';
import { until } from '../src/testing/cli-project.ts';
import { unbuildablePush } from '../src/testing/daily-shop.ts';
import { runWave } from '../src/testing/fan-out.ts';
import { pushEvent } from '../src/testing/github/events.ts';

let rig: ActionRig;
afterEach(() => rig.stop());

const everything = click({ command: 'run', select: '*' });
const tick = click({ command: 'tick' });

/** A zombie has ended: on a machine whose first process reaps nobody it stays listed. */
function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

async function endedStates(): Promise<string[]> {
  const { view, problems } = await rig.state();
  expect(problems).toEqual([]);
  expect([...view.claims.keys()]).toEqual([]);
  return [...view.openRuns.values(), ...view.endedRuns.values()].map(({ state }) => state).sort();
}

describe('a run that no machine begins', () => {
  const manifest = (monitoring: string): string => `name: shop
runners: { big: { runs-on: [self-hosted, big] } }
run_monitoring: { enabled: true${monitoring} }
run_retries: { enabled: true, max_retries: 1, retry_on_asset_or_op_failure: false }
assets:
  a: { run: 'mkdir -p data; echo 1 >> data/a.txt', outputs: [data/a.txt] }
  b: { run: 'echo made >> "$SHARED/b"', runner: big }
`;
  const pass = (ms: number) => {
    rig.github.git.date = new Date(rig.github.git.date.getTime() + ms);
  };

  test('fails by that, is tried again, and the machine that comes at last does nothing', async () => {
    rig = await makeActionRig({ 'branchline.yaml': manifest(', start_timeout_seconds: 180') });
    const env = { SHARED: rig.github.sandbox.root };
    const first = await runWave(rig, {
      event: click({ command: 'run', select: 'key:b' }),
      run: 81,
      waiting: ['s000'],
    });
    expect(first.plan).toMatchObject({ code: 0, outputs: { status: 'success' } });
    // In time yet: nobody does anything about it.
    pass(170_000);
    const early = await runWave(rig, { event: tick, run: 82 });
    expect(early.plan).toMatchObject({ code: 0, outputs: { status: 'nothing' } });
    pass(20_000);
    const next = await runWave(rig, { event: tick, run: 83, env });
    const { view } = await rig.state();
    const runs = [...view.endedRuns.values()].sort((x, y) => x.requestedAt.localeCompare(y.requestedAt));
    expect(runs).toMatchObject([
      {
        state: 'FAILURE',
        epoch: 2,
        failure: {
          class: 'infrastructure',
          code: 'start-timeout',
          message: 'no runner began it within 3 min (start_timeout_seconds)',
        },
        retry: { decision: 'retry' },
        counts: { materialized: 0, failed: 0, skipped: 1 },
      },
      { state: 'SUCCESS', request: { kind: 'retry' }, counts: { materialized: 1 } },
    ]);
    expect(next.plan.log).toContain(`Run ${runs[0]!.run} failed: no runner began it within 3 min`);
    // The machine comes: its run is nobody's any more.
    const late = await rig.run({
      action: 'execute',
      event: tick,
      run: 81,
      job: 'execute',
      permissions: { contents: 'read' },
      runnerName: 'big 81',
      isFollowed: true,
      with: { shard: 's000', 'plan-digest': first.plan.outputs['plan-digest'] ?? '' },
      env,
    });
    expect(late).toMatchObject({ code: 0, outputs: { status: 'nothing' } });
    expect(readFileSync(join(env.SHARED, 'b'), 'utf8')).toBe('made\n');
    expect(await endedStates()).toEqual(['FAILURE', 'SUCCESS']);
  });

  test('is left alone while one of its jobs has begun, or nobody wrote how long it may take', async () => {
    for (const monitoring of [', start_timeout_seconds: 60', '']) {
      rig = await makeActionRig({ 'branchline.yaml': manifest(monitoring) });
      const env = { SHARED: rig.github.sandbox.root };
      const selection = monitoring === '' ? 'key:b' : '*';
      const first = await runWave(rig, {
        event: click({ command: 'run', select: selection }),
        run: 81,
        waiting: [monitoring === '' ? 's000' : 's001'],
        env,
      });
      expect(first.matrix).toHaveLength(monitoring === '' ? 1 : 2);
      pass(3_600_000);
      const next = await runWave(rig, { event: tick, run: 82, env });
      expect(next.plan).toMatchObject({ code: 0, outputs: { status: 'nothing' } });
      const { view, problems } = await rig.state();
      expect(problems).toEqual([]);
      expect([...view.openRuns.values()]).toMatchObject([{ state: 'STARTED', epoch: 1 }]);
      if (monitoring !== '') await rig.stop();
    }
  });
});

describe('work shared out among jobs', () => {
  test('is carried out by jobs that may only read, and recorded once', async () => {
    rig = await makeActionRig({
      'branchline.yaml': `name: shop
runners:
  big: { runs-on: [self-hosted, big], container: "python:3.13-slim" }
prices: { big: 0.1 }
assets:
  a: { run: 'mkdir -p data; echo 1 > data/a.txt', outputs: [data/a.txt] }
  b: { deps: [a], run: 'cat data/a.txt > data/b.txt', outputs: [data/b.txt], runner: big }
  c: { deps: [b], run: 'cat data/b.txt' }
  d: { run: 'true', runner: big }
`,
    });
    const path = '.github/workflows/branchline.yml';
    rig.github.model.workflowFiles.set('branchline.yml', { id: 1, name: 'branchline', path, state: 'active' });
    const before = (await rig.state()).log.length;
    const first = await runWave(rig, { event: everything, run: 11 });
    expect(first.plan).toMatchObject({ code: 0, outputs: { status: 'success', 'has-work': 'true' } });
    expect(first.plan.log).toContain('2 steps in 2 jobs; about 4 billed minutes');
    expect(first.matrix).toEqual([
      { shard: 's000', 'runs-on': ['ubuntu-latest'], container: '', environment: '' },
      { shard: 's001', 'runs-on': ['self-hosted', 'big'], container: { image: 'python:3.13-slim' }, environment: '' },
    ]);
    for (const end of first.shards.values()) expect(end).toMatchObject({ code: 0, outputs: { status: 'success' } });
    expect(first.finalize).toMatchObject({ code: 0, outputs: { status: 'requeued', 'changed-assets': '["a","d"]' } });
    expect(first.plan.summary).toContain('about 4 billed minutes');
    expect(first.finalize!.summary).toMatch(/Billed minutes of this wave: \d+.*\(expected: about 4\)/);
    expect(first.finalize!.log).toContain('The next wave was started.');
    expect(rig.github.model.dispatches).toEqual([{ file: 'branchline.yml', ref: 'main', inputs: { command: 'tick' } }]);
    // One commit for the claim and one for all that the jobs did.
    expect((await rig.state()).log.length - before).toBe(2);

    const second = await runWave(rig, { event: tick, run: 12 });
    expect(second.finalize).toMatchObject({ code: 0, outputs: { status: 'requeued', 'changed-assets': '["b"]' } });
    // What it reads was made before, by another job.
    expect(second.shards.get('s000')!.summary).toContain('s000: 1 asset made');
    const third = await runWave(rig, { event: tick, run: 13 });
    expect(third.finalize).toMatchObject({ code: 0, outputs: { status: 'success', 'changed-assets': '["c"]' } });
    expect(await endedStates()).toEqual(['SUCCESS']);
    const [run] = [...(await rig.state()).view.endedRuns.values()];
    expect(run!.billed!.minutes).toBeGreaterThanOrEqual(10);
    // Two jobs were on the machine that its owner has given a price.
    expect(run!.billed!.usd).toBeGreaterThan(0.2);
    // Nothing is left.
    const idle = await runWave(rig, { event: schedule, run: 14 });
    expect(idle.plan).toMatchObject({ code: 0, outputs: { status: 'nothing', 'has-work': 'false' } });
  });

  test('is followed by what assets ask for by themselves: after a tick in the next wave, after a click by the next tick', async () => {
    rig = await makeActionRig({
      'branchline.yaml': `name: shop
assets:
  a: { run: 'true' }
  b: { deps: [a], run: 'true', automation: eager }
  c: { deps: [b], run: 'true', automation: eager, tags: { branchline/priority: "2" } }
`,
    });
    const path = '.github/workflows/branchline.yml';
    rig.github.model.workflowFiles.set('branchline.yml', { id: 1, name: 'branchline', path, state: 'active' });
    const { dispatches } = rig.github.model;
    const clicked = await runWave(rig, { event: click({ command: 'run', select: 'key:a' }), run: 71 });
    expect(clicked.finalize).toMatchObject({ code: 0, outputs: { status: 'success', 'changed-assets': '["a"]' } });
    expect(clicked.finalize!.log).toContain('Assets ask for what follows by themselves; the next tick makes it.');
    expect(dispatches).toEqual([]);
    const next = await runWave(rig, { event: tick, run: 72 });
    expect(next.finalize).toMatchObject({ code: 0, outputs: { status: 'success', 'changed-assets': '["b"]' } });
    expect(next.finalize!.log).toContain('The next wave was started.');
    expect(dispatches).toHaveLength(1);
    const last = await runWave(rig, { event: tick, run: 73 });
    expect(last.finalize).toMatchObject({ code: 0, outputs: { status: 'success', 'changed-assets': '["c"]' } });
    expect(dispatches).toHaveLength(1);
    expect(await endedStates()).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS']);
  });

  test('of a pool with two slots is never at more than two places at once, over eight jobs', async () => {
    const log = '"$SHARED/log"';
    // The first two wait for each other: they are at work at the same time, on two machines.
    const meet = (own: string, other: string) =>
      `touch "$SHARED/${own}"; until test -e "$SHARED/${other}"; do sleep 0.02; done`;
    const pooled = Array.from({ length: 12 }, (_, i) => {
      const work = i === 0 ? meet('p0', 'p1') : i === 1 ? meet('p1', 'p0') : 'sleep 0.1';
      return `  p${i}: { pool: api, run: 'echo + >> ${log}; ${work}; echo - >> ${log}' }`;
    });
    const others = Array.from({ length: 68 }, (_, i) => `  o${i}: { run: 'true' }`);
    rig = await makeActionRig({
      'branchline.yaml': `name: shop\npools: { api: 2 }\nassets:\n${[...pooled, ...others].join('\n')}\n`,
    });
    const wave = await runWave(rig, { event: everything, run: 51, plan: { 'max-parallel': '8' } });
    expect(wave.matrix).toHaveLength(8);
    expect(wave.finalize).toMatchObject({ code: 0, outputs: { status: 'success' } });
    let [atWork, most] = [0, 0];
    const lines = readFileSync(join(rig.shared, 'log'), 'utf8').trim().split('\n');
    for (const line of lines) {
      atWork += line === '+' ? 1 : -1;
      most = Math.max(most, atWork);
    }
    expect(lines).toHaveLength(24);
    expect(most).toBe(2);
    expect(await endedStates()).toEqual(['SUCCESS']);
  });

  test.each([
    ['the next wave', () => runWave(rig, { event: tick, run: 33 }).then(({ plan }) => plan)],
    ['a job that does everything', () => rig.run({ event: tick, run: 33 })],
  ])('whose last job is lost is taken in by %s that comes', async (_, comes) => {
    rig = await makeActionRig({
      'branchline.yaml': `name: shop\nassets:\n  a: { run: 'echo x >> "$SHARED/a"' }\n  b: { run: 'echo x >> "$SHARED/b"; exit 3' }\n  c: { deps: [b], run: 'true' }\n`,
    });
    const lost = await runWave(rig, { event: everything, run: 31, finalizes: false });
    expect([...lost.shards.values()].map(({ code }) => code)).toEqual([1]);
    // While its workflow run is not over, nobody touches it.
    const early = await runWave(rig, { event: tick, run: 32 });
    expect(early.plan.outputs).toMatchObject({ status: 'nothing' });
    expect(await rig.state()).toMatchObject({ view: { claims: { size: 1 } } });
    const run = rig.github.model.runs.get(31)!;
    rig.github.model.runs.set(31, { ...run, status: 'completed', conclusion: 'failure' });
    const next = await comes();
    expect(next.log).toContain('The last job of workflow run 31 was lost: what its shards did is recorded now.');
    expect(await endedStates()).toEqual(['FAILURE']);
    const [ended] = [...(await rig.state()).view.endedRuns.values()];
    expect(ended).toMatchObject({ counts: { materialized: 1, failed: 1, skipped: 1 } });
  });

  test('and ended before it could upload has what it did uploaded by its post step, with its files', async () => {
    rig = await makeActionRig({
      'branchline.yaml': `name: shop
storage: { type: branch }
assets:
  a: { run: 'mkdir -p data; echo one > data/a.txt; echo x >> "$SHARED/a"', outputs: [data/a.txt] }
  b: { deps: [a], run: 'echo x >> "$SHARED/b"; until test -e "$SHARED/go"; do sleep 0.05; done' }
`,
    });
    const cut = await runWave(rig, {
      event: everything,
      run: 61,
      cancelMs: { term: 0, kill: 0 },
      async onShard(_, job) {
        await until(() => existsSync(join(rig.shared, 'b')));
        job.cancel();
      },
    });
    const end = cut.shards.get('s000')!;
    expect(end.code).toBeUndefined();
    expect(end.post).toMatchObject({ code: 0 });
    expect(end.post!.log).toContain('s000: what it had done is uploaded (1 step ended)');
    const names = rig.github.results.artifacts.artifacts.map(({ name }) => name);
    expect(names).toContain('bl-journal-s000-9999-a1');
    expect(cut.finalize).toMatchObject({ code: 0, outputs: { status: 'requeued', 'changed-assets': '["a"]' } });
    expect(rig.github.show('refs/heads/branchline/data', 'data/a.txt')).toBe('one');
    writeFileSync(join(rig.shared, 'go'), '');
    const next = await runWave(rig, { event: tick, run: 62 });
    expect(next.finalize).toMatchObject({ code: 0, outputs: { status: 'success', 'changed-assets': '["b"]' } });
    expect(readFileSync(join(rig.shared, 'a'), 'utf8')).toBe('x\n');
    expect(await endedStates()).toEqual(['SUCCESS']);
  });

  test('and canceled with time left uploads by itself, and its post step has nothing to do', async () => {
    rig = await makeActionRig({
      'branchline.yaml': `name: shop\nassets:\n  a: { run: 'true' }\n  b: { deps: [a], run: 'touch "$SHARED/b"; sleep 600' }\n`,
    });
    const cut = await runWave(rig, {
      event: everything,
      run: 71,
      async onShard(_, job) {
        await until(() => existsSync(join(rig.shared, 'b')));
        job.cancel();
      },
    });
    expect(cut.shards.get('s000')).toMatchObject({ code: 130, outputs: { status: 'canceled' }, post: { raw: '' } });
    expect(cut.finalize).toMatchObject({ outputs: { 'changed-assets': '["a"]' } });
  });

  test('at work for longer than its maximum is killed where it is at work, fails by that, and leaves nothing to a next wave', async () => {
    rig = await makeActionRig({
      'branchline.yaml': `name: shop
assets:
  quick: { run: 'echo x >> "$SHARED/quick"' }
  slow:
    deps: [quick]
    run: 'echo x >> "$SHARED/slow"; sleep 600 & echo $! > "$SHARED/pid"; wait; echo x >> "$SHARED/late"'
    tags: { branchline/max_runtime: "20" }
    retry_policy: { max_retries: 3 }
  after: { deps: [slow], run: 'echo x >> "$SHARED/after"' }
`,
    });
    const path = '.github/workflows/branchline.yml';
    rig.github.model.workflowFiles.set('branchline.yml', { id: 1, name: 'branchline', path, state: 'active' });
    // The clock of the state stands days behind those of the machines: how long a run is at work is no instant of either.
    const wave = await runWave(rig, {
      event: everything,
      run: 91,
      async onShard() {
        await until(() => existsSync(join(rig.shared, 'pid')));
        rig.github.git.date = new Date(rig.github.git.date.getTime() + 60_000);
      },
    });
    expect([...wave.shards.values()]).toMatchObject([{ code: 1, outputs: { status: 'failure' } }]);
    const pid = Number(readFileSync(join(rig.shared, 'pid'), 'utf8'));
    expect(isRunning(pid)).toBe(false);
    expect(existsSync(join(rig.shared, 'late'))).toBe(false);
    expect(wave.finalize).toMatchObject({ code: 1, outputs: { status: 'failure', 'changed-assets': '["quick"]' } });
    expect(rig.github.model.dispatches).toEqual([]);
    expect(await endedStates()).toEqual(['FAILURE']);
    const [ended] = [...(await rig.state()).view.endedRuns.values()];
    expect(ended).toMatchObject({
      failure: { class: 'timeout', code: 'max-runtime' },
      counts: { materialized: 1, failed: 1, skipped: 1 },
      steps: {
        quick: { state: 'SUCCESS' },
        slow: { state: 'FAILURE', attempt: 1, failure: { class: 'timeout', code: 'max-runtime' } },
        after: { state: 'SKIPPED' },
      },
    });
    expect(ended).not.toHaveProperty('retry');
    // Nobody goes on with it.
    const idle = await runWave(rig, { event: tick, run: 92 });
    expect(idle.plan.outputs).toMatchObject({ status: 'nothing', 'has-work': 'false' });
    for (const name of ['quick', 'slow']) expect(readFileSync(join(rig.shared, name), 'utf8')).toBe('x\n');
    expect(existsSync(join(rig.shared, 'after'))).toBe(false);
  });

  test('takes no other plan, no attempt of before, and nothing that a shard may not say', async () => {
    rig = await makeActionRig({
      'branchline.yaml': `name: shop\nsecrets: [API_TOKEN]\nassets:\n  a: { secrets: [API_TOKEN], run: 'echo "it is $API_TOKEN"; test "$(printf %s "$API_TOKEN" | wc -c)" -eq 13; until test -e "$SHARED/go"; do sleep 0.05; done' }\n`,
    });
    let waited = false;
    const wave = await runWave(rig, {
      event: everything,
      run: 41,
      // As a called workflow hands them over.
      env: { BRANCHLINE_SECRET_ENV: 'API_TOKEN=sesame-open-1\nREGION="eu"\n' },
      async onShard(_, job) {
        const other = await rig.run({
          event: everything,
          run: 41,
          action: 'execute',
          job: 'execute',
          runnerName: 'other 41',
          isFollowed: true,
          with: { shard: 's000', 'plan-digest': '0'.repeat(64) },
        });
        expect(other).toMatchObject({ code: 3, outputs: { status: 'refused' } });
        expect(other.summary).toContain('uploaded no plan with the digest');
        writeFileSync(join(rig.shared, 'go'), '');
        await until(() => job.log().includes('s000'));
        waited = true;
      },
    });
    expect(waited).toBe(true);
    expect(wave.shards.get('s000')!.log).toContain('it is ***');
    expect(rig.allBytes()).not.toContain('sesame-open-1');
    expect(wave.finalize).toMatchObject({ code: 0, outputs: { status: 'success' } });
    const again = await rig.run({
      event: everything,
      run: 41,
      attempt: 2,
      action: 'execute',
      job: 'execute',
      with: { shard: 's000', 'plan-digest': wave.plan.outputs['plan-digest']! },
    });
    expect(again).toMatchObject({ code: 0, outputs: { status: 'nothing' } });
    expect(again.log).toContain('The plan is of attempt 1');
  });
});

test('what has no partitions yet is left out of what a push shares out, and is told', async () => {
  rig = await makeActionRig({
    'branchline.yaml': `name: shop
environments: { production: { build_on_push: "*" } }
assets:
  a: { run: 'echo a >> "$SHARED/log"' }
  b: { partitions: { dynamic: customers }, run: 'echo b >> "$SHARED/log"' }
`,
  });
  const wave = await runWave(rig, { event: (place) => pushEvent({ ...place }), run: 71 });
  expect(wave.plan).toMatchObject({ code: 0, outputs: { status: 'success', 'has-work': 'true' } });
  expect(wave.plan.summary).toContain('b has no partitions yet: it is left out.');
  expect(readFileSync(join(rig.shared, 'log'), 'utf8')).toBe('a\n');
  expect(await endedStates()).toEqual(['SUCCESS']);
});

test('what a push cannot build keeps nothing of what was due from being shared out', async () => {
  rig = await makeActionRig(unbuildablePush);
  rig.github.git.date = new Date('2026-11-20T12:00:00Z');
  await runWave(rig, { event: tick, run: 71 });
  rig.github.git.date = new Date('2026-11-21T02:30:00Z');
  const wave = await runWave(rig, { event: (place) => pushEvent({ ...place }), run: 72 });
  expect(wave.plan).toMatchObject({ code: 0, outputs: { status: 'success', 'has-work': 'true' } });
  expect(wave.plan.log).toContain('##[error]b has no partitions yet.');
  expect(wave.plan.summary).toContain('b has no partitions yet.');
  expect(readFileSync(join(rig.shared, 'log'), 'utf8')).toBe('a\n');
  expect(await endedStates()).toEqual(['SUCCESS']);
});
