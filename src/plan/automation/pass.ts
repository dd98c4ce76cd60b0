import { runId } from '../../model/ids.ts';
import { type EpochMs, timestamp } from '../../model/instant.ts';
import type { AutomationRequest, RunRequest } from '../../model/plan.ts';
import type { Asset, AssetKey, Project } from '../../model/project.ts';
import type { StateView } from '../../model/state.ts';
import { missingIn } from '../../state/partition-records.ts';
import { WHOLE } from '../../time/partitions/mapping.ts';
import { openPartitionReader, type PartitionReader, partitionName } from '../partitioned.ts';
import type { AskedKey } from './joined-ranges.ts';
import { type ConditionInput, type Judgement, judgeKey } from './judge-key.ts';
import { openTicks } from './on-cron.ts';
import { openWork } from './open-work.ts';
import { policyOf, shareRuns } from './share-runs.ts';

/** Runs of automation that are open at once, at most: the rest is found again by a later pass. */
export const OPEN_RUNS_MAX = 100;
/** Keys of one asset that one pass judges to be made. */
export const KEYS_MAX = 1000;

/** All that a pass depends on. Pure data. */
export interface AutomationInput {
  readonly project: Project;
  /** Assets with `automation`, upstreams first. */
  readonly automated: readonly AssetKey[];
  readonly view: StateView;
  readonly now: EpochMs;
  /** Keys of a dynamic definition. */
  readonly dynamic: (name: string) => readonly string[];
  /** What a request that waits will make. */
  readonly assetsOf: (request: RunRequest) => Iterable<AssetKey>;
  /** Tags that runs of these assets have: those that differ do not share a run. */
  readonly tagsOf: (assets: ReadonlySet<AssetKey>) => Readonly<Record<string, string>>;
}

/** A run that automation asks for. */
export interface AutomationRun {
  readonly run: string;
  readonly request: AutomationRequest;
  readonly tags: Readonly<Record<string, string>>;
}

export interface AutomationPass {
  readonly runs: readonly AutomationRun[];
  /** All that conditions ask for, by name of the partition: also what is left. */
  readonly asked: ReadonlyMap<string, AskedKey>;
  /** Of each asset: partitions (1 without) that a later pass asks for, as far as they were counted. */
  readonly left: ReadonlyMap<AssetKey, number>;
}

/**
 * One pass over all conditions (semantics.md 6): upstreams first, so that what is asked for here is known to what reads it.
 * Pure, and quiet once its requests are recorded: what waits or is at work is in progress, and what was handled is not
 * asked for again.
 */
export function passAutomation(input: AutomationInput): AutomationPass {
  if (input.automated.length === 0) return { runs: [], asked: new Map(), left: new Map() };
  const asked = new Map<string, AskedKey>();
  const left = new Map<AssetKey, number>();
  const conditions = openConditions(input, asked);
  const { reader } = conditions;
  for (const key of input.automated) {
    const asset = input.project.assets[key]!;
    let found = 0;
    const keys = keysToJudge(conditions, asset);
    for (let index = 0; index < keys.length; index++) {
      const partition = keys[index]!;
      if (found >= KEYS_MAX) {
        left.set(key, keys.length - index);
        break;
      }
      // What is asked for is in progress by the next pass, and needs no other look.
      if (conditions.busy(key, partition) !== undefined) continue;
      const judged = judgeKey(conditions, asset, asset.automation!, partition);
      if (!judged.isTrue) continue;
      found++;
      asked.set(partitionName(key, partition), askedKey(asset, partition, judged));
    }
  }
  const room = Math.max(0, OPEN_RUNS_MAX - openRunsOf(input.view));
  const shared = shareRuns(input.project, reader, [...asked.values()], conditions.companyOf);
  const leave = (asset: AssetKey, keys: number): void => void left.set(asset, (left.get(asset) ?? 0) + keys);
  for (const { targets, keys } of shared.runs.slice(room))
    for (const { asset } of targets) leave(asset, keys?.length ?? 1);
  for (const { asset, keys } of shared.left) leave(asset, keys);
  const at = timestamp(input.now);
  return {
    runs: shared.runs.slice(0, room).map((part) => {
      const request: AutomationRequest = { kind: 'automation', at, ...part };
      const tags = input.tagsOf(new Set(part.targets.map(({ asset }) => asset)));
      return { run: runId(request), request, tags: { ...tags, ...partitionTags(part.keys) } };
    }),
    asked,
    left,
  };
}

