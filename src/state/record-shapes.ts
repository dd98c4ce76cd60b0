import type {
  AssetRecord,
  BackfillGroupRecord,
  BackfillRecord,
  BackfillResults,
  CheckRecord,
  ConnectionRecord,
  HandledRecord,
  RollupCell,
  RunRecord,
  RunStepRecord,
  ScheduleRecord,
  StateView,
} from '../model/state.ts';
import {
  backfillCounts,
  backfillGroup,
  billedShape,
  checkStatus,
  claimFields,
  countsShape,
  duration,
  failureShape,
  filesShape,
  outcome,
  requestShape,
  retryShape,
  ruleShape,
  runReason,
  severity,
  skipReason,
  uncommittedShape,
  upstreamShape,
} from './event-shapes.ts';
import {
  type Check,
  count,
  day,
  type Fields,
  flag,
  instant,
  integer,
  list,
  mapping,
  number,
  object,
  oneOf,
  optional,
  pair,
  text,
} from './shape.ts';
import { anyPattern } from './shape-pattern.ts';
import { isSketch, SKETCH_PATTERN } from './sketch.ts';

const turn: Check = pair(integer, integer);

const checkFields: Fields<Omit<CheckRecord, 'earlier'>> = {
  status: checkStatus,
  severity,
  blocking: flag,
  stage: oneOf('audit', 'published'),
  run: text,
  at: instant,
  materialization: optional(text),
  value: optional(number),
  of: optional(number),
  message: text,
  turn: optional(turn),
  published: optional(flag),
};
const checkRecord: Check = object<CheckRecord>({
  ...checkFields,
  earlier: optional(list(object<Omit<CheckRecord, 'earlier'>>(checkFields))),
});

const handled: Check = object<HandledRecord>({ at: instant, run: text, versions: text, turn });

export const assetShape: Check = object<AssetRecord>({
  asset: text,
  group: optional(text),
  turn: optional(object<NonNullable<AssetRecord['turn']>>({ run: text, rank: integer })),
  materialized: optional(
    object<NonNullable<AssetRecord['materialized']>>({
      id: text,
      run: text,
      at: instant,
      codeVersion: text,
      codeParts: mapping(text),
      codeCommit: optional(text),
      dataVersion: text,
      upstream: upstreamShape,
      files: optional(filesShape),
      rows: optional(number),
      durationMs: duration,
      turn: optional(turn),
    }),
  ),
  attempt: optional(
    object<NonNullable<AssetRecord['attempt']>>({
      run: text,
      at: instant,
      outcome,
      failure: optional(failureShape),
      failuresInRow: count,
      failingSince: optional(instant),
      turn: optional(turn),
    }),
  ),
  confirmedAt: optional(instant),
  lost: optional(object<NonNullable<AssetRecord['lost']>>({ at: instant, message: text })),
  checks: mapping(checkRecord),
  durationsMs: list(number),
  succeededAt: optional(list(number)),
  failing: optional(list(object<NonNullable<AssetRecord['failing']>[number]>({ turn, count, since: instant }))),
  succeeded: optional(turn),
  handled: optional(handled),
  onCron: optional(
    object<NonNullable<AssetRecord['onCron']>>({ from: instant, rule: ruleShape, asked: optional(instant) }),
  ),
  observed: optional(
    object<NonNullable<AssetRecord['observed']>>({ at: instant, dataVersion: text, updatedAt: optional(instant) }),
  ),
  partitions: optional(
    object<NonNullable<AssetRecord['partitions']>>({
      made: count,
      failed: count,
      newest: list(text),
      failing: list(text),
      lost: optional(count),
      losing: optional(list(text)),
    }),
  ),
  history: list(
    object<AssetRecord['history'][number]>({
      at: instant,
      run: text,
      outcome,
      durationMs: duration,
      rows: optional(number),
      dataVersion: optional(text),
      message: optional(text),
    }),
  ),
});

const runReasons: Check = {
  pattern: () => anyPattern([runReason.pattern?.(), skipReason.pattern?.()]),
  test: (value) => (runReason.test(value) === undefined ? undefined : skipReason.test(value)),
};

const runStep: Check = object<RunStepRecord>({
  assets: list(text),
  partitions: optional(list(text)),
  state: oneOf('PLANNED', 'STARTED', 'SUCCESS', 'FAILURE', 'CANCELED', 'SKIPPED'),
  reason: optional(runReasons),
  detail: optional(list(text)),
  attempt: optional(count),
  attemptsBefore: optional(count),
  retryAt: optional(instant),
  durationMs: optional(number),
  failure: optional(failureShape),
  materialized: list(text),
  failedAssets: list(text),
  failedPartitions: optional(list(text)),
  rows: optional(number),
  checks: list(
    object<RunStepRecord['checks'][number]>({
      asset: text,
      check: text,
      status: checkStatus,
      severity,
      blocking: flag,
      message: text,
    }),
  ),
});

/** The steps of a run: most of what there is of a long one. */
export const runSteps: Check = mapping(runStep);

