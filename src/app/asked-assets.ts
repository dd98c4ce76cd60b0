import { originalOf, type RunRequest } from '../model/plan.ts';
import type { AssetKey } from '../model/project.ts';
import type { RunRecord, StateView } from '../model/state.ts';
import { openPartitionReader, type PartitionReader } from '../plan/partitioned.ts';
import { isWithUpstream, wantedAssets } from '../plan/wanted-assets.ts';
import type { SelectionStatus } from '../project/selection-evaluate.ts';
import type { KeysAt } from '../time/partitions/keys.ts';
import { assetsNamed, type PlanningProject, requestedAssets, requestedPartitions } from './planning.ts';

/** Assets that a request asks for. */
export type AskedAssets = (request: RunRequest) => readonly AssetKey[];

type Opened = Pick<PlanningProject, 'project' | 'graph'>;

/**
 * Looks up what many requests ask for at a state: the project is opened for the first of them, and each selection worked
 * out once. What goes along is asked for as well, as planning adds it: siblings of a multi-asset, and what
 * `--with-upstream` finds missing; of a partitioned upstream that was not read nothing counts as missing. One that asks for
 * a `status:` asks for nothing without `statusOf`: it is known once its run is planned.
 */
export function askedAssets(
  open: () => Opened,
  view: StateView,
  at: KeysAt,
  statusOf?: (key: AssetKey) => readonly SelectionStatus[],
): AskedAssets {
  const known = new Map<string, readonly AssetKey[]>();
  let opened: (Opened & { readonly reader: Pick<PartitionReader, 'read' | 'upstreamKeys'> }) | undefined;
  const openOnce = (): NonNullable<typeof opened> => {
    if (opened) return opened;
    const { project, graph } = open();
    opened = { project, graph, reader: readOfKnown(view, openPartitionReader(project, view, at)) };
    return opened;
  };
  return (request) => {
    const name = nameOf(request);
    const before = name === undefined ? undefined : known.get(name);
    if (before) return before;
    const planning = openOnce();
    const { project, reader } = planning;
    const found = requestedAssets(planning, request, statusOf);
    if (!found.ok) return [];
    const cut = isWithUpstream(request) ? requestedPartitions(project, found.value, request, at) : undefined;
    const partitions = cut?.ok && cut.value ? { partitions: cut.value } : {};
    const assets = [...wantedAssets({ project, view, request, selected: found.value, ...partitions }, reader).keys()];
    if (name !== undefined) known.set(name, assets);
    return assets;
  };
}

/** Requests of one name ask for the same; undefined = for what they name themselves. */
function nameOf(request: RunRequest): string | undefined {
  const original = originalOf(request);
  if (assetsNamed(original) !== undefined) return undefined;
  if (!isWithUpstream(request)) return original.selection;
  return JSON.stringify([original.selection, 'partitions' in request ? request.partitions : null]);
}

/** What is read of an upstream; nothing is missing of one whose partitions nobody has read. */
function readOfKnown(view: StateView, reader: PartitionReader): Pick<PartitionReader, 'read' | 'upstreamKeys'> {
  return {
    upstreamKeys: (asset, dep, key) => reader.upstreamKeys(asset, dep, key),
    read: (asset, dep, keys) => {
      const isUnread = view.assets.has(dep) && view.partitions?.has(dep) !== true;
      return isUnread ? { version: null, missing: [] } : reader.read(asset, dep, keys);
    },
  };
}

/** What an open run makes: the assets of its steps; of one that is not planned yet what it asks for. */
export function assetsOfRun({ steps, request }: RunRecord, asked: AskedAssets): readonly AssetKey[] {
  const planned = Object.values(steps);
  return planned.length > 0 ? planned.flatMap(({ assets }) => assets) : asked(request);
}
