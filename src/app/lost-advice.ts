import type { AssetKey, Project } from '../model/project.ts';
import { planPartitionRuns } from '../plan/partition-runs.ts';
import { type PartitionReader, partitionName } from '../plan/partitioned.ts';
import { chunkText } from '../time/partitions/keys.ts';
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
  const { project, environment, reader } = known;
  const selection = tops.map((key) => `key:${key}+`).join(' or ');
  const cut = tops.filter((key) => project.assets[key]?.partitions !== undefined);
  const partitions = partitionsText(known, cut);
  const keys = partitions === undefined ? '' : ` --partitions ${quoted(partitions)}`;
  const where = ` --environment ${environment}`;
  if (partitions !== undefined && runsOf(known, tops, partitions) > RUNS_MAX)
    return `branchline backfill start --select ${quoted(selection)}${keys}${where}`;
  return `branchline run --select ${quoted(selection)}${keys}${environment === 'local' ? '' : where}`;

  function runsOf({ lost }: KnownLost, roots: readonly AssetKey[], text: string): number {
    const runs = planPartitionRuns(project, reader, {
      selected: withDownstream(project, roots),
      partitions: text === 'missing' ? 'all' : text,
      recordsOf: () => undefined,
    });
    const most = roots.some((key) => known.unnamed?.has(key)) ? Number.POSITIVE_INFINITY : lost.size;
    return runs.ok ? (text === 'missing' ? Math.min(runs.value.length, most) : runs.value.length) : 0;
  }
}

/** The lost keys as `--partitions` takes them: a range where they stand side by side, else by their status. */
function partitionsText(known: KnownLost, cut: readonly AssetKey[]): string | undefined {
  const [first] = cut;
  if (first === undefined) return undefined;
  if (cut.some((key) => known.unnamed?.has(key))) return 'missing';
  const lost = new Set(cut.flatMap((key) => lostKeysOf(known, key)));
  const all = known.reader.keysOf(first);
  const keys = all.filter((key) => lost.has(key));
  if (keys.length === 0) return undefined;
  const from = all.indexOf(keys[0]!);
  const isRow = keys.every((key, i) => all[from + i] === key);
  return isRow ? chunkText(keys) : 'missing';
}

function withDownstream({ assets }: Project, roots: readonly AssetKey[]): ReadonlySet<AssetKey> {
  const selected = new Set(roots);
  const keys = Object.keys(assets);
  let size = -1;
  while (size !== selected.size) {
    size = selected.size;
    for (const key of keys) if (assets[key]!.deps.some((dep) => selected.has(dep))) selected.add(key);
  }
  return selected;
}

/** As one word of a shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `"${text.replaceAll(/(["\\$`])/g, '\\$1')}"`;
}

/** `2026-01-01`, `2026-01-01 and 2026-01-02`, `2026-01-01 to 2026-01-09`: which keys, in few words. */
export function keysText(keys: readonly string[]): string {
  if (keys.length <= 2) return keys.join(' and ');
  return `${keys[0]} to ${keys.at(-1)}`;
}
