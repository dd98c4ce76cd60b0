import { epochMs } from '../model/instant.ts';
import type { AssetKey, Project } from '../model/project.ts';
import type { PartitionStanding } from '../model/standing.ts';
import type { StateView } from '../model/state.ts';
import { partitionStandings } from '../plan/partition-standing.ts';
import { openPartitionReader } from '../plan/partitioned.ts';
import { keysAt } from './planning.ts';

/** The partitions of every asset at the instant of a state's commit. By what is counted: none need have been read. */
export function partitionsAt(project: Project, view: StateView): ReadonlyMap<AssetKey, PartitionStanding> {
  const now = view.at === undefined ? 0 : epochMs(view.at);
  return partitionStandings(project, view, openPartitionReader(project, view, keysAt(view, now)));
}
