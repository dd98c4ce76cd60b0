import { sortedEntries } from '../base/order.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { timestamp } from '../model/instant.ts';
import type { PartitionsSummary } from '../model/partitions.ts';
import type { AssetKey } from '../model/project.ts';
import type { AssetRecord, HistoryEntry, RunRecord, StateView } from '../model/state.ts';
import type { StateStore } from '../ports-state.ts';
import { billedText } from '../render/figures-text.ts';
import { renderPartitions } from '../render/partitions-text.ts';
import { MESSAGE_LENGTH_MAX, partitionsText } from '../render/run-text.ts';
import { columns, count, safeLine } from '../render/style.ts';
import { uncommittedText } from '../render/uncommitted-text.ts';
import { checkInForce } from '../state/asset-fold.ts';
import type { StateProblem } from '../state/codec.ts';
import { compactedSeq, cutDayOf } from '../state/layout.ts';
import { lossOf } from '../state/partition-fold.ts';
import { type LongFile, longFiles, verifyState } from '../state/verify.ts';
import { formatDuration, formatInstant } from '../time/format.ts';
import { type AppFailure, inputFailure, stateUnreachable } from './failure.ts';
import { findRun } from './find-run.ts';
import { keysText } from './lost-advice.ts';
import { readWholeTree } from './older-days.ts';
import { triggerText } from './run-message.ts';
import { resolveAt, type StateAt } from './state-reading.ts';

const PLAIN = { color: false, unicode: true } as const;

export interface LogEntry {
  readonly commit: string;
  readonly at: string;
  readonly subject: string;
  readonly trailers: Readonly<Record<string, string>>;
}

/** Commits of the state, newest first, from a commit or instant on. */
export async function stateLog(
  store: StateStore,
  limit: number,
  at: string | undefined,
): Promise<Result<readonly LogEntry[], AppFailure>> {
  const from = at === undefined ? ok(undefined) : await resolveAt(store, at);
  if (!from.ok) return from;
  const log = await store.log(limit, from.value);
  if (!log.ok) return fail(stateUnreachable(log.error));
  return ok(
    log.value.map((entry) => ({
      commit: entry.commit,
      at: timestamp(entry.at),
      subject: entry.subject,
      trailers: entry.trailers,
    })),
  );
}

/** What is known of an asset or a run, or a summary of all. */
export async function describeState(
  store: StateStore,
  state: StateAt,
  what: string | undefined,
  partitions?: PartitionsSummary,
  cures: ReadonlyMap<AssetKey, string> = new Map(),
): Promise<Result<{ readonly text: string; readonly json: Record<string, unknown> }, AppFailure>> {
  const { view } = state.read;
  const commit = state.head.commit ?? null;
  if (what === undefined)
    return ok({
      text: summary(view, store.label, state.head.commit),
      json: {
        commit,
        seq: view.seq,
        assets: [...view.assets.values()],
        openRuns: [...view.openRuns.values()],
        claims: [...view.claims.values()],
        schedules: [...view.schedules.values()],
      },
    });
  const asset = view.assets.get(what);
  if (asset)
    return ok({
      text: [
        assetText(asset, view, cures.get(asset.asset)),
        ...(partitions ? ['', renderPartitions([partitions], PLAIN)] : []),
      ].join('\n'),
      json: { commit, asset, ...(partitions ? { partitions } : {}) },
    });
  const found = await findRun(store, state, what);
  if (!found.ok) return found;
  const run = found.value;
  if (run) {
    // Records of closed days have them by name; while the day is open they stand as they were planned.
    const shown = { ...run, steps: Object.fromEntries(sortedEntries(run.steps)) };
    return ok({ text: runText(shown), json: { commit, run: shown } });
  }
  return fail(
    inputFailure(
      'unknown-record',
      `The state knows no asset and no run \`${what}\`.`,
      droppedText(state, what) ??
        '`branchline state show` lists the assets; a run id begins with its day (20261122-…).',
    ),
  );
}

/** Where a run may be of a day whose events have left the branch: where they are. */
function droppedText({ read }: StateAt, run: string): string | undefined {
  const { paths } = read.base;
  const cutDay = cutDayOf(paths);
  const day = /^(\d{4})(\d\d)(\d\d)-/.exec(run);
  if (cutDay === undefined || !day || day.slice(1).join('-') > cutDay) return undefined;
  return `Runs up to ${cutDay} have left the branch (\`state.retention\`): \`--at archive/${compactedSeq(paths)}\`, or an older archive, has them as long as it is kept.`;
}

