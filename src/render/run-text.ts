import type { CheckJudged, EventDraft, FinalRunState, RunCounts } from '../model/events.ts';
import type { Failure } from '../model/failure.ts';
import type { SkipReason } from '../model/plan.ts';
import type { AssetKey } from '../model/project.ts';
import { formatDuration } from '../time/format.ts';
import { skipText } from './reason-text.ts';
import { count, formatCount, paint, type Style, safeLine, safeText, symbol, type Verdict } from './style.ts';

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
  const checks = new Map<AssetKey, JudgedLine[]>();
  const put = (line: AssetLine): void => {
    lines.delete(line.asset);
    lines.set(line.asset, line);
  };
  for (const event of events) {
    if (event.type === 'check.judged') checks.set(event.asset, [...(checks.get(event.asset) ?? []), event]);
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
  return [...lines.values()].map((line) => withChecks(line, checks.get(line.asset) ?? []));
}

function withChecks(line: AssetLine, checks: readonly JudgedLine[]): AssetLine {
  if (line.verdict !== 'ok') return { ...line, checks };
  const bad = checks.filter((check) => check.status === 'FAILED' || check.status === 'ERRORED');
  const verdict: Verdict = bad.some((check) => check.severity === 'error' || check.status === 'ERRORED')
    ? 'failed'
    : bad.length > 0
      ? 'warned'
      : 'ok';
  return { ...line, checks, verdict };
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
  const time = line.durationMs > 0 || line.verdict !== 'skipped' ? formatDuration(line.durationMs) : '';
  const middle = `${size.padStart(14)}  ${ran.padEnd(9)}  ${time.padStart(8)}`;
  const bad = line.checks.filter((check) => check.status === 'FAILED' || check.status === 'ERRORED');
  const only = bad.length === 1 && line.verdict === 'warned' ? `   ${checkText(bad[0]!)}` : '';
  const failed = line.verdict === 'failed' ? `   ${failureText(line)}` : '';
  const below = only === '' ? bad.map((check) => `    ${checkText(check)}`) : [];
  const tail = line.failure?.logTail ? tailLines(line.failure.logTail) : [];
  return [
    `${head}${middle}${only}${failed}`.trimEnd(),
    ...below,
    ...tail.map((text) => paint(style, 'dim', `    ${text}`)),
  ].join('\n');
}

function checkText(check: JudgedLine): string {
  const note =
    check.status === 'ERRORED'
      ? ' (could not judge)'
      : check.severity === 'warn'
        ? ' (warn)'
        : check.blocking
          ? ''
          : ' (error, not blocking)';
  const samples =
    check.samples && check.samples.length > 0
      ? `, for example ${check.samples.map((s) => safeLine(JSON.stringify(s), 60)).join(', ')}`
      : '';
  return `${check.check}: ${safeLine(check.message)}${note}${samples}`;
}

function failureText(line: AssetLine): string {
  const blocking = line.checks.filter((check) => check.blocking);
  const failed = blocking.filter((check) => check.status !== 'PASSED');
  if (failed.length > 0) {
    const published = failed.every((check) => check.stage === 'published');
    return `${published ? 'published before it was judged' : 'not published'}: ${failed.length} of ${count(blocking.length, 'blocking check')} failed`;
  }
  if (line.failure) return safeLine(line.failure.message.split('\n')[0] ?? '');
  return `${line.checks.filter((check) => check.status !== 'PASSED').length} of ${count(line.checks.length, 'check')} failed`;
}

/** The last lines of a failed step, at most 12. */
function tailLines(tail: string): string[] {
  const lines = safeText(tail).trimEnd().split('\n');
  return lines.length > 12 ? ['…', ...lines.slice(-12)] : lines;
}

/** `1 failed, 1 warned, 2 passed, 1 skipped in 0.9 s.` */
export function renderTotals(lines: readonly AssetLine[], state: FinalRunState, durationMs: number): string {
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
  return `${canceled}${said.length > 0 ? said.join(', ') : 'nothing to do'} in ${formatDuration(durationMs)}.`;
}

/** Subject of the commit that records a run: `✗ 1 failed, 4 ok: marts/records not published (unique_day) · hourly 09:23`. */
export function runSubject(
  lines: readonly AssetLine[],
  state: FinalRunState,
  counts: RunCounts,
  trigger: string,
): string {
  const of = (verdict: Verdict): number => lines.filter((line) => line.verdict === verdict).length;
  const failed = lines.filter((line) => line.verdict === 'failed');
  const mark =
    state === 'CANCELED' ? '○' : state === 'FAILURE' || failed.length > 0 ? '✗' : of('warned') > 0 ? '!' : '✓';
  const parts = [
    [failed.length, 'failed'],
    [of('warned'), 'warned'],
    [of('ok'), 'ok'],
    [counts.upToDate, 'up to date'],
    [counts.skipped, 'skipped'],
  ].flatMap(([n, word]) => (n === 0 ? [] : [`${n} ${word}`]));
  const first = failed[0];
  const why = first ? `: ${first.asset} ${subjectCause(first)}` : '';
  const what = state === 'CANCELED' ? `canceled, ${parts.join(', ')}` : parts.join(', ') || 'nothing to do';
  return `${mark} ${what}${why} · ${trigger}`;
}

function subjectCause(line: AssetLine): string {
  const check =
    line.checks.find((c) => c.blocking && c.status !== 'PASSED') ?? line.checks.find((c) => c.status !== 'PASSED');
  if (check)
    return `${check.stage === 'audit' && check.blocking ? 'not published' : 'failed its check'} (${check.check})`;
  return line.failure ? safeLine(line.failure.message.split('\n')[0] ?? '', 60) : 'failed';
}
