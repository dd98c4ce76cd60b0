import type { EpochMs } from '../model/instant.ts';
import type { AssetKey, Project } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import { openPartitionReader, type PartitionReader, partitionName } from '../plan/partitioned.ts';
import { commandFor } from './lost-advice.ts';
import { keysAt } from './planning.ts';

/**
 * By asset that the state says has lost data: the command that makes it again, with what is downstream. By what the snapshot
 * tells alone, so that no partition is read for it.
 */
export function lossCures(project: Project, view: StateView, reader: PartitionReader): ReadonlyMap<AssetKey, string> {
  const lost = new Map<string, string>();
  const losers: AssetKey[] = [];
  const unnamed = new Set<AssetKey>();
  for (const asset of Object.keys(project.assets)) {
    const { lost: whole, partitions } = view.assets.get(asset) ?? {};
    if (whole === undefined && partitions?.lost === undefined) continue;
    losers.push(asset);
    if (whole !== undefined && project.assets[asset]!.partitions === undefined) lost.set(asset, whole.message);
    for (const key of partitions?.losing ?? []) lost.set(partitionName(asset, key), '');
    if ((partitions?.lost ?? 0) > (partitions?.losing?.length ?? 0)) unnamed.add(asset);
  }
  const known = { project, environment: view.environment, reader, lost, unnamed };
  return new Map(losers.sort().map((asset) => [asset, commandFor(known, [asset])]));
}

/** The same at an instant. */
export function lossCuresAt(project: Project, view: StateView, now: EpochMs): ReadonlyMap<AssetKey, string> {
  return lossCures(project, view, openPartitionReader(project, view, keysAt(view, now)));
}
