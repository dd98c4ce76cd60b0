import type {
  BackfillCounts,
  BackfillGroup,
  Billed,
  BranchlineEvent,
  Claim,
  EventBase,
  Holder,
  ProcessIdentity,
  RetryDecision,
  RunCounts,
  RunStarted,
  ScheduleRule,
  Uncommitted,
} from '../model/events.ts';
import type { Failure } from '../model/failure.ts';
import type { AutomationTarget, RunRequest } from '../model/plan.ts';
import {
  amount,
  type Check,
  count,
  type Fields,
  flag,
  instant,
  integer,
  json,
  list,
  mapping,
  number,
  object,
  oneOf,
  optional,
  text,
  union,
} from './shape.ts';

type EventType = BranchlineEvent['type'];
type EventOf<T extends EventType> = Extract<BranchlineEvent, { readonly type: T }>;
type Own<T extends EventType> = Fields<Omit<EventOf<T>, keyof EventBase | 'type'>>;

/** Turn and number of a look for what was lost. */
const lostShape: Check = {
  test: (value) =>
    list(integer).test(value) ??
    ((value as readonly number[]).length === 3 ? undefined : 'expected three whole numbers'),
};

const names = list(text);
const texts = mapping(text);
const metadata = mapping(json);

export const failureShape: Check = object<Failure>({
  class: oneOf('step', 'timeout', 'crash', 'cancel', 'infrastructure'),
  code: text,
  message: text,
  exitCode: optional(integer),
  signal: optional(text),
  logTail: optional(text),
});

export const runReason: Check = oneOf(
  'requested',
  'never_materialized',
  'failed_last',
  'code_changed',
  'upstream_changed',
  'deps_changed',
  'data_lost',
  'no_upstreams',
  'materialize_all',
  'with_upstream',
  'retry',
  'backfill',
  'automation',
);
export const skipReason: Check = oneOf(
  'up_to_date',
  'blocked_by_check',
  'upstream_failed',
  'upstream_skipped',
  'other_environment',
  'external',
  'not_selected',
  'canceled',
  'fail_fast',
  'superseded',
);

type Request<K extends RunRequest['kind']> = Fields<Extract<RunRequest, { readonly kind: K }>>;
const manualFields = {
  at: instant,
  selection: text,
  job: optional(text),
  mode: oneOf('all', 'stale', 'job'),
  withUpstream: flag,
  ignoreBlocking: flag,
  partitions: optional(text),
  fullRefresh: optional(flag),
};
const cliRequest: Request<'cli'> = { kind: oneOf('cli'), nonce: text, ...manualFields };
const dispatchRequest: Request<'dispatch'> = {
  kind: oneOf('dispatch'),
  workflow: text,
  attempt: optional(count),
  ...manualFields,
  part: optional(count),
};
const pushRequest: Fields<Omit<Extract<RunRequest, { readonly kind: 'push' }>, 'job'>> = {
  kind: oneOf('push'),
  commit: text,
  at: instant,
  selection: text,
  partitions: optional(text),
  part: optional(count),
};
const scheduleRequest: Request<'schedule'> = {
  kind: oneOf('schedule'),
  schedule: text,
  tick: instant,
  selection: text,
  job: optional(text),
  materialize: oneOf('when_stale', 'all'),
  partitions: optional(text),
  part: optional(count),
};
const backfillRequest: Request<'backfill'> = {
  kind: oneOf('backfill'),
  backfill: text,
  at: instant,
  group: count,
  place: count,
  count,
  share: optional(text),
  lost: optional(count),
  partitions: optional(text),
  assets: names,
  selection: text,
  job: optional(text),
};
const automationRequest: Request<'automation'> = {
  kind: oneOf('automation'),
  at: instant,
  targets: list(
    object<AutomationTarget>({
      asset: text,
      condition: oneOf('eager', 'on_cron', 'on_missing'),
      versions: names,
      tick: optional(instant),
      after: optional(text),
      joined: optional(flag),
    }),
  ),
  keys: optional(names),
  partitions: optional(text),
  selection: text,
  job: optional(text),
};
const originals = {
  backfill: object(backfillRequest),
  cli: object(cliRequest),
  schedule: object(scheduleRequest),
  dispatch: object(dispatchRequest),
  push: object(pushRequest),
  automation: object(automationRequest),
};
const retryRequest: Request<'retry'> = {
  kind: oneOf('retry'),
  root: text,
  number: count,
  automatic: count,
  of: text,
  at: instant,
  strategy: oneOf('FROM_FAILURE', 'ALL_STEPS'),
  since: instant,
  original: union('kind', originals),
  selection: text,
  job: optional(text),
  partitions: optional(text),
};
export const requestShape: Check = union('kind', { ...originals, retry: object(retryRequest) });
export const retryShape: Check = object<RetryDecision>({
  decision: oneOf('retry', 'no-retry'),
  reason: oneOf('budget-left', 'used-up', 'step-failure', 'odd-tag'),
  message: text,
  next: optional(object(retryRequest)),
});

