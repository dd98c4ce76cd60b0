import { byText } from '../base/order.ts';
import { utcDay } from '../model/instant.ts';
import type { AssetRecord, HistoryEntry, RollupCell, RunRecord, StateView } from '../model/state.ts';
import { citedVersion } from '../model/versions.ts';
import { encodeIndex } from './index-files.ts';
import {
  dayRollupPath,
  dayRunsPath,
  FILE_BYTES_MAX,
  foldedPath,
  monthRollupPath,
  recentRunPath,
  SHARD_BYTES_MAX,
  SHARDS_MAX,
  shardOf,
  shardPath,
  utf8Bytes,
} from './layout.ts';
import { encodeRecord, encodeRecords, encodeRun, joinRecords } from './record-files.ts';
import type { SnapshotIndex } from './record-shapes.ts';
import { assetOfScope, mergeDays } from './rollup.ts';
import { leavingFiles, placeStreams } from './streams.ts';

export interface SnapshotOptions {
  /** SHA-256 of the last segment that the view holds; empty when there is none. */
  readonly digest: string;
  /** The view's day is over: older streams leave the index. */
  readonly close: boolean;
  /** Numbers of streams that files have already. */
  readonly filed?: ReadonlyMap<string, number>;
  /** In the layout before (format 1 and 2), to hold such a state against its events. */
  readonly isOld?: boolean;
}

/**
 * The files of a fold: index, shards, roll-ups and runs of the open day. Equal views give equal bytes. Files of the
 * folder `snapshot/` that are not among them are to be deleted.
 */
export function encodeSnapshot(view: StateView, options: SnapshotOptions): Map<string, string> {
  const files = new Map<string, string>();
  const at = view.at;
  // Nothing has been recorded: there is nothing to fold.
  if (at === undefined) return files;
  const day = utcDay(at);
  const { close, isOld = false } = options;
  const shards = encodeShards(view.assets, isOld);
  const streams = placeStreams(view, { close: close && !isOld, filed: options.filed });
  const index: SnapshotIndex = {
    v: 1,
    environment: view.environment,
    seq: view.seq,
    at,
    digest: options.digest,
    shards: shards.length,
    openRuns: Object.fromEntries(view.openRuns),
    claims: Object.fromEntries(view.claims),
    schedules: Object.fromEntries(view.schedules),
    ...(view.connections.size === 0 ? {} : { connections: Object.fromEntries(view.connections) }),
    streams: streams.index,
    writers: Object.fromEntries(view.writers),
    ...(view.backfills === undefined ? {} : { backfills: Object.fromEntries(view.backfills) }),
    ...(view.dynamicKeys === undefined ? {} : { dynamicKeys: Object.fromEntries(view.dynamicKeys) }),
    ...(view.codeCommit === undefined ? {} : { codeCommit: view.codeCommit }),
  };
  for (const [path, content] of encodeIndex(index)) files.set(path, content);
  files.set(foldedPath(view.seq), `${options.digest}\n`);
  for (const [shard, content] of shards.entries()) files.set(shardPath(shard), content);
  encodeCells(files, (shard) => dayRollupPath(day, shard), view.days.get(day) ?? new Map());
  const ended = [...view.endedRuns.values()].filter((run) => run.recordedOn === day);
  if (close || !isOld) encodeDayRuns(files, day, ended);
  else for (const run of ended) files.set(recentRunPath(run.run), `${encodeRun(run)}\n`);
  for (const [path, content] of leavingFiles(day, streams.leaving)) files.set(path, content);
  return files;
}

interface ShardedLine {
  readonly line: string;
  /** Shard among as many as there can be: the first bits of the asset's digest. */
  readonly shard: number;
}

/** Lines in the least power of two of shards that keeps each within 64 KiB, in their order. */
function cutIntoShards(lines: readonly ShardedLine[], frameBytes: number): string[][] {
  const sized = lines.map((line) => ({ ...line, bytes: utf8Bytes(line.line) + 2 }));
  for (let count = 1; ; count *= 2) {
    const sizes = Array.from({ length: count }, () => frameBytes);
    const shardIn = (shard: number): number => Math.floor((shard * count) / SHARDS_MAX);
    for (const { bytes, shard } of sized) sizes[shardIn(shard)]! += bytes;
    if (count < SHARDS_MAX && sizes.some((bytes) => bytes > SHARD_BYTES_MAX)) continue;
    const buckets = sizes.map((): string[] => []);
    for (const { line, shard } of sized) buckets[shardIn(shard)]!.push(line);
    return buckets;
  }
}

function encodeShards(assets: ReadonlyMap<string, AssetRecord>, isOld: boolean): string[] {
  const lines = [...assets]
    .sort(([a], [b]) => byText(a, b))
    .map(([asset, record]) => ({
      line: encodeRecord(asset, isOld ? record : { ...record, history: record.history.map(cited) }),
      shard: shardOf(asset, SHARDS_MAX),
    }));
  const buckets = cutIntoShards(lines, utf8Bytes(joinRecords('assets', [])));
  return buckets.map((bucket) => joinRecords('assets', bucket));
}

function cited(entry: HistoryEntry): HistoryEntry {
  return entry.dataVersion === undefined ? entry : { ...entry, dataVersion: citedVersion(entry.dataVersion) };
}

/** Sums of project and groups in one file, those of assets in shards of their own: they are far smaller than records. */
function encodeCells(
  files: Map<string, string>,
  path: (shard?: number) => string,
  cells: ReadonlyMap<string, RollupCell>,
): void {
  const sums = [...cells].filter(([scope]) => assetOfScope(scope) === undefined);
  if (cells.size > 0) files.set(path(), encodeRecords('cells', sums));
  encodeAssetCells(files, path, cells);
}

/** Sums of assets, in shards of their own; other scopes are left out. */
export function encodeAssetCells(
  files: Map<string, string>,
  path: (shard: number) => string,
  cells: ReadonlyMap<string, RollupCell>,
): void {
  const lines: ShardedLine[] = [];
  for (const [scope, cell] of [...cells].sort(([a], [b]) => byText(a, b))) {
    const asset = assetOfScope(scope);
    if (asset !== undefined) lines.push({ line: encodeRecord(scope, cell), shard: shardOf(asset, SHARDS_MAX) });
  }
  const buckets = cutIntoShards(lines, utf8Bytes(joinRecords('cells', [])));
  for (const [shard, bucket] of buckets.entries())
    if (bucket.length > 0) files.set(path(shard), joinRecords('cells', bucket));
}

function encodeDayRuns(files: Map<string, string>, day: string, runs: readonly RunRecord[]): void {
  let part: string[] = [];
  let bytes = 0;
  let parts = 0;
  const flush = (): void => {
    parts++;
    files.set(dayRunsPath(day, parts), part.join(''));
    part = [];
    bytes = 0;
  };
  for (const run of [...runs].sort((a, b) => byText(a.run, b.run))) {
    const line = `${encodeRun(run)}\n`;
    const size = utf8Bytes(line);
    if (bytes > 0 && bytes + size > FILE_BYTES_MAX) flush();
    part.push(line);
    bytes += size;
  }
  if (part.length > 0) flush();
}

/** The roll-up files of a month: the sums of its days. */
export function encodeMonth(month: string, days: Iterable<ReadonlyMap<string, RollupCell>>): Map<string, string> {
  const files = new Map<string, string>();
  encodeCells(files, (shard) => monthRollupPath(month, shard), mergeDays(days));
  return files;
}
