import { sha256 } from '../../base/digest.ts';
import { sortedUnique } from '../../base/order.ts';
import type { BackfillPolicy } from '../../model/partitions.ts';
import type { AutomationRequest, AutomationTarget } from '../../model/plan.ts';
import type { AssetKey, Project } from '../../model/project.ts';
import { chunkText } from '../../time/partitions/keys.ts';
import { WHOLE } from '../../time/partitions/mapping.ts';
import type { PartitionReader } from '../partitioned.ts';

/** Assets of one run, at most. */
export const ASSETS_MAX = 500;
/** What one run is told of versions, of each asset and key: its record has to fit a file of the state with room to spare. */
export const VERSIONS_BYTES_MAX = 512 * 1024;

/** An asset, or one partition of it, that is asked for. */
export interface AskedKey extends Omit<AutomationTarget, 'versions'> {
  readonly key: string;
  readonly versions: string;
}

/** What one run makes. */
export type SharedRun = Pick<AutomationRequest, 'targets' | 'keys' | 'partitions' | 'selection'>;

/**
 * Puts what one pass asks for into runs, as few as there can be: assets of the same partition and with the same tags
 * share one, and neighbouring partitions of the same assets as far as `backfill_policy` lets them; assets with different
 * policies are of different companies, so that none is cut by that of another. What is asked for comes upstreams first, and
 * so do the assets of a run.
 */
export function shareRuns(
  project: Project,
  reader: PartitionReader,
  asked: readonly AskedKey[],
  companyOf: (asset: AssetKey) => string,
): readonly SharedRun[] {
  const companies = new Map<string, AskedKey[]>();
  for (const each of asked) {
    const name = `${JSON.stringify(project.assets[each.asset]!.partitions ?? null)} ${companyOf(each.asset)}`;
    const own = companies.get(name);
    if (own) own.push(each);
    else companies.set(name, [each]);
  }
  return [...companies.values()].flatMap((own) =>
    apartByKeys(project, own).flatMap((part) => runsOfCompany(project, reader, part)),
  );
}

/**
 * Assets whose policy wants ranges are of one run only where they are asked for with the same keys, so that none cuts the
 * range of another. Those that read each other stay together whatever their keys: what reads must be made after what is
 * read, and in one run it is.
 */
function apartByKeys(project: Project, asked: readonly AskedKey[]): readonly (readonly AskedKey[])[] {
  if (keysMax(policyOf(project, asked[0]!.asset)) === 1) return [asked];
  const keysOf = new Map<AssetKey, string[]>();
  for (const { asset, key } of asked) {
    const own = keysOf.get(asset);
    if (own) own.push(key);
    else keysOf.set(asset, [key]);
  }
  const lead = connected(project, [...keysOf.keys()]);
  const setsOf = new Map<AssetKey, Set<string>>();
  for (const [asset, keys] of keysOf) {
    const first = lead(asset);
    setsOf.set(first, (setsOf.get(first) ?? new Set()).add(JSON.stringify(keys.toSorted())));
  }
  const parts = new Map<string, AskedKey[]>();
  for (const each of asked) {
    const first = lead(each.asset);
    const sets = setsOf.get(first)!;
    const name = sets.size === 1 ? `keys ${[...sets][0]!}` : `asset ${first}`;
    const own = parts.get(name);
    if (own) own.push(each);
    else parts.set(name, [each]);
  }
  return [...parts.values()];
}

/** One asset for all of these that read each other, over any number of steps. */
function connected(project: Project, assets: readonly AssetKey[]): (asset: AssetKey) => AssetKey {
  const above = new Map<AssetKey, AssetKey>(assets.map((asset) => [asset, asset]));
  const lead = (asset: AssetKey): AssetKey => {
    let at = asset;
    while (above.get(at) !== at) at = above.get(at)!;
    above.set(asset, at);
    return at;
  };
  for (const asset of assets)
    for (const dep of project.assets[asset]!.deps) if (above.has(dep)) above.set(lead(dep), lead(asset));
  return lead;
}

