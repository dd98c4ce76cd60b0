import { afterEach, describe, expect, test } from 'vitest';
import type { Operand } from '../src/model/automation.ts';
import { type CliProject, makeCliProject, type RunJson } from '../src/testing/cli-project.ts';

let project: CliProject;
afterEach(() => project.remove());

interface TickJson {
  readonly runs: readonly RunJson[];
  readonly automation: {
    readonly asked: readonly {
      readonly run: string;
      readonly assets: readonly string[];
      readonly partitions?: string;
    }[];
    readonly left: readonly { readonly asset: string; readonly partitions: number }[];
  };
}

const tick = (...more: string[]): Promise<TickJson> => project.json<TickJson>(['tick', ...more]);
/** What the runs of a tick made, run by run. */
const made = ({ runs }: TickJson): string[][] =>
  runs.map(({ events }) =>
    events.flatMap((event) =>
      event.type === 'asset.materialized'
        ? [event.partition === undefined ? event.asset : `${event.asset}@${event.partition}`]
        : [],
    ),
  );
const copy = (from: string, to: string): string =>
  `run: "cp data/${from}.csv data/${to}.csv", outputs: [data/${to}.csv]`;
const source = 'run: "mkdir -p data && cp source.csv data/raw.csv", outputs: [data/raw.csv]';

/** A source that people make, and a chain that follows it by itself. */
const chain = `name: chain
assets:
  raw: { ${source} }
  clean: { deps: [raw], ${copy('raw', 'clean')}, automation: eager }
  board: { deps: [clean], ${copy('clean', 'board')}, automation: eager }
  apart: { deps: [raw], ${copy('raw', 'apart')} }
`;

describe('eager', () => {
  test('what an upstream changes is made by the next tick, in one run, and once', async () => {
    project = makeCliProject({ 'branchline.yaml': chain, 'source.csv': '1\n' });
    // Nothing to read yet: nothing is asked for.
    expect(made(await tick())).toEqual([]);
    await project.json(['run', '--select', 'key:raw']);
    const first = await tick();
    expect(made(first)).toEqual([['clean', 'board']]);
    expect(first.automation.asked).toMatchObject([{ assets: ['clean', 'board'] }]);
    expect(made(await tick())).toEqual([]);

    // Made again with the same data: nothing has changed for whoever reads it.
    await project.json(['run', '--select', 'key:raw']);
    expect(made(await tick())).toEqual([]);

    project.write('source.csv', '2\n');
    await project.json(['run', '--select', 'key:raw']);
    expect(await tick('--dry-run')).toMatchObject({
      runs: [],
      automation: { asked: [{ assets: ['clean', 'board'] }] },
    });
    expect(made(await tick())).toEqual([['clean', 'board']]);
    expect(project.read('data/board.csv')).toBe('2\n');
    // Data that comes back is new again.
    project.write('source.csv', '1\n');
    await project.json(['run', '--select', 'key:raw']);
    expect(made(await tick())).toEqual([['clean', 'board']]);
    expect((await project.state()).problems).toEqual([]);
  });

  test('a schedule makes the source, and the same tick what follows it', async () => {
    project = makeCliProject({
      'branchline.yaml': `${chain}schedules:\n  nightly: { cron: "30 2 * * *", selection: "key:raw" }\n`,
      'source.csv': '1\n',
    });
    await tick('--now', '2026-11-20T12:00:00Z');
    const due = await tick('--now', '2026-11-21T02:41:00Z');
    expect(made(due)).toEqual([['raw'], ['clean', 'board']]);
    const { view, problems } = await project.state();
    expect(problems).toEqual([]);
    expect([...view.endedRuns.values()].map(({ request }) => request.kind).sort()).toEqual(['automation', 'schedule']);
  });

  test('what fails is not asked for again until something else is there to read', async () => {
    const failing = chain.replace(
      'cp data/raw.csv data/clean.csv',
      'test $(cat data/raw.csv) != 1 && cp data/raw.csv data/clean.csv',
    );
    project = makeCliProject({ 'branchline.yaml': failing, 'source.csv': '1\n' });
    await project.json(['run', '--select', 'key:raw']);
    const first = await project.json<TickJson>(['tick'], 1);
    expect(first.runs).toMatchObject([{ state: 'FAILURE' }]);
    for (let n = 0; n < 3; n++) expect((await tick()).runs).toEqual([]);
    // A person tries it: that counts as handled as well.
    await project.json(['run', '--select', 'key:clean'], 1);
    expect((await tick()).runs).toEqual([]);
    project.write('source.csv', '2\n');
    await project.json(['run', '--select', 'key:raw']);
    expect(made(await tick())).toEqual([['clean', 'board']]);
    // A person who fails on new data leaves nothing to be asked for either.
    project.write('source.csv', '1\n');
    await project.json(['run', '--select', 'key:raw']);
    await project.json(['run', '--select', 'key:clean'], 1);
    expect((await tick()).runs).toEqual([]);
  });

  test('a chain with tags that differ goes step by step, in one tick all the same', async () => {
    const tagged = chain.replace(
      'automation: eager }\n  apart',
      'automation: eager, tags: { branchline/priority: 3 } }\n  apart',
    );
    project = makeCliProject({ 'branchline.yaml': tagged, 'source.csv': '1\n' });
    await project.json(['run', '--select', 'key:raw']);
    const done = await tick();
    expect(made(done)).toEqual([['clean'], ['board']]);
    const { view } = await project.state();
    expect([...view.endedRuns.values()].map(({ tags }) => tags['branchline/priority']).filter(Boolean)).toEqual(['3']);
  });
});

