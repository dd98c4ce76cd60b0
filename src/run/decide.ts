import type { FinalRunState, RunCounts } from '../model/events.ts';
import type { EpochMs } from '../model/instant.ts';
import type { PlannedStep, SkipReason } from '../model/plan.ts';
import type { AssetKey } from '../model/project.ts';
import { judgeBy, markReady } from './agenda.ts';
import {
  assetsOwed,
  assetsToRetry,
  conclude,
  failsRun,
  madeVersion,
  partitionsMade,
  type RunProgress,
} from './progress.ts';

/** What the shell is to do next. Closed. */
export type Command =
  | {
      readonly kind: 'start';
      readonly step: string;
      readonly assets: readonly AssetKey[];
      /** From 1. */
      readonly attempt: number;
      /** Those of its attempts by which it had ended before it was to be made again; absent = none. */
      readonly attemptsBefore?: number;
    }
  /** A step that waits for its next attempt gets none: it failed. */
  | { readonly kind: 'give-up'; readonly step: string; readonly assets: readonly AssetKey[] }
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
  /** Pools of steps by step id, and the slots that the run was granted of each. */
  readonly pools?: { readonly of: ReadonlyMap<string, string>; readonly slots: Readonly<Record<string, number>> };
  /** By asset: its direct upstreams. */
  readonly deps: (asset: AssetKey) => readonly AssetKey[];
  /** By asset: names of its blocking checks. What is downstream waits for these, not for the others. */
  readonly blockingChecks: (asset: AssetKey) => readonly string[];
  readonly ignoreBlocking: boolean;
}

/**
 * The next commands of a run: everything that may start now, everything that need not or must not run, or the end.
 * Pure: the same progress at the same instant gives the same commands; only steps that wait for their next attempt look at
 * the instant. Calling it again after each event carries the run to its end,
 * whatever fails.
 */
export function decide(
  progress: RunProgress,
  options: DecideOptions,
  now: EpochMs = Number.POSITIVE_INFINITY,
): Command[] {
  const { agenda } = progress;
  if (agenda.waiting.size + agenda.running.size + agenda.retrying.size === 0)
    return [{ kind: 'end', ...conclude(progress) }];
  const stop = stopOfAll(progress, options);
  if (stop) return stopped(progress, stop);
  judgeBy(agenda, options);
  const parts: { readonly step: PlannedStep; readonly settled: Exclude<Settled, { kind: 'wait' }> }[] = [];
  for (const step of inPlanOrder(progress, agenda.unjudged)) {
    const settled = settle(progress, step, options);
    if (settled.kind === 'wait') agenda.unjudged.delete(step.id);
    else if (settled.kind === 'start' && !step.after.some((id) => agenda.running.has(id) || agenda.retrying.has(id)))
      markReady(agenda, step.id, queueKey(options, step.id));
    else parts.push({ step, settled });
  }
  const busy = new Set([...agenda.running].map((id) => options.exclusive.get(id)).filter((name) => name !== undefined));
  let free = options.maxParallel - agenda.running.size;
  const slots = freeSlots(progress, options);
  for (const step of firstReady(progress, options, { busy, free, slots })) {
    const settled = settle(progress, step, options);
    if (settled.kind !== 'wait') parts.push({ step, settled });
  }
  for (const [id, due] of agenda.retrying) {
    if (due > now) continue;
    parts.push({
      step: agenda.planned.get(id)!,
      settled: { kind: 'start', assets: assetsToRetry(progress, id), skipped: [] },
    });
  }
  parts.sort((a, b) => agenda.positions.get(a.step.id)! - agenda.positions.get(b.step.id)!);
  const commands: Command[] = [];
  for (const { step, settled } of parts) {
    if (settled.kind === 'skip') {
      commands.push(skipOf(step, settled));
      continue;
    }
    const exclusive = options.exclusive.get(step.id);
    const pool = options.pools?.of.get(step.id);
    const slotsLeft = pool === undefined ? undefined : slots.get(pool);
    if (free <= 0 || slotsLeft === 0 || (exclusive !== undefined && busy.has(exclusive))) continue;
    free--;
    if (pool !== undefined && slotsLeft !== undefined) slots.set(pool, slotsLeft - 1);
    if (exclusive !== undefined) busy.add(exclusive);
    // Parts that are skipped are recorded together with the start, not before it.
    for (const part of settled.skipped) commands.push(skipOf(step, part, [part.asset]));
    const attempt = (progress.attempts.get(step.id) ?? 0) + 1;
    const before = progress.attemptsBefore.get(step.id) ?? 0;
    const former = before > 0 ? { attemptsBefore: before } : {};
    commands.push({ kind: 'start', step: step.id, assets: settled.assets, attempt, ...former });
  }
  return commands;
}

