import { nearestWord } from '../base/nearest.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { timestamp } from '../model/instant.ts';
import type { PartitionsDef, PartitionsSummary } from '../model/partitions.ts';
import type { AssetKey, Project } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import { partitionsInProgress, summarizePartitions } from '../plan/partition-status.ts';
import { numberEvents } from '../state/codec.ts';
import { type KeysAt, keyProblem, openPartitions } from '../time/partitions/keys.ts';
import { sameDefinition } from '../time/partitions/mapping.ts';
import { type AppFailure, inputFailure } from './failure.ts';
import type { PagesOf } from './state-ports.ts';
import type { StateSession } from './state-session.ts';
import { dynamicSets } from './step-partition.ts';

/** What a word of `branchline partitions` names. */
export type PartitionsSubject =
  | { readonly kind: 'asset'; readonly asset: AssetKey; readonly def: PartitionsDef }
  | { readonly kind: 'definition'; readonly name: string; readonly def: PartitionsDef }
  | { readonly kind: 'set'; readonly name: string; readonly def: PartitionsDef };

/** A definition with the assets that are cut so. */
export interface ListedPartitions {
  /** Of a shared definition. */
  readonly name?: string;
  readonly kind: string;
  readonly assets: readonly AssetKey[];
  readonly keys: number;
  readonly first?: string;
  readonly last?: string;
}

/** Assets with partitions, by key. */
export function cutAssets(project: Project): readonly AssetKey[] {
  return Object.keys(project.assets)
    .filter((key) => project.assets[key]!.partitions !== undefined && !project.assets[key]!.external)
    .sort();
}

/** An asset that has partitions, a shared definition, or a set of dynamic keys; refused with the nearest of them. */
export function findPartitions(project: Project, word: string): Result<PartitionsSubject, AppFailure> {
  const asset = project.assets[word];
  if (asset?.partitions) return ok({ kind: 'asset', asset: word, def: asset.partitions });
  const def = project.partitions[word];
  if (def) return ok({ kind: 'definition', name: word, def });
  const sets = dynamicSets(project);
  if (sets.has(word)) return ok({ kind: 'set', name: word, def: { kind: 'dynamic', name: word } });
  if (asset) return fail(inputFailure('no-partitions', `${word} has no partitions.`, someNames(project)));
  const near = nearestWord(word, [...cutAssets(project), ...Object.keys(project.partitions), ...sets.keys()]);
  return fail(
    inputFailure(
      'unknown-partitions',
      `There is no asset with partitions and no definition \`${word}\`${near === undefined ? '' : `; did you mean \`${near}\`?`}`,
      someNames(project),
    ),
  );
}

function someNames(project: Project): string {
  const names = [...Object.keys(project.partitions).sort(), ...cutAssets(project)];
  if (names.length === 0) return 'No asset has partitions.';
  return `There are ${names.slice(0, 8).join(', ')}${names.length > 8 ? ` and ${names.length - 8} more` : ''}.`;
}

/** Keys in their order, as they are at an instant. */
export function keysOf(def: PartitionsDef, at: KeysAt): readonly string[] {
  return openPartitions(def).keys(at);
}

/** Every definition: shared ones by name, then those that assets write themselves. */
export function listPartitions(project: Project, at: KeysAt): readonly ListedPartitions[] {
  const shared = Object.entries(project.partitions).sort(([a], [b]) => (a < b ? -1 : 1));
  const definitions: { readonly name?: string; readonly def: PartitionsDef; readonly assets: AssetKey[] }[] =
    shared.map(([name, def]) => ({ name, def, assets: [] }));
  for (const key of cutAssets(project)) {
    const def = project.assets[key]!.partitions!;
    const known = definitions.find((candidate) => sameDefinition(candidate.def, def));
    if (known) known.assets.push(key);
    else definitions.push({ def, assets: [key] });
  }
  return definitions.map(({ name, def, assets }) => {
    const keys = keysOf(def, at);
    return {
      ...(name === undefined ? {} : { name }),
      kind: definitionText(def),
      assets,
      keys: keys.length,
      ...(keys.length === 0 ? {} : { first: keys[0]!, last: keys.at(-1)! }),
    };
  });
}

/** A definition in few words: `0 0 * * * Europe/Berlin`, `static`, `dynamic customers`, `day × region`. */
export function definitionText(def: PartitionsDef): string {
  switch (def.kind) {
    case 'time':
      return `${def.cron} ${def.timezone}`;
    case 'static':
      return 'static';
    case 'dynamic':
      return `dynamic ${def.name}`;
    case 'multi':
      return Object.keys(def.dimensions).sort().join(' × ');
  }
}

/** Assets that a word is about; without one all that have partitions. */
export function assetsAbout(project: Project, word: string | undefined): Result<readonly AssetKey[], AppFailure> {
  if (word === undefined) return ok(cutAssets(project));
  const subject = findPartitions(project, word);
  if (!subject.ok) return subject;
  if (subject.value.kind === 'asset') return ok([subject.value.asset]);
  const { def } = subject.value;
  const assets = cutAssets(project).filter((key) => sameDefinition(project.assets[key]!.partitions, def));
  if (assets.length > 0) return ok(assets);
  return fail(inputFailure('no-partitions', `No asset is cut by \`${word}\`.`, someNames(project)));
}

