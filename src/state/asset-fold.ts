import { canonicalJson } from '../base/json.ts';
import { byText } from '../base/order.ts';
import type {
  AssetFound,
  AssetLost,
  AssetMaterialized,
  AssetObserved,
  CheckJudged,
  StepEnded,
} from '../model/events.ts';
import type { Failure } from '../model/failure.ts';
import { epochMs, type Timestamp } from '../model/instant.ts';
import type { AssetRecord, CheckRecord, HistoryEntry, Turn } from '../model/state.ts';
import { cutEnd, cutStart } from './cut-text.ts';

const DURATIONS_MAX = 14;
const HISTORY_MAX = 10;
/** Rows of failures of different turns that are told apart; older ones are summed. */
const FAILING_MAX = 8;
const CHECK_RESULTS_MAX = 4;
/** Of a log tail: the whole is in the run's record. */
const TAIL_BYTES_MAX = 2048;
const HISTORY_MESSAGE_BYTES_MAX = 200;

export function emptyAsset(asset: string): AssetRecord {
  return { asset, checks: {}, durationsMs: [], history: [] };
}

/** Negative when `a` comes before `b`; nothing comes before everything. */
export function compareTurns(a: Turn, b: Turn | undefined): number {
  return b === undefined ? 1 : a[0] - b[0] || a[1] - b[1];
}

/** The asset was produced and published. */
export function addMaterialization(record: AssetRecord, event: AssetMaterialized, turn: Turn): AssetRecord {
  const { run, at, durationMs, rows, dataVersion } = event;
  const isNewest = compareTurns(turn, record.materialized?.turn) >= 0;
  const { lost: _found, ...found } = record;
  const made: AssetRecord = isNewest ? { ...found, materialized: materializationOf(event, turn) } : record;
  const { handled, ...rest } = made;
  const next = handled && compareTurns(made.materialized!.turn ?? turn, handled.turn) >= 0 ? rest : made;
  const published = publishResults(next, event.materialization);
  return withSuccess(
    withHistory(published, {
      at,
      run,
      outcome: 'success',
      durationMs,
      ...(rows === undefined ? {} : { rows }),
      dataVersion,
    }),
    event,
    turn,
  );
}

function materializationOf(event: AssetMaterialized, turn: Turn): AssetRecord['materialized'] {
  return {
    id: event.materialization,
    run: event.run,
    at: event.at,
    codeVersion: event.codeVersion,
    codeParts: event.codeParts,
    ...(event.codeCommit === undefined ? {} : { codeCommit: event.codeCommit }),
    dataVersion: event.dataVersion,
    upstream: event.upstream,
    ...(event.files === undefined ? {} : { files: event.files }),
    ...(event.rows === undefined ? {} : { rows: event.rows }),
    durationMs: event.durationMs,
    turn,
  };
}

function withSuccess(record: AssetRecord, event: AssetMaterialized, turn: Turn): AssetRecord {
  const at = epochMs(event.at);
  const successes = record.durationsMs.map((ms, i) => [record.succeededAt?.[i] ?? 0, ms] as const);
  // A set of pairs in the order of the pairs: the same whatever came first.
  const kept = [...successes, [at, event.durationMs] as const]
    .sort((a, b) => a[0] - b[0] || a[1] - b[1])
    .slice(-DURATIONS_MAX);
  const succeeded = compareTurns(turn, record.succeeded) >= 0 ? turn : record.succeeded;
  const failing = (record.failing ?? []).filter((row) => compareTurns(row.turn, turn) > 0);
  const next = { ...record, durationsMs: kept.map(([, ms]) => ms), succeededAt: kept.map(([ms]) => ms), succeeded };
  return withAttempt(withFailing(next, failing), { run: event.run, at: event.at, outcome: 'success', turn });
}

/** The step of the asset ended without producing it. */
export function addFailure(record: AssetRecord, event: StepEnded, turn: Turn): AssetRecord {
  const { run, at, durationMs } = event;
  const outcome = event.outcome === 'canceled' ? 'canceled' : 'failure';
  const failure = event.failure && keptFailure(event.failure);
  const message = event.failure && { message: cutEnd(event.failure.message, HISTORY_MESSAGE_BYTES_MAX) };
  const next = withHistory(record, { at, run, outcome, durationMs, ...message });
  const failing = outcome === 'failure' ? addToRow(record, at, turn) : (record.failing ?? []);
  return withAttempt(withFailing(next, failing), { run, at, outcome, ...(failure && { failure }), turn });
}

function keptFailure(failure: Failure): Failure {
  return failure.logTail === undefined ? failure : { ...failure, logTail: cutStart(failure.logTail, TAIL_BYTES_MAX) };
}

type Row = NonNullable<AssetRecord['failing']>[number];

function addToRow(record: AssetRecord, at: Timestamp, turn: Turn): readonly Row[] {
  const rows = record.failing ?? [];
  if (compareTurns(turn, record.succeeded) < 0) return rows;
  const same = rows.find((row) => compareTurns(row.turn, turn) === 0);
  const others = rows.filter((row) => row !== same);
  const row = { turn, count: (same?.count ?? 0) + 1, since: earlier(same?.since, at) };
  const sorted = [...others, row].sort((a, b) => compareTurns(a.turn, b.turn));
  const [first, second, ...rest] = sorted;
  if (sorted.length <= FAILING_MAX || !first || !second) return sorted;
  return [{ turn: second.turn, count: first.count + second.count, since: earlier(first.since, second.since) }, ...rest];
}

function earlier(a: Timestamp | undefined, b: Timestamp): Timestamp {
  return a !== undefined && a < b ? a : b;
}