/** Assets that are asked for with one key. */
interface Piece {
  readonly assets: readonly AskedKey[];
  readonly place: number;
}

function runsOfCompany(project: Project, reader: PartitionReader, asked: readonly AskedKey[]): SharedRun[] {
  const byKey = new Map<string, AskedKey[]>();
  for (const each of asked) {
    const own = byKey.get(each.key);
    if (own) own.push(each);
    else byKey.set(each.key, [each]);
  }
  const first = asked[0]!;
  const most = keysMax(policyOf(project, first.asset));
  const place = new Map(reader.keysOf(first.asset).map((key, index) => [key, index]));
  const pieces = [...byKey]
    .map(([key, assets]): Piece => ({ assets, place: place.get(key) ?? 0 }))
    .sort((a, b) => a.place - b.place);
  const runs: Piece[][] = [];
  for (const piece of pieces) {
    const before = runs.at(-1);
    const last = before?.at(-1);
    const follows = last !== undefined && last.place + 1 === piece.place && areSameAssets(last, piece);
    if (before && follows && before.length < most) before.push(piece);
    else runs.push([piece]);
  }
  return runs.map(runOfPieces);
}

function areSameAssets(one: Piece, other: Piece): boolean {
  return (
    one.assets.length === other.assets.length &&
    one.assets.every(({ asset, joined, tick }, i) => {
      const same = other.assets[i]!;
      return asset === same.asset && joined === same.joined && tick === same.tick;
    })
  );
}

/** Keys of one run. */
function keysMax(policy: BackfillPolicy | undefined): number {
  if (policy?.kind === 'single_run') return Number.POSITIVE_INFINITY;
  return policy?.kind === 'multi_run' ? policy.partitionsMax : 1;
}

/** How an asset cuts its partitions into runs; of what has none nothing is cut. */
export function policyOf({ assets, steps }: Project, asset: AssetKey): BackfillPolicy | undefined {
  const { step, partitions } = assets[asset]!;
  return partitions === undefined || step === undefined ? undefined : steps[step]?.backfillPolicy;
}

/**
 * Upstreams come first, so a run that is cut off after so many assets leaves out none that one of it reads; a later pass
 * asks for the others.
 */
function runOfPieces(pieces: readonly Piece[]): SharedRun {
  const targets = pieces[0]!.assets.slice(0, assetsMax(pieces)).map((target, i): AutomationTarget => {
    const own = pieces.map((piece) => piece.assets[i]!);
    const { key: _key, versions: _versions, after: _after, ...rest } = target;
    const after = afterOf(own);
    return { ...rest, versions: own.map(({ versions }) => versions), ...(after === undefined ? {} : { after }) };
  });
  return { targets, ...keysOfRun(pieces), selection: selectionOf(targets) };
}

/** Assets that one run takes, at least one. */
function assetsMax(pieces: readonly Piece[]): number {
  let bytes = 0;
  const all = pieces[0]!.assets.length;
  for (let i = 0; i < Math.min(all, ASSETS_MAX); i++) {
    for (const { assets } of pieces) bytes += assets[i]!.versions.length + 3;
    if (bytes > VERSIONS_BYTES_MAX) return Math.max(1, i);
  }
  return ASSETS_MAX;
}

function keysOfRun(pieces: readonly Piece[]): Pick<SharedRun, 'keys' | 'partitions'> {
  const keys = pieces.map((piece) => piece.assets[0]!.key);
  if (keys[0] === WHOLE) return {};
  return { keys, partitions: chunkText(keys)! };
}

function afterOf(keys: readonly AskedKey[]): string | undefined {
  const runs = sortedUnique(keys.flatMap(({ after }) => after ?? []));
  if (runs.length < 2) return runs[0];
  return sha256(runs.join('\n')).slice(0, 12);
}

function selectionOf(targets: readonly AutomationTarget[]): string {
  return targets.map(({ asset }) => `key:"${asset}"`).join(' or ');
}
