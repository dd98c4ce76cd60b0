import { byText } from '../base/order.ts';
import { unreachable } from '../base/result.ts';
import { topologicalOrder } from '../base/topology.ts';
import type { BackfillChunk } from '../model/backfills.ts';
import type { BackfillGroup } from '../model/events.ts';
import type { BackfillPolicy, PartitionsDef } from '../model/partitions.ts';
import type { AssetKey, Project } from '../model/project.ts';
import { toRanges } from '../time/partitions/keys.ts';
import { sameDefinition, WHOLE } from '../time/partitions/mapping.ts';
import { RUN_ASSETS_BYTES_MAX, type Unit, unitsOf } from './backfill-units.ts';
import type { PartitionReader } from './partitioned.ts';

export interface BackfillPlan {
  /** In the order in which they may be asked for. */
  readonly chunks: readonly BackfillChunk[];
  /** As they are recorded: what the chunks follow from. */
  readonly groups: readonly BackfillGroup[];
  /** Keys of each asset that is a target. */
  readonly targets: ReadonlyMap<AssetKey, readonly string[]>;
}

/** Keys that a backfill asks for, by root: the assets of its selection that read none of the others. */
export interface BackfillRequestKeys {
  readonly selected: ReadonlySet<AssetKey>;
  /** Keys of the roots, which share one definition; or of each root its own. */
  readonly keys: readonly string[] | ((root: AssetKey) => readonly string[]);
}

/** Roots of a selection: what reads, directly or through others, nothing else of it. */
export function backfillRoots(project: Project, selected: ReadonlySet<AssetKey>): readonly AssetKey[] {
  return [...selected]
    .filter((key) => !(project.assets[key]?.deps ?? []).some((dep) => selected.has(dep)))
    .sort(byText);
}

/**
 * The runs of a backfill (semantics.md 5): keys go down from the roots through the mappings; what shares definition,
 * exact keys, policy and an identity with all it reads of the backfill runs together; keys are cut into ranges without
 * gaps, and ranges by the policy. Assets whose names are too long for the record of one run are of several groups, what is
 * read before what reads it: each of them still makes its keys in the runs that its policy gives.
 */
export function planBackfill(project: Project, reader: PartitionReader, request: BackfillRequestKeys): BackfillPlan {
  const targets = targetKeys(project, reader, request);
  const groups = groupTargets(project, targets, reader);
  const numberOf = new Map(groups.flatMap((group, index) => group.assets.map((asset) => [asset, index + 1] as const)));
  const recorded = groups.map((group, index): BackfillGroup => {
    const after = new Set(
      group.assets.flatMap((asset) => (project.assets[asset]?.deps ?? []).flatMap((dep) => numberOf.get(dep) ?? [])),
    );
    after.delete(index + 1);
    const isCut = group.def !== undefined;
    return {
      assets: group.assets,
      partitions: isCut ? toRanges(reader.keysOf(group.assets[0]!), new Set(group.keys)) : [],
      count: group.keys.length,
      perRun: runSize(group.policy, group.keys.length),
      after: [...after].sort((a, b) => a - b),
    };
  });
  const chunks = groups.flatMap((group, index) => {
    const { assets, after } = recorded[index]!;
    const cut = group.def === undefined ? [[]] : cutKeys(reader.keysOf(assets[0]!), group.keys, group.policy);
    return cut.map((keys) => ({ group: index + 1, assets, keys, after }));
  });
  return { chunks, groups: recorded, targets };
}

function targetKeys(
  project: Project,
  reader: PartitionReader,
  { selected, keys }: BackfillRequestKeys,
): Map<AssetKey, readonly string[]> {
  const targets = new Map<AssetKey, readonly string[]>();
  const { order } = topologicalOrder(selected, (key) => project.assets[key]?.deps ?? []);
  for (const asset of order) {
    if (!selected.has(asset) || project.assets[asset]?.external) continue;
    const isCut = project.assets[asset]?.partitions !== undefined;
    // Keys are not passed on by what has none: what is cut and reads nothing that is cut is a root of keys as well.
    const read = (project.assets[asset]?.deps ?? []).filter(
      (dep) =>
        selected.has(dep) &&
        !project.assets[dep]?.external &&
        (!isCut || project.assets[dep]?.partitions !== undefined),
    );
    const upstream = read.filter((dep) => targets.has(dep));
    // What reads only assets of which no key is asked for is asked for none either: it is no root.
    if (read.length === 0) {
      targets.set(asset, !isCut ? [WHOLE] : typeof keys === 'function' ? keys(asset) : keys);
      continue;
    }
    const wanted = new Set<string>();
    for (const dep of upstream)
      for (const key of reader.downstreamKeys(asset, dep, new Set(targets.get(dep)))) wanted.add(key);
    const mapped = reader.keysOf(asset).filter((key) => wanted.has(key));
    if (mapped.length > 0) targets.set(asset, mapped);
  }
  return targets;
}