export const backfillGroup: Fields<BackfillGroup> = {
  assets: names,
  partitions: names,
  count,
  perRun: count,
  after: list(count),
};
export const backfillCounts: Check = object<BackfillCounts>({
  total: count,
  done: count,
  failed: count,
  leftOut: count,
});

/** When a schedule is due. */
export const ruleShape: Check = object<ScheduleRule>({ crons: list(text), timezone: text });

export const countsShape: Check = object<RunCounts>({
  materialized: count,
  failed: count,
  skipped: count,
  upToDate: count,
  checksPassed: count,
  checksWarned: count,
  checksFailed: count,
});

export const billedShape: Check = object<Billed>({ runner: text, minutes: count, usd: optional(amount) });

const processIdentity: Fields<ProcessIdentity> = { machine: text, boot: text, pid: integer, start: text };
const holder: Check = union('kind', {
  process: object<Extract<Holder, { readonly kind: 'process' }>>({ kind: oneOf('process'), ...processIdentity }),
  workflow: object<Extract<Holder, { readonly kind: 'workflow' }>>({
    kind: oneOf('workflow'),
    workflow: text,
    attempt: count,
    job: text,
    runner: optional(text),
    wholeRun: optional(flag),
    process: optional(object<ProcessIdentity>(processIdentity)),
  }),
});

export const claimFields: Fields<Claim> = {
  claim: text,
  environment: text,
  run: text,
  epoch: count,
  holder,
  writer: text,
  assets: names,
  partitions: optional(mapping(names)),
  slots: optional(mapping(count)),
  connections: list(object<Claim['connections'][number]>({ name: text, startedFrom: text })),
  at: instant,
};

export const upstreamShape: Check = mapping(
  object<{ dataVersion: string; materialization?: string }>({ dataVersion: text, materialization: optional(text) }),
);
export const filesShape: Check = mapping(
  object<{ digest: string; bytes: number; blob?: string }>({ digest: text, bytes: count, blob: optional(text) }),
);
export const checkStatus: Check = oneOf('PASSED', 'FAILED', 'ERRORED', 'SKIPPED');
export const severity: Check = oneOf('warn', 'error');
export const outcome: Check = oneOf('success', 'failure', 'canceled');
export const duration: Check = number;

/** Files that were not as in the commit of a code. */
export const uncommittedShape: Check = object<Uncommitted>({ count, files: names });

const codeShape = optional(object<{ commit: string; at: string }>({ commit: text, at: instant }));

