import { describe, expect, test } from 'vitest';
import type { BranchlineEvent, EventDraft } from '../model/events.ts';
import type { StateView } from '../model/state.ts';
import type { WaveRun, WaveShard } from '../model/wave.ts';
import { numberEvents } from '../state/codec.ts';
import { projectOf } from '../testing/project-builder.ts';
import { type HeardShard, hearShard } from './shard-rights.ts';

const project = projectOf({
  'branchline.yaml': `name: shop
env: { HOUSE: data, HERE: ./data/, ABOVE: near/deep/.. }
connections:
  near: { type: duckdb, path: "\${{ env.HERE }}/near.duckdb" }
  wh: { type: duckdb, path: data/wh.duckdb }
  other: { type: duckdb, path: data/other.duckdb }
assets:
  source: { run: "true", partitions: { static: [a] }, outputs: ["source/\${{ partition.key }}.txt"] }
  raw: { run: "true", deps: [source], outputs: ["\${{ env.HOUSE }}/raw.csv"] }
  tiles: { run: "true", outputs: ["data/tiles/**", "data/{x,y}-[0-9].txt"] }
  days:
    run: "true"
    partitions: { daily: { start: 2026-01-01 } }
    outputs: ["data/days/\${{ partition.key }}.csv"]
  cities: { run: "true", partitions: { dynamic: city }, outputs: ["data/cities/\${{ partition.key }}.csv"] }
  free: { run: "true", outputs: ["\${{ env.SOMEWHERE }}/free.csv"] }
  table: { run: "true", connection: wh }
  report: { run: "true", outputs: [data/report.md] }
  near: { run: "true", connection: near, outputs: ["\${{ env.HERE }}/near.csv", "\${{ env.ABOVE }}/*.txt"] }
  either: { run: "true", outputs: ["data/either/(a|b).csv"] }
  stated:
    sql: copy (select 1) to 'data/stated/x.csv'
    connection: wh
    materialized: none
    partitions: { daily: { start: 2026-01-01 } }
    outputs: ["data/stated/\${{ partition.key }}/*.csv"]
`,
});

const step = (id: string, asset: string, partitions?: readonly string[]) => ({
  id,
  step: asset,
  verdict: 'run',
  assets: [{ asset, verdict: 'run', reason: 'requested', detail: [] }],
  ...(partitions ? { partitions } : {}),
});
const run = {
  plan: {
    runId: 'r',
    environment: 'production',
    steps: [
      step('raw', 'raw'),
      step('tiles', 'tiles'),
      step('days@2026-01-01...2026-01-02', 'days', ['2026-01-01', '2026-01-02']),
      step('cities@b*rn', 'cities', ['b*rn']),
      step('free', 'free'),
      step('table', 'table'),
      step('near', 'near'),
      step('either', 'either'),
      step('stated@2026-01-01...2026-01-02', 'stated', ['2026-01-01', '2026-01-02']),
      step('report', 'report'),
      { ...step('old', 'old'), verdict: 'skip' },
    ],
  },
  claim: { claim: 'r.1', epoch: 1, connections: [{ name: 'wh' }, { name: 'other' }, { name: 'near' }] },
} as unknown as WaveRun;
const shard = {
  id: 's000',
  run: 'r',
  steps: [
    'raw',
    'tiles',
    'days@2026-01-01...2026-01-02',
    'cities@b*rn',
    'free',
    'table',
    'near',
    'either',
    'stated@2026-01-01...2026-01-02',
  ],
} as unknown as WaveShard;

const base = { at: '2026-11-22T09:00:00.000Z', run: 'r', epoch: 1 } as const;
const file = { digest: 'f'.repeat(64), bytes: 1, blob: 'b'.repeat(40) };

function made(id: string, paths: readonly string[], more: Record<string, unknown> = {}): EventDraft {
  const asset = id.split('@')[0]!;
  const partition = more['partition'] as string | undefined;
  return {
    ...base,
    type: 'asset.materialized',
    step: id,
    asset,
    materialization: partition === undefined ? `r.1/${asset}` : `r.1/${asset}@${partition}`,
    codeVersion: 'c',
    codeParts: {},
    dataVersion: 'd',
    upstream: {},
    files: Object.fromEntries(paths.map((path) => [path, file])),
    metadata: {},
    durationMs: 1,
    ...more,
  } as EventDraft;
}
const ended = (id: string): EventDraft => ({
  ...base,
  type: 'step.ended',
  step: id,
  outcome: 'success',
  failedAssets: [],
  durationMs: 1,
});
const saved = (connection: string, path: string): EventDraft => ({
  ...base,
  type: 'connection.saved',
  connection,
  path,
  digest: 'f'.repeat(64),
  bytes: 1,
  startedFrom: '',
});
const empty = { assets: new Map(), connections: new Map() } as unknown as StateView;
const hear = (drafts: readonly EventDraft[], view: StateView = empty): HeardShard =>
  hearShard(
    { project, view, run, planned: new Map(run.plan.steps.map((each) => [each.id, each])) },
    shard,
    numberEvents('any', 0, drafts) as readonly BranchlineEvent[],
  );