interface Group {
  readonly def: PartitionsDef | undefined;
  readonly keys: readonly string[];
  readonly policy: BackfillPolicy;
  readonly assets: AssetKey[];
  /** Steps of its assets, and the bytes of the names of all that they make. */
  readonly units: Set<string>;
  bytes: number;
}

function groupTargets(
  project: Project,
  targets: ReadonlyMap<AssetKey, readonly string[]>,
  reader: PartitionReader,
): Group[] {
  const groups: Group[] = [];
  const numberOf = new Map<AssetKey, number>();
  for (const unit of unitsOf(project, targets)) {
    const above = unit.upstream.map((dep) => numberOf.get(dep)!);
    for (const asset of unit.assets) {
      const keys = targets.get(asset)!;
      const def = project.assets[asset]?.partitions;
      const policy = policyOf(project, asset);
      const upstream = (project.assets[asset]?.deps ?? []).filter((dep) => targets.has(dep));
      // The newest group that it may join: what it reads must be made in that run, or in a run before it.
      const last = Math.max(0, ...above, ...upstream.map((dep) => numberOf.get(dep) ?? 0));
      const joined = groups.findIndex(
        (group, number) =>
          number >= last &&
          hasRoom(group, unit) &&
          sameDefinition(group.def, def) &&
          sameKeys(group.keys, keys) &&
          JSON.stringify(group.policy) === JSON.stringify(policy) &&
          upstream.every((dep) => numberOf.get(dep) !== number || readsSame(reader, asset, dep, keys)),
      );
      const number = joined < 0 ? groups.length : joined;
      groups[number] ??= { def, keys, policy, assets: [], units: new Set(), bytes: 0 };
      const group = groups[number];
      if (!group.units.has(unit.name)) group.bytes += unit.bytes;
      group.units.add(unit.name);
      group.assets.push(asset);
      numberOf.set(asset, number);
    }
  }
  return groups;
}

function hasRoom(group: Group, unit: Unit): boolean {
  return group.units.has(unit.name) || group.bytes + unit.bytes <= RUN_ASSETS_BYTES_MAX;
}

function policyOf(project: Project, asset: AssetKey): BackfillPolicy {
  const step = project.assets[asset]?.step;
  return (step === undefined ? undefined : project.steps[step]?.backfillPolicy) ?? { kind: 'per_partition' };
}

function sameKeys(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((key, index) => key === other[index]);
}

/** Each key reads just the upstream key of the same name. */
function readsSame(reader: PartitionReader, asset: AssetKey, dep: AssetKey, keys: readonly string[]): boolean {
  return keys.every((key) => {
    const read = reader.upstreamKeys(asset, dep, key);
    return read.length === 1 && read[0] === key;
  });
}

/** Keys as ranges without gaps in the definition's order, each cut by the policy. */
export function cutKeys(all: readonly string[], wanted: readonly string[], policy: BackfillPolicy): string[][] {
  const set = new Set(wanted);
  const ranges: string[][] = [];
  let isOpen = false;
  for (const key of all) {
    const isWanted = set.has(key);
    if (isWanted && isOpen) ranges.at(-1)!.push(key);
    else if (isWanted) ranges.push([key]);
    isOpen = isWanted;
  }
  return ranges.flatMap((range) => slices(range, runSize(policy, range.length)));
}

/** Partitions of one run. */
function runSize(policy: BackfillPolicy, length: number): number {
  switch (policy.kind) {
    case 'single_run':
      return length;
    case 'multi_run':
      return policy.partitionsMax;
    case 'per_partition':
      return 1;
    default:
      return unreachable(policy);
  }
}

function slices(range: readonly string[], size: number): string[][] {
  return Array.from({ length: Math.ceil(range.length / size) }, (_, n) => range.slice(n * size, (n + 1) * size));
}