describe('explain', () => {
  interface ExplainJson {
    readonly partition?: string;
    readonly verdict: { readonly verdict: string; readonly reason: string };
    readonly stale: { readonly reason: string } | null;
    readonly madeBy: { readonly schedules: readonly { readonly schedule: string }[]; readonly jobs: readonly string[] };
    readonly automation?: {
      readonly rule: string;
      readonly condition: Operand;
      readonly asksFor: readonly { readonly assets: readonly string[]; readonly partitions?: string }[];
    };
    readonly runs: readonly unknown[];
  }
  const explain = (...args: string[]): Promise<ExplainJson> => project.json<ExplainJson>(['explain', ...args]);
  /** Operands that are not true, innermost. */
  const obstacles = ({ operand, isTrue, of = [] }: Operand): string[] =>
    isTrue ? [] : of.length === 0 ? [operand] : of.flatMap(obstacles);

  test('says which operands are true, what the next tick asks for, and why it asks for nothing', async () => {
    project = makeCliProject({
      'branchline.yaml': `${chain}jobs:\n  all: { selection: "*" }\nschedules:\n  nightly: { cron: "30 2 * * *", job: all }\n`,
      'source.csv': '1\n',
    });
    const before = await explain('clean');
    expect(before).toMatchObject({
      verdict: { verdict: 'skip', reason: 'upstream_skipped' },
      stale: { reason: 'never_materialized' },
      madeBy: { schedules: [{ schedule: 'nightly' }], jobs: ['all'] },
      automation: { rule: 'eager', asksFor: [] },
    });
    expect(obstacles(before.automation!.condition)).toEqual(['no_dep_missing']);
    await project.json(['run', '--select', 'key:raw']);
    const ready = await explain('board');
    expect(ready.automation).toMatchObject({ condition: { isTrue: true }, asksFor: [{ assets: ['clean', 'board'] }] });
    await tick();
    const after = await explain('clean');
    expect(after).toMatchObject({ verdict: { reason: 'up_to_date' }, stale: null, automation: { asksFor: [] } });
    expect(obstacles(after.automation!.condition)).toEqual(['missing', 'dep_updated']);
    const text = (await project.run(['explain', 'clean'])).stdout;
    expect(text).toMatch(/✗ raw updated since it was last handled: no, \d{4}-\d\d-\d\d \d\d:\d\d UTC/);
    expect(text).toContain('The next tick asks for nothing of it.');
    expect(await explain('raw')).not.toHaveProperty('automation');
  });

  test('says what guards against a loop', async () => {
    project = makeCliProject({
      'branchline.yaml': chain.replace('cp data/raw.csv data/clean.csv', 'false'),
      'source.csv': '1\n',
    });
    await project.json(['run', '--select', 'key:raw']);
    const [run] = (await project.json<TickJson>(['tick'], 1)).runs;
    const failed = await explain('clean');
    expect(obstacles(failed.automation!.condition)).toEqual(['not_handled']);
    expect(failed.automation!.condition.of).toContainEqual(
      expect.objectContaining({ operand: 'not_handled', run: run!.run }),
    );
    const { stdout } = await project.run(['explain', 'clean']);
    expect(stdout).toContain('✗ no run for these data is asked for or has failed: no, asked for or begun');
    expect(stdout).toContain(`\`branchline retry ${run!.run}\` or \`branchline run --select 'key:"clean"'\` makes it`);
  });

  test('of a partition, of a name that there is not, of a key that there is not', async () => {
    project = makeCliProject({
      'branchline.yaml': `name: cut
partitions: { regions: { static: [eu, us] } }
assets:
  raw: { partitions: regions, run: "mkdir -p data && touch data/$BRANCHLINE_PARTITION", outputs: ["data/\${{ partition.key }}"], automation: on_missing }
`,
    });
    expect(await explain('raw', '--partition', 'eu')).toMatchObject({
      partition: 'eu',
      automation: {
        condition: { operand: 'on_missing', isTrue: true },
        asksFor: [{ partitions: 'eu' }, { partitions: 'us' }],
      },
    });
    await project.json(['backfill', 'start', '--select', 'key:raw', '--partitions', 'eu', '--detach']);
    expect(await explain('raw', '--partition', 'eu')).toMatchObject({ runs: [{ state: 'QUEUED' }] });
    expect(await explain('raw', '--partition', 'us')).toMatchObject({ runs: [] });
    expect((await explain('raw')).runs).toHaveLength(1);
    await tick();
    expect(await explain('raw')).toMatchObject({ partition: 'us', automation: { condition: { isTrue: false } } });
    const refused = async (...args: string[]): Promise<string> => (await project.run(['explain', ...args])).stderr;
    expect(await refused('rwa')).toContain('did you mean `raw`?');
    expect(await refused('raw', '--partition', 'ue')).toContain('the nearest: eu');
    expect(await refused('raw', '--partition', 'eu...us')).toContain('one is explained at a time');
  });
});