/** An honest step beside what is refused: it always counts. */
const honest = [made('raw', ['data/raw.csv']), ended('raw')];

describe('what a shard may say', () => {
  test.each([
    ['a file where `env` of the project says', made('raw', ['data/raw.csv'])],
    ['files below a folder', made('tiles', ['data/tiles/a.png', 'data/tiles/b/c.png'])],
    ['a file of a pattern', made('tiles', ['data/y-7.txt'])],
    ['a partition', made('days@2026-01-01...2026-01-02', ['data/days/2026-01-02.csv'], { partition: '2026-01-02' })],
    ['a key that looks like a pattern', made('cities@b*rn', ['data/cities/b*rn.csv'], { partition: 'b*rn' })],
    [
      'a file that SQL wrote for one of several partitions',
      made('stated@2026-01-01...2026-01-02', ['data/stated/2026-01-02/x.csv'], { partition: '2026-01-02' }),
    ],
    ['files where values lead by a detour', made('near', ['data/near.csv', 'near/a.txt'])],
    ['a database where values lead by a detour', saved('near', 'data/near.duckdb')],
    ['a file of one of two names', made('either', ['data/either/b.csv'])],
    ['a further attempt', made('raw', ['data/raw.csv'], { materialization: 'r.1/raw#2' })],
    ['a file that a variable of its machine placed', made('free', ['deep/below/free.csv'])],
    ['a table of its connection', made('table', [], { connection: 'wh' })],
    ['a database where its connection lies', saved('wh', 'data/wh.duckdb')],
    ['keys of a dynamic set', { ...base, type: 'partitions.changed', name: 'city', added: ['bern'], removed: [] }],
    [
      'that what it reads is gone',
      { ...base, type: 'asset.lost', asset: 'source', partitions: { a: [1, 1, 1] }, message: 'm' },
    ],
    ['a loss of its own', { ...base, type: 'asset.lost', asset: 'table', materialization: 'r.1/table', message: 'm' }],
  ] satisfies [string, EventDraft][])('%s', (_, draft) => {
    expect(hear([draft])).toMatchObject({ drafts: [draft], refusals: [] });
  });

  test('its own business is left out without a word', () => {
    const own: EventDraft[] = [
      { ...base, type: 'claim.renewed', claim: 'r.1' },
      { ...base, type: 'claim.closed', claim: 'r.1', reason: 'ended' },
      { ...base, type: 'step.skipped', step: 'old', assets: ['old'], reason: 'up_to_date' },
      { ...base, type: 'run.requeued', due: base.at, reason: 'x' },
    ];
    expect(hear(own)).toMatchObject({ drafts: [], refusals: [] });
  });
});