export const runShape: Check = object<RunRecord>({
  run: text,
  epoch: count,
  state: oneOf('QUEUED', 'STARTING', 'STARTED', 'CANCELING', 'SUCCESS', 'FAILURE', 'CANCELED'),
  request: requestShape,
  environment: text,
  job: optional(text),
  tags: mapping(text),
  requestedAt: instant,
  startedAt: optional(instant),
  endedAt: optional(instant),
  planDigest: optional(text),
  codeCommit: optional(text),
  uncommitted: optional(uncommittedShape),
  steps: runSteps,
  confirmed: list(text),
  counts: optional(countsShape),
  billed: optional(billedShape),
  failure: optional(failureShape),
  retry: optional(retryShape),
  cancelRequested: optional(flag),
  cancelRequestedAt: optional(instant),
  due: optional(instant),
  atWorkMs: optional(count),
  groups: optional(mapping(text)),
  rank: optional(integer),
  recordedOn: optional(day),
  stepsOmitted: optional(count),
});

const sketch: Check = {
  pattern: () => SKETCH_PATTERN,
  test: (value) => (typeof value === 'string' && isSketch(value) ? undefined : 'expected a sketch such as 1:2s 3*2'),
};
export const cellShape: Check = object<RollupCell>({
  materialized: count,
  failed: count,
  checksPassed: count,
  checksExecuted: count,
  runs: count,
  runsSucceeded: count,
  billedMs: optional(count),
  microUsd: optional(count),
  unpricedMs: optional(count),
  durations: optional(sketch),
  lateness: optional(sketch),
});

const spans: Check = list(pair(count, count));
const backfillShape: Check = object<BackfillRecord>({
  backfill: text,
  state: oneOf('REQUESTED', 'IN_PROGRESS', 'CANCELING', 'CANCELED', 'COMPLETED_SUCCESS', 'COMPLETED_FAILED'),
  selection: text,
  partitions: text,
  reason: optional(text),
  tags: mapping(text),
  requestedAt: instant,
  endedAt: optional(instant),
  counts: optional(backfillCounts),
  groups: list(
    object<BackfillGroupRecord>({
      ...backfillGroup,
      requested: spans,
      lost: optional(mapping(count)),
      results: mapping(object<BackfillResults>({ done: spans, failed: spans, leftOut: spans })),
    }),
  ),
});

type ClaimRecord = StateView['claims'] extends ReadonlyMap<string, infer R> ? R : never;

/** What `snapshot/index.json` holds. */
export interface SnapshotIndex {
  readonly v: 1;
  readonly environment: string;
  /** The last commit that is folded in. */
  readonly seq: number;
  readonly at: string;
  /** SHA-256 of the last segment that is folded in, hex. */
  readonly digest: string;
  /** Shards of the snapshot: a power of two. */
  readonly shards: number;
  readonly openRuns: Readonly<Record<string, RunRecord>>;
  readonly claims: Readonly<Record<string, ClaimRecord>>;
  readonly schedules: Readonly<Record<string, ScheduleRecord>>;
  /** Absent when there are none. */
  readonly connections?: Readonly<Record<string, ConnectionRecord>>;
  /** Last number of each stream, under the day on which it last grew. */
  readonly streams: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly writers: Readonly<Record<string, { readonly tx: number; readonly at: string }>>;
  readonly backfills?: Readonly<Record<string, BackfillRecord>>;
  /** Keys of dynamic definitions, by name. */
  readonly dynamicKeys?: Readonly<Record<string, readonly string[]>>;
  readonly codeCommit?: { readonly commit: string; readonly at: string };
}
export const indexShape: Check = object<SnapshotIndex>({
  v: oneOf(1),
  environment: text,
  seq: count,
  at: instant,
  digest: text,
  shards: count,
  openRuns: mapping(runShape),
  claims: mapping(
    object<ClaimRecord>({
      ...claimFields,
      renewals: count,
      suspected: optional(object<{ at: string; renewals: number }>({ at: instant, renewals: count })),
    }),
  ),
  schedules: mapping(
    object<ScheduleRecord>({
      schedule: text,
      adoptedAt: instant,
      evaluatedUntil: instant,
      rule: optional(ruleShape),
      judged: optional(list(instant)),
      lastTick: optional(
        object<NonNullable<ScheduleRecord['lastTick']>>({
          tick: instant,
          outcome: oneOf('requested', 'skipped'),
          reason: text,
          latenessMs: number,
          run: optional(text),
        }),
      ),
    }),
  ),
  connections: optional(
    mapping(
      object<ConnectionRecord>({
        connection: text,
        file: optional(
          object<NonNullable<ConnectionRecord['file']>>({
            path: text,
            digest: text,
            bytes: count,
            blob: optional(text),
            run: text,
            at: instant,
          }),
        ),
        unsaved: mapping(text),
      }),
    ),
  ),
  streams: mapping(mapping(count)),
  writers: mapping(object<{ tx: number; at: string }>({ tx: count, at: instant })),
  backfills: optional(mapping(backfillShape)),
  dynamicKeys: optional(mapping(list(text))),
  codeCommit: optional(object<{ commit: string; at: string }>({ commit: text, at: instant })),
});