function summary(view: StateView, label: string, head: string | undefined): string {
  if (head === undefined) return `${label} has no commits yet.`;
  const rows = [...view.assets.values()]
    .sort((a, b) => (a.asset < b.asset ? -1 : 1))
    .map((record) => [
      record.asset,
      outcomeText(record),
      record.materialized ? formatInstant(record.materialized.at) : 'never materialized',
      record.materialized?.rows === undefined ? '' : count(record.materialized.rows, 'row'),
    ]);
  const open = [...view.openRuns.values()].map((run) => `${run.run}  ${run.state}  ${triggerText(run.request)}`);
  return [
    `${label} at ${head.slice(0, 7)}, commit ${view.seq}, ${count(view.assets.size, 'asset')}.`,
    '',
    ...columns(rows),
    ...(open.length > 0 ? ['', 'Open runs:', ...open] : []),
  ].join('\n');
}

function outcomeText(record: AssetRecord): string {
  if (record.lost || record.partitions?.lost !== undefined) return 'missing';
  if (record.attempt?.outcome === 'failure') return 'failed';
  return record.attempt?.outcome ?? 'unknown';
}

const LOSSES_MAX = 3;

/** Partitions whose data is gone, those of one loss in one line. */
function lostPartitions({ asset, partitions }: AssetRecord, view: StateView): string[] {
  if (partitions?.lost === undefined) return [];
  const losses = new Map<string, string[]>();
  for (const [key, record] of view.partitions?.get(asset) ?? []) {
    if (lossOf(record) === undefined) continue;
    const what = `${formatInstant(record.lost!.at)}: ${safeLine(record.lost!.message!)}`;
    losses.set(what, [...(losses.get(what) ?? []), key]);
  }
  if (losses.size === 0) return [`  lost           ${count(partitions.lost, 'partition')}`];
  const lines = [...losses].map(
    ([what, keys]) => `  lost           ${count(keys.length, 'partition')} (${safeLine(keysText(keys))}), ${what}`,
  );
  const more = lines.length - LOSSES_MAX;
  return more > 0
    ? [...lines.slice(0, LOSSES_MAX), `                 and ${count(more, 'more loss', 'more losses')}`]
    : lines;
}

function assetText(record: AssetRecord, view: StateView, cure: string | undefined): string {
  const made = record.materialized;
  const lines = [`${record.asset}: ${outcomeText(record)}`];
  if (made) {
    lines.push(
      `  materialized   ${formatInstant(made.at)} by run ${made.run}`,
      `  data version   ${made.dataVersion}`,
      `  code version   ${made.codeVersion}${made.codeCommit === undefined ? '' : ` (commit ${codeText(made.codeCommit.slice(0, 7), runIn(view, made.run))})`}`,
    );
    if (made.rows !== undefined) lines.push(`  rows           ${made.rows}`);
    for (const [path, file] of Object.entries(made.files ?? {}))
      lines.push(`  file           ${path}, ${count(file.bytes, 'byte')}, ${file.digest.slice(0, 12)}`);
    for (const [key, used] of Object.entries(made.upstream))
      lines.push(`  read           ${key} as ${used.dataVersion}`);
  } else lines.push('  never materialized');
  if (record.attempt?.failure)
    lines.push(
      `  last failure   ${safeLine(record.attempt.failure.message, MESSAGE_LENGTH_MAX)} (${count(record.attempt.failuresInRow, 'time')} in a row)`,
    );
  if (record.confirmedAt !== undefined) lines.push(`  confirmed      ${formatInstant(record.confirmedAt)}`);
  if (record.lost) lines.push(`  lost           ${formatInstant(record.lost.at)}: ${safeLine(record.lost.message)}`);
  lines.push(...lostPartitions(record, view));
  if (cure !== undefined) lines.push(`  cure           ${safeLine(cure, MESSAGE_LENGTH_MAX)}`);
  const checks = Object.keys(record.checks).sort();
  if (checks.length > 0)
    lines.push(
      '',
      ...columns(
        checks.map((name) => [
          `  ${name}`,
          checkInForce(record, name)?.status ?? record.checks[name]!.status,
          safeLine((checkInForce(record, name) ?? record.checks[name]!).message),
        ]),
      ),
    );
  if (record.history.length > 0)
    lines.push(
      '',
      ...columns(
        byRun(record.history).map(({ at, outcome, run, durationMs }) => [
          `  ${formatInstant(at)}`,
          outcome,
          formatDuration(durationMs),
          run,
          partitionsOfRun(record.asset, view, run),
        ]),
      ),
    );
  return lines.join('\n');
}

