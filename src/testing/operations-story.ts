import { type EventDraft, noCounts } from '../model/events.ts';
import { timestamp } from '../model/instant.ts';
import type { RunRequest } from '../model/plan.ts';
import type { ReportInput } from '../render/report/facts.ts';
import { BACKFILL, openBackfillWorld, WORLD_NOW } from './backfill-world.ts';
import { projectOf } from './project-builder.ts';
import { reportOf } from './report-story.ts';

const AT = timestamp(WORLD_NOW);
const PROJECT = `name: shop
run_queue: { max_concurrent_runs: 3, tag_concurrency_limits: [{ key: team, value: finance, limit: 1 }] }
pools: { api: 1 }
partitions:
  days: { daily: { start: 2026-01-01 } }
  regions: { static: [north, south, "a|b"] }
assets:
  raw/orders:
    partitions: days
    pool: api
    backfill_policy: { multi_run: { max_partitions_per_run: 5 } }
    run: make raw
  marts/daily:
    partitions: days
    deps: [raw/orders]
    backfill_policy: { multi_run: { max_partitions_per_run: 5 } }
    run: make daily
  marts/regions:
    partitions: regions
    run: make regions
  board: { run: make board }
schedules:
  hourly: { cron: "23 * * * *", selection: "key:board" }
`;

function days(from: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => timestamp(Date.parse(from) + i * 86_400_000).slice(0, 10));
}

/** A run that made these partitions and failed at those, as its events. */
function madeDrafts(run: string, asset: string, made: readonly string[], failed: readonly string[]): EventDraft[] {
  const base = { at: '2026-04-10T02:00:00.000Z', run, epoch: 1 };
  const request: RunRequest = {
    kind: 'schedule',
    schedule: 'hourly',
    tick: base.at,
    selection: `key:${asset}`,
    materialize: 'all',
  };
  const step = { id: asset, assets: [asset], verdict: 'run', reason: 'requested', detail: [] } as const;
  return [
    { ...base, type: 'run.requested', request, tags: {} },
    {
      ...base,
      type: 'run.started',
      planDigest: 'f'.repeat(64),
      steps: [{ ...step, partitions: [...made, ...failed] }],
    },
    ...made.map(
      (partition): EventDraft => ({
        ...base,
        type: 'asset.materialized',
        step: asset,
        asset,
        partition,
        materialization: `${run}.1/${asset}@${partition}`,
        codeVersion: 'c'.repeat(64),
        codeParts: {},
        dataVersion: `sha256:${partition}`,
        upstream: {},
        metadata: {},
        durationMs: 900,
      }),
    ),
    {
      ...base,
      type: 'step.ended',
      step: asset,
      outcome: failed.length > 0 ? 'failure' : 'success',
      failedAssets: failed.length > 0 ? [asset] : [],
      ...(failed.length > 0
        ? {
            failedPartitions: failed,
            failure: { class: 'step', code: 'exit-code', message: 'the command ended with exit code 1', exitCode: 1 },
          }
        : {}),
      durationMs: 900,
    },
    {
      ...base,
      type: 'run.ended',
      state: failed.length > 0 ? 'FAILURE' : 'SUCCESS',
      counts: noCounts,
      durationMs: 900,
    },
  ];
}

/** A run that a workflow's job is at work on. */
function startedDrafts(run: string, assets: readonly string[], slots: Record<string, number>): EventDraft[] {
  const base = { at: AT, run, epoch: 1 };
  return [
    {
      ...base,
      type: 'run.started',
      planDigest: 'f'.repeat(64),
      steps: assets.map((id) => ({ id, assets: [id], verdict: 'run', reason: 'requested', detail: [] })),
    },
    {
      ...base,
      type: 'claim.opened',
      claim: {
        claim: `${run}.1`,
        environment: 'production',
        run,
        epoch: 1,
        holder: { kind: 'workflow', workflow: '1771000123', attempt: 1, job: 'branchline' },
        writer: 'w1',
        assets,
        slots,
        connections: [],
        at: AT,
      },
    },
  ];
}

/** Partitions that are made, failed and missing; a backfill that goes on, with a failure; runs that wait, each for another reason. */
export function busyShop(): ReportInput {
  const project = projectOf({ 'branchline.yaml': PROJECT });
  const bad = new Set(['raw/orders@2026-03-24']);
  const world = openBackfillWorld({
    project,
    selected: ['raw/orders', 'marts/daily'],
    keys: days('2026-03-22', 20),
    bad,
    failsByKey: true,
    openMax: 3,
  });
  const early = days('2026-01-01', 80);
  world.commit(
    madeDrafts('20260410-aaaaaaaaaaaaaaaa', 'raw/orders', [...early, '2026-04-02', '2026-04-04'], ['2026-04-03']),
  );
  world.commit(madeDrafts('20260410-bbbbbbbbbbbbbbbb', 'marts/daily', early.slice(0, 79), []));
  world.commit(madeDrafts('20260410-cccccccccccccccc', 'marts/regions', ['north'], ['a|b']));
  const [first] = world.advance().runs;
  world.request(first!);
  world.carryOut(first!.run);
  const next = world.advance().runs;
  for (const run of next) world.request(run);
  const assets = ['raw/orders', 'marts/daily'];
  world.commit(startedDrafts(next[0]!.run, assets, { api: 1 }));
  const ask = (run: string, selection: string, tags: Record<string, string>): EventDraft => ({
    type: 'run.requested',
    at: AT,
    run,
    epoch: 1,
    request: { kind: 'schedule', schedule: 'hourly', tick: AT, selection, materialize: 'all' },
    tags,
  });
  world.commit([
    ask('20260411-dddddddddddddddd', 'key:board', { team: 'finance' }),
    ask('20260411-eeeeeeeeeeeeeeee', 'key:marts/regions', { team: 'finance', 'branchline/priority': '5' }),
    ask('20260411-ffffffffffffffff', 'key:raw/orders', {}),
  ]);
  world.commit(startedDrafts('20260411-dddddddddddddddd', ['board'], {}));
  return reportOf(project, { ...world.view(), environment: 'production', at: timestamp(WORLD_NOW + 600_000) });
}

export const BUSY_BACKFILL = BACKFILL;
