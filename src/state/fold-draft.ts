import { copyOfMap } from '../base/layered-map.ts';
import type { BranchlineEvent } from '../model/events.ts';
import { epochMs, type Timestamp, timestamp, utcDay } from '../model/instant.ts';
import type {
  AssetRecord,
  BackfillRecord,
  PartitionRecord,
  RollupCell,
  RunRecord,
  StateView,
  Turn,
} from '../model/state.ts';
import { draftRun, epochOf, finishDraft, type RunDraft } from '../run/evolve.ts';
import { emptyAsset } from './asset-fold.ts';
import { copyOfRecords } from './late-records.ts';
import { joinPartitions } from './partition-fold.ts';
import { withRecords } from './partition-records.ts';
import { addToTally } from './partition-tally.ts';
import { assetScope, type CellDraft, draftCell, finishCell, groupScope, PROJECT_SCOPE } from './rollup.ts';

const DAY_MS = 86_400_000;
/** How long the last number of an ended stream is kept, in days. */
export const STREAM_DAYS_KEPT = 30;
/** How long a writer's last transaction is kept, in milliseconds. */
export const WRITER_KEPT_MS = DAY_MS;

type Mutable<T> = T extends ReadonlyMap<infer K, infer V> ? Map<K, V> : T;

/** An open run that is being changed. */
export interface OpenRun {
  readonly draft: RunDraft;
  /** Assets that its start named. */
  readonly named: Set<string>;
}

/** A view that is being changed: the maps are our own copies, records are replaced, never edited. */
export interface FoldDraft {
  readonly base: StateView;
  seq: number;
  at: Timestamp | undefined;
  day: string;
  readonly assets: Mutable<StateView['assets']>;
  /** Partitions that were touched here, by asset and key. */
  readonly partitions: Map<string, Map<string, PartitionRecord>>;
  readonly dynamicKeys: Map<string, readonly string[]>;
  readonly openRuns: Mutable<StateView['openRuns']>;
  /** Open runs that were touched. */
  readonly changed: Map<string, OpenRun>;
  readonly endedRuns: Mutable<StateView['endedRuns']>;
  readonly claims: Mutable<StateView['claims']>;
  readonly schedules: Mutable<StateView['schedules']>;
  readonly connections: Mutable<StateView['connections']>;
  readonly backfills: Map<string, BackfillRecord>;
  readonly streams: Map<string, number>;
  readonly streamDays: Map<string, string>;
  readonly writers: Mutable<StateView['writers']>;
  /** Cells that were touched, by day and scope. */
  readonly cells: Map<string, Map<string, CellDraft>>;
  codeCommit: StateView['codeCommit'];
}

export function openDraft(view: StateView): FoldDraft {
  return {
    base: view,
    seq: view.seq,
    at: view.at,
    day: view.at === undefined ? '' : utcDay(view.at),
    assets: copyOfRecords(view.assets),
    partitions: new Map(),
    dynamicKeys: new Map(view.dynamicKeys ?? []),
    openRuns: new Map(view.openRuns),
    changed: new Map(),
    endedRuns: new Map(view.endedRuns),
    claims: new Map(view.claims),
    schedules: new Map(view.schedules),
    connections: new Map(view.connections),
    backfills: new Map(view.backfills ?? []),
    streams: copyOfMap(view.streams),
    streamDays: copyOfMap(view.streamDays ?? new Map<string, string>()),
    writers: new Map(view.writers),
    cells: new Map(),
    codeCommit: view.codeCommit,
  };
}

export function closeDraft(draft: FoldDraft): StateView {
  for (const [run, { draft: changed }] of draft.changed) draft.openRuns.set(run, finishDraft(changed));
  const days = new Map(draft.base.days);
  for (const [day, touched] of draft.cells) {
    const cells = copyOfRecords<RollupCell>(days.get(day) ?? new Map());
    for (const [scope, cell] of touched) cells.set(scope, finishCell(cell));
    days.set(day, cells);
  }
  return {
    environment: draft.base.environment,
    seq: draft.seq,
    ...(draft.at === undefined ? {} : { at: draft.at }),
    assets: draft.assets,
    ...partitionsOf(draft),
    ...(draft.dynamicKeys.size === 0 ? {} : { dynamicKeys: draft.dynamicKeys }),
    openRuns: draft.openRuns,
    endedRuns: draft.endedRuns,
    claims: draft.claims,
    schedules: draft.schedules,
    connections: draft.connections,
    ...(draft.backfills.size === 0 ? {} : { backfills: draft.backfills }),
    streams: draft.streams,
    streamDays: draft.streamDays,
    writers: draft.writers,
    days,
    ...(draft.codeCommit === undefined ? {} : { codeCommit: draft.codeCommit }),
  };
}

