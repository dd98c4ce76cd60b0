import type { Plan } from '../model/plan.ts';
import type { AssetKey, Project } from '../model/project.ts';
import { partitionName } from '../plan/partitioned.ts';
import { readInFull } from '../plan/reads.ts';
import { type KeysAt, openPartitions } from '../time/partitions/keys.ts';
import type { FindLost } from './find-lost.ts';
import { hasPartitions } from './planning.ts';
import { type UnknownWorld, unknownOfPlan } from './unknown-besides.ts';
import type { UnknownData } from './unknown-data.ts';

/** A look for what is lost that also collects what tables hold and the state knows nothing of. */
export interface UnknownWatch {
  readonly findLost: FindLost;
  /** What was found so far, each once. */
  readonly found: () => readonly UnknownData[];
}

export function watchUnknown(findLost: FindLost, assets: ReadonlySet<AssetKey>): UnknownWatch {
  const found = new Map<string, UnknownData>();
  const onFound = (data: UnknownData): void => void found.set(partitionName(data.asset, data.key), data);
  return {
    findLost: (view, looked, more) => findLost(view, looked, { ...more, unknown: { assets, onFound } }),
    found: () => [...found.values()],
  };
}

/** With more partitions than this, a table that is only written to is not looked into beforehand. */
const KEYS_MAX = 10_000;

/** Tables in which data that the state did not make concerns who makes these assets: those that they read in full, and their own. */
export function unknownConcerns(project: Project, at: KeysAt, selected: ReadonlySet<AssetKey>): ReadonlySet<AssetKey> {
  if (!hasPartitions(project)) return new Set();
  const own = [...selected].filter((key) => {
    const { partitions, connection } = project.assets[key]!;
    return partitions && connection !== undefined && openPartitions(partitions).keys(at).length <= KEYS_MAX;
  });
  return new Set([...readInFull(project, selected), ...own]);
}

/** What a plan's tables hold that the state did not make, in words: mostly nothing, and then nothing is read to say so. */
export function unknownBesides(world: UnknownWorld, plan: Plan): string | undefined {
  return world.unknown.length === 0 ? undefined : unknownOfPlan(world, plan);
}
