import type { Timestamp } from '../../model/instant.ts';
import type { Asset, AssetKey, Project } from '../../model/project.ts';
import type { AssetRecord, HandledRecord, PartitionRecord, StateView } from '../../model/state.ts';
import { usedDigest } from '../../model/versions.ts';
import { lossOf } from '../../state/partition-fold.ts';
import { sameDefinition, WHOLE } from '../../time/partitions/mapping.ts';
import { type PartitionReader, partitionName } from '../partitioned.ts';
import { holdingCheck } from '../staleness.ts';

/** An asset, or one partition of it, that this pass asks for. */
export interface Asked {
  /** Digest over what it will read. */
  readonly versions: string;
}

/** What a condition is judged by. Pure data, and questions to it. */
export interface Surroundings {
  readonly project: Project;
  readonly view: StateView;
  readonly reader: PartitionReader;
  /** Who is at work on a key of an asset, or will be: a run, or a backfill by its id. */
  readonly busy: (asset: AssetKey, key: string) => string | undefined;
  /** What this pass has asked for so far, by name of the partition. */
  readonly asked: ReadonlyMap<string, Asked>;
  /** What assets have to have in common to share a run. */
  readonly companyOf: (asset: AssetKey) => string;
}

/** One upstream, as a key of an asset finds it. */
export interface DepReading {
  readonly dep: AssetKey;
  /** Undefined = there is nothing of it. */
  readonly version: string | undefined;
  /** It is there, and it is another one than was read last. Of partitions only all upstreams together can tell. */
  readonly isNew: boolean;
  /** When it was made, or found up to date, last. */
  readonly at: () => Timestamp | undefined;
  /** Its name, or that of the first of its partitions, that is missing. */
  readonly missing: string | undefined;
  /** The first that somebody is at work on, with who; or that this pass asks for apart from the asset. */
  readonly busy: { readonly name: string; readonly run?: string } | undefined;
  /** The blocking check that holds it. */
  readonly held: string | undefined;
  /** The same run makes it before. */
  readonly isJoined: boolean;
  /** Nothing tells when others have made it anew. */
  readonly isUnobserved: boolean;
}

/** What was last done about an asset or partition. */
export interface LastHandling {
  readonly made?: { readonly at: Timestamp; readonly run: string };
  /** It was made and is gone. */
  readonly lost?: string;
  /** It was asked for, or begun, since it was made. */
  readonly handled?: HandledRecord;
  /** The newer of the two. */
  readonly run?: string;
}

export interface Reading {
  readonly deps: readonly DepReading[];
  readonly last: LastHandling;
  /** Never made, or gone. */
  readonly isMissing: boolean;
  /** What it reads differs from what it was made of. */
  readonly isOutdated: boolean;
  /** Digest over what it would read: of what the same run makes, that it does. */
  readonly versions: string;
}

/** Looks at what a key of an asset would read now. */
export function readKey(around: Surroundings, asset: Asset, key: string): Reading {
  const { view, reader } = around;
  const isWhole = asset.partitions === undefined;
  const record = isWhole ? view.assets.get(asset.key) : undefined;
  const partition = isWhole ? undefined : reader.record(asset.key, key);
  const made = record?.materialized ?? partition?.materialized;
  const isGone = isWhole ? record?.lost !== undefined : lossOf(partition) !== undefined;
  const handled =
    record?.handled ?? partition?.handled ?? (isGone ? savedInVain(view, record ?? partition) : undefined);
  // Its source may not give the past again: that has to be asked for.
  const lost =
    asset.onLost === 'fail' || !isGone ? undefined : (record?.materialized?.id ?? partitionName(asset.key, key));
  const deps = asset.deps.map((dep) => readDep(around, asset, key, dep, record?.materialized?.upstream));
  const versions: Record<string, string> = {};
  for (const { dep, version } of deps) {
    if (version !== undefined) versions[dep] = version;
    else if (around.project.assets[dep]?.external) versions[dep] = 'external';
  }
  const isOutdated = isWhole
    ? made !== undefined && deps.some(({ isNew }) => isNew)
    : partition?.materialized !== undefined && usedDigest(versions) !== partition.materialized.used;
  for (const { dep, isJoined } of deps)
    if (isJoined) versions[dep] = `> ${around.asked.get(partitionName(dep, key))!.versions}`;
  const run = handled?.run ?? made?.run;
  return {
    deps,
    last: {
      ...(made ? { made: { at: made.at, run: made.run } } : {}),
      ...(lost === undefined ? {} : { lost }),
      ...(handled ? { handled } : {}),
      ...(run === undefined ? {} : { run }),
    },
    isMissing: made === undefined || lost !== undefined,
    isOutdated,
    versions: usedDigest(versions),
  };
}