/** Nothing more is started: what waits is skipped, and what waits to be tried again has failed. */
function stopped(progress: RunProgress, reason: SkipReason): Command[] {
  const { waiting, retrying } = progress.agenda;
  return inPlanOrder(progress, new Set([...waiting, ...retrying.keys()])).map((step) =>
    retrying.has(step.id)
      ? { kind: 'give-up', step: step.id, assets: assetsOwed(progress, step.id) }
      : skipOf(step, { reason }),
  );
}

/** Why nothing that waits will run any more. */
function stopOfAll(progress: RunProgress, options: DecideOptions): SkipReason | undefined {
  if (progress.canceled) return 'canceled';
  return options.failFast && progress.hasFailure ? 'fail_fast' : undefined;
}

/** Steps with the same key compete for the same: what only one may hold, and a pool's slots. */
function queueKey({ exclusive, pools }: DecideOptions, id: string): string {
  return JSON.stringify([exclusive.get(id) ?? '', pools?.of.get(id) ?? '']);
}

/** Slots of each pool that the run was granted and does not use; a pool that is not among them is not limited. */
function freeSlots({ agenda }: RunProgress, { pools }: DecideOptions): Map<string, number> {
  const free = new Map(Object.entries(pools?.slots ?? {}));
  for (const id of agenda.running) {
    const pool = pools?.of.get(id);
    const left = pool === undefined ? undefined : free.get(pool);
    if (left !== undefined) free.set(pool!, left - 1);
  }
  return free;
}

/** As many of those that are ready as could start: of those that compete for the same, the first. */
function firstReady(
  { agenda }: RunProgress,
  { exclusive, pools }: DecideOptions,
  left: { readonly busy: ReadonlySet<string>; readonly free: number; readonly slots: ReadonlyMap<string, number> },
): PlannedStep[] {
  if (left.free <= 0) return [];
  return [...agenda.ready.values()]
    .flatMap((steps) => {
      const [first] = steps;
      if (first === undefined) return [];
      const alone = exclusive.get(first);
      if (alone !== undefined && left.busy.has(alone)) return [];
      const slots = left.slots.get(pools?.of.get(first) ?? '') ?? left.free;
      return steps.slice(0, Math.max(0, Math.min(alone === undefined ? left.free : 1, slots)));
    })
    .map((id) => agenda.planned.get(id)!);
}

function inPlanOrder({ agenda }: RunProgress, ids: ReadonlySet<string>): PlannedStep[] {
  return [...ids]
    .sort((a, b) => agenda.positions.get(a)! - agenda.positions.get(b)!)
    .map((id) => agenda.planned.get(id)!);
}

function skipOf(
  step: PlannedStep,
  { reason, cause }: { readonly reason: SkipReason; readonly cause?: string },
  assets: readonly AssetKey[] = step.assets.map((a) => a.asset),
): Command {
  return { kind: 'skip', step: step.id, assets, reason, ...(cause === undefined ? {} : { cause }) };
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
  for (const id of step.after) {
    const upstream = progress.steps.get(id);
    if (upstream?.kind === 'waiting') return { kind: 'wait' };
    if (upstream?.kind === 'running' && !hasReleased(progress, step, id, options)) return { kind: 'wait' };
    // What it has made may be made again, unless it is asked for the rest alone.
    if (
      upstream?.kind === 'retrying' &&
      !(progress.agenda.planned.get(id)?.partial && hasReleased(progress, step, id, options))
    )
      return { kind: 'wait' };
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
  const upstream = progress.agenda.planned.get(upstreamId);
  const awaited = (upstream?.assets ?? []).filter(({ asset }) => read.has(asset));
  // What only a check looks into is waited for to its end.
  if (awaited.length === 0) return false;
  return awaited.every(({ asset }) => {
    const outcome = progress.assets.get(asset);
    if (outcome?.kind !== 'materialized') return false;
    // Of a partitioned step every key must be there.
    if (partitionsMade(outcome) < (upstream?.partitions?.length ?? 0)) return false;
    const judged = progress.checks.get(asset) ?? [];
    return options.blockingChecks(asset).every((name) => judged.some((c) => c.check === name));
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
    // A skippable upstream that its step did not hand over, and that never was: there is nothing to read.
    if (outcome?.kind === 'skipped' && outcome.reason === 'up_to_date' && step.upstream[dep] === null)
      return { reason: 'upstream_skipped', cause: dep };
    if (options.ignoreBlocking) continue;
    if (outcome?.kind === 'materialized') {
      const failed = progress.checks.get(dep)?.find((check) => check.blocking && failsRun(check));
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
    const now = outcome?.kind === 'materialized' ? madeVersion(outcome) : (step.upstream[dep] ?? undefined);
    return now !== undefined && now !== used[dep];
  });
}