function openRunsOf({ openRuns }: StateView): number {
  let count = 0;
  for (const { request } of openRuns.values()) if (request.kind === 'automation') count++;
  return count;
}

function askedKey(asset: Asset, key: string, { reading, tick, isOnlyJoined }: Judgement): AskedKey {
  return {
    asset: asset.key,
    key,
    condition: asset.automation!.kind,
    versions: reading.versions,
    ...(tick === undefined ? {} : { tick }),
    ...(reading.last.run === undefined ? {} : { after: reading.last.run }),
    ...(isOnlyJoined ? { joined: true } : {}),
    ...(reading.deps.some(({ isJoined }) => isJoined)
      ? { reads: reading.deps.flatMap(({ dep, isJoined }) => (isJoined ? [dep] : [])) }
      : {}),
  };
}

/** What conditions are judged by, at one instant; `asked` grows as a pass goes on. */
export function openConditions(
  input: AutomationInput,
  asked: ReadonlyMap<string, AskedKey>,
): ConditionInput & { readonly reader: PartitionReader } {
  const { project, view, now, dynamic } = input;
  const reader = openPartitionReader(project, view, { now, dynamic });
  const companies = new Map<AssetKey, string>();
  const latest = new Map<AssetKey, ReadonlySet<string> | undefined>();
  return {
    project,
    view,
    reader,
    asked,
    busy: openWork(project, view, reader, input.assetsOf),
    companyOf(asset) {
      const known =
        companies.get(asset) ?? JSON.stringify([input.tagsOf(new Set([asset])), policyOf(project, asset) ?? null]);
      companies.set(asset, known);
      return known;
    },
    tickOf: openTicks(view, now),
    latestKeys(asset) {
      if (!latest.has(asset.key)) latest.set(asset.key, latestKeys(reader, asset));
      return latest.get(asset.key);
    },
  };
}

/** Of what is cut by time: the newest window, of several dimensions each key of it. `on_missing` is about all of them. */
function latestKeys(reader: PartitionReader, asset: Asset): ReadonlySet<string> | undefined {
  const partitions = reader.partitionsOf(asset.key);
  if (partitions?.windows === undefined || asset.automation?.kind === 'on_missing') return undefined;
  const keys = reader.keysOf(asset.key);
  const last = keys.at(-1);
  if (last === undefined) return new Set();
  if (partitions.def.kind !== 'multi') return new Set([last]);
  const { dimensions } = partitions.def;
  const time = Object.keys(dimensions).find((name) => dimensions[name]!.kind === 'time')!;
  const windowOf = (key: string): string => partitions.split(key)?.[time] ?? '';
  // The order of the windows is that of the definition, not of their text.
  let newest: string | undefined;
  let start = Number.NEGATIVE_INFINITY;
  for (const window of new Set(keys.map(windowOf))) {
    const from = partitions.windows.find(window)?.start ?? start;
    if (from >= start) [newest, start] = [window, from];
  }
  return new Set(keys.filter((key) => windowOf(key) === newest));
}

/** Keys that may have to be made: those of the newest window, or those that are missing. */
function keysToJudge({ reader, latestKeys: latestOf, view }: ConditionInput, asset: Asset): readonly string[] {
  if (asset.partitions === undefined) return [WHOLE];
  const latest = latestOf(asset);
  const keys = latest === undefined ? reader.keysOf(asset.key) : [...latest];
  if (asset.automation?.kind !== 'on_missing') return keys;
  return missingIn(view.partitions?.get(asset.key), keys);
}

/** Tags that say what a run is of. */
function partitionTags(keys: readonly string[] | undefined): Record<string, string> {
  if (keys === undefined) return {};
  if (keys.length === 1) return { 'branchline/partition': keys[0]! };
  return { 'branchline/partition_range_start': keys[0]!, 'branchline/partition_range_end': keys.at(-1)! };
}
