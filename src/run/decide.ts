import type { FinalRunState, RunCounts } from '../model/events.ts';
import type { PlannedStep, SkipReason } from '../model/plan.ts';
import type { AssetKey } from '../model/project.ts';
import { conclude, failsRun, type RunProgress } from './progress.ts';

/** What the shell is to do next. Closed. */
export type Command =
  | { readonly kind: 'start'; readonly step: string; readonly assets: readonly AssetKey[] }
  | {
      readonly kind: 'skip';
      readonly step: string;
      readonly assets: readonly AssetKey[];
      readonly reason: SkipReason;
      readonly cause?: string;
    }
  | { readonly kind: 'end'; readonly state: FinalRunState; readonly counts: RunCounts };

export interface DecideOptions {
  /** Steps at once, at least 1. */
  readonly maxParallel: number;
  readonly failFast: boolean;
  /** What only one step at a time may hold (a DuckDB file's writer), by step id. */
  readonly exclusive: ReadonlyMap<string, string>;
  /** By asset: its direct upstreams. */
  readonly deps: (asset: AssetKey) => readonly AssetKey[];
  /** By asset: names of its blocking checks. What is downstream waits for these, not for the others. */
  readonly blockingChecks: (asset: AssetKey) => readonly string[];
  readonly ignoreBlocking: boolean;
}

/**
 * The next commands of a run: everything that may start now, everything that need not or must not run, or the end.
 * Pure: the same progress gives the same commands. Calling it again after each event carries the run to its end,
 * whatever fails.
 */
export function decide(progress: RunProgress, options: DecideOptions): Command[] {
  const commands: Command[] = [];
  const running = [...progress.steps].filter(([, step]) => step.kind === 'running').map(([id]) => id);
  let free = options.maxParallel - running.length;
  const busy = new Set(running.map((id) => options.exclusive.get(id)).filter((name) => name !== undefined));
  let waiting = 0;
  for (const step of progress.plan.steps) {
    if (progress.steps.get(step.id)?.kind !== 'waiting') continue;
    waiting++;
    const verdict = settle(progress, step, options);
    if (verdict.kind === 'wait') continue;
    if (verdict.kind === 'skip') {
      commands.push({
        kind: 'skip',
        step: step.id,
        assets: step.assets.map((a) => a.asset),
        reason: verdict.reason,
        ...(verdict.cause === undefined ? {} : { cause: verdict.cause }),
      });
      continue;
    }
    for (const part of verdict.skipped) {
      commands.push({
        kind: 'skip',
        step: step.id,
        assets: [part.asset],
        reason: part.reason,
        ...(part.cause === undefined ? {} : { cause: part.cause }),
      });
    }
    const exclusive = options.exclusive.get(step.id);
    if (free <= 0 || (exclusive !== undefined && busy.has(exclusive))) {
      // Parts that are skipped are recorded together with the start, not before it.
      while (
        commands.length > 0 &&
        commands.at(-1)!.kind === 'skip' &&
        (commands.at(-1) as { step: string }).step === step.id
      )
        commands.pop();
      continue;
    }
    free--;
    if (exclusive !== undefined) busy.add(exclusive);
    commands.push({ kind: 'start', step: step.id, assets: verdict.assets });
  }
  if (waiting === 0 && running.length === 0) return [{ kind: 'end', ...conclude(progress) }];
  return commands;
}

interface PartVerdict {
  readonly asset: AssetKey;
  readonly reason: SkipReason;
  readonly cause?: string;
}
type Settled =
  | { readonly kind: 'wait' }
  | { readonly kind: 'skip'; readonly reason: SkipReason; readonly cause?: string }
  | { readonly kind: 'start'; readonly assets: readonly AssetKey[]; readonly skipped: readonly PartVerdict[] };