function withFailing(record: AssetRecord, failing: readonly Row[]): AssetRecord {
  const { failing: _before, ...rest } = record;
  return failing.length > 0 ? { ...rest, failing } : rest;
}

type Attempt = NonNullable<AssetRecord['attempt']>;

/** Sets the newest attempt if this is one, and what follows from the row of failures. */
function withAttempt(record: AssetRecord, attempt: Omit<Attempt, 'failuresInRow' | 'failingSince'>): AssetRecord {
  const rows = record.failing ?? [];
  const isNewest = compareTurns(attempt.turn!, record.attempt?.turn) >= 0;
  const { failingSince: _before, ...newest } = isNewest ? { failingSince: undefined, ...attempt } : record.attempt!;
  const failuresInRow = rows.reduce((sum, row) => sum + row.count, 0);
  const since = rows.reduce<Timestamp | undefined>((first, row) => earlier(first, row.since), undefined);
  const failingSince = since === undefined ? {} : { failingSince: since };
  return { ...record, attempt: { ...newest, failuresInRow, ...failingSince } };
}

function withHistory(record: AssetRecord, entry: HistoryEntry): AssetRecord {
  const history = [...record.history, entry].sort(newestFirst).slice(0, HISTORY_MAX);
  return { ...record, history };
}

/** By instant, and where that is the same by content: the same order whatever came first. */
function newestFirst(a: HistoryEntry, b: HistoryEntry): number {
  return byText(b.at, a.at) || byText(canonicalJson(b), canonicalJson(a));
}

type CheckResult = Omit<CheckRecord, 'earlier'>;

/** A result of a check that was judged; one that was skipped says nothing about the data and changes nothing. */
export function addCheckResult(record: AssetRecord, event: CheckJudged, turn: Turn): AssetRecord {
  if (event.status === 'SKIPPED') return record;
  const published = event.materialization !== undefined && record.materialized?.id === event.materialization;
  const result: CheckResult = {
    status: event.status,
    severity: event.severity,
    blocking: event.blocking,
    stage: event.stage,
    run: event.run,
    at: event.at,
    ...(event.materialization === undefined ? {} : { materialization: event.materialization }),
    ...(event.value === undefined ? {} : { value: event.value }),
    ...(event.of === undefined ? {} : { of: event.of }),
    message: event.message,
    turn,
    ...(event.stage === 'audit' && published ? { published: true } : {}),
  };
  const known = resultsOf(record, event.check).filter((r) => compareTurns(turn, r.turn) !== 0);
  return withResults(record, event.check, [...known, result]);
}

function resultsOf(record: AssetRecord, check: string): CheckResult[] {
  if (!Object.hasOwn(record.checks, check)) return [];
  const { earlier: older, ...newest } = record.checks[check]!;
  return [newest, ...(older ?? [])];
}

function isInForce(result: CheckResult): boolean {
  return result.stage === 'published' || result.published === true;
}

/** Keeps the results from the newest down to the one in force; what is older than that says nothing any more. */
function withResults(record: AssetRecord, check: string, results: readonly CheckResult[]): AssetRecord {
  const sorted = [...results].sort((a, b) => compareTurns(b.turn ?? [0, 0], a.turn));
  const inForce = sorted.findIndex(isInForce);
  const kept = inForce < 0 ? sorted : sorted.slice(0, inForce + 1);
  while (kept.length > CHECK_RESULTS_MAX) kept.splice(inForce < 0 ? -1 : -2, 1);
  const [newest, ...older] = kept;
  const next: CheckRecord = older.length > 0 ? { ...newest!, earlier: older } : newest!;
  return { ...record, checks: Object.fromEntries([...Object.entries(record.checks), [check, next]]) };
}

/** The copy that these results judged is the asset now. */
function publishResults(record: AssetRecord, materialization: string): AssetRecord {
  let next = record;
  for (const check of Object.keys(record.checks)) {
    const results = resultsOf(record, check);
    if (!results.some((r) => r.materialization === materialization && !isInForce(r))) continue;
    const published = results.map((r) =>
      r.materialization === materialization && r.stage === 'audit' ? { ...r, published: true as const } : r,
    );
    next = withResults(next, check, published);
  }
  return next;
}

/**
 * The newest result of a check that speaks of the published data: what holds its downstream in later runs. A result about
 * a copy that was never published does not count (semantics.md 7).
 */
export function checkInForce(record: AssetRecord, check: string): CheckResult | undefined {
  return resultsOf(record, check).find(isInForce);
}

export function addConfirmation(record: AssetRecord, at: Timestamp): AssetRecord {
  return record.confirmedAt !== undefined && record.confirmedAt >= at ? record : { ...record, confirmedAt: at };
}

export function addPresence(record: AssetRecord, event: AssetLost | AssetFound): AssetRecord {
  // Lost before it was made anew: nothing to say.
  if (record.materialized?.id !== event.materialization) return record;
  if (event.type === 'asset.found') {
    const { lost: _back, ...rest } = record;
    return rest;
  }
  if (record.lost && record.lost.at <= event.at) return record;
  return { ...record, lost: { at: event.at, message: cutEnd(event.message, TAIL_BYTES_MAX) } };
}

export function addObservation(record: AssetRecord, event: AssetObserved): AssetRecord {
  const { at, dataVersion, updatedAt } = event;
  const observed = { at, dataVersion, ...(updatedAt === undefined ? {} : { updatedAt }) };
  const key = (o: NonNullable<AssetRecord['observed']>): string => `${o.at} ${canonicalJson(o)}`;
  return record.observed && key(record.observed) >= key(observed) ? record : { ...record, observed };
}