/** Status of all partitions of these assets. The view must hold what is known of them. */
export function partitionSummaries(
  project: Project,
  view: StateView,
  assets: readonly AssetKey[],
  at: KeysAt,
): readonly PartitionsSummary[] {
  const busy = partitionsInProgress(view);
  const keys = new Map<PartitionsDef, readonly string[]>();
  return assets.map((asset) => {
    const def = project.assets[asset]!.partitions!;
    const own = keys.get(def) ?? keysOf(def, at);
    keys.set(def, own);
    return summarizePartitions(asset, own, view.partitions?.get(asset), busy.get(asset) ?? new Set());
  });
}

export interface KeysChange {
  readonly set: string;
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

export interface KeysChanged {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Keys in the set now. */
  readonly keys: number;
  /** Undefined when nothing had to be changed. */
  readonly commit?: string;
}

/** Refuses a set that does not exist and keys that none of it may have. */
export function judgeKeysChange(project: Project, change: KeysChange): AppFailure | undefined {
  const sets = dynamicSets(project);
  const set = sets.get(change.set);
  if (set === undefined) {
    const near = nearestWord(change.set, sets.keys());
    const isOther = project.partitions[change.set] !== undefined || project.assets[change.set] !== undefined;
    return inputFailure(
      'unknown-partitions',
      isOther
        ? `The keys of \`${change.set}\` are given by its definition; only dynamic sets take keys.`
        : `No partitions are \`dynamic: ${change.set}\`${near === undefined ? '' : `; did you mean \`${near}\`?`}`,
      sets.size === 0 ? 'The manifests declare no dynamic partitions.' : `Sets: ${[...sets.keys()].sort().join(', ')}.`,
    );
  }
  const problems = change.add.flatMap((key) => keyProblem(key, set.isDimension) ?? []);
  return problems.length === 0
    ? undefined
    : inputFailure('bad-partition-key', `${problems.join('\n')}`, 'Nothing was changed.');
}

/** Adds keys to a dynamic set, or removes some, on the newest state: keys that are there are not added again. */
export async function changeKeys(
  session: StateSession,
  change: KeysChange,
  writing: { readonly writer: string; readonly pages?: PagesOf },
): Promise<Result<KeysChanged, AppFailure>> {
  const recorded = await session.transact<Omit<KeysChanged, 'commit'>>(async ({ read: { view }, now }) => {
    const known = view.dynamicKeys?.get(change.set) ?? [];
    const unknown = change.remove.filter((key) => !known.includes(key));
    if (unknown.length > 0) return { kind: 'stop', failure: unknownKeys(change.set, unknown, known) };
    const added = [...new Set(change.add)].filter((key) => !known.includes(key));
    const removed = [...new Set(change.remove)];
    const value = { added, removed, keys: known.length + added.length - removed.length };
    if (added.length + removed.length === 0) return { kind: 'nothing', value };
    const draft = { type: 'partitions.changed', at: timestamp(now), name: change.set, added, removed } as const;
    return {
      kind: 'commit',
      events: numberEvents(writing.writer, view.streams.get(writing.writer) ?? 0, [draft]),
      message: `● partitions ${change.set}: ${[...counted('+', added), ...counted('−', removed)].join(' ')}`,
      value,
      ...(writing.pages ? { pages: writing.pages } : {}),
    };
  });
  if (!recorded.ok) return recorded;
  const { value, commit } = recorded.value;
  return ok({ ...value, ...(commit === undefined ? {} : { commit }) });
}

/** Names of few, the number of many: a diary line stays one. */
function counted(sign: string, keys: readonly string[]): string[] {
  if (keys.length === 0) return [];
  return [keys.length <= 3 ? keys.map((key) => `${sign}${key}`).join(' ') : `${sign}${keys.length}`];
}

function unknownKeys(set: string, unknown: readonly string[], known: readonly string[]): AppFailure {
  const lines = unknown.slice(0, 5).map((key) => {
    const near = nearestWord(key, known);
    return `\`${key}\` is not in \`${set}\`${near === undefined ? '' : `; did you mean \`${near}\`?`}`;
  });
  return inputFailure(
    'unknown-partition',
    lines.join('\n'),
    `\`branchline partitions list ${set}\` shows its keys. Nothing was changed.`,
  );
}