/** What is to become of a waiting step, once its upstream steps have ended. */
function settle(progress: RunProgress, step: PlannedStep, options: DecideOptions): Settled {
  if (progress.canceled) return { kind: 'skip', reason: 'canceled' };
  if (options.failFast && hasFailure(progress)) return { kind: 'skip', reason: 'fail_fast' };
  for (const id of step.after) {
    const upstream = progress.steps.get(id);
    if (upstream?.kind === 'waiting') return { kind: 'wait' };
    if (upstream?.kind === 'running' && !hasReleased(progress, step, id, options)) return { kind: 'wait' };
  }
  const start: AssetKey[] = [];
  const skipped: PartVerdict[] = [];
  for (const verdict of step.assets) {
    const stop =
      verdict.verdict === 'skip'
        ? { reason: verdict.reason as SkipReason }
        : stopOf(progress, step, verdict.asset, options);
    if (stop) skipped.push({ asset: verdict.asset, ...stop });
    else if (verdict.verdict === 'if_changed' && !hasChangedUpstream(progress, step, verdict.asset, options)) {
      skipped.push({ asset: verdict.asset, reason: 'up_to_date' });
    } else start.push(verdict.asset);
  }
  return combine(step, start, skipped);
}

/** A running step lets go of what is downstream once the assets that are read are there and their blocking checks judged. */
function hasReleased(progress: RunProgress, step: PlannedStep, upstreamId: string, options: DecideOptions): boolean {
  const read = new Set(step.assets.flatMap(({ asset }) => options.deps(asset)));
  const upstream = progress.plan.steps.find((candidate) => candidate.id === upstreamId);
  const awaited = (upstream?.assets ?? []).filter(({ asset }) => read.has(asset));
  // What only a check looks into is waited for to its end.
  if (awaited.length === 0) return false;
  return awaited.every(({ asset }) => {
    if (progress.assets.get(asset)?.kind !== 'materialized') return false;
    return options
      .blockingChecks(asset)
      .every((name) => progress.checks.some((c) => c.asset === asset && c.check === name));
  });
}

/** A step whose assets cannot be made in part runs with all of them, or not at all. */
function combine(step: PlannedStep, start: readonly AssetKey[], skipped: readonly PartVerdict[]): Settled {
  if (start.length === 0) {
    const worst = skipped.find((part) => part.reason !== 'up_to_date') ?? skipped[0];
    return {
      kind: 'skip',
      reason: worst?.reason ?? 'up_to_date',
      ...(worst?.cause === undefined ? {} : { cause: worst.cause }),
    };
  }
  if (!step.partial) {
    const stopped = skipped.find((part) => part.reason !== 'up_to_date');
    if (stopped)
      return { kind: 'skip', reason: stopped.reason, ...(stopped.cause === undefined ? {} : { cause: stopped.cause }) };
    return { kind: 'start', assets: step.assets.map((a) => a.asset), skipped: [] };
  }
  return { kind: 'start', assets: start, skipped };
}

function stopOf(
  progress: RunProgress,
  step: PlannedStep,
  asset: AssetKey,
  options: DecideOptions,
): Omit<PartVerdict, 'asset'> | undefined {
  const siblings = new Set(step.assets.map((a) => a.asset));
  for (const dep of options.deps(asset)) {
    if (siblings.has(dep)) continue;
    const outcome = progress.assets.get(dep);
    if (outcome?.kind === 'failed') return { reason: 'upstream_failed', cause: dep };
    if (outcome?.kind === 'skipped' && outcome.reason !== 'up_to_date' && outcome.reason !== 'external') {
      return { reason: 'upstream_skipped', cause: dep };
    }
    if (options.ignoreBlocking) continue;
    if (outcome?.kind === 'materialized') {
      const failed = progress.checks.find((check) => check.asset === dep && check.blocking && failsRun(check));
      if (failed) return { reason: 'blocked_by_check', cause: `${dep}/${failed.check}` };
    } else if (step.held[dep] !== undefined) return { reason: 'blocked_by_check', cause: `${dep}/${step.held[dep]}` };
  }
  return undefined;
}

/** Is a direct upstream's data version another one than the asset's last materialization used? */
function hasChangedUpstream(
  progress: RunProgress,
  step: PlannedStep,
  asset: AssetKey,
  options: DecideOptions,
): boolean {
  const used = step.used[asset] ?? {};
  return options.deps(asset).some((dep) => {
    const outcome = progress.assets.get(dep);
    const now = outcome?.kind === 'materialized' ? outcome.dataVersion : (step.upstream[dep] ?? undefined);
    return now !== undefined && now !== used[dep];
  });
}

function hasFailure(progress: RunProgress): boolean {
  if (progress.checks.some(failsRun)) return true;
  return [...progress.steps.values()].some((step) => step.kind === 'ended' && step.outcome === 'failure');
}