/** The commit of a code; of a run that is known, with what was not in it. */
function codeText(commit: string, run: RunRecord | undefined): string {
  return run?.uncommitted === undefined ? commit : `${commit} ${uncommittedText(run.uncommitted)}`;
}

function runIn(view: StateView, run: string): RunRecord | undefined {
  return view.openRuns.get(run) ?? view.endedRuns.get(run);
}

/** A run that makes many partitions has an entry for each of them: shown as one. */
function byRun(history: readonly HistoryEntry[]): readonly HistoryEntry[] {
  const shown: HistoryEntry[] = [];
  for (const entry of history) {
    const last = shown.at(-1);
    if (last?.run !== entry.run || last.outcome !== entry.outcome) shown.push(entry);
    else shown[shown.length - 1] = { ...last, durationMs: last.durationMs + entry.durationMs };
  }
  return shown;
}

/** What an asset's line of a run was about: the keys that it was asked for, as far as the run is known; else those it left. */
function partitionsOfRun(asset: string, view: StateView, run: string): string {
  const record = runIn(view, run);
  const asked = record?.request !== undefined && 'partitions' in record.request ? record.request.partitions : undefined;
  const steps = Object.values(record?.steps ?? {}).filter(({ assets }) => assets.includes(asset));
  // A run of partitions may make an asset as well that has none.
  if (steps.length > 0) return partitionsText(steps.flatMap(({ partitions = [] }) => partitions));
  if (view.assets.get(asset)?.partitions === undefined) return '';
  const left = [...(view.partitions?.get(asset) ?? [])].filter(
    ([, { failed, materialized }]) => failed?.run === run || materialized?.run === run,
  );
  return asked ?? partitionsText(left.map(([key]) => key));
}

function runText(run: RunRecord): string {
  const lines = [
    `run ${run.run}: ${run.state}, ${triggerText(run.request)}`,
    `  requested  ${formatInstant(run.requestedAt)}`,
  ];
  if (run.startedAt !== undefined) lines.push(`  started    ${formatInstant(run.startedAt)}`);
  if (run.endedAt !== undefined) lines.push(`  ended      ${formatInstant(run.endedAt)}`);
  if (run.billed !== undefined) lines.push(`  billed     ${billedText(run.billed)}`);
  if (run.codeCommit !== undefined) lines.push(`  code       ${codeText(run.codeCommit, run)}`);
  if (run.failure) lines.push(`  failure    ${safeLine(run.failure.message)}`);
  if (run.retry) lines.push(`  retry      ${safeLine(run.retry.message)}`);
  const rows = Object.entries(run.steps).map(([id, step]) => [
    `  ${id}`,
    step.state,
    step.reason ?? '',
    step.durationMs === undefined ? '' : formatDuration(step.durationMs),
    safeLine(step.failure?.message ?? '', 100),
  ]);
  if (rows.length > 0) lines.push('', ...columns(rows));
  if (run.confirmed.length > 0) lines.push('', `  up to date: ${run.confirmed.join(', ')}`);
  return lines.join('\n');
}

export interface Verified {
  readonly commit?: string;
  readonly files: number;
  readonly problems: readonly StateProblem[];
  /** No problem of theirs: what an older Branchline wrote stays, and is read. */
  readonly long: readonly LongFile[];
}

/** Reads every file of a commit and verifies records, digest chain and projections. */
export async function verifyStore(
  store: StateStore,
  environment: string,
  at: string | undefined,
): Promise<Result<Verified, AppFailure>> {
  const head = await store.read();
  if (!head.ok) return fail(stateUnreachable(head.error));
  const resolved = at === undefined ? ok(head.value.commit) : await resolveAt(store, at);
  if (!resolved.ok) return resolved;
  const commit = resolved.value;
  if (commit === undefined) return ok({ files: 0, problems: [], long: [] });
  const whole = await readWholeTree(store, commit);
  if (!whole.ok) return fail(stateUnreachable(whole.error));
  const texts = await whole.value.load(whole.value.entries.map(({ path }) => path));
  if (!texts.ok) return fail(stateUnreachable(texts.error));
  const { problems } = verifyState(texts.value, environment);
  return ok({ commit, files: texts.value.size, problems, long: longFiles(texts.value) });
}
