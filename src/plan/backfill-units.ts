import { topologicalOrder } from '../base/topology.ts';
import type { BackfillGroup } from '../model/events.ts';
import type { AssetKey, Project } from '../model/project.ts';
import { utf8Bytes } from '../state/layout.ts';

/** The names of the assets of one run: its record has to fit a file of the state, with room for what becomes of them. */
export const RUN_ASSETS_BYTES_MAX = 512 * 1024;
/** The same of a step that makes all of its assets or none, which no two runs can share. */
const STEP_ASSETS_BYTES_MAX = 768 * 1024;

/** Assets that are made together or not at all: those of a step that makes no part of itself, or one asset. */
export interface Unit {
  readonly name: string;
  /** In the order of the targets: what one of them reads stands before it. */
  readonly assets: readonly AssetKey[];
  /** Targets that they read, of other units. */
  readonly upstream: readonly AssetKey[];
  readonly bytes: number;
}

/** The units of the targets, each after all that it reads. */
export function unitsOf(project: Project, targets: ReadonlyMap<AssetKey, unknown>): Unit[] {
  const nameOf = (asset: AssetKey): string => {
    const step = project.steps[project.assets[asset]?.step ?? ''];
    return step === undefined || step.canSubset || step.assets.length === 1 ? asset : `step ${step.name}`;
  };
  const members = new Map<string, AssetKey[]>();
  for (const asset of targets.keys()) {
    const name = nameOf(asset);
    const known = members.get(name);
    if (known) known.push(asset);
    else members.set(name, [asset]);
  }
  const upstreamOf = (name: string): AssetKey[] =>
    members
      .get(name)!
      .flatMap((asset) => project.assets[asset]?.deps ?? [])
      .filter((dep) => targets.has(dep) && nameOf(dep) !== name);
  const { order } = topologicalOrder(members.keys(), (name) => upstreamOf(name).map(nameOf));
  return order.map((name) => {
    const assets = members.get(name)!;
    return { name, assets, upstream: upstreamOf(name), bytes: namesBytes(assets) };
  });
}

/**
 * The assets of a recorded group as runs may name them: all of them, or, of a group that an older Branchline recorded
 * without looking at its length, parts of it that the record of a run has room for, each after those that it reads. It
 * follows from the record and the project alone, whatever has been made so far, so a run that was asked for is known
 * again.
 */
export function sharesOf(
  project: Project,
  { assets }: Pick<BackfillGroup, 'assets'>,
): readonly (readonly AssetKey[])[] {
  if (namesBytes(assets) <= STEP_ASSETS_BYTES_MAX) return [assets];
  const shares: AssetKey[][] = [];
  let room = 0;
  for (const unit of unitsOf(project, new Map(assets.map((asset) => [asset, undefined])))) {
    if (unit.bytes > room) {
      shares.push([]);
      room = RUN_ASSETS_BYTES_MAX;
    }
    shares.at(-1)!.push(...unit.assets);
    room -= unit.bytes;
  }
  return shares;
}

function namesBytes(assets: readonly AssetKey[]): number {
  return assets.reduce((sum, asset) => sum + utf8Bytes(JSON.stringify(asset)) + 1, 0);
}

/** The first group that no record has room for: one step that makes all of its assets or none. */
export function tooLongGroup(
  groups: readonly BackfillGroup[],
): { readonly assets: readonly AssetKey[]; readonly bytesMax: number } | undefined {
  const group = groups.find(({ assets }) => namesBytes(assets) > STEP_ASSETS_BYTES_MAX);
  return group && { assets: group.assets, bytesMax: STEP_ASSETS_BYTES_MAX };
}
