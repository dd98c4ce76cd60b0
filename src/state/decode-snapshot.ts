import { LateTexts } from '../base/late-texts.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { AssetRecord, RollupCell, RunRecord, StateView } from '../model/state.ts';
import type { StateProblem } from './codec.ts';
import { decodeIndex } from './index-files.ts';
import { readRecords } from './late-records.ts';
import { dayRollupPath, INDEX_PATH, parseDayRunsPath, parseRollupPath, shardOf, shardPath } from './layout.ts';
import { decodeRun } from './record-files.ts';
import { assetShape, cellShape } from './record-shapes.ts';
import { assetOfScope } from './rollup.ts';
import { joinStreams, readStreams } from './streams.ts';

/** A view as it was folded, with what the files say beside it. */
export interface DecodedSnapshot {
  readonly view: StateView;
  readonly digest: string;
  readonly shards: number;
  /** Numbers of streams that files have; those that were read. */
  readonly filed: ReadonlyMap<string, number>;
}

/**
 * Reads the files of a snapshot, with as many roll-ups, run files and files of streams as are given: cells of those days,
 * ended runs and numbers come with the view. All problems of all files.
 */
export function decodeSnapshot(files: ReadonlyMap<string, string>): Result<DecodedSnapshot, readonly StateProblem[]> {
  const problems: StateProblem[] = [];
  if (!files.has(INDEX_PATH))
    return fail([{ code: 'missing', file: INDEX_PATH, line: 0, message: 'the file is not there' }]);
  const index = decodeIndex(files, problems);
  const shards = new LateTexts();
  for (let shard = 0; index && shard < index.shards; shard++) {
    const path = shardPath(shard);
    if (!shards.take(files, path))
      problems.push({ code: 'missing', file: path, line: 0, message: 'the file is not there' });
  }
  const assets = readRecords<AssetRecord>(shards, {
    field: 'assets',
    shape: assetShape,
    problems,
    placeOf: (asset) => index && shardPath(shardOf(asset, index.shards)),
  });
  const days = decodeDays(files, problems);
  const endedRuns = decodeEndedRuns(files, problems);
  if (problems.length > 0 || !index) return fail(problems);
  const older = readStreams(files, index.at, problems);
  if (problems.length > 0) return fail(problems);
  const view: StateView = {
    environment: index.environment,
    seq: index.seq,
    at: index.at,
    assets,
    openRuns: new Map(Object.entries(index.openRuns)),
    endedRuns,
    claims: new Map(Object.entries(index.claims)),
    schedules: new Map(Object.entries(index.schedules)),
    connections: new Map(Object.entries(index.connections ?? {})),
    ...joinStreams(index.streams, older),
    writers: new Map(Object.entries(index.writers)),
    ...(index.backfills === undefined ? {} : { backfills: new Map(Object.entries(index.backfills)) }),
    ...(index.dynamicKeys === undefined ? {} : { dynamicKeys: new Map(Object.entries(index.dynamicKeys)) }),
    days,
    ...(index.codeCommit === undefined ? {} : { codeCommit: index.codeCommit }),
  };
  return ok({ view, digest: index.digest, shards: index.shards, filed: older.streams });
}

function decodeDays(
  files: ReadonlyMap<string, string>,
  problems: StateProblem[],
): Map<string, Map<string, RollupCell>> {
  const byDay = new Map<string, LateTexts>();
  for (const path of files.keys()) {
    const name = parseRollupPath(path);
    if (name?.kind !== 'day') continue;
    const own = byDay.get(name.period) ?? new LateTexts();
    own.take(files, path);
    byDay.set(name.period, own);
  }
  return new Map([...byDay].map(([day, own]) => [day, decodeCells(own, problems, placeOnDay(day, own))]));
}

/** The file of a day in which the cell of a scope is. Of asset's files those without a cell are left out. */
function placeOnDay(day: string, files: ReadonlyMap<string, string>): (scope: string) => string {
  let shards = 1;
  for (const path of files.keys()) while (shards <= (parseRollupPath(path)?.shard ?? 0)) shards *= 2;
  return (scope) => {
    const asset = assetOfScope(scope);
    return dayRollupPath(day, asset === undefined ? undefined : shardOf(asset, shards));
  };
}

/** The cells that these files have. `placeOf`: which has that of a scope. */
export function decodeCells(
  files: ReadonlyMap<string, string>,
  problems: StateProblem[],
  placeOf?: (scope: string) => string,
): Map<string, RollupCell> {
  return readRecords(files, { field: 'cells', shape: cellShape, problems, ...(placeOf && { placeOf }) });
}

function decodeEndedRuns(files: ReadonlyMap<string, string>, problems: StateProblem[]): Map<string, RunRecord> {
  const runs = new Map<string, RunRecord>();
  for (const path of files.keys()) {
    const isOne = path.startsWith('runs/recent/');
    if (!isOne && !parseDayRunsPath(path)) continue;
    for (const [i, line] of files.get(path)!.replace(/\n$/, '').split('\n').entries()) {
      const run = decodeRun(line, path, isOne ? 0 : i + 1, problems);
      if (run) runs.set(run.run, run);
    }
  }
  return runs;
}
