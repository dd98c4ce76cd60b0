import type { EventDraft, FinalRunState, RetryDecision, RunCounts, StepAttemptEnded } from '../model/events.ts';
import { epochMs } from '../model/instant.ts';
import type { Plan, SkipReason } from '../model/plan.ts';
import type { AssetKey } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import { formatDuration, formatInstant } from '../time/format.ts';
import { type AssetLine, failsRun, isBad, type JudgedLine } from './asset-lines.ts';
import { skipText } from './reason-text.ts';
import { count, formatCount, nameSome, paint, type Style, safeLine, safeText, symbol, type Verdict } from './style.ts';

/** A failed attempt that is repeated: `↻ raw/orders  attempt 1 failed (exit code 1), the next one in 10 s`. */
export function renderRetry(
  {
    step,
    attempt,
    failure,
    at,
    retryAt,
  }: Pick<StepAttemptEnded, 'step' | 'attempt' | 'failure' | 'at'> & {
    readonly retryAt: string;
  },
  style: Style,
): string {
  const waitMs = Math.max(0, epochMs(retryAt) - epochMs(at));
  const why = failure === undefined ? '' : ` (${safeLine(failure.message)})`;
  const next = waitMs === 0 ? 'now' : `in ${formatDuration(waitMs)}`;
  return paint(
    style,
    'yellow',
    `${style.unicode ? '↻' : '~'} ${step}  attempt ${attempt} failed${why}, the next one ${next}`,
  );
}

/** One asset's line and, below it, what needs a hand. `width` is that of the longest asset key. */
export function renderAssetLine(line: AssetLine, style: Style, width: number): string {
  const size =
    line.rows !== undefined ? count(line.rows, 'row') : line.files !== undefined ? count(line.files, 'file') : '';
  const head = `${symbol(style, line.verdict)} ${line.asset.padEnd(width)}`;
  if (line.skip)
    return paint(
      style,
      'dim',
      `${head}  ${line.verdict === 'up_to_date' ? '' : 'skipped: '}${skipText(line.skip.reason, line.skip.cause)}`,
    );
  const ran = line.checks.length > 0 ? count(line.checks.length, 'check') : '';
  const time = line.durationMs > 0 ? formatDuration(line.durationMs) : '';
  const middle = `${size.padStart(14)}  ${ran.padEnd(9)}  ${time.padStart(8)}`;
  const bad = line.checks.filter(isBad);
  const only = bad.length === 1 && line.verdict === 'warned' ? `   ${checkText(bad[0]!)}` : '';
  const failed = line.verdict === 'failed' ? `   ${ofPartitions(line, failureText(line))}` : '';
  const keys = failed === '' && only === '' && line.partitions ? `   ${partitionsText(line.partitions)}` : '';
  const below = only === '' ? checkTexts(bad).map((text) => `    ${text}`) : [];
  const tail = line.failure?.logTail ? tailLines(line.failure.logTail) : [];
  return [
    `${head}${middle}${only}${failed}${keys}`.trimEnd(),
    ...below,
    ...tail.map((text) => paint(style, 'dim', `    ${text}`)),
  ].join('\n');
}

/** So many keys are named; of more it is said how many they are. */
const KEYS_MAX = 2;

/** `2026-11-27`, or `27 partitions, 2026-11-01 to 2026-11-27`; keys in the order in which they were made. */
export function partitionsText(keys: readonly string[]): string {
  if (keys.length <= KEYS_MAX) return keys.map((key) => safeLine(key, 60)).join(', ');
  return `${count(keys.length, 'partition')}, ${safeLine(keys[0]!, 60)} to ${safeLine(keys.at(-1)!, 60)}`;
}

/** What is said of an asset, with the partitions that it holds for; a message may name the one itself. */
function ofPartitions({ partitions }: AssetLine, said: string): string {
  if (partitions === undefined || partitions.length === 0 || said.startsWith(`${partitions[0]}: `)) return said;
  return `${partitionsText(partitions)}: ${said}`;
}

/** A line for each check that did not pass; those that could not be judged for one and the same cause share theirs. */
function checkTexts(bad: readonly JudgedLine[]): string[] {
  const byCause = new Map<string, JudgedLine[]>();
  for (const check of bad) {
    const cause = check.status === 'ERRORED' ? JSON.stringify([check.severity, check.message]) : check.check;
    byCause.set(cause, [...(byCause.get(cause) ?? []), check]);
  }
  return [...byCause.values()].map((same) => checkText(same[0]!, same.map(({ check }) => check).join(', ')));
}

