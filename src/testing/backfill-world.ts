import { topologicalOrder } from '../base/topology.ts';
import { type BackfillGroup, type BranchlineEvent, type EventDraft, noCounts } from '../model/events.ts';
import { timestamp } from '../model/instant.ts';
import type { AssetKey, Project } from '../model/project.ts';
import type { BackfillRecord, StateView } from '../model/state.ts';
import { type Advance, advanceBackfill, type BackfillRun } from '../plan/backfill-advance.ts';
import { planBackfill } from '../plan/backfill-plan.ts';
import { openPartitionReader, type PartitionReader, partitionName } from '../plan/partitioned.ts';
import { runStream } from '../state/codec.ts';
import { emptyView } from '../state/fold.ts';
import { selectKeys } from '../time/partitions/keys.ts';
import { WHOLE } from '../time/partitions/mapping.ts';
import { afterCommit, numberedIn } from './run-builder.ts';

export const WORLD_NOW = Date.parse('2026-04-11T00:00:00Z');
const AT = timestamp(WORLD_NOW);

/** How runs of a story end. */
export interface BackfillStory {
  readonly project: Project;
  readonly selected: readonly AssetKey[];
  readonly keys: readonly string[];
  /** Partitions (`asset@key`) whose step does not make them. */
  readonly bad?: ReadonlySet<string>;
  /** A step that fails makes the rest of its keys; otherwise none. */
  readonly failsByKey?: boolean;
  readonly openMax?: number;
  /** As they were recorded, where that is not what is planned today. */
  readonly groups?: readonly BackfillGroup[];
}

/** The keys of the story where the asset has them; all of an asset that is cut in another way. */
function keysOfRoot(reader: PartitionReader, asset: AssetKey, keys: readonly string[]): readonly string[] {
  const all = reader.keysOf(asset);
  return keys.every((key) => all.includes(key)) ? keys : all;
}

/** A backfill that is carried out by the fold alone, run after run, as a driver would. */
export interface BackfillWorld {
  readonly reader: PartitionReader;
  view(): StateView;
  record(): BackfillRecord;
  advance(): Advance;
  commit(drafts: readonly EventDraft[]): void;
  request(run: BackfillRun): void;
  /** Starts and ends a run that was asked for. */
  carryOut(run: string): void;
  /** Until it is over; what was asked for, in order. */
  carryOutAll(): readonly BackfillRun[];
}

export const BACKFILL = 'bf-20260411-storystory';

export function openBackfillWorld(story: BackfillStory): BackfillWorld {
  let view = emptyView('local');
  const reader = openPartitionReader(story.project, view, { now: WORLD_NOW, dynamic: () => [] });
  const append = (events: readonly BranchlineEvent[]): void => {
    view = afterCommit(view, events, WORLD_NOW);
  };
  const commit = (drafts: readonly EventDraft[]): void => {
    append(numberedIn(view, drafts));
  };
  const record = (): BackfillRecord => view.backfills!.get(BACKFILL)!;
  const advance = (): Advance =>
    advanceBackfill({
      project: story.project,
      reader,
      record: record(),
      openRuns: view.openRuns,
      isKnown: (run) => view.streams.has(runStream(run, 1)),
      openMax: story.openMax ?? 50,
    });
  const request = ({ run, request: asked, tags }: BackfillRun): void =>
    commit([{ type: 'run.requested', at: AT, run, epoch: 1, request: asked, tags }]);
  const plan = planBackfill(story.project, reader, {
    selected: new Set(story.selected),
    keys: (asset) => keysOfRoot(reader, asset, story.keys),
  });
  commit([
    {
      type: 'backfill.requested',
      at: AT,
      backfill: BACKFILL,
      selection: '*',
      partitions: 'all',
      tags: { 'branchline/backfill': BACKFILL, 'branchline/priority': '-1' },
      groups: story.groups ?? plan.groups,
    },
  ]);
  const carryOut = (run: string): void => commit(runDrafts(story, view, reader, run));
  return {
    reader,
    view: () => view,
    record,
    advance,
    commit,
    request,
    carryOut,
    carryOutAll() {
      const asked: BackfillRun[] = [];
      for (;;) {
        const { runs, end } = advance();
        for (const run of runs) request(run);
        asked.push(...runs);
        const [open] = view.openRuns.keys();
        if (open !== undefined) carryOut(open);
        else if (end) {
          commit([{ type: 'backfill.ended', at: AT, backfill: BACKFILL, ...end }]);
          return asked;
        } else throw new Error('the backfill stands still');
      }
    },
  };
}

/** What a run of the story records: its steps in order, what reads a failed one skipped. */
function runDrafts(story: BackfillStory, view: StateView, reader: PartitionReader, run: string): EventDraft[] {
  const { request } = view.openRuns.get(run)!;
  if (request.kind !== 'backfill') throw new Error('no run of a backfill');
  const base = { at: AT, run, epoch: 1 } as const;
  const { assets, partitions } = request;
  const chosen = partitions === undefined ? undefined : selectKeys(reader.keysOf(assets[0]!), partitions);
  const keys = chosen?.ok ? chosen.value : undefined;
  const named = keys === undefined ? {} : { partitions: keys };
  const { order } = topologicalOrder(assets, (key) => story.project.assets[key]?.deps ?? []);
  const drafts: EventDraft[] = [
    {
      ...base,
      type: 'run.started',
      planDigest: 'f'.repeat(64),
      steps: order.map((id) => ({ id, assets: [id], verdict: 'run', reason: 'backfill', detail: [], ...named })),
    },
  ];
  const stopped = new Set<AssetKey>();
  for (const asset of order) {
    const cause = story.project.assets[asset]!.deps.find((dep) => stopped.has(dep));
    const bad = (keys ?? [WHOLE]).filter((key) => story.bad?.has(partitionName(asset, key)));
    if (cause !== undefined || bad.length > 0) stopped.add(asset);
    if (cause !== undefined)
      drafts.push({ ...base, type: 'step.skipped', step: asset, assets: [asset], reason: 'upstream_failed', cause });
    else if (bad.length === 0)
      drafts.push({ ...base, type: 'step.ended', step: asset, outcome: 'success', failedAssets: [], durationMs: 1 });
    else
      drafts.push({
        ...base,
        type: 'step.ended',
        step: asset,
        outcome: 'failure',
        failedAssets: [asset],
        ...(keys === undefined ? {} : { failedPartitions: story.failsByKey ? bad : keys }),
        durationMs: 1,
      });
  }
  const state = stopped.size > 0 ? 'FAILURE' : 'SUCCESS';
  return [...drafts, { ...base, type: 'run.ended', state, counts: noCounts, durationMs: 1 }];
}
