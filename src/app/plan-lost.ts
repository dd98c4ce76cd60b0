import type { RunRequest } from '../model/plan.ts';
import type { AssetKey, Project } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import { openPartitionReader, type PartitionScope } from '../plan/partitioned.ts';
import { lookedAt } from '../plan/reads.ts';
import { isWithUpstream, wantedAssets } from '../plan/wanted-assets.ts';
import type { KeysAt } from '../time/partitions/keys.ts';
import { sameDefinition, WHOLE } from '../time/partitions/mapping.ts';
import type { FindLost } from './find-lost.ts';
import type { Look } from './recorded-losses.ts';

/**
 * What is gone of all that a plan has to know of: what it makes, and what that reads. What a selected asset reads may be gone as
 * well, and only its owner can make it again.
 */
export async function lostForPlan(
  findLost: FindLost,
  asked: {
    readonly project: Project;
    readonly view: StateView;
    readonly request: RunRequest;
    readonly selected: ReadonlySet<AssetKey>;
    readonly partitions?: PartitionScope | undefined;
    readonly at: KeysAt;
  },
): Promise<Look> {
  const { project, view, request, selected, partitions, at } = asked;
  const reader = openPartitionReader(project, view, at);
  const keysOf = (key: AssetKey): readonly string[] => {
    const def = project.assets[key]?.partitions;
    if (def === undefined) return [WHOLE];
    return partitions && sameDefinition(def, partitions.def) ? partitions.keys : [];
  };
  const known = new Map([...selected].map((key) => [key, keysOf(key)]));
  const { needed, besides } = lookedAt(project, reader, known);
  const lost = new Map(await findLost(view, needed, { besides }));
  const looked = new Map(needed);
  for (const [key, keys] of besides) looked.set(key, [...(needed.get(key) ?? []), ...keys]);
  const wanted = { project, view, request, selected, ...(partitions ? { partitions } : {}) };
  // What goes along to be made reads something itself: one look for each row of upstreams.
  while (isWithUpstream(request)) {
    const keys = [...wantedAssets({ ...wanted, lost }, reader).keys()].filter((key) => !known.has(key));
    if (keys.length === 0) break;
    const added = new Map(keys.map((key) => [key, keysOf(key)]));
    const { needed: more } = lookedAt(project, reader, added);
    for (const [name, why] of await findLost(view, more)) lost.set(name, why);
    for (const [key, own] of more) looked.set(key, [...new Set([...(looked.get(key) ?? []), ...own])]);
    for (const [key, own] of added) known.set(key, own);
  }
  return { looked, lost };
}