/** Room for a cause and for what to do about it. */
export const MESSAGE_LENGTH_MAX = 600;

function checkText(check: JudgedLine, names = check.check): string {
  const notes = [
    ...(check.status === 'ERRORED' ? ['could not judge'] : []),
    ...(check.severity === 'warn'
      ? ['warn']
      : check.blocking || check.status === 'ERRORED'
        ? []
        : ['error, not blocking']),
  ];
  const samples =
    check.samples && check.samples.length > 0
      ? `, for example ${check.samples.map((s) => safeLine(JSON.stringify(s), 60)).join(', ')}`
      : '';
  return `${names}: ${withNotes(safeLine(check.message, MESSAGE_LENGTH_MAX), notes)}${samples}`;
}

/** Notes in brackets after a message; in its own, when it ends in some. */
function withNotes(message: string, notes: readonly string[]): string {
  if (notes.length === 0) return message;
  return message.endsWith(')') ? `${message.slice(0, -1)}, ${notes.join(', ')})` : `${message} (${notes.join(', ')})`;
}

function failureText(line: AssetLine): string {
  const blocking = line.checks.filter((check) => check.blocking);
  const failed = blocking.filter(failsRun);
  if (failed.length > 0) {
    const published = failed.every((check) => check.stage === 'published');
    return `${published ? 'published before it was judged' : 'not published'}: ${failed.length} of ${count(blocking.length, 'blocking check')} failed`;
  }
  if (line.failure) return safeLine(line.failure.message.split('\n')[0] ?? '', MESSAGE_LENGTH_MAX);
  const bad = line.checks.filter(failsRun);
  const how = bad.every(({ status }) => status === 'ERRORED') ? 'could not be judged' : 'failed';
  return `${bad.length} of ${count(line.checks.length, 'check')} ${how}`;
}

/**
 * What is still there of an asset whose making failed: `Downstream of raw/orders still reads its data of 2026-11-27 09:12 UTC.`
 * Undefined = it was never made, or is gone; or of a partition: that one was, or is.
 */
export function keptDataText(
  { asset, partitions }: Pick<AssetLine, 'asset' | 'partitions'>,
  view: Pick<StateView, 'assets' | 'partitions'>,
  isRead: boolean,
): string | undefined {
  const [key] = partitions ?? [];
  const record = key === undefined ? view.assets.get(asset) : view.partitions?.get(asset)?.get(key);
  const made = record?.materialized;
  // What was made and is gone is not kept either.
  if (made === undefined || (record?.lost !== undefined && 'message' in record.lost)) return undefined;
  const name = key === undefined ? asset : `${asset} ${safeLine(key, 60)}`;
  const data = `its data of ${formatInstant(made.at)}`;
  return isRead ? `Downstream of ${name} still reads ${data}.` : `${name} keeps ${data}.`;
}

/** Whether a run that failed is tried again by itself, as it was decided at its end. */
export function decidedRetry(drafts: readonly EventDraft[]): RetryDecision | undefined {
  const end = drafts.findLast((draft) => draft.type === 'run.ended');
  return end?.type === 'run.ended' ? end.retry : undefined;
}

