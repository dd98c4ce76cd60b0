import type { AssetMaterialized, CheckJudged, EventDraft, StepEnded } from '../model/events.ts';
import type { Failure } from '../model/failure.ts';
import type { SkipReason } from '../model/plan.ts';
import type { AssetKey } from '../model/project.ts';
import { formatDuration } from '../time/format.ts';
import type { Verdict } from './style.ts';

/** How one asset ended in a run: what the terminal, the summary and the report say of it. */
export interface AssetLine {
  readonly asset: AssetKey;
  readonly verdict: Verdict;
  readonly rows?: number;
  readonly files?: number;
  /** Keys that were made, or of what failed those that are lacking; absent = it has no partitions. */
  readonly partitions?: readonly string[];
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
  const made = new Map<AssetKey, AssetLine[]>();
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
    else if (event.type === 'check.judged') addTo(checks, event.asset, event);
    else if (event.type === 'asset.materialized') {
      const line = madeLine(event);
      put(line);
      if (line.partitions) addTo(made, event.asset, line);
    } else if (event.type === 'step.ended') {
      for (const asset of event.failedAssets) put(endedLine(event, asset));
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
  return [...lines.values()].map((line) => {
    const whole = line.verdict === 'ok' && line.partitions ? partitionsLine(made.get(line.asset)!) : line;
    return withChecks(whole, checks.get(line.asset) ?? []);
  });
}

function addTo<Item>(lists: Map<AssetKey, Item[]>, asset: AssetKey, item: Item): void {
  const list = lists.get(asset);
  if (list) list.push(item);
  else lists.set(asset, [item]);
}

function madeLine(event: Omit<AssetMaterialized, 'id' | 'v'>): AssetLine {
  const { asset, durationMs, rows, files, partition } = event;
  return {
    asset,
    verdict: 'ok',
    checks: [],
    durationMs,
    ...(rows === undefined ? {} : { rows }),
    ...(files === undefined ? {} : { files: Object.keys(files).length }),
    ...(partition === undefined ? {} : { partitions: [partition] }),
  };
}

/** The line of an asset whose partitions were made one after the other, with an event each: it is about all of them. */
function partitionsLine(made: readonly AssetLine[]): AssetLine {
  const sum = (name: 'rows' | 'files'): { readonly rows?: number; readonly files?: number } => {
    const known = made.flatMap((line) => line[name] ?? []);
    return known.length === 0 ? {} : { [name]: known.reduce((total, each) => total + each, 0) };
  };
  return {
    ...made.at(-1)!,
    ...sum('rows'),
    ...sum('files'),
    durationMs: made.reduce((total, { durationMs }) => total + durationMs, 0),
    partitions: [...new Set(made.flatMap(({ partitions = [] }) => partitions))],
  };
}

/** The line of an asset that its step was asked for and did not make. */
function endedLine(event: Omit<StepEnded, 'id' | 'v'>, asset: AssetKey): AssetLine {
  const { durationMs, failure, failedPartitions: partitions } = event;
  const base = { asset, checks: [], durationMs, ...(partitions === undefined ? {} : { partitions }) };
  if (event.outcome === 'canceled')
    return {
      ...base,
      verdict: 'skipped',
      skip: { reason: 'canceled', cause: `after ${formatDuration(durationMs)}` },
    };
  return { ...base, verdict: 'failed', ...(failure === undefined ? {} : { failure }) };
}

function withChecks(line: AssetLine, checks: readonly JudgedLine[]): AssetLine {
  const isCalm = line.verdict === 'ok' || line.verdict === 'up_to_date';
  if (!isCalm || !checks.some(isBad)) return { ...line, checks };
  // What is up to date and does not pass needs a hand as well: its reason to be skipped is not the news.
  const { skip: _skip, ...judged } = line;
  return { ...judged, checks, verdict: checks.some(failsRun) ? 'failed' : 'warned' };
}

/** Not passed, a warning as well. */
export function isBad(check: JudgedLine): boolean {
  return check.status === 'FAILED' || check.status === 'ERRORED';
}

/** Not passed, and more than a warning: `on_error: warn` records an error of the check with severity `warn`. */
export function failsRun(check: JudgedLine): boolean {
  return isBad(check) && check.severity === 'error';
}
