import { ok, type Result } from '../base/result.ts';
import type { AutomationRequest, RunRequest } from '../model/plan.ts';
import type { AssetKey, Project } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import { openPartitionReader, type PartitionReader, partitionName } from '../plan/partitioned.ts';
import { type KeysByAsset, readsOf } from '../plan/reads.ts';
import { isWithUpstream } from '../plan/wanted-assets.ts';
import { type KeysAt, toRanges } from '../time/partitions/keys.ts';
import { sameDefinition, WHOLE } from '../time/partitions/mapping.ts';
import { type AppFailure, inputFailure } from './failure.ts';
import type { FindLost } from './find-lost.ts';
import { commandFor } from './lost-advice.ts';
import { partsOfSelection, presentState, type RequestPart, type RequestParts, RUNS_MAX } from './partition-runs.ts';
import { type PlanningProject, selectAssets } from './planning.ts';
import { statusesOf } from './statuses.ts';

/** What a person, a click or a push asks for, as far as its runs follow from it. */
type PartsRequest = Exclude<RunRequest, AutomationRequest | { readonly kind: 'backfill' | 'retry' }>;

/**
 * The runs that a request amounts to. Who asks for what has no partitions with what it needs (`--with-upstream`) gets before it
 * runs of the partitions that it reads and that are gone: one run alone makes those of one definition that it was asked for.
 */
export async function partsFor(
  findLost: FindLost,
  planning: PlanningProject,
  { view, at, environment }: { readonly view: StateView; readonly at: KeysAt; readonly environment: string },
  request: PartsRequest,
): Promise<Result<RequestParts, AppFailure>> {
  const { selection } = request;
  const partitions = 'partitions' in request ? request.partitions : undefined;
  const present = await presentState(findLost, planning, view, request, at);
  const statusOf = statusesOf(planning.project, present.view, at);
  const own = partsOfSelection(planning, present.view, at, { selection, partitions, statusOf });
  if (!own.ok || partitions !== undefined || !isWithUpstream(request)) return own;
  const selected = selectAssets(planning, selection, statusOf);
  if (!selected.ok) return selected;
  const reader = openPartitionReader(planning.project, view, at);
  const found = await lostAlong(findLost, { project: planning.project, view, reader, selected: selected.value });
  const before: RequestPart[] = [];
  let groups = 0;
  for (const { assets, keys } of groupsOf(planning.project, found)) {
    const text = toRanges(reader.keysOf(assets[0]!), keys).join(',');
    const named = assets.map((key) => `key:"${key}"`).join(' or ');
    const made = partsOfSelection(planning, view, at, { selection: named, partitions: text });
    if (!made.ok) return made;
    before.push(...after(made.value.parts, groups));
    groups = Math.max(groups, ...before.map(({ group }) => group));
  }
  if (before.length > RUNS_MAX) {
    const lost = new Map(
      [...found].flatMap(([asset, keys]) => [...keys].map((key) => [partitionName(asset, key), ''])),
    );
    const command = commandFor({ project: planning.project, environment, reader, lost }, found.keys());
    return inputTooMany(before.length, command);
  }
  return ok({ ...own.value, parts: [...before, ...after(own.value.parts, groups)] });
}

function inputTooMany(runs: number, command: string): Result<never, AppFailure> {
  const message = `Lost partitions that are read here are ${runs} runs by their \`backfill_policy\`, and a command carries out ${RUNS_MAX} itself.`;
  return { ok: false, error: inputFailure('many-runs', message, `\`${command}\` makes them again.`) };
}

/** Runs that wait for all groups up to this one. */
function after(parts: readonly RequestPart[], groups: number): RequestPart[] {
  const earlier = Array.from({ length: groups }, (_, i) => i + 1);
  return parts.map((part) => ({
    ...part,
    group: part.group + groups,
    after: [...earlier, ...part.after.map((group) => group + groups)],
  }));
}

/** Partitions that are read, are gone, and may be made by themselves, all the way up: what is upstream stands last. */
async function lostAlong(
  findLost: FindLost,
  {
    project,
    view,
    reader,
    selected,
  }: {
    readonly project: Project;
    readonly view: StateView;
    readonly reader: PartitionReader;
    readonly selected: ReadonlySet<AssetKey>;
  },
): Promise<ReadonlyMap<AssetKey, ReadonlySet<string>>> {
  const along = new Map<AssetKey, Set<string>>();
  let making: KeysByAsset = new Map(
    [...selected].filter((key) => project.assets[key]?.partitions === undefined).map((key) => [key, [WHOLE]]),
  );
  const seen = new Set<string>();
  while (making.size > 0) {
    const reads = readsOf(project, reader, making);
    const lost = await findLost(view, reads);
    const next = new Map<AssetKey, readonly string[]>();
    for (const [dep, keys] of reads) {
      const asset = project.assets[dep]!;
      const gone = keys.filter((key) => lost.has(partitionName(dep, key)) && !seen.has(partitionName(dep, key)));
      // What is not to be made by itself has to be selected.
      if (gone.length === 0 || (asset.onLost === 'fail' && !selected.has(dep))) continue;
      for (const key of gone) seen.add(partitionName(dep, key));
      next.set(dep, gone);
      if (asset.partitions === undefined) continue;
      const known = along.get(dep) ?? new Set<string>();
      // Again at the end: something else that is gone reads it.
      along.delete(dep);
      along.set(dep, new Set([...known, ...gone]));
    }
    making = next;
  }
  return along;
}

/** What one text of keys can name, upstream first. */
function groupsOf(
  { assets }: Project,
  along: ReadonlyMap<AssetKey, ReadonlySet<string>>,
): readonly { readonly assets: readonly AssetKey[]; readonly keys: ReadonlySet<string> }[] {
  const groups: { assets: AssetKey[]; keys: Set<string> }[] = [];
  for (const [key, keys] of [...along].reverse()) {
    const last = groups.at(-1);
    const isAlike = last !== undefined && sameDefinition(assets[last.assets[0]!]?.partitions, assets[key]?.partitions);
    if (isAlike) {
      last.assets.push(key);
      for (const each of keys) last.keys.add(each);
    } else groups.push({ assets: [key], keys: new Set(keys) });
  }
  return groups;
}
