import type { AssetKey, Project } from '../model/project.ts';
import { planPartitionRuns } from '../plan/partition-runs.ts';
import { type PartitionReader, partitionName } from '../plan/partitioned.ts';
import { toRanges } from '../time/partitions/keys.ts';
import { sameDefinition } from '../time/partitions/mapping.ts';
import { RUNS_MAX } from './partition-runs.ts';

/** What is known to be gone, and where. */
export interface KnownLost {
  readonly project: Project;
  readonly environment: string;
  readonly reader: PartitionReader;
  /** By asset, of partitions by `asset@key`, with what was found. */
  readonly lost: ReadonlyMap<string, string>;
  /** Assets that have lost more than is known by name. */
  readonly unnamed?: ReadonlySet<AssetKey>;
  /** What these read was never made either. */
  readonly withUpstream?: boolean;
}

/** Keys of an asset that are gone, in the order of its definition; `''` of one without partitions. */
export function lostKeysOf({ reader, lost }: Pick<KnownLost, 'reader' | 'lost'>, asset: AssetKey): readonly string[] {
  return lost.size === 0 ? [] : reader.keysOf(asset).filter((key) => lost.has(partitionName(asset, key)));
}

/**
 * The command that makes lost data of these assets again, with what is downstream of it: it begins with the uppermost
 * asset that lost something, because what is made from a rest is no better than the rest.
 */
export function commandFor(known: KnownLost, assets: Iterable<AssetKey>): string {
  const tops = new Set<AssetKey>();
  const seen = new Set<AssetKey>();
  const climb = (asset: AssetKey): void => {
    if (seen.has(asset)) return;
    seen.add(asset);
    const above = (known.project.assets[asset]?.deps ?? []).filter((dep) => lostKeysOf(known, dep).length > 0);
    if (above.length === 0) tops.add(asset);
    for (const dep of above) climb(dep);
  };
  for (const asset of assets) climb(asset);
  return groupsOf(known.project, [...tops].sort())
    .map((group) => commandOf(known, group))
    .join(' && ');
}

/** One command names partitions of one definition; what has none goes with any. */
function groupsOf({ assets }: Project, tops: readonly AssetKey[]): readonly (readonly AssetKey[])[] {
  const whole = tops.filter((key) => assets[key]?.partitions === undefined);
  const groups: AssetKey[][] = [];
  for (const key of tops) {
    const def = assets[key]?.partitions;
    if (def === undefined) continue;
    const group = groups.find(([first]) => sameDefinition(assets[first!]?.partitions, def));
    if (group) group.push(key);
    else groups.push([key]);
  }
  const [first = [], ...others] = groups;
  return [[...first, ...whole], ...others];
}

function commandOf(known: KnownLost, tops: readonly AssetKey[]): string {
  const { project, environment, withUpstream } = known;
  const selectionWith = (before: string): string => tops.map((key) => `${before}key:${key}+`).join(' or ');
  const also = withUpstream ? ' --with-upstream' : '';
  const cut = tops.filter((key) => project.assets[key]?.partitions !== undefined);
  const partitions = partitionsText(known, cut);
  const keys = partitions === undefined ? '' : ` --partitions ${quoted(partitions)}`;
  const where = ` --environment ${environment}`;
  if (partitions !== undefined && runsOf(known, tops, partitions) > RUNS_MAX)
    return `branchline backfill start --select ${quoted(selectionWith(withUpstream ? '+' : ''))}${keys}${where}`;
  return `branchline run --select ${quoted(selectionWith(''))}${keys}${also}${environment === 'local' ? '' : where}`;
}

/** How many runs a command is, at the most: of what is missing, as if all were. */
function runsOf({ project, reader }: KnownLost, tops: readonly AssetKey[], partitions: string): number {
  const runs = planPartitionRuns(project, reader, {
    selected: withDownstream(project, tops),
    partitions: partitions === MISSING ? 'all' : partitions,
    recordsOf: () => undefined,
  });
  return runs.ok ? runs.value.length : 0;
}

const MISSING = 'missing';
/** A line has room for some ranges. Of more of them all that is missing is made, what never was among it. */
const RANGES_LENGTH_MAX = 200;

/** The lost keys as `--partitions` takes them: as ranges, and where these are too many by their status. */
function partitionsText(known: KnownLost, cut: readonly AssetKey[]): string | undefined {
  const [first] = cut;
  if (first === undefined) return undefined;
  if (cut.some((key) => known.unnamed?.has(key))) return MISSING;
  const lost = new Set(cut.flatMap((key) => lostKeysOf(known, key)));
  if (lost.size === 0) return undefined;
  const ranges = toRanges(known.reader.keysOf(first), lost);
  // A key with a comma in it is understood alone.
  const isList = ranges.length <= 1 || !ranges.some((range) => range.includes(','));
  const text = ranges.join(',');
  return isList && text.length <= RANGES_LENGTH_MAX ? text : MISSING;
}

export function withDownstream({ assets }: Project, roots: readonly AssetKey[]): ReadonlySet<AssetKey> {
  const readers = new Map<AssetKey, AssetKey[]>();
  for (const { key, deps } of Object.values(assets))
    for (const dep of deps) {
      const known = readers.get(dep);
      if (known) known.push(key);
      else readers.set(dep, [key]);
    }
  const selected = new Set(roots);
  // A set goes on with what is added to it meanwhile.
  for (const key of selected) for (const reader of readers.get(key) ?? []) selected.add(reader);
  return selected;
}

/** As one word of a shell. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `"${text.replaceAll(/(["\\$`])/g, '\\$1')}"`;
}

/** `2026-01-01`, `2026-01-01 and 2026-01-02`, `2026-01-01 to 2026-01-09`: which keys, in few words. */
export function keysText(keys: readonly string[]): string {
  if (keys.length <= 2) return keys.join(' and ');
  return `${keys[0]} to ${keys.at(-1)}`;
}