describe('on_cron', () => {
  const onCron = chain.replaceAll('automation: eager', 'automation: { on_cron: { cron: "0 6 * * *" } }');
  const cronTick = (now: string): Promise<TickJson> => tick('--now', now);

  test('waits for the tick and for what it reads, and comes once a tick', async () => {
    const scheduled = `${onCron}schedules:\n  raw: { cron: "20 6 * * *", selection: "key:raw" }\n`;
    project = makeCliProject({ 'branchline.yaml': scheduled, 'source.csv': '1\n' });
    // It counts from now on: the tick of this morning is nobody's.
    expect(made(await cronTick('2026-11-20T12:00:00Z'))).toEqual([]);
    const { view } = await project.state();
    expect(view.assets.get('clean')?.onCron?.from).toMatch(/^2026-11-20T12:00:00/);
    const { automation } = await project.json<{ automation?: { next?: object } }>(['explain', 'clean']);
    expect(automation!.next).toMatchObject({ at: expect.stringMatching(/T06:00:00/), timezone: 'UTC' });
    expect((await project.run(['explain', 'clean'])).stdout).toMatch(/The next one: \d{4}-\d\d-\d\d 06:00 UTC\./);
    // The tick is over, and what it reads is not there.
    expect(made(await cronTick('2026-11-21T06:10:00Z'))).toEqual([]);
    expect(made(await cronTick('2026-11-21T06:25:00Z'))).toEqual([['raw'], ['clean', 'board']]);
    expect(made(await cronTick('2026-11-21T07:25:00Z'))).toEqual([]);
    // On the next day the source has nothing new: it comes all the same.
    expect(made(await cronTick('2026-11-22T06:25:00Z'))).toEqual([['raw'], ['clean', 'board']]);
    // An edited rule replays nothing.
    project.write('branchline.yaml', scheduled.replaceAll('"0 6 ', '"0 8 '));
    expect(made(await cronTick('2026-11-22T09:00:00Z'))).toEqual([]);
    expect(made(await cronTick('2026-11-23T06:25:00Z'))).toEqual([['raw']]);
    expect(made(await cronTick('2026-11-23T08:25:00Z'))).toEqual([]);
    expect((await project.state()).problems).toEqual([]);
  });
});

describe('on_missing', () => {
  test('makes the partitions that are not there, as far as one pass goes, and tells of the rest', async () => {
    const days = `name: missing
partitions:
  days: { daily: { start: "2026-11-01" } }
assets:
  raw:
    partitions: days
    run: 'mkdir -p data/raw && echo $BRANCHLINE_PARTITION > data/raw/$BRANCHLINE_PARTITION.csv'
    outputs: ["data/raw/\${{ partition.key }}.csv"]
    backfill_policy: { multi_run: { max_partitions_per_run: 10 } }
    automation: on_missing
  copy:
    partitions: days
    deps: [raw]
    run: 'mkdir -p data/copy && cp data/raw/$BRANCHLINE_PARTITION.csv data/copy/'
    outputs: ["data/copy/\${{ partition.key }}.csv"]
    automation: eager
`.replace(
      "run: 'mkdir -p data/raw && echo $BRANCHLINE_PARTITION > data/raw/$BRANCHLINE_PARTITION.csv'",
      `shell: python
    run: |
      import json, os
      os.makedirs('data/raw', exist_ok=True)
      for key in json.loads(os.environ['BRANCHLINE_PARTITIONS']):
          open(f'data/raw/{key}.csv', 'w').write(key)`,
    );
    project = makeCliProject({ 'branchline.yaml': days });
    const first = await tick('--now', '2026-11-21T02:00:00Z');
    // The newest window of `copy` goes along with that of `raw`.
    expect(first.runs.map(({ state }) => state)).toEqual(first.runs.map(() => 'SUCCESS'));
    expect(
      made(first)
        .flat()
        .filter((name) => name.startsWith('raw@')),
    ).toHaveLength(20);
    expect(
      made(first)
        .flat()
        .filter((name) => name.startsWith('copy@')),
    ).toEqual(['copy@2026-11-20']);
    expect(made(await tick('--now', '2026-11-21T03:00:00Z'))).toEqual([]);
    // Each with its own policy, so one waits for the other; the same tick goes on.
    expect(made(await tick('--now', '2026-11-22T03:00:00Z'))).toEqual([['raw@2026-11-21'], ['copy@2026-11-21']]);
    expect((await project.state()).problems).toEqual([]);
  });
});
