import { type EpochMs, epochMs } from '../model/instant.ts';
import type { Project } from '../model/project.ts';
import type { Standing } from '../model/standing.ts';
import type { BackfillRecord, StateView } from '../model/state.ts';
import { limitHints } from '../plan/limits.ts';
import { partitionStandings } from '../plan/partition-standing.ts';
import { openPartitionReader } from '../plan/partitioned.ts';
import { isBackfillOver } from '../state/backfill-fold.ts';
import { backfillsOf } from './backfills.ts';
import { lossCures } from './loss-cures.ts';
import { keysAt } from './planning.ts';
import { queueStanding } from './queue-standing.ts';

/** Backfills that are over are told of for so long. */
const TOLD_MS = 7 * 86_400_000;
/** So many of them, the newest. */
const OVER_MAX = 5;

/** How the work stands at a state, at the instant of its commit. */
export function standingOf(project: Project, view: StateView): Standing {
  const now = view.at === undefined ? 0 : epochMs(view.at);
  const reader = openPartitionReader(project, view, keysAt(view, now));
  return {
    queue: queueStanding({ project, view, reader, now }),
    backfills: backfillsOf(project, { ...view, backfills: toldBackfills(view, now) }, now),
    partitions: partitionStandings(project, view, reader),
    cures: lossCures(project, view, reader),
    limits: limitHints(project, view),
  };
}

function toldBackfills(view: StateView, now: EpochMs): ReadonlyMap<string, BackfillRecord> {
  const all = [...(view.backfills?.values() ?? [])];
  const over = all
    .filter((record) => isBackfillOver(record) && epochMs(record.endedAt!) > now - TOLD_MS)
    .sort((a, b) => (a.endedAt! > b.endedAt! ? -1 : 1))
    .slice(0, OVER_MAX);
  return new Map(
    [...all.filter((record) => !isBackfillOver(record)), ...over].map((record) => [record.backfill, record]),
  );
}
