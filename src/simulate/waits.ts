import { askedAssets } from '../app/asked-assets.ts';
import { findHolder } from '../app/claims.ts';
import { fileConnections } from '../app/connections.ts';
import { keysAt, type PlanningProject, requestedPartitions } from '../app/planning.ts';
import { heldByEarlierParts, placeOf, runsInProgress, waitingRunOf } from '../app/release.ts';
import { type EpochMs, timestamp } from '../model/instant.ts';
import type { AssetKey } from '../model/project.ts';
import type { RunRecord, StateView } from '../model/state.ts';
import { type QueuedRun, releaseRuns } from '../plan/queue.ts';
import { isWithUpstream } from '../plan/wanted-assets.ts';
import type { WaitStretch } from './timeline.ts';

type Wait = WaitStretch['wait'];

/**
 * What a run would take: worked out once, it is asked for at each commit while the run waits. What is missing before it
 * changes with what others make, and is looked up each time.
 */
interface Wanted {
  readonly assets: readonly AssetKey[];
  readonly partitions?: Readonly<Record<AssetKey, readonly string[]>>;
  readonly connections: readonly string[];
  readonly slots: Readonly<Record<string, number>>;
}

/**
 * Why queued runs wait, by the rule that lets runs go. It is asked without planning them: of what a run asks for,
 * everything counts as wanted. With nothing in its way a run waits for somebody to look.
 */
export function waitReasons(planning: PlanningProject): (view: StateView, now: EpochMs) => ReadonlyMap<string, Wait> {
  const known = new Map<string, Wanted>();
  const { queue, pools } = planning.project.operations;
  return (view, now) => {
    const queued = [...view.openRuns.values()].filter(({ state }) => state === 'QUEUED');
    if (queued.length === 0) return new Map();
    const place = (record: RunRecord): QueuedRun => {
      const wanted = known.get(record.run) ?? wantedOf(planning, view, record, now);
      if (!isWithUpstream(record.request)) known.set(record.run, wanted);
      const by = findHolder(view, { run: record.run, ...wanted });
      const run = waitingRunOf(record);
      return heldByEarlierParts(view, run, {
        ...placeOf(run),
        slots: wanted.slots,
        ...(by ? { heldBy: [{ run: by.claim.run, what: by.overlap.slice(0, 3).join(', ') }] } : {}),
      });
    };
    const pass = releaseRuns({
      queue,
      pools,
      inProgress: runsInProgress(view),
      queued: queued.map(place),
      now: timestamp(now),
    });
    return new Map(queued.map(({ run }): [string, Wait] => [run, pass.waiting.get(run) ?? { kind: 'no-wake-up' }]));
  };
}

function wantedOf(planning: PlanningProject, view: StateView, { request }: RunRecord, now: EpochMs): Wanted {
  const { project } = planning;
  const assets = askedAssets(() => planning, view, keysAt(view, now))(request);
  const steps = assets.flatMap((asset) => project.steps[project.assets[asset]?.step ?? ''] ?? []);
  const cut = requestedPartitions(project, new Set(assets), request, keysAt(view, now));
  const keys = cut.ok ? cut.value?.keys : undefined;
  const partitions =
    keys === undefined
      ? undefined
      : Object.fromEntries(
          assets.filter((asset) => project.assets[asset]?.partitions !== undefined).map((asset) => [asset, keys]),
        );
  return {
    assets,
    ...(partitions === undefined ? {} : { partitions }),
    connections: fileConnections(
      project,
      steps.map(({ connection }) => connection),
    ),
    slots: Object.fromEntries(steps.flatMap(({ pool }) => (pool === undefined ? [] : [[pool, 1] as const]))),
  };
}
