import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ActionRig, click, type EventOf, makeActionRig, schedule } from '../src/testing/action-rig.ts';
import { until } from '../src/testing/cli-project.ts';
import { pullRequestEvent, pushEvent, repositoryDispatchEvent, scheduleEvent } from '../src/testing/github/events.ts';
import { unzipTexts } from '../src/testing/github/zip-listing.ts';

let rig: ActionRig;
afterEach(() => rig.stop());

/** Two assets that keep nothing on the machine: each job has a new one. */
const manifest = (first = 'true', second = 'true') => `name: shop
assets:
  a: { run: ${JSON.stringify(first)} }
  b: { deps: [a], run: ${JSON.stringify(second)} }
schedules:
  nightly: { selection: "*", cron: "30 2 * * *" }
`;
/** A step that waits for the test: it touches `waiting` and goes on when there is `go`. */
const waits = 'touch "$SHARED/waiting"; until test -e "$SHARED/go"; do sleep 0.05; done';

const at = (instant: string): void => {
  rig.github.git.date = new Date(instant);
};
const shared = (name: string): string => join(rig.shared, name);

/** A repository whose schedule has been adopted, and is due once. */
async function dueRig(text = manifest()): Promise<void> {
  rig = await makeActionRig({ 'branchline.yaml': text });
  at('2026-11-20T12:00:00Z');
  expect(await rig.run({ event: schedule })).toMatchObject({ code: 0, outputs: { status: 'nothing' } });
  at('2026-11-21T02:41:00Z');
}

async function runStates(): Promise<string[]> {
  const { view, problems } = await rig.state();
  expect(problems).toEqual([]);
  expect([...view.openRuns.values()].map(({ run, state }) => `${run} ${state}`)).toEqual([]);
  expect([...view.claims.keys()]).toEqual([]);
  return [...view.endedRuns.values()].map(({ state }) => state).sort();
}

