import type { Json } from '../base/json.ts';
import type { CheckJudged } from '../model/events.ts';
import { timestamp } from '../model/instant.ts';
import type { Asset, Check } from '../model/project.ts';
import type { FileRecord } from './outputs.ts';
import type { SqlMaterialization } from './sql-attempt.ts';
import type { CheckResult } from './sql-judge.ts';
import { atPartition, emitMaterialized, materializationId, type StepContext } from './step-context.ts';

/** Results of the whole, or of each partition for itself: of one that was not published, about its copy. */
export function emitResults(
  context: StepContext,
  { checks, checksOf, partitions }: Pick<SqlMaterialization, 'checks' | 'checksOf' | 'partitions'>,
  stage: CheckJudged['stage'],
): void {
  if (checksOf === undefined) emitChecks(context, checks, stage);
  for (const [key, results] of checksOf ?? []) {
    const isPublished = stage === 'published' && partitions?.has(key) === true;
    emitChecks(atPartition(context, key), results, isPublished ? 'published' : 'audit');
  }
}

/** One event a partition, each with its share of the time. */
export function emitPartitions(
  context: StepContext,
  asset: Asset,
  made: {
    readonly dataVersion: string;
    readonly files: FileRecord;
    readonly filesOf?: (key: string) => FileRecord;
    readonly partitions?: ReadonlyMap<string, { readonly dataVersion: string; readonly rows?: number }>;
    readonly keys?: readonly string[];
    readonly metadata?: Readonly<Record<string, Json>>;
    readonly durationMs: number;
  },
): void {
  const { run } = context;
  const keys = made.keys ?? run.partition!.keys;
  const at = timestamp(run.clock.now());
  for (const partition of keys) {
    const own = made.partitions?.get(partition);
    emitMaterialized(
      context,
      {
        asset,
        partition,
        dataVersion: own?.dataVersion ?? made.dataVersion,
        ...(own?.rows === undefined ? {} : { rows: own.rows }),
        files: made.filesOf?.(partition) ?? made.files,
        metadata: made.metadata ?? {},
        durationMs: Math.round(made.durationMs / keys.length),
      },
      at,
    );
  }
}

/** The result of a check that could not be judged, with why. */
export function errored(check: Check, message: string): CheckResult {
  return {
    asset: check.asset,
    check: check.name,
    status: 'ERRORED',
    severity: check.onError,
    blocking: check.blocking,
    stage: 'published',
    message,
    metadata: {},
    durationMs: 0,
  };
}

/** Records results; what was published was judged as such, whether before or after. */
export function emitChecks(context: StepContext, results: readonly CheckResult[], stage: CheckJudged['stage']): void {
  const { run, planned, emit } = context;
  for (const result of results) {
    emit({
      ...result,
      type: 'check.judged',
      at: timestamp(run.clock.now()),
      run: run.run,
      epoch: run.epoch,
      step: planned.id,
      stage,
      ...(run.partition ? { partitions: run.partition.keys } : {}),
      materialization: materializationId(run, result.asset, run.partition?.keys.at(-1)),
    });
  }
}
