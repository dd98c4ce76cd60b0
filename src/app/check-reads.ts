import type { Asset, AssetKey, Check, Project } from '../model/project.ts';
import type { PartitionReader } from '../plan/partitioned.ts';
import { isView, type KeysByAsset, readInFull, readsOf } from '../plan/reads.ts';
import { compileSqlTemplate } from '../project/sql-template.ts';

/** Where a check asks its questions. */
export function connectionOf(check: Check, asset: Asset): string | undefined {
  return check.connection ?? (asset.relation ? asset.connection : undefined);
}

/** Other assets whose tables a check looks into as a whole, through views as well. */
export function readsOfCheck(
  project: Project,
  reader: Pick<PartitionReader, 'keysOf' | 'upstreamKeys'>,
  check: Check,
): KeysByAsset {
  const found = new Map<AssetKey, readonly string[]>();
  for (const key of namedBy(check)) {
    const asset = project.assets[key];
    if (key === check.asset || asset === undefined || asset.external) continue;
    const own = new Map([[key, reader.keysOf(key)]]);
    for (const [each, keys] of [...own, ...(asset.materialized === 'view' ? readsOf(project, reader, own) : [])])
      found.set(each, [...new Set([...(found.get(each) ?? []), ...keys])]);
  }
  return found;
}

/** Assets with partitions of whose tables a check looks into all that is there, through views as well. */
export function readInFullByCheck(project: Project, check: Check): ReadonlySet<AssetKey> {
  const named = namedBy(check).filter((key) => key !== check.asset && project.assets[key]?.external === false);
  const views = named.filter((key) => isView(project, project.assets[key]!));
  return new Set([
    ...named.filter((key) => project.assets[key]!.partitions !== undefined),
    ...readInFull(project, views),
  ]);
}

/** Other assets that a check names. */
export function namedBy({ kind }: Check): readonly AssetKey[] {
  if (kind.type === 'relationships') return [kind.to];
  if (kind.type !== 'sql') return [];
  const compiled = compileSqlTemplate(kind.text);
  return compiled.ok ? compiled.value.parts.flatMap((part) => (part.kind === 'ref' ? [part.asset] : [])) : [];
}