describe('what is refused, with its step, while the rest counts', () => {
  test.each([
    ['a path out of the project', made('tiles', ['data/tiles/../../x']), 'leads out of the project'],
    ['an absolute path', made('tiles', ['/etc/passwd']), 'leads out of the project'],
    ['a path of another system', made('tiles', ['C:/x']), 'leads out of the project'],
    ['a folder of git', made('tiles', ['data/tiles/.GIT/config']), 'leads out of the project'],
    ['a path of another line', made('tiles', ['data/tiles/a\nb']), 'leads out of the project'],
    ['a file of another asset', made('tiles', ['data/report.md']), 'data/report.md for tiles (it is a file of report)'],
    ['a file of another of its own assets', made('tiles', ['data/raw.csv']), 'it is a file of raw'],
    ['a file that nobody declares', made('tiles', ['data/elsewhere.txt']), 'it is not declared'],
    [
      'one file among honest ones',
      made('tiles', ['data/tiles/a.png', '.github/workflows/x.yml']),
      'it is not declared',
    ],
    ['a path longer than any', made('tiles', [`data/tiles/${'a'.repeat(5_000)}`]), 'it is not declared'],
    [
      'a file of another partition',
      made('days@2026-01-01...2026-01-02', ['data/days/2026-01-01.csv'], { partition: '2026-01-02' }),
      'data/days/2026-01-01.csv for days@2026-01-02',
    ],
    [
      'a file of another partition, by SQL',
      made('stated@2026-01-01...2026-01-02', ['data/stated/2026-01-01/x.csv'], { partition: '2026-01-02' }),
      'it is not declared',
    ],
    [
      'a file of another folder, where values lead by a detour',
      made('near', ['near/deep/a.txt']),
      'it is not declared',
    ],
    [
      'a key as a pattern',
      made('cities@b*rn', ['data/cities/bern.csv'], { partition: 'b*rn' }),
      'data/cities/bern.csv for "cities@b*rn" (it is not declared)',
    ],
    ['a declared file by way of a variable', made('free', ['data/x/../free.csv']), 'leads out of the project'],
  ])('%s', (_, draft, why) => {
    const heard = hear([...honest, draft, ended((draft as { step: string }).step)]);
    expect(heard.drafts).toEqual(honest);
    expect([...heard.refusedSteps]).toEqual([(draft as { step: string }).step]);
    expect(heard.refusals).toMatchObject([{ code: 'undeclared-file' }]);
    expect(heard.refusals[0]!.message).toContain(why);
  });

  test('a file that the state knows as another one, where a variable leaves it open', () => {
    const view = {
      ...empty,
      partitions: new Map([['old', new Map([['k', { materialized: { files: { 'a/free.csv': file } } }]])]]),
    } as unknown as StateView;
    expect(hear([made('free', ['a/free.csv'])], view).refusals[0]!.message).toContain('it is a file of old@k');
    expect(hear([made('free', ['b/free.csv'])], view).refusals).toEqual([]);
  });

  test.each([
    ['another file of its own connection', saved('wh', 'data/elsewhere.duckdb'), 'undeclared-file'],
    ['the file of another connection', saved('wh', 'data/other.duckdb'), 'undeclared-file'],
    ['a database out of the project', saved('wh', '../wh.duckdb'), 'undeclared-file'],
    ['a connection that none of its steps uses', saved('other', 'data/other.duckdb'), 'foreign-event'],
    ['a step of another shard', ended('report'), 'foreign-event'],
    ['a step that is not there', ended('nobody'), 'foreign-event'],
    ['a claim', { ...base, type: 'claim.opened', claim: { ...run.claim, claim: 'r.2' } }, 'foreign-event'],
    ['that somebody took it over', { ...base, type: 'run.taken-over', reason: 'mine' }, 'foreign-event'],
    [
      'keys that go',
      { ...base, type: 'partitions.changed', name: 'city', added: [], removed: ['bern'] },
      'foreign-event',
    ],
    [
      'keys of no set',
      { ...base, type: 'partitions.changed', name: 'nothing', added: ['a'], removed: [] },
      'foreign-event',
    ],
    [
      'a loss of what others made',
      { ...base, type: 'asset.lost', asset: 'report', materialization: 'q.1/report', message: 'm' },
      'foreign-event',
    ],
    [
      'that something is there again',
      { ...base, type: 'asset.found', asset: 'source', partitions: { a: [1, 1, 2] } },
      'foreign-event',
    ],
  ] as [string, EventDraft, string][])('%s', (_, draft, code) => {
    const heard = hear([...honest, draft]);
    expect(heard.drafts).toEqual(honest);
    expect(heard.refusals.map((each) => each.code)).toEqual([code]);
  });

  test.each([
    ['another run', { ...ended('raw'), run: 'r2' }],
    ['another epoch', { ...ended('raw'), epoch: 2 }],
    ['an epoch before', { ...ended('raw'), epoch: 0 }],
    ['another asset', { ...ended('raw'), failedAssets: ['tiles'] }],
    ['another materialization', made('raw', ['data/raw.csv'], { materialization: 'r.2/raw' })],
    ['another connection', made('raw', ['data/raw.csv'], { connection: 'wh' })],
    ['a partition of an asset without', made('raw', ['data/raw.csv'], { partition: 'a' })],
  ] as [string, EventDraft][])('%s: nothing of the step counts', (_, draft) => {
    const heard = hear([...honest, draft]);
    expect(heard.drafts).toEqual([]);
    expect([...heard.refusedSteps]).toEqual(['raw']);
    expect(heard.refusals).toMatchObject([{ code: 'foreign-event' }]);
  });

  test('a partition that is not of its step', () => {
    const id = 'days@2026-01-01...2026-01-02';
    const heard = hear([made(id, ['data/days/2026-01-03.csv'], { partition: '2026-01-03' })]);
    expect(heard.refusals).toMatchObject([{ code: 'foreign-event' }]);
    expect(hear([made(id, ['data/days/2026-01-01.csv'])]).refusals).toMatchObject([{ code: 'foreign-event' }]);
  });

  test('what a stranger wrote stays on one line, is cut, and is told a few times at most', () => {
    const many = Array.from({ length: 100 }, (_, n) => ended(`::error::${n}\n${'x'.repeat(1_000)}`));
    const [refusal, ...others] = hear(many).refusals;
    expect(others).toEqual([]);
    expect(refusal!.message).not.toContain('\n');
    expect(refusal!.message.length).toBeLessThan(2_000);
    expect(refusal!.message).toContain('and 95 more');
  });
});
