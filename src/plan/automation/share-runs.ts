import { sha256 } from '../../base/digest.ts';
import { sortedUnique } from '../../base/order.ts';
import type { BackfillPolicy } from '../../model/partitions.ts';
import type { AutomationRequest, AutomationTarget } from '../../model/plan.ts';
import type { AssetKey, Project } from '../../model/project.ts';
import { chunkText, placesIn } from '../../time/partitions/keys.ts';
import { WHOLE } from '../../time/partitions/mapping.ts';
import type { PartitionReader } from '../partitioned.ts';
import { type AskedKey, type JoinedRange, joinedRanges } from './joined-ranges.ts';

/** Assets of one run, at most. */
export const ASSETS_MAX = 500;
/** What one run is told of versions, of each asset and key: its record has to fit a file of the state with room to spare. */
export const VERSIONS_BYTES_MAX = 512 * 1024;

/** What one run makes. */
export type SharedRun = Pick<AutomationRequest, 'targets' | 'keys' | 'partitions' | 'selection'>;

export interface SharedRuns {
  readonly runs: readonly SharedRun[];
  /** What no run has room for, with how many keys: it reads what is asked for, so a later pass asks for it. */
  readonly left: readonly { readonly asset: AssetKey; readonly keys: number }[];
}

/**
 * Puts what one pass asks for into runs, as few as there can be while no range is cut without need: assets with the same
 * tags, partitions and `backfill_policy` share a run where they are asked for with the same keys, as far as the policy lets
 * neighbouring keys share one. What reads another waits for it in one run, so there, and nowhere else, a range of the one
 * ends where the other is not asked for as well (`joinedRanges`). What is asked for comes upstreams first, and so do the
 * assets of a run; the runs of assets that may share come in the order of their keys.
 */
export function shareRuns(
  project: Project,
  reader: Pick<PartitionReader, 'keysOf'>,
  asked: readonly AskedKey[],
  companyOf: (asset: AssetKey) => string,
): SharedRuns {
  const names = new Map<AssetKey, string>();
  const nameOf = (asset: AssetKey): string =>
    `${JSON.stringify(project.assets[asset]!.partitions ?? null)} ${companyOf(asset)}`;
  const companies = new Map<string, AskedKey[]>();
  for (const each of asked) {
    const name = names.get(each.asset) ?? nameOf(each.asset);
    names.set(each.asset, name);
    const own = companies.get(name);
    if (own) own.push(each);
    else companies.set(name, [each]);
  }
  const order = new Map([...names.keys()].map((asset, place) => [asset, place]));
  const shared = [...companies.values()].map((own) => runsOfCompany(project, reader, own, order));
  return { runs: shared.flatMap(({ runs }) => runs), left: shared.flatMap(({ left }) => left) };
}

function runsOfCompany(
  project: Project,
  reader: Pick<PartitionReader, 'keysOf'>,
  asked: readonly AskedKey[],
  order: ReadonlyMap<AssetKey, number>,
): SharedRuns {
  const first = asked[0]!.asset;
  const places = placesIn(reader.keysOf(first));
  const ranges = joinedRanges(asked, {
    placeOf: (key) => places.get(key) ?? 0,
    wholeStepOf: wholeStepsOf(project),
    keysMax: keysMax(policyOf(project, first)),
  });
  // Those of the same keys share a run, which cuts none of them.
  const sameKeys = new Map<string, JoinedRange[]>();
  for (const range of ranges) {
    const name = `${range.place} ${range.columns[0]!.length}`;
    const own = sameKeys.get(name);
    if (own) own.push(range);
    else sameKeys.set(name, [range]);
  }
  const runs: SharedRun[] = [];
  const left: SharedRuns['left'][number][] = [];
  for (const own of sameKeys.values())
    for (const columns of packed(own)) {
      const inOrder = columns.toSorted((a, b) => order.get(a[0]!.asset)! - order.get(b[0]!.asset)!);
      const most = columnsThatFit(inOrder);
      runs.push(runOf(inOrder.slice(0, most)));
      for (const column of inOrder.slice(most)) left.push({ asset: column[0]!.asset, keys: column.length });
    }
  return { runs, left };
}

/** Ranges of the same keys, as many in one run as its record has room for; one that is too long by itself is alone. */
function packed(ranges: readonly JoinedRange[]): readonly (readonly (readonly AskedKey[])[])[] {
  const all: (readonly AskedKey[])[][] = [];
  let bytes = 0;
  for (const { columns } of ranges) {
    const own = columns.reduce((sum, column) => sum + versionsBytes(column), 0);
    const before = all.at(-1);
    bytes += own;
    if (before && before.length + columns.length <= ASSETS_MAX && bytes <= VERSIONS_BYTES_MAX) before.push(...columns);
    else {
      all.push([...columns]);
      bytes = own;
    }
  }
  return all;
}

/** By asset, the step that makes all of its assets or none. */
function wholeStepsOf({ assets, steps }: Project): (asset: AssetKey) => string | undefined {
  return (asset) => {
    const name = assets[asset]!.step;
    const step = name === undefined ? undefined : steps[name];
    return step === undefined || step.canSubset || step.assets.length === 1 ? undefined : step.name;
  };
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
 * How many assets, the first of these, one run takes: at least one. Upstreams come first, so what is left out reads what
 * the run makes, and none that the run makes reads what is left out.
 */
function columnsThatFit(columns: readonly (readonly AskedKey[])[]): number {
  let bytes = 0;
  for (const [i, column] of columns.entries()) {
    bytes += versionsBytes(column);
    if (i > 0 && (i === ASSETS_MAX || bytes > VERSIONS_BYTES_MAX)) return i;
  }
  return columns.length;
}

/** What a run is told of the versions of one asset, with quotes and commas. */
function versionsBytes(column: readonly AskedKey[]): number {
  return column.reduce((sum, { versions }) => sum + versions.length + 3, 0);
}

function runOf(columns: readonly (readonly AskedKey[])[]): SharedRun {
  const targets = columns.map((own): AutomationTarget => {
    const { key: _key, versions: _versions, after: _after, reads: _reads, ...rest } = own[0]!;
    const after = afterOf(own);
    return { ...rest, versions: own.map(({ versions }) => versions), ...(after === undefined ? {} : { after }) };
  });
  return { targets, ...keysOfRun(columns[0]!), selection: selectionOf(targets) };
}

function keysOfRun(column: readonly AskedKey[]): Pick<SharedRun, 'keys' | 'partitions'> {
  const keys = column.map(({ key }) => key);
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
