import { sortedEntries } from '../base/order.ts';
import type { AssetMaterialized, BranchlineEvent, ConnectionSaved } from '../model/events.ts';
import { type EpochMs, epochMs } from '../model/instant.ts';
import type { StateView } from '../model/state.ts';
import type { FileRecord } from './outputs.ts';

/** One commit of data that belongs to an event: blobs by path, null takes a path away. */
export interface DataCommit {
  /** Whose storage names the branch. */
  readonly owner: { readonly kind: 'asset' | 'connection'; readonly name: string };
  readonly message: string;
  readonly at: EpochMs;
  readonly files: ReadonlyMap<string, string | null>;
}

/**
 * What branches of data have to hold once these events are recorded: one commit for each materialization that is the
 * newest of its asset, or of its partition, then and whose files a branch keeps. One partition takes nothing of another. Files that it no longer has go from the tip, never from history.
 */
export function dataCommits(
  events: readonly BranchlineEvent[],
  before: Pick<StateView, 'assets' | 'partitions'>,
  after: Pick<StateView, 'assets' | 'partitions' | 'connections'>,
): readonly DataCommit[] {
  return events.flatMap((event) => {
    if (event.type === 'connection.saved') return databaseCommit(event, after);
    if (event.type !== 'asset.materialized') return [];
    if (!isNewest(event, after)) return [];
    const files = blobsOf(event.files, filesBefore(event, before));
    return files.size === 0 ? [] : [commitOf(event, files)];
  });
}

function isNewest(event: AssetMaterialized, { assets, partitions }: Pick<StateView, 'assets' | 'partitions'>): boolean {
  const { asset, partition, run, at } = event;
  if (partition === undefined) return assets.get(asset)?.materialized?.id === event.materialization;
  const made = partitions?.get(asset)?.get(partition)?.materialized;
  return made?.run === run && made.at === at;
}

function filesBefore(
  { asset, partition }: AssetMaterialized,
  { assets, partitions }: Pick<StateView, 'assets' | 'partitions'>,
): FileRecord | undefined {
  if (partition === undefined) return assets.get(asset)?.materialized?.files;
  return partitions?.get(asset)?.get(partition)?.materialized?.files;
}

/** A database file as it is now; one that was not taken up as the current one is nobody's. */
function databaseCommit(event: ConnectionSaved, after: Pick<StateView, 'connections'>): readonly DataCommit[] {
  const { connection, path, digest, blob, run, at } = event;
  if (blob === undefined || after.connections.get(connection)?.file?.digest !== digest) return [];
  const lines = [`connection ${connection}: ${path}`, '', '[skip ci]', '', `Connection: ${connection}`, `Run: ${run}`];
  const owner = { kind: 'connection', name: connection } as const;
  return [{ owner, message: lines.join('\n'), at: epochMs(at), files: new Map([[path, blob]]) }];
}

function blobsOf(files: FileRecord | undefined, before: FileRecord | undefined): Map<string, string | null> {
  const blobs = new Map<string, string | null>();
  for (const [path, { blob }] of sortedEntries(files ?? {})) if (blob !== undefined) blobs.set(path, blob);
  for (const [path, { blob }] of sortedEntries(before ?? {}))
    if (blob !== undefined && files?.[path]?.blob === undefined) blobs.set(path, null);
  return blobs;
}

function commitOf(event: AssetMaterialized, files: ReadonlyMap<string, string | null>): DataCommit {
  const rows = event.rows === undefined ? '' : `, ${event.rows} rows`;
  const kept = [...files.values()].filter((blob) => blob !== null).length;
  const name = event.partition === undefined ? event.asset : `${event.asset}@${event.partition}`;
  const lines = [
    `${name}: ${kept} ${kept === 1 ? 'file' : 'files'}${rows}`,
    '',
    '[skip ci]',
    '',
    `Asset: ${event.asset}`,
    ...(event.partition === undefined ? [] : [`Partition: ${event.partition}`]),
    `Run: ${event.run}`,
    `Data-Version: ${event.dataVersion}`,
    ...(event.codeCommit === undefined ? [] : [`Code: ${event.codeCommit}`]),
  ];
  return { owner: { kind: 'asset', name: event.asset }, message: lines.join('\n'), at: epochMs(event.at), files };
}
