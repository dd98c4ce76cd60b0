import type { Claim } from '../model/events.ts';
import { epochMs } from '../model/instant.ts';
import type { AssetKey, Project } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import { openPartitionReader } from '../plan/partitioned.ts';
import type { KeysByAsset } from '../plan/reads.ts';
import type { KeysAt } from '../time/partitions/keys.ts';
import type { FindLost } from './find-lost.ts';
import { keysAt } from './planning.ts';
import type { RunPorts, RunSettings } from './run-ports.ts';
import { readState } from './state-reading.ts';

/** Where it is looked for what is gone. */
export interface LostWorld {
  readonly project: Project;
  readonly environment: string;
  readonly view: StateView;
  readonly at: KeysAt;
  readonly findLost: FindLost;
  /** The state with what is known of the partitions of these assets as well; where it cannot be read, as it is at hand. */
  readonly readPartitions: (assets: ReadonlySet<AssetKey>) => Promise<StateView>;
}

/**
 * All that is gone of these assets and of what is upstream of them, by all states: only asked when something is. Nobody who
 * makes an asset looks at the partitions of what stands further up than what it reads, so these are read now.
 */
export async function lostUpstream(
  { project, at, findLost, readPartitions }: Omit<LostWorld, 'environment' | 'view'>,
  assets: Iterable<AssetKey>,
  find: (view: StateView, looked: KeysByAsset) => ReturnType<FindLost> = findLost,
): Promise<ReadonlyMap<string, string>> {
  const all = new Set(assets);
  // A set goes on with what is added to it meanwhile.
  for (const key of all) for (const dep of project.assets[key]?.deps ?? []) all.add(dep);
  const view = await readPartitions(new Set([...all].filter((key) => project.assets[key]?.partitions)));
  const reader = openPartitionReader(project, view, at);
  return find(view, new Map([...all].map((key) => [key, reader.keysOf(key)])));
}

/** Where a run looks for what is gone, on the state that has its claim or its end. */
export function lostWorld(
  ports: RunPorts,
  settings: RunSettings,
  { claim }: { readonly claim?: Pick<Claim, 'at'> },
  view: StateView,
): LostWorld {
  const now = claim === undefined ? ports.clock.now() : epochMs(claim.at);
  return {
    project: settings.planning.project,
    environment: settings.environment,
    view,
    at: keysAt(view, now),
    findLost: ports.findLost,
    readPartitions: partitionsReader(ports, view),
  };
}

/** The same before the run begins its first step: it holds its connections, and nobody is at work in them yet. */
export function lostWorldBefore(
  ports: RunPorts,
  settings: RunSettings,
  { claim }: { readonly claim: Claim },
  view: StateView,
): LostWorld {
  const world = lostWorld(ports, settings, { claim }, view);
  const findLost: FindLost = (newest, looked, more) => {
    const claims = new Map([...newest.claims].filter(([, { run }]) => run !== claim.run));
    return world.findLost({ ...newest, claims }, looked, more);
  };
  return { ...world, findLost };
}

/** Reads the state again for partitions that `view` has nothing of, as whoever records reads it. */
function partitionsReader(
  ports: Pick<RunPorts, 'session' | 'partitions'>,
  view: StateView,
): LostWorld['readPartitions'] {
  return async (assets) => {
    const missing = [...assets].filter((key) => view.partitions?.has(key) !== true);
    if (missing.length === 0) return view;
    for (const key of missing) ports.partitions.add(key);
    const read = await ports.session.transact<undefined>(async () => ({ kind: 'nothing', value: undefined }));
    return read.ok ? read.value.after.view : view;
  };
}

/** The same for who only looks at the state. */
export function partitionsAt(
  ports: Parameters<typeof readState>[0],
  at: string | undefined,
  view: StateView,
): LostWorld['readPartitions'] {
  return async (assets) => {
    if ([...assets].every((key) => view.partitions?.has(key))) return view;
    const read = await readState(ports, at, { partitionsOf: new Set([...(view.partitions?.keys() ?? []), ...assets]) });
    return read.ok ? read.value.read.view : view;
  };
}
