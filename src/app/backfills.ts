import type { BackfillProgress } from '../model/backfills.ts';
import type { BranchlineEvent, EventDraft } from '../model/events.ts';
import { type EpochMs, timestamp } from '../model/instant.ts';
import type { AssetKey, Project } from '../model/project.ts';
import type { BackfillRecord, StateView } from '../model/state.ts';
import { type Advance, advanceBackfill } from '../plan/backfill-advance.ts';
import { backfillProgress } from '../plan/backfill-progress.ts';
import { openPartitionReader, type PartitionReader } from '../plan/partitioned.ts';
import { isBackfillOver } from '../state/backfill-fold.ts';
import { numberEvents, runStream } from '../state/codec.ts';
import { keysAt } from './planning.ts';
import { after, ofWriter } from './release.ts';

/** Runs of one backfill that are open at once: enough to keep every place busy, few enough for a small index. */
const OPEN_MIN = 10;
const OPEN_MAX = 50;

/** Backfills that are not over, oldest first. */
export function openBackfills(view: Pick<StateView, 'backfills'>): BackfillRecord[] {
  return [...(view.backfills?.values() ?? [])]
    .filter((record) => !isBackfillOver(record))
    .sort((a, b) => (a.requestedAt < b.requestedAt ? -1 : a.requestedAt > b.requestedAt ? 1 : 0));
}

/**
 * What the backfills of a state want recorded now: the requests of the runs whose turn it is, and the ends of those
 * that are over. Recording it leaves nothing to be recorded at the same instant.
 */
export function backfillDrafts(project: Project, view: StateView, now: EpochMs): EventDraft[] {
  const records = openBackfills(view);
  if (records.length === 0) return [];
  const reader = openPartitionReader(project, view, keysAt(view, now));
  return records.flatMap((record) => {
    const { runs, end } = advanceOf(project, view, reader, record);
    const at = timestamp(now);
    return [
      ...runs.map(
        ({ run, request, tags }): EventDraft => ({ type: 'run.requested', at, run, epoch: 1, request, tags }),
      ),
      ...(end ? [{ type: 'backfill.ended' as const, at, backfill: record.backfill, ...end }] : []),
    ];
  });
}

function advanceOf(project: Project, view: StateView, reader: PartitionReader, record: BackfillRecord): Advance {
  const places = project.operations.queue.maxConcurrentRuns;
  return advanceBackfill({
    project,
    reader,
    record,
    openRuns: view.openRuns,
    isKnown: (run) => view.streams.has(runStream(run, 1)) || view.openRuns.has(run) || view.endedRuns.has(run),
    openMax: places < 0 ? OPEN_MAX : Math.min(OPEN_MAX, Math.max(OPEN_MIN, places)),
  });
}

/** What a commit records, and the view once it has. */
export interface Preview {
  readonly view: StateView;
  readonly events: readonly BranchlineEvent[];
}

/** The same with what backfills want recorded: every commit of the queue carries them on. */
export function withBackfills(
  project: Project,
  base: StateView,
  { view, events }: Preview,
  by: { readonly writer: string; readonly now: EpochMs },
): Preview {
  const drafts = backfillDrafts(project, view, by.now);
  if (drafts.length === 0) return { view, events };
  const asked = drafts.filter((draft) => draft.type === 'run.requested');
  const ended = drafts.filter((draft) => draft.type !== 'run.requested');
  const more = [
    ...asked.flatMap((draft) => numberEvents(runStream(draft.run!, 1), 0, [draft])),
    ...ofWriter(base, by.writer, events, ended),
  ];
  return { view: after(view, more, by.now), events: [...events, ...more] };
}

/** True when a commit would carry a backfill on. */
export function doBackfillsMove(project: Project, view: StateView, now: EpochMs): boolean {
  return backfillDrafts(project, view, now).length > 0;
}

/** Partitioned assets of the backfills that are not over. */
export function partitionsOfBackfills(project: Project, view: Pick<StateView, 'backfills'>): Set<AssetKey> {
  const all = openBackfills(view).flatMap(({ groups }) => groups.flatMap(({ assets }) => assets));
  const read = all.flatMap((key) => [key, ...(project.assets[key]?.deps ?? [])]);
  return new Set(read.filter((key) => project.assets[key]?.partitions !== undefined));
}

/** The subject of a commit that does nothing but carry backfills on. */
export function backfillsMessage(events: readonly BranchlineEvent[]): string {
  const ended = events.flatMap((event) => (event.type === 'backfill.ended' ? [event] : []));
  const asked = events.filter(({ type }) => type === 'run.requested').length;
  const parts = [
    ...ended.map(
      ({ backfill, state, counts }) => `backfill ${backfill} is over: ${state}, ${counts.done} of ${counts.total} made`,
    ),
    ...(asked > 0 ? [`${asked} ${asked === 1 ? 'run' : 'runs'} of backfills asked for`] : []),
  ];
  return `${ended.length > 0 ? '●' : '…'} ${parts.join('; ')}`;
}

/** How far the backfills of a state are: those that are not over first, each kind newest first. */
export function backfillsOf(project: Project, view: StateView, now: EpochMs): BackfillProgress[] {
  const reader = openPartitionReader(project, view, keysAt(view, now));
  return [...(view.backfills?.values() ?? [])]
    .map((record) => progressOf(project, view, reader, record, now))
    .sort((a, b) => Number(isBackfillOver(a)) - Number(isBackfillOver(b)) || (a.requestedAt > b.requestedAt ? -1 : 1));
}

function progressOf(
  project: Project,
  view: StateView,
  reader: PartitionReader,
  record: BackfillRecord,
  now: EpochMs,
): BackfillProgress {
  const { account } = advanceOf(project, view, reader, record);
  return backfillProgress(record, account, now, (asset) => (project.assets[asset] ? reader.keysOf(asset) : []));
}