function partitionsOf(draft: FoldDraft): Pick<StateView, 'partitions'> {
  const before = draft.base.partitions;
  if (draft.partitions.size === 0) return before === undefined ? {} : { partitions: before };
  const all = new Map<string, ReadonlyMap<string, PartitionRecord>>(before ?? []);
  for (const [asset, records] of draft.partitions) all.set(asset, withRecords(all.get(asset), records));
  return { partitions: all };
}

/** Joins what an event says of a partition to what is known of it here. */
export function addToPartition(draft: FoldDraft, asset: string, key: string, said: PartitionRecord): void {
  let records = draft.partitions.get(asset);
  if (!records) {
    records = new Map();
    draft.partitions.set(asset, records);
  }
  const before = records.get(key) ?? draft.base.partitions?.get(asset)?.get(key);
  const now = joinPartitions(before, said);
  records.set(key, now);
  const record = assetOf(draft, asset);
  const partitions = addToTally(record.partitions, key, before, now);
  if (partitions && partitions !== record.partitions) draft.assets.set(asset, { ...record, partitions });
}

/** Moves the instant on; on a new day forgets writers and streams that nobody can ask for any more. */
export function advanceTo(draft: FoldDraft, at: Timestamp): void {
  if (draft.at !== undefined && at <= draft.at) return;
  draft.at = at;
  const day = utcDay(at);
  if (day === draft.day) return;
  draft.day = day;
  const oldest = timestamp(epochMs(at) - WRITER_KEPT_MS);
  for (const [writer, { at: last }] of draft.writers) if (last < oldest) draft.writers.delete(writer);
  const oldestDay = utcDay(timestamp(epochMs(at) - STREAM_DAYS_KEPT * DAY_MS));
  for (const [stream, last] of draft.streamDays) {
    const run = stream.split('.')[0]!;
    if (last >= oldestDay || draft.openRuns.has(run)) continue;
    draft.streamDays.delete(stream);
    draft.streams.delete(stream);
  }
}

export function openRun(draft: FoldDraft, run: string): OpenRun | undefined {
  const changed = draft.changed.get(run);
  if (changed) return changed;
  const record = draft.openRuns.get(run);
  if (!record) return undefined;
  const entry: OpenRun = { draft: draftRun(record), named: new Set() };
  for (const step of Object.values(record.steps)) for (const asset of step.assets) entry.named.add(asset);
  draft.changed.set(run, entry);
  return entry;
}

/**
 * A run that ended on the day that is open. Runs of closed days are never asked: whether they are in memory must make no
 * difference.
 */
export function endedToday(draft: FoldDraft, run: string): RunRecord | undefined {
  const record = draft.endedRuns.get(run);
  return record?.recordedOn === draft.day ? record : undefined;
}

export function assetOf(draft: FoldDraft, asset: string): AssetRecord {
  return draft.assets.get(asset) ?? emptyAsset(asset);
}

/** Whose turn an event about an asset was (see `Turn`). A run that did not name the asset at its start takes its turn now. */
export function takeTurn(draft: FoldDraft, asset: string, event: BranchlineEvent, isLate: boolean): Turn {
  const record = assetOf(draft, asset);
  const run = event.run ?? '';
  const epoch = epochOf(event) ?? 1;
  if (record.turn?.run === run) return [record.turn.rank, epoch];
  const open = openRun(draft, run);
  const known = open?.draft.run.rank ?? endedToday(draft, run)?.rank;
  if (isLate || open?.named.has(asset)) return [known ?? 0, epoch];
  const rank = (record.turn?.rank ?? 0) + 1;
  draft.assets.set(asset, { ...record, turn: { run, rank } });
  open?.named.add(asset);
  return [rank, epoch];
}

/** Adds to the sums of the open day: of the project, of the asset and of its group. */
export function addToCells(draft: FoldDraft, scopes: Iterable<string>, add: (cell: CellDraft) => void): void {
  let day = draft.cells.get(draft.day);
  if (!day) {
    day = new Map();
    draft.cells.set(draft.day, day);
  }
  for (const scope of scopes) {
    let cell = day.get(scope);
    if (!cell) {
      cell = draftCell(draft.base.days.get(draft.day)?.get(scope));
      day.set(scope, cell);
    }
    add(cell);
  }
}

export function groupOf(draft: FoldDraft, asset: string, run: string | undefined): string | undefined {
  const groups = run === undefined ? undefined : (openRun(draft, run)?.draft.run ?? endedToday(draft, run))?.groups;
  if (groups && Object.hasOwn(groups, asset)) return groups[asset];
  return draft.assets.get(asset)?.group;
}

export function scopesOf(draft: FoldDraft, asset: string, run: string | undefined): string[] {
  const group = groupOf(draft, asset, run);
  return [PROJECT_SCOPE, assetScope(asset), ...(group === undefined ? [] : [groupScope(group)])];
}
