import type { CheckJudged, EventDraft, FinalRunState, RunCounts, StepAttemptEnded } from '../model/events.ts';
import type { Failure } from '../model/failure.ts';
import { epochMs } from '../model/instant.ts';
import type { Plan, SkipReason } from '../model/plan.ts';
import type { AssetKey } from '../model/project.ts';
import { formatDuration } from '../time/format.ts';
import { skipText } from './reason-text.ts';
import { count, formatCount, nameSome, paint, type Style, safeLine, safeText, symbol, type Verdict } from './style.ts';

/** How one asset ended in a run: what the terminal, the summary and the report say of it. */
export interface AssetLine {
  readonly asset: AssetKey;
  readonly verdict: Verdict;
  readonly rows?: number;
  readonly files?: number;
  readonly checks: readonly JudgedLine[];
  readonly durationMs: number;
  readonly failure?: Failure;
  readonly skip?: { readonly reason: SkipReason; readonly cause?: string };
}
export type JudgedLine = Pick<
  CheckJudged,
  'asset' | 'check' | 'status' | 'severity' | 'blocking' | 'message' | 'stage' | 'samples'
>;

/** The lines of a run, in the order in which its assets ended. */
export function assetLines(events: readonly EventDraft[]): AssetLine[] {
  const lines = new Map<AssetKey, AssetLine>();
  const checks = new Map<AssetKey, (JudgedLine & Pick<CheckJudged, 'step'>)[]>();
  const put = (line: AssetLine): void => {
    lines.delete(line.asset);
    lines.set(line.asset, line);
  };
  for (const event of events) {
    // A step that is tried again judges again.
    if (event.type === 'step.attempt-ended' && event.retryAt !== undefined)
      for (const [asset, judged] of checks)
        checks.set(
          asset,
          judged.filter((check) => check.step !== event.step),
        );
    else if (event.type === 'check.judged') checks.set(event.asset, [...(checks.get(event.asset) ?? []), event]);
    else if (event.type === 'asset.materialized') {
      const files = event.files === undefined ? undefined : Object.keys(event.files).length;
      put({
        asset: event.asset,
        verdict: 'ok',
        checks: [],
        durationMs: event.durationMs,
        ...(event.rows === undefined ? {} : { rows: event.rows }),
        ...(files === undefined ? {} : { files }),
      });
    } else if (event.type === 'step.ended') {
      for (const asset of event.failedAssets) {
        if (event.outcome === 'canceled') {
          put({
            asset,
            verdict: 'skipped',
            checks: [],
            durationMs: event.durationMs,
            skip: { reason: 'canceled', cause: `after ${formatDuration(event.durationMs)}` },
          });
          continue;
        }
        put({
          asset,
          verdict: 'failed',
          checks: [],
          durationMs: event.durationMs,
          ...(event.failure === undefined ? {} : { failure: event.failure }),
        });
      }
    } else if (event.type === 'step.skipped') {
      for (const asset of event.assets) {
        const skip = { reason: event.reason, ...(event.cause === undefined ? {} : { cause: event.cause }) };
        put({
          asset,
          verdict: event.reason === 'up_to_date' ? 'up_to_date' : 'skipped',
          checks: [],
          durationMs: 0,
          skip,
        });
      }
    }
  }
  // A check that ran alone, or a step of checks: the asset was judged and not made.
  for (const [asset, judged] of checks) {
    if (judged.length > 0 && !lines.has(asset)) lines.set(asset, { asset, verdict: 'ok', checks: [], durationMs: 0 });
  }
  return [...lines.values()].map((line) => withChecks(line, checks.get(line.asset) ?? []));
}

function withChecks(line: AssetLine, checks: readonly JudgedLine[]): AssetLine {
  const isCalm = line.verdict === 'ok' || line.verdict === 'up_to_date';
  if (!isCalm || !checks.some(isBad)) return { ...line, checks };
  // What is up to date and does not pass needs a hand as well: its reason to be skipped is not the news.
  const { skip: _skip, ...judged } = line;
  return { ...judged, checks, verdict: checks.some(failsRun) ? 'failed' : 'warned' };
}

function isBad(check: JudgedLine): boolean {
  return check.status === 'FAILED' || check.status === 'ERRORED';
}

/** Not passed, and more than a warning: `on_error: warn` records an error of the check with severity `warn`. */
function failsRun(check: JudgedLine): boolean {
  return isBad(check) && check.severity === 'error';
}

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
  const failed = line.verdict === 'failed' ? `   ${failureText(line)}` : '';
  const below = only === '' ? checkTexts(bad).map((text) => `    ${text}`) : [];
  const tail = line.failure?.logTail ? tailLines(line.failure.logTail) : [];
  return [
    `${head}${middle}${only}${failed}`.trimEnd(),
    ...below,
    ...tail.map((text) => paint(style, 'dim', `    ${text}`)),
  ].join('\n');
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
const MESSAGE_LENGTH_MAX = 600;

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
  if (line.failure) return safeLine(line.failure.message.split('\n')[0] ?? '');
  const bad = line.checks.filter(failsRun);
  const how = bad.every(({ status }) => status === 'ERRORED') ? 'could not be judged' : 'failed';
  return `${bad.length} of ${count(line.checks.length, 'check')} ${how}`;
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
  const why = worst ? `: ${safeLine(worst.asset, 60)} ${subjectCause(worst)}` : '';
  const what = [...(state === 'CANCELED' ? ['canceled'] : []), ...parts].join(', ') || emptyRun(state);
  const mark = state === 'CANCELED' ? '○' : state === 'FAILURE' || failed.length > 0 ? '✗' : worst ? '!' : '✓';
  return withoutReferences(`${mark} ${what}${why} · ${safeLine(trigger, 60)}`);
}

/** A run of which no asset says anything: all was skipped, or it ended before a step did. */
function emptyRun(state: FinalRunState): string {
  return state === 'FAILURE' ? 'failed before a step had ended' : 'nothing to do';
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
