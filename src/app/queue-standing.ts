import { type EpochMs, timestamp } from '../model/instant.ts';
import type { RunRequest } from '../model/plan.ts';
import type { AssetKey, Project } from '../model/project.ts';
import type { QueueStanding, RunStanding } from '../model/standing.ts';
import type { RunRecord, StateView } from '../model/state.ts';
import type { PartitionReader } from '../plan/partitioned.ts';
import { priorityOf, type QueuedRun, queueOrder, releaseRuns } from '../plan/queue.ts';
import { buildGraph } from '../project/graph.ts';
import { selectKeys } from '../time/partitions/keys.ts';
import { askedAssets } from './asked-assets.ts';
import { findHolder } from './claims.ts';
import { fileConnections } from './connections.ts';
import { waitText } from './queue-text.ts';
import { heldByEarlierParts, ownTags, placeOf, runsInProgress, waitingRunsOf, withDecidedRetries } from './release.ts';
import { triggerText } from './run-message.ts';
import { statusesOf } from './statuses.ts';

/** A project and its state, at the instant of that state. */
export interface At {
  readonly project: Project;
  readonly view: StateView;
  readonly reader: PartitionReader;
  readonly now: EpochMs;
}

/** Waiting runs whose assets are looked up: those that a report may name. */
const LOOKED_AT = 50;

/**
 * The queue at a state, without planning its runs: who holds what a run selects is said as well, though the run may find
 * out that it need not make that. `branchline queue` plans, and knows.
 */
export function queueStanding(recorded: At): QueueStanding {
  const at = { ...recorded, view: withDecidedRetries(recorded.view, recorded.now).view };
  const { project, view } = at;
  const { queue, pools } = project.operations;
  const inProgress = [...view.openRuns.values()]
    .filter(({ state }) => state !== 'QUEUED')
    .sort((a, b) => (a.requestedAt < b.requestedAt ? -1 : a.requestedAt > b.requestedAt ? 1 : a.run < b.run ? -1 : 1));
  const runs = new Map(waitingRunsOf(view).map((run) => [run.run, run]));
  const order = queueOrder([...runs.values()].map(placeOf));
  const open = () => ({ project, graph: buildGraph(project.assets).graph });
  const assetsOf = askedAssets(open, view, at.reader.at, statusesOf(project, view));
  const queued = order.map((place, i): QueuedRun => {
    const run = runs.get(place.run)!;
    const wanted = i < LOOKED_AT ? assetsOf(run.request) : [];
    const needing = { ...place, slots: slotsOf(project, wanted) };
    return heldByEarlierParts(view, run, heldByClaims(at, needing, run.request, wanted));
  });
  const pass =
    queued.length === 0
      ? undefined
      : releaseRuns({ queue, pools, inProgress: runsInProgress(view), queued, now: timestamp(at.now) });
  return {
    places: queue.maxConcurrentRuns,
    inProgress: inProgress.map((record) => progressOf(view, record)),
    waiting: queued.map(({ run }) => {
      const wait = pass?.waiting.get(run);
      return { ...baseOf(view.openRuns.get(run)!), ...(wait ? { wait: waitText(wait) } : {}) };
    }),
  };
}

function baseOf({ run, request, tags, requestedAt, startedAt }: RunRecord): RunStanding {
  return {
    run,
    trigger: triggerText(request),
    priority: priorityOf(ownTags(tags)).priority,
    requestedAt,
    ...(startedAt === undefined ? {} : { startedAt }),
  };
}

function progressOf(view: StateView, record: RunRecord): RunStanding {
  const claim = [...view.claims.values()].find(({ run }) => run === record.run);
  const steps = Object.values(record.steps);
  const done = steps.filter(({ state }) => state !== 'PLANNED' && state !== 'STARTED').length;
  const holder = claim?.holder;
  return {
    ...baseOf(record),
    ...(steps.length === 0 ? {} : { steps: { done, all: steps.length } }),
    ...(holder === undefined
      ? {}
      : {
          holder:
            holder.kind === 'process'
              ? { text: `process ${holder.pid}` }
              : { text: `job ${holder.job}`, workflow: String(holder.workflow) },
        }),
  };
}

/** One slot of each pool that its steps use: a run begins with so much. */
function slotsOf(project: Project, assets: readonly AssetKey[]): Record<string, number> {
  const slots: Record<string, number> = {};
  for (const asset of assets) {
    const pool = project.steps[project.assets[asset]?.step ?? '']?.pool;
    if (pool !== undefined) slots[pool] = 1;
  }
  return slots;
}

/** The place with who holds what the run selects: assets, of partitioned ones the same keys, and files of databases. */
function heldByClaims(
  { project, view, reader }: At,
  place: QueuedRun,
  request: RunRequest,
  wanted: readonly AssetKey[],
): QueuedRun {
  if (wanted.length === 0 || view.claims.size === 0) return place;
  const partitions: Record<AssetKey, readonly string[]> = {};
  const text = 'partitions' in request ? request.partitions : undefined;
  for (const asset of text === undefined ? [] : wanted) {
    if (project.assets[asset]!.partitions === undefined) continue;
    const keys = selectKeys(reader.keysOf(asset), text!);
    if (keys.ok) partitions[asset] = keys.value;
  }
  const connections = fileConnections(
    project,
    wanted.map((asset) => project.steps[project.assets[asset]!.step ?? '']?.connection),
  );
  const by = findHolder(view, { run: place.run, assets: wanted, partitions, connections });
  return by ? { ...place, heldBy: [{ run: by.claim.run, what: by.overlap.slice(0, 3).join(', ') }] } : place;
}
