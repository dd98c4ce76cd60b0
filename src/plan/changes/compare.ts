import { byText, sortedUnique } from '../../base/order.ts';
import type {
  AssetChange,
  ChangeReason,
  DownstreamAsset,
  ProjectChanges,
  ReasonedChange,
  ValueChange,
} from '../../model/changes.ts';
import type { Asset, AssetKey } from '../../model/project.ts';
import { reach } from '../../project/graph.ts';
import { checkChanges } from './checks.ts';
import { codeChanges } from './code.ts';
import { type AssetSchedules, assetSchedules, policyChanges } from './policy.ts';
import { projectChanges } from './project.ts';
import { findRenames } from './renames.ts';
import { type ProjectVersion, type Side, sideOf } from './side.ts';
import { mapChanges, setChanges, valueChange } from './values.ts';

type ComparedSide = Side & { readonly schedules: AssetSchedules };

/**
 * Compares two versions of a project (semantics.md 10), base → head: what was changed itself and why, what is downstream
 * of it, and what is no asset's own. Meaning counts, not form. Depends on neither the order of files nor that of keys.
 */
export function compareProjects(base: ProjectVersion, head: ProjectVersion): ProjectChanges {
  const from: ComparedSide = { ...sideOf(base), schedules: assetSchedules(base.project) };
  const to: ComparedSide = { ...sideOf(head), schedules: assetSchedules(head.project) };
  const added = to.graph.order.filter((key) => !Object.hasOwn(base.project.assets, key));
  const removed = Object.keys(base.project.assets)
    .filter((key) => !Object.hasOwn(head.project.assets, key))
    .sort(byText);
  const renames = findRenames(from, removed, to, added);
  const isNew = new Set(added);
  const assets = to.graph.order.flatMap((key): readonly AssetChange[] => {
    if (isNew.has(key)) return [newAsset(key, to, renames.get(key))];
    const reasons = reasonsOf(key, from, to);
    return reasons.length === 0 ? [] : [{ ...describe(key, to), reasons }];
  });
  const newKeys = new Map([...renames].map(([now, before]) => [before, now]));
  const all = [...assets, ...removed.map((key) => removedAsset(key, from, newKeys.get(key)))];
  return { assets: all, downstream: downstreamOf(all, from, to), project: projectChanges(base.project, head.project) };
}

/** The reasons of each changed asset, for `changed:` in selections. */
export function changedOf(changes: ProjectChanges): (key: AssetKey) => readonly ChangeReason[] {
  const byKey = new Map(changes.assets.map(({ asset, reasons }) => [asset, reasons.map(({ reason }) => reason)]));
  return (key) => byKey.get(key) ?? [];
}

function reasonsOf(key: AssetKey, from: ComparedSide, to: ComparedSide): readonly ReasonedChange[] {
  const [before, after] = [from.project.assets[key]!, to.project.assets[key]!];
  const found: readonly (readonly [ChangeReason, readonly ValueChange[]])[] = [
    ['code_version', codeChanges(key, from, to)],
    ['dependencies', [...setChanges(before.deps, after.deps), ...mappingChanges(before, after)]],
    ['partitions_definition', valueChange('partitions', before.partitions, after.partitions)],
    ['tags', tagChanges(before, after)],
    ['metadata', metadataChanges(before, after)],
    ['checks', checkChanges(key, from, to)],
    ['policy', policyChanges(key, from, to)],
    ['owners', setChanges(before.owners, after.owners)],
  ];
  return found.filter(([, values]) => values.length > 0).map(([reason, values]) => ({ reason, values }));
}

/** How partitions of an upstream are read is part of the dependency. */
function mappingChanges(before: Asset, after: Asset): readonly ValueChange[] {
  return mapChanges(before.mappings ?? {}, after.mappings ?? {}, (dep) => `${dep}: partition_mapping`);
}

/** Kinds are tags with a meaning. */
function tagChanges(before: Asset, after: Asset): readonly ValueChange[] {
  return [
    ...mapChanges(before.tags, after.tags, (name) => name),
    ...setChanges(before.kinds, after.kinds).map((change) => ({ ...change, what: `kind ${change.what}` })),
  ];
}

/** What describes an asset. Types of columns are a contract, and so a check. */
function metadataChanges(before: Asset, after: Asset): readonly ValueChange[] {
  const texts = (asset: Asset): Readonly<Record<string, string | undefined>> =>
    Object.fromEntries(Object.entries(asset.columns ?? {}).map(([name, { description }]) => [name, description]));
  return [
    ...valueChange('description', before.description, after.description),
    ...valueChange('group', before.group, after.group),
    ...mapChanges(texts(before), texts(after), (name) => `column ${name}`),
    ...mapChanges(before.metadata, after.metadata, (name) => name),
  ];
}

function describe(key: AssetKey, side: Side): Omit<AssetChange, 'reasons'> {
  const asset = side.project.assets[key]!;
  const step = side.stepOf(key);
  return {
    asset: key,
    definedAt: asset.definedAt,
    owners: asset.owners,
    madeBy: step === undefined ? 'external' : step.name !== key ? 'multi_asset' : step.action.kind,
    checks: asset.checks.length,
    blockingChecks: asset.checks.filter(({ blocking }) => blocking).length,
  };
}

function newAsset(key: AssetKey, side: Side, renamedFrom: AssetKey | undefined): AssetChange {
  const reasons: readonly ReasonedChange[] = [{ reason: 'new', values: [] }];
  return { ...describe(key, side), reasons, ...(renamedFrom === undefined ? {} : { renamedFrom }) };
}

function removedAsset(key: AssetKey, side: Side, renamedTo: AssetKey | undefined): AssetChange {
  const reasons: readonly ReasonedChange[] = [{ reason: 'removed', values: [] }];
  return { ...describe(key, side), reasons, ...(renamedTo === undefined ? {} : { renamedTo }) };
}

/** Reasons that change what downstream reads. Checks as well when one of them stops it. */
const WITH_IMPACT: ReadonlySet<ChangeReason> = new Set([
  'new',
  'removed',
  'code_version',
  'dependencies',
  'partitions_definition',
]);

function downstreamOf(changes: readonly AssetChange[], from: Side, to: Side): readonly DownstreamAsset[] {
  const impacting = changes.filter(
    ({ reasons, asset }) =>
      reasons.some(({ reason }) => WITH_IMPACT.has(reason)) ||
      (reasons.some(({ reason }) => reason === 'checks') && [from, to].some((side) => isBlocked(side, asset))),
  );
  const keys = impacting.map(({ asset }) => asset);
  // What read a removed asset is known by the base; how it goes on from there, by the head.
  const readers = keys
    .filter((key) => !Object.hasOwn(to.project.assets, key))
    .flatMap((key) => from.graph.downstream(key))
    .filter((key) => Object.hasOwn(to.project.assets, key));
  const changed = new Set(changes.map(({ asset }) => asset));
  const reached = new Map<AssetKey, number>(reach(keys, to.graph.downstream));
  for (const key of readers) reached.set(key, 1);
  for (const [key, depth] of reach(readers, to.graph.downstream)) {
    reached.set(key, Math.min(depth + 1, reached.get(key) ?? depth + 1));
  }
  return to.graph.order
    .filter((key) => reached.has(key) && !changed.has(key))
    .map((key) => ({
      asset: key,
      reads: sortedUnique(to.graph.upstream(key)).filter((dep) => reached.has(dep) || keys.includes(dep)),
      hops: reached.get(key)!,
    }));
}

function isBlocked({ project }: Side, key: AssetKey): boolean {
  return project.assets[key]?.checks.some(({ blocking }) => blocking) === true;
}