describe('a scheduled event', () => {
  test('with work due ends in a state commit, a summary and outputs; the same again does nothing and says why', async () => {
    await dueRig();
    const due = await rig.run({ event: schedule });
    const { log } = await rig.state();
    expect(due).toMatchObject({
      code: 0,
      outputs: {
        status: 'success',
        'has-work': 'true',
        'changed-assets': '["a","b"]',
        'changed-count': '2',
        'state-commit': log[0]!.commit,
        'report-url': expect.stringMatching(/\/acme\/shop\/tree\/branchline\/state$/),
      },
      annotations: [],
      refusedCommands: [],
      droppedOutputs: [],
      post: { code: 0, raw: '' },
    });
    expect(JSON.parse(due.outputs['run-ids']!)).toHaveLength(1);
    expect(due.outputs['plan-digest']).toMatch(/^[0-9a-f]{64}$/);
    // However often the server is asked.
    expect(due.log.match(/This machine's clock is \d+ days?( \d+ h)? ahead of the server's/g)).toHaveLength(1);
    expect(due.summary).toMatch(/^### shop: 2 passed\n/);
    // A slow machine is later, and billed for longer.
    expect(due.summary).toMatch(/the tick came (1[1-9]|[2-5]\d) min (\d+ s )?late/);
    expect(due.summary).toMatch(/\d+ minutes? billed on `ubuntu-latest` \(\$0\.\d+\)/);
    expect(due.summary).toContain(`/acme/shop/commit/${log[0]!.commit}`);
    const message = rig.github.sandbox.git(rig.github.origin, 'log', '-1', '--format=%B', log[0]!.commit);
    expect(message).toContain(`\nRun: ${JSON.parse(due.outputs['run-ids']!)[0]}\n`);
    expect(message).toMatch(/^Workflow-Run: \d+$/m);
    expect(await runStates()).toEqual(['SUCCESS']);

    const again = await rig.run({ event: schedule });
    expect(again).toMatchObject({ code: 0, outputs: { status: 'nothing', 'has-work': 'false', 'run-ids': '[]' } });
    const [run] = JSON.parse(due.outputs['run-ids']!) as string[];
    const why = `nightly of 2026-11-21 02:30 UTC was judged already (run ${run}: SUCCESS)`;
    expect(again.log).toContain(why);
    expect(again.summary).toContain(why);
    expect((await rig.state()).log).toHaveLength(log.length);
  });

  test('two at once: one does it, the other says who does', async () => {
    await dueRig(manifest(waits));
    const one = rig.start({ event: schedule, run: 101 });
    await until(() => existsSync(shared('waiting')));
    const other = await rig.run({ event: schedule, run: 102 });
    expect(other).toMatchObject({ code: 0, outputs: { status: 'nothing' } });
    expect(other.summary).toContain('workflow run 101');
    expect(other.summary).toContain('is at work on it');
    writeFileSync(shared('go'), '');
    expect(await rig.end(one)).toMatchObject({ code: 0, outputs: { status: 'success' } });
    expect(await runStates()).toEqual(['SUCCESS']);
  });

  test('whose steps fail says so at the line that defines them, first in the summary, and as exit code', async () => {
    await dueRig(manifest('echo looking; echo ::error::no; echo "##[endgroup]"; exit 3'));
    const end = await rig.run({ event: schedule });
    expect(end).toMatchObject({ code: 1, outputs: { status: 'failure' }, groups: ['a'] });
    expect(end.annotations).toEqual([
      expect.objectContaining({ level: 'error', title: 'a failed', file: 'branchline.yaml', line: 3, column: 3 }),
    ]);
    expect(end.summary).toMatch(/^### shop: 1 failed, 1 skipped\n/);
    expect(end.summary).toContain('<details><summary>a: ');
    expect(end.summary).toContain('looking');
    expect(end.summary).toContain('**After a fix:** *Run workflow* with command `run`, select `key:a+`');
    // What it printed is in a group of its own, and none of it is a command.
    expect(end.raw).toMatch(/^::group::a\n::stop-commands::[0-9a-f]{32}\nlooking\n/m);
    expect(end.raw).not.toMatch(/^::error::no|##\[endgroup/m);
    expect(await runStates()).toEqual(['FAILURE']);
  });
});

describe('a job that is canceled', () => {
  beforeEach(() => dueRig(manifest('true', waits)));

  test.each([7_500, 50])(
    'records what had finished, also when SIGTERM comes %i ms later; the next one goes on',
    async (term) => {
      const job = rig.start({ event: schedule, cancelMs: { term, kill: 60_000 } });
      await until(() => existsSync(shared('waiting')));
      job.cancel();
      const end = await rig.end(job);
      expect(end).toMatchObject({ code: 130, outputs: { status: 'canceled', 'changed-assets': '["a"]' } });
      expect(end.summary).toMatch(/^### shop: canceled: 1 passed, 1 skipped/);
      expect(end.post).toMatchObject({ code: 0, raw: '' });
      expect(await runStates()).toEqual(['CANCELED']);
      writeFileSync(shared('go'), '');
      at('2026-11-22T02:41:00Z');
      const next = await rig.run({ event: schedule });
      expect(next).toMatchObject({ code: 0, outputs: { 'changed-assets': '["a","b"]' } });
    },
  );

  test('and killed before it can record leaves its journal to post, which ends what it held', async () => {
    const job = rig.start({ event: schedule, cancelMs: { term: 0, kill: 0 } });
    await until(() => existsSync(shared('waiting')));
    job.cancel();
    const end = await rig.end(job);
    expect(end.code).toBeUndefined();
    expect(end.post).toMatchObject({ code: 0 });
    expect(end.post?.log).toContain('What this job had begun is recorded.');
    expect(await runStates()).toEqual(['FAILURE']);
    expect((await rig.state()).view.assets.get('a')).toMatchObject({ attempt: { outcome: 'success' } });
  });

  test('and refused by the server loses nothing: the journal becomes an artifact, with the command for it', async () => {
    const job = rig.start({ event: schedule, cancelMs: { term: 0, kill: 0 } });
    await until(() => existsSync(shared('waiting')));
    rig.github.git.fail('advertise-push', 403, 1_000);
    job.cancel();
    const end = await rig.end(job);
    const [artifact] = rig.github.results.artifacts.artifacts;
    expect(artifact?.name).toMatch(/^bl-journal-w.*-a1$/);
    const command = /branchline state replay (\S+) --environment production/.exec(end.post?.log ?? '');
    expect(command?.[1]).toMatch(/^shop\/journals\/production\/.*\.jsonl$/);
    expect((await rig.state()).view.assets.get('a')?.materialized).toBeUndefined();

    // Somebody does what the message says.
    const journal = unzipTexts(rig.github.results.artifacts.archive(artifact!.name)!).get(command![1]!);
    writeFileSync(shared('journal.jsonl'), journal!);
    const options = ['--environment', 'production', '--yes'];
    const replayed = await rig.commandLine(['state', 'replay', shared('journal.jsonl'), ...options]);
    expect(replayed).toMatchObject({ code: 0 });
    expect((await rig.state()).view.assets.get('a')).toMatchObject({ attempt: { outcome: 'success' } });
  });
});

describe('a journal that a job could not push', () => {
  test('is taken in by the next job that finds its run lost, before it judges it', async () => {
    await dueRig(manifest('echo x >> "$SHARED/a"', waits));
    const job = rig.start({ event: schedule, run: 101, cancelMs: { term: 0, kill: 0 } });
    await until(() => existsSync(shared('waiting')));
    rig.github.git.fail('advertise-push', 403, 1_000);
    job.cancel();
    await rig.end(job);
    expect(rig.github.results.artifacts.artifacts.map(({ name }) => name)).toEqual([
      expect.stringMatching(/^bl-journal-w/),
    ]);
    expect((await rig.state()).view.assets.get('a')?.materialized).toBeUndefined();
    rig.github.git.mend();
    writeFileSync(shared('go'), '');
    const next = await rig.run({ event: schedule, run: 102 });
    expect(next.log).toContain('was cut off before. What it had finished is kept');
    expect((await rig.state()).view.assets.get('a')).toMatchObject({ attempt: { outcome: 'success' } });
    expect(readFileSync(shared('a'), 'utf8')).toBe('x\n');
    const types = (await rig.state()).view.endedRuns;
    expect([...types.values()].map(({ counts }) => counts?.materialized)).toEqual([1]);
  });

  test('is kept also where a step took the repository away', async () => {
    await dueRig(manifest('true', `rm -rf .git; ${waits}`));
    const job = rig.start({ event: schedule, run: 101, cancelMs: { term: 0, kill: 0 } });
    await until(() => existsSync(shared('waiting')));
    job.cancel();
    const end = await rig.end(job);
    expect(end.post?.log).toContain('is not inside of a git repository');
    expect(end.post?.log).toMatch(/branchline state replay shop\/journals\/production\/\S+\.jsonl/);
    expect(rig.github.results.artifacts.artifacts.map(({ name }) => name)).toEqual([
      expect.stringMatching(/^bl-journal-w/),
    ]);
  });

  test('names no database that its branch of data never got: the one that is there counts, with what is in it', async () => {
    await dueRig(`name: shop
connections:
  w: { type: duckdb, path: data/w.duckdb, storage: { type: branch } }
assets:
  a: { connection: w, sql: "select 1 as n" }
  b: { connection: w, sql: "select 2 as n" }
  c: { deps: [b], run: ${JSON.stringify(`if test -e "$SHARED/slow"; then ${waits}; fi`)} }
schedules:
  nightly: { selection: "*", cron: "30 2 * * *" }
`);
    expect(await rig.run({ event: schedule, run: 100 })).toMatchObject({ outputs: { status: 'success' } });
    const file = async () => (await rig.state()).view.connections.get('w')?.file;
    const first = await file();
    writeFileSync(shared('slow'), '');
    const job = rig.start({ event: click({ command: 'run', select: 'key:b+' }), run: 101 });
    await until(() => existsSync(shared('waiting')));
    rig.github.git.fail('advertise-push', 403, 1_000);
    writeFileSync(shared('go'), '');
    await rig.end(job);
    rig.github.git.mend();
    expect(rig.github.results.artifacts.artifacts.map(({ name }) => name)).toEqual([
      expect.stringMatching(/^bl-journal-w/),
    ]);
    at('2026-11-22T02:41:00Z');
    rmSync(shared('slow'));
    const next = await rig.run({ event: schedule, run: 102 });
    expect(next.log).toContain('counts up to the first file that its job could not push to its branch of data');
    expect(next).toMatchObject({ code: 0, outputs: { status: 'success' } });
    expect(next.log).not.toContain('data lost');
    expect((await file())?.blob).not.toBe(first?.blob);
    expect((await rig.state()).view.connections.get('w')?.unsaved).toEqual({});
  });
});

describe('a re-run', () => {
  test('of a click that succeeded does nothing and says so; of one that failed makes what had failed', async () => {
    const text = manifest('echo x >> "$SHARED/a"', 'test -e "$SHARED/go"');
    rig = await makeActionRig({ 'branchline.yaml': text });
    const job = { event: click({ command: 'run', select: 'key:*' }), run: 77 };
    expect(await rig.run(job)).toMatchObject({ code: 1, outputs: { 'changed-assets': '["a"]' } });
    // Delivered once more as it was.
    const known = await rig.run(job);
    expect(known).toMatchObject({ code: 0, outputs: { status: 'nothing' } });
    expect(known.summary).toContain('was this request and is over (FAILURE). Nothing was done about it here.');
    writeFileSync(shared('go'), '');
    const second = await rig.run({ ...job, attempt: 2 });
    expect(second).toMatchObject({ code: 0, outputs: { 'changed-assets': '["b"]' } });
    const third = await rig.run({ ...job, attempt: 3 });
    expect(third).toMatchObject({ code: 0, outputs: { status: 'nothing' } });
    expect(third.summary).toContain('is over (SUCCESS)');
    expect(readFileSync(shared('a'), 'utf8')).toBe('x\n');
    expect(await runStates()).toEqual(['FAILURE', 'SUCCESS']);
  });

  test('on an old commit judges no schedules and says so', async () => {
    await dueRig();
    const old = rig.github.head('refs/heads/main')!;
    // Commit times have whole seconds.
    await new Promise((done) => setTimeout(done, 1_100));
    rig.github.commit({ 'branchline.yaml': manifest('echo new') });
    expect(await rig.run({ event: schedule })).toMatchObject({ outputs: { status: 'success' } });
    at('2026-11-22T02:41:00Z');
    const rerun = await rig.run({ event: schedule, checkout: old, attempt: 2 });
    expect(rerun).toMatchObject({ code: 0, outputs: { status: 'nothing' } });
    expect(rerun.summary).toContain('No schedule was judged: a newer commit of the code has ticked before.');
    expect(await runStates()).toEqual(['SUCCESS']);
  });
});

describe('other events', () => {
  beforeEach(() => dueRig());

  test('an empty click ticks, and so does a heartbeat from outside', async () => {
    expect(await rig.run({ event: click({}) })).toMatchObject({ outputs: { 'changed-assets': '["a","b"]' } });
    at('2026-11-22T02:41:00Z');
    const beat = await rig.run({ event: (place) => repositoryDispatchEvent(place) });
    expect(beat).toMatchObject({ code: 0, outputs: { 'has-work': 'true' } });
  });

  test('a click elsewhere plans only', async () => {
    rig.github.commit({}, { branch: 'topic' });
    const end = await rig.run({ event: click({ command: 'run', reason: 'a look' }, 'topic') });
    expect(end).toMatchObject({ code: 0, outputs: { status: 'success', 'has-work': 'true' } });
    expect(end.summary).toMatch(/^### shop: would run 2 steps\n/);
    expect(end.summary).toContain('Asked for because: a look');
    expect(end.summary).toContain('This is a plan: nothing was run.');
    // The plan is kept nowhere that anybody could name it.
    expect(end.summary).not.toContain('--plan');
    expect(end.outputs['plan-digest']).toMatch(/^[0-9a-f]{64}$/);
    expect(await runStates()).toEqual([]);
  });

  test('a push to main ticks, elsewhere the manifests are checked, each mistake at its line', async () => {
    const ticked = await rig.run({ event: (place) => pushEvent(place) });
    expect(ticked).toMatchObject({ outputs: { 'changed-assets': '["a","b"]' } });
    rig.github.commit({ 'branchline.yaml': manifest().replace('deps: [a]', 'depz: [a]') }, { branch: 'topic' });
    const event: EventOf = (place) => pushEvent({ ...place, branch: 'topic' });
    const end = await rig.run({ event });
    expect(end).toMatchObject({ code: 2, outputs: { status: 'failure' } });
    expect(end.annotations).toEqual([
      expect.objectContaining({ title: 'unknown-key', file: 'branchline.yaml', line: 4, column: 8 }),
    ]);
    expect(end.summary).toMatch(/^### Branchline: 1 problem\n/);
    expect((await rig.run({ event, with: { 'fail-on': 'never' } })).code).toBe(0);
  });

  test('a tick with broken manifests does nothing', async () => {
    rig.github.commit({ 'branchline.yaml': manifest().replace('deps: [a]', 'deps: [nowhere]') });
    expect(await rig.run({ event: schedule })).toMatchObject({ code: 2, outputs: { status: 'failure' } });
    expect(await runStates()).toEqual([]);
  });

  test('a pull request that is closed, and what is not understood', async () => {
    const ends = { head: { sha: 'b'.repeat(40), branch: 'topic' }, base: { sha: 'c'.repeat(40), branch: 'main' } };
    const pull: EventOf = (place) => pullRequestEvent({ ...place, ...ends, number: 7, action: 'closed' });
    const closed = await rig.run({ event: pull });
    expect(closed).toMatchObject({ code: 0, outputs: { status: 'nothing' } });
    expect(closed.summary).toContain('Pull request 7 is closed.');
    const unknown = await rig.run({ event: (place) => ({ ...scheduleEvent(place), name: 'issue_comment' }) });
    expect(unknown).toMatchObject({ code: 2, outputs: { status: 'failure' } });
    expect(unknown.log).toContain('workflow_dispatch, pull_request, merge_group and workflow_run');
    const elsewhere = await rig.run({ event: click({}, 'topic'), with: { command: 'tick' } });
    expect(elsewhere).toMatchObject({ code: 2 });
    expect(elsewhere.summary).toContain('Production is written from main only');
  });

  test('a job without a checkout, and one that looks in another folder, are told what to write', async () => {
    const bare = await rig.run({ event: schedule, checkout: 'none' });
    expect(bare).toMatchObject({ code: 2, outputs: { status: 'failure' } });
    expect(bare.summary).toContain('Nothing is checked out here');
    expect(bare.summary).toMatch(/^- uses: actions\/checkout@[0-9a-f]{40} # v/m);
    const elsewhere = await rig.run({ event: schedule, with: { project: './sales/' } });
    expect(elsewhere).toMatchObject({ code: 2, outputs: { status: 'failure' } });
    expect(elsewhere.summary).toContain('The repository has no folder `sales`');
    expect(elsewhere.summary).toContain('The input `project` names');
  });

  test('wrong inputs are all told at once', async () => {
    const end = await rig.run({ event: schedule, with: { command: 'tikc', 'time-budget': '5' } });
    expect(end.code).toBe(2);
    expect(end.log).toContain('did you mean `tick`?');
    expect(end.summary).toContain('time-budget');
  });

  test('what reads is handed to the command line, and nothing that it prints is a command', async () => {
    const end = await rig.run({ event: schedule, with: { command: 'state log' } });
    expect(end.code).toBe(0);
    expect(end.raw).toMatch(/^::stop-commands::([0-9a-f]{32})$[\s\S]*schedules begin: nightly[\s\S]*^::\1::$/m);
    expect(end.outputs).toMatchObject({ status: 'success' });
    expect(end.summary).toMatch(/^### shop: branchline state log is done\n/);

    const failed = await rig.run({ event: schedule, with: { command: 'outputs get nothing' } });
    expect(failed).toMatchObject({ code: 2, outputs: { status: 'failure' } });
    expect(failed.summary).toMatch(/^### shop: branchline outputs get nothing ended with exit code 2\n/);
    expect(failed.annotations).toMatchObject([
      { level: 'error', title: 'branchline outputs get nothing ended with exit code 2' },
    ]);
  });
});

test('a push builds what it changed, once', async () => {
  const text = (a: string, b: string, c: string): string => `name: shop
environments: { production: { build_on_push: "changed:any+" } }
assets:
  a: { run: 'echo ${a} >> "$SHARED/made"' }
  b: { deps: [a], run: 'echo ${b} >> "$SHARED/made"' }
  c: { run: 'echo ${c} >> "$SHARED/made"' }
`;
  const push: EventOf = (place) => pushEvent({ ...place, before });
  rig = await makeActionRig({ 'branchline.yaml': text('a1', 'b1', 'c1') });
  let before = '0'.repeat(40);
  expect(await rig.run({ event: push })).toMatchObject({ code: 0, outputs: { 'changed-assets': '["a","b","c"]' } });
  before = rig.github.head('refs/heads/main')!;
  rig.github.commit({ 'branchline.yaml': text('a2', 'b1', 'c1') });
  const second = await rig.run({ event: push });
  expect(second).toMatchObject({ code: 0, outputs: { status: 'success', 'changed-assets': '["a","b"]' } });
  expect(second.summary).toContain(`compared with the code of ${before.slice(0, 7)}`);
  expect(second.summary).toContain('code changed: run');
  // Sources run at once, in any order.
  expect(readFileSync(shared('made'), 'utf8').split('\n').sort()).toEqual(['', 'a1', 'a2', 'b1', 'b1', 'c1']);
  const again = await rig.run({ event: push });
  expect(again).toMatchObject({ code: 0, outputs: { status: 'nothing', 'changed-assets': '[]' } });
  expect(again.summary).toContain('was this request and is over (SUCCESS). Nothing was done about it here.');
  expect(await runStates()).toEqual(['SUCCESS', 'SUCCESS']);
});

test('a token that may only read is told with the line to add', async () => {
  rig = await makeActionRig({ 'branchline.yaml': manifest('touch "$SHARED/a"') });
  const permissions = { contents: 'read', actions: 'read', metadata: 'read' } as const;
  const end = await rig.run({ event: click({ command: 'run' }), permissions });
  expect(end).toMatchObject({ code: 3, outputs: { status: 'refused' } });
  for (const text of [end.annotations[0]?.message, end.summary])
    expect(text).toMatch(/permissions:\n {2}contents: write/);
  expect(existsSync(shared('a'))).toBe(false);
});

test('a secret is in no byte of log, summary, outputs and commits, and reaches only the step that lists it', async () => {
  const print = 'echo "it is $MY_VALUE and ${API_KEY-none}"; echo "note=$MY_VALUE" >> "$BRANCHLINE_OUTPUT"; exit 4';
  await dueRig(manifest(print));
  const env = { MY_VALUE: 'plain hunter2 text', API_KEY: 'key-of-the-api-1' };
  const end = await rig.run({ event: schedule, with: { 'secret-env': 'MY_VALUE' }, env });
  expect(end).toMatchObject({ code: 1 });
  expect(end.raw).toContain('it is *** and none');
  // What the runner is told to hide has to be told to it.
  const said = end.raw.replaceAll(/^::add-mask::.*$/gm, '');
  const bytes = [said, end.summary, JSON.stringify(end.outputs), end.post?.raw, rig.allBytes()].join('\n');
  for (const value of Object.values(env)) {
    expect(bytes).not.toContain(value);
    expect(bytes).not.toContain(Buffer.from(value).toString('base64').slice(4, -4));
    expect(end.raw).toContain(`::add-mask::${value}`);
  }
  expect(bytes).not.toContain('ghs_');
});

test('a step sees nothing of the Action’s own, and asks for OIDC tokens only where it says so', async () => {
  const text = manifest('env > "$SHARED/a"', 'env > "$SHARED/b"').replace('b: {', 'b: { oidc: true,');
  await dueRig(text);
  const env = {
    ACTIONS_ID_TOKEN_REQUEST_URL: 'https://id.example.org',
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'id-of-the-job',
  };
  await rig.run({ event: schedule, env });
  const seen = (name: string): string[] =>
    readFileSync(shared(name), 'utf8')
      .split('\n')
      .map((line) => line.split('=')[0]!);
  const own = /^(INPUT_|STATE_|ACTIONS_|GITHUB_TOKEN|GIT_CONFIG_)/;
  expect(seen('a').filter((name) => own.test(name))).toEqual([]);
  expect(seen('a')).toContain('GITHUB_REPOSITORY');
  expect(
    seen('b')
      .filter((name) => own.test(name))
      .sort(),
  ).toEqual(Object.keys(env).sort());
});

test('what does not fit into the time budget waits, and the next tick carries it on', async () => {
  const budgetMs = 6_000;
  await dueRig(manifest(`echo x >> "$SHARED/a"; ${waits}`));
  const job = rig.start({ event: schedule, with: { 'time-budget': `${budgetMs / 1000}s` } });
  await until(() => existsSync(shared('waiting')));
  const started = performance.now();
  // What runs when the time is over may end.
  await until(() => performance.now() - started > budgetMs);
  writeFileSync(shared('go'), '');
  const first = await rig.end(job);
  expect(first).toMatchObject({ code: 0, outputs: { status: 'requeued', 'changed-assets': '["a"]' } });
  expect(first.summary).toContain('the rest waits for the next tick');
  const { view } = await rig.state();
  expect([...view.openRuns.values()].map(({ state }) => state)).toEqual(['QUEUED']);
  expect([...view.claims.keys()]).toEqual([]);
  const second = await rig.run({ event: schedule });
  expect(second).toMatchObject({ code: 0, outputs: { status: 'success', 'changed-assets': '["b"]' } });
  expect(second.outputs['run-ids']).toBe(first.outputs['run-ids']);
  expect(readFileSync(shared('a'), 'utf8')).toBe('x\n');
  expect(await runStates()).toEqual(['SUCCESS']);
});