/** Every event type with its own fields; `id`, `v`, `at`, `run` and `epoch` are checked for all. */
export const EVENT_FIELDS: { readonly [T in EventType]: Own<T> } = {
  'run.requested': { request: requestShape, job: optional(text), tags: texts, code: codeShape },
  'run.started': {
    planDigest: text,
    codeCommit: optional(text),
    uncommitted: optional(uncommittedShape),
    steps: list(
      object<RunStarted['steps'][number]>({
        id: text,
        assets: names,
        verdict: oneOf('run', 'if_changed'),
        reason: runReason,
        detail: names,
        partitions: optional(names),
      }),
    ),
    groups: optional(texts),
  },
  'run.requeued': { due: instant, reason: text, atWorkMs: optional(count), billed: optional(billedShape) },
  'run.taken-over': { reason: text },
  'run.ended': {
    state: oneOf('SUCCESS', 'FAILURE', 'CANCELED'),
    failure: optional(failureShape),
    counts: countsShape,
    durationMs: duration,
    billed: optional(billedShape),
    retry: optional(retryShape),
  },
  'step.started': {
    step: text,
    attempt: count,
    attemptsBefore: optional(count),
    versions: optional(mapping(names)),
    partitions: optional(names),
  },
  'step.attempt-ended': {
    step: text,
    attempt: count,
    outcome,
    failure: optional(failureShape),
    durationMs: duration,
    retryAt: optional(instant),
  },
  'step.ended': {
    step: text,
    outcome,
    failure: optional(failureShape),
    failedAssets: names,
    failedPartitions: optional(names),
    durationMs: duration,
  },
  'step.skipped': { step: text, assets: names, reason: skipReason, cause: optional(text) },
  'asset.materialized': {
    step: text,
    asset: text,
    partition: optional(text),
    materialization: text,
    codeVersion: text,
    codeParts: texts,
    codeCommit: optional(text),
    dataVersion: text,
    upstream: upstreamShape,
    files: optional(filesShape),
    connection: optional(text),
    rows: optional(number),
    metadata,
    durationMs: duration,
    ignoredBlocking: optional(flag),
  },
  'asset.observed': { asset: text, dataVersion: text, updatedAt: optional(instant), metadata },
  'assets.confirmed': { assets: names },
  'connection.saved': {
    connection: text,
    path: text,
    digest: text,
    bytes: count,
    blob: optional(text),
    startedFrom: text,
  },
  'asset.lost': {
    asset: text,
    materialization: optional(text),
    partitions: optional(mapping(lostShape)),
    message: text,
  },
  'asset.found': { asset: text, materialization: optional(text), partitions: optional(mapping(lostShape)) },
  'check.judged': {
    step: text,
    asset: text,
    partitions: optional(names),
    check: text,
    status: checkStatus,
    severity,
    blocking: flag,
    stage: oneOf('audit', 'published'),
    materialization: optional(text),
    value: optional(number),
    of: optional(number),
    message: text,
    metadata,
    samples: optional(list(json)),
    durationMs: duration,
  },
  'tick.judged': {
    schedule: text,
    tick: instant,
    outcome: oneOf('requested', 'skipped'),
    reason: oneOf(
      'due',
      'superseded_by_later',
      'older_than_grace',
      'over_max_catchup',
      'already_running',
      'nothing_selected',
    ),
    requested: optional(text),
    latenessMs: number,
  },
  'ticks.missed': { schedule: text, after: instant, until: instant, count },
  'schedule.adopted': { schedule: text, from: instant, rule: optional(ruleShape) },
  'schedule.dropped': { schedule: text },
  'schedule.evaluated': {
    schedule: text,
    until: instant,
    rule: optional(ruleShape),
    code: codeShape,
  },
  'automation.adopted': { assets: names, from: instant, rule: ruleShape, code: codeShape },
  'automation.dropped': { assets: names },
  'claim.opened': { claim: object(claimFields) },
  'claim.renewed': { claim: text },
  'claim.suspected': { claim: text, renewals: count },
  'claim.closed': { claim: text, reason: oneOf('ended', 'holder-gone') },
  'cancel.requested': { reason: text },
  'partitions.changed': { name: text, added: names, removed: names },
  'backfill.requested': {
    backfill: text,
    selection: text,
    partitions: text,
    reason: optional(text),
    tags: texts,
    groups: list(object<BackfillGroup>(backfillGroup)),
  },
  'backfill.cancel-requested': { backfill: text, reason: text },
  'backfill.ended': {
    backfill: text,
    state: oneOf('CANCELED', 'COMPLETED_SUCCESS', 'COMPLETED_FAILED'),
    counts: backfillCounts,
  },
  'journal.adopted': { writer: text, events: count, reason: text },
};

/** Types whose `run` must be there. */
const NEEDS_RUN: ReadonlySet<string> = new Set([
  'run.requested',
  'run.started',
  'run.requeued',
  'run.taken-over',
  'run.ended',
  'step.started',
  'step.attempt-ended',
  'step.ended',
  'step.skipped',
  'asset.materialized',
  'connection.saved',
  'assets.confirmed',
  'check.judged',
  'claim.opened',
  'cancel.requested',
]);

export const EVENT_TYPES = Object.keys(EVENT_FIELDS).sort() as EventType[];

/** The whole shape of each event type in its newest version. */
export const EVENT_SHAPES: ReadonlyMap<string, Check> = new Map(
  Object.entries(EVENT_FIELDS).map(([type, fields]) => {
    const base = {
      id: text,
      v: oneOf(1, 2),
      type: oneOf(type),
      at: instant,
      run: NEEDS_RUN.has(type) ? text : optional(text),
      epoch: optional(count),
    };
    return [
      type,
      object<Record<string, unknown>>({ ...base, ...fields } as unknown as Fields<Record<string, unknown>>),
    ];
  }),
);