/** How a command names what failed and all that is downstream of it: `--select "key:raw/days+" --partitions 2026-11-27`. */
export function againOptions({ asset, partitions = [] }: Pick<AssetLine, 'asset' | 'partitions'>): string {
  const [key] = partitions;
  const keys = partitions.length > 1 ? 'failed' : key;
  const isPlain = keys === undefined || /^[\w.:+-]+$/.test(keys);
  return `--select "key:${asset}+"${keys === undefined ? '' : ` --partitions ${isPlain ? keys : `'${keys.replaceAll("'", `'\\''`)}'`}`}`;
}

/** The last lines of a failed step, at most 12. */
function tailLines(tail: string): string[] {
  const lines = safeText(tail).trimEnd().split('\n');
  return lines.length > 12 ? ['…', ...lines.slice(-12)] : lines;
}

/**
 * What a plan leaves alone, by reason: `○ a, b  skipped: external: made by others`. For a run of which no asset says anything.
 * What is up to date is left out: it has a line of its own.
 */
export function leftAloneLines({ steps }: Pick<Plan, 'steps'>, style: Style): string[] {
  const byReason = new Map<string, AssetKey[]>();
  for (const { asset, verdict, reason, detail } of steps.flatMap((step) => step.assets)) {
    if (verdict !== 'skip' || reason === 'up_to_date') continue;
    const why = skipText(reason as SkipReason, detail[0]);
    byReason.set(why, [...(byReason.get(why) ?? []), asset]);
  }
  return [...byReason].map(([why, assets]) =>
    paint(style, 'dim', `${symbol(style, 'skipped')} ${nameSome(assets)}  skipped: ${why}`),
  );
}

/** `1 failed, 1 warned, 2 passed, 1 skipped in 0.9 s.` `QUEUED`: the rest waits for the next tick. */
export function renderTotals(lines: readonly AssetLine[], state: FinalRunState | 'QUEUED', durationMs: number): string {
  const of = (verdict: Verdict): number => lines.filter((line) => line.verdict === verdict).length;
  const parts = [
    [of('failed'), 'failed'],
    [of('warned'), 'warned'],
    [of('ok'), 'passed'],
    [of('skipped'), 'skipped'],
    [of('up_to_date'), 'up to date'],
  ] as const;
  const said = parts.filter(([n]) => n > 0).map(([n, word]) => `${formatCount(n)} ${word}`);
  const canceled = state === 'CANCELED' ? 'Canceled: ' : '';
  return `${canceled}${said.length > 0 ? said.join(', ') : canceled === '' ? 'Nothing to do' : 'nothing to do'} in ${formatDuration(durationMs)}${state === 'QUEUED' ? '; the rest waits for the next tick' : ''}.`;
}

/**
 * Subject of the commit that records a run, so that the log reads as a diary of the data:
 * `✗ 1 failed, 4 ok: marts/records not published (unique_day) · hourly 09:23`.
 */
export function runSubject(
  lines: readonly AssetLine[],
  state: FinalRunState,
  counts: RunCounts,
  trigger: string,
): string {
  const of = (verdict: Verdict): AssetLine[] => lines.filter((line) => line.verdict === verdict);
  const [failed, warned] = [of('failed'), of('warned')];
  const parts = [
    [failed.length, 'failed'],
    [warned.length, 'warned'],
    [of('ok').length, 'ok'],
    [counts.upToDate, 'up to date'],
    [counts.skipped, 'skipped'],
  ].flatMap(([n, word]) => (n === 0 ? [] : [`${formatCount(Number(n))} ${word}`]));
  const worst = failed[0] ?? warned[0];
  const why = worst ? `: ${safeLine(worst.asset, 60)}${subjectKeys(worst)} ${subjectCause(worst)}` : '';
  const what = [...(state === 'CANCELED' ? ['canceled'] : []), ...parts].join(', ') || emptyRun(state);
  const mark = state === 'CANCELED' ? '○' : state === 'FAILURE' || failed.length > 0 ? '✗' : worst ? '!' : '✓';
  return withoutReferences(`${mark} ${what}${why} · ${safeLine(trigger, 60)}`);
}

/** A run of which no asset says anything: all was skipped, or it ended before a step did. */
function emptyRun(state: FinalRunState): string {
  return state === 'FAILURE' ? 'failed before a step had ended' : 'nothing to do';
}

function subjectKeys({ partitions = [] }: AssetLine): string {
  if (partitions.length === 0) return '';
  return ` ${partitions.length === 1 ? safeLine(partitions[0]!, 40) : `(${count(partitions.length, 'partition')})`}`;
}

function subjectCause(line: AssetLine): string {
  const bad = line.checks.filter(line.verdict === 'warned' ? isBad : failsRun);
  const check = bad.find(({ blocking }) => blocking) ?? bad[0];
  if (line.failure && !check?.blocking) return `failed: ${safeLine(line.failure.message.split('\n')[0] ?? '', 60)}`;
  if (!check) return 'failed';
  if (check.status === 'ERRORED') return `could not be judged (${safeLine(check.check, 40)})`;
  if (line.verdict === 'warned') return `warns (${safeLine(check.check, 40)})`;
  return check.stage === 'audit' && check.blocking
    ? `not published (${safeLine(check.check, 40)})`
    : `fails its check (${safeLine(check.check, 40)})`;
}

/** GitHub notifies people and threads that a commit message names: `@name`, `#12`. A blank keeps them apart. */
function withoutReferences(subject: string): string {
  return subject
    .replace(/(?<!\w)@(?=\w)/g, '@ ')
    .replace(/#(?=\d)/g, '# ')
    .replace(/\bGH-(?=\d)/gi, (word) => `${word} `);
}