/**
 * Who has made it for this already, and could not save it: where the asset asked for that run by itself, or it was a retry,
 * the next one would end the same way, again and again. What others have lost is made anew.
 */
function savedInVain(view: StateView, record: AssetRecord | PartitionRecord | undefined): HandledRecord | undefined {
  if (!record?.materialized) return undefined;
  const { run, at, turn = [0, 0] } = record.materialized;
  const kind = (view.openRuns.get(run) ?? view.endedRuns.get(run))?.request.kind;
  if (kind !== 'automation' && kind !== 'retry') return undefined;
  if ('used' in record.materialized) return { at, run, turn, versions: record.materialized.used };
  const used = Object.entries(record.materialized.upstream).map(
    ([dep, { dataVersion }]) => [dep, dataVersion] as const,
  );
  return { at, run, turn, versions: usedDigest(Object.fromEntries(used)) };
}

function readDep(
  around: Surroundings,
  asset: Asset,
  key: string,
  dep: AssetKey,
  used: Readonly<Record<AssetKey, { readonly dataVersion: string }>> | undefined,
): DepReading {
  const { project, view, reader, busy, asked } = around;
  const upstream = project.assets[dep];
  const isCut = upstream?.partitions !== undefined;
  const keys = isCut ? reader.upstreamKeys(asset.key, dep, key) : [WHOLE];
  const read = reader.read(asset.key, dep, [key]);
  const version = read.version ?? undefined;
  const isJoined = keys.length === 1 && keys[0] === key && canJoin(around, asset, dep, key);
  const working = keys.find((each) => busy(dep, each) !== undefined);
  const apart =
    isJoined || upstream?.automation === undefined
      ? undefined
      : keys.find((each) => asked.has(partitionName(dep, each)));
  // What reads all partitions of an upstream reads those that are there.
  const lacking =
    upstream?.external || isJoined
      ? undefined
      : isCut && asset.partitions === undefined
        ? version === undefined
          ? WHOLE
          : undefined
        : read.missing[0];
  const at = (): Timestamp | undefined => newestAt(around, dep, isCut ? keys : undefined);
  return {
    dep,
    version,
    isNew: version !== undefined && version !== used?.[dep]?.dataVersion,
    at,
    missing: lacking === undefined ? undefined : partitionName(dep, lacking),
    busy:
      working !== undefined
        ? { name: partitionName(dep, working), run: busy(dep, working)! }
        : apart === undefined
          ? undefined
          : { name: partitionName(dep, apart) },
    held: isJoined ? undefined : isCut ? read.held : holdingCheck(project, view, dep),
    isJoined,
    isUnobserved: upstream?.external === true && at() === undefined,
  };
}

/** The same run can make both: the same keys, and tags that agree. */
function canJoin({ project, asked, companyOf }: Surroundings, asset: Asset, dep: AssetKey, key: string): boolean {
  return (
    // What asks for nothing by itself is not looked for.
    project.assets[dep]?.automation !== undefined &&
    asked.has(partitionName(dep, key)) &&
    sameDefinition(project.assets[dep]?.partitions, asset.partitions) &&
    companyOf(dep) === companyOf(asset.key)
  );
}

/** When it was made, or found up to date by a run, last. */
function newestAt(
  { view, reader }: Surroundings,
  dep: AssetKey,
  keys: readonly string[] | undefined,
): Timestamp | undefined {
  const record = view.assets.get(dep);
  const all = [record?.confirmedAt, record?.observed?.at];
  if (keys === undefined) all.push(record?.materialized?.at);
  else for (const key of keys) all.push(reader.record(dep, key)?.materialized?.at);
  return all.reduce((newest, at) => (newest === undefined || (at !== undefined && at > newest) ? at : newest));
}
