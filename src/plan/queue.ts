import { byText, sortedEntries, sortedUnique } from '../base/order.ts';
import { unreachable } from '../base/result.ts';
import type { RunQueue, TagLimit } from '../model/operations.ts';

/** A run as the queue sees it. */
export interface QueuedRun {
  readonly run: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Slots that it needs at once, by pool; absent = none. */
  readonly slots: Readonly<Record<string, number>>;
  /** Order of arrival among equals. */
  readonly requestedAt: string;
  /** A requeued run may not start before this. */
  readonly due?: string;
  /** Other runs hold what it would write: who. */
  readonly heldBy?: readonly { readonly run: string; readonly what: string }[];
}

export interface QueueInput {
  readonly queue: RunQueue;
  /** Slots by pool. */
  readonly pools: Readonly<Record<string, number>>;
  /** Runs that occupy a place: STARTING, STARTED, CANCELING. */
  readonly inProgress: readonly QueuedRun[];
  readonly queued: readonly QueuedRun[];
  /** Now, as text that compares with `due`. */
  readonly now: string;
}

/** What stands in the way of a run: the first obstacle in a fixed order, with those that hold the place. */
export type Wait =
  | { readonly kind: 'all-places'; readonly limit: number; readonly holders: readonly string[] }
  | { readonly kind: 'not-due'; readonly due: string }
  | {
      readonly kind: 'tag';
      readonly key: string;
      /** The tag's value; undefined where the limit counts all values together. */
      readonly value?: string;
      readonly limit: number;
      readonly holders: readonly string[];
    }
  | {
      readonly kind: 'pool';
      readonly pool: string;
      readonly limit: number;
      readonly free: number;
      readonly holders: readonly string[];
    }
  | { readonly kind: 'held'; readonly what: string; readonly holders: readonly string[] };

/** Nobody is in the way: a limit of 0 lets nothing go, however long somebody waits, until the manifest says otherwise. */
export function isForGood(wait: Wait): boolean {
  return wait.kind !== 'not-due' && wait.kind !== 'held' && wait.limit === 0;
}

export interface ReleasePass {
  /** Runs to start, in this order. */
  readonly released: readonly string[];
  /** Every other queued run, with why it waits. */
  readonly waiting: ReadonlyMap<string, Wait>;
  readonly warnings: readonly string[];
}

/** `branchline/priority` as a number; anything but an integer counts as 0. */
export function priorityOf(tags: Readonly<Record<string, string>>): {
  readonly priority: number;
  readonly isOdd: boolean;
} {
  const text = tags['branchline/priority'] ?? tags['dagster/priority'];
  if (text === undefined) return { priority: 0, isOdd: false };
  const isInteger = /^\s*[+-]?\d{1,15}\s*$/.test(text);
  return { priority: isInteger ? Number(text) : 0, isOdd: !isInteger };
}

/** Highest priority first; equals in the order in which they came (semantics.md 1). */
export function queueOrder(runs: readonly QueuedRun[]): QueuedRun[] {
  return runs
    .map((run) => ({ run, priority: priorityOf(run.tags).priority }))
    .sort(
      (a, b) => b.priority - a.priority || byText(a.run.requestedAt, b.run.requestedAt) || byText(a.run.run, b.run.run),
    )
    .map(({ run }) => run);
}

/** What is taken, counted as runs are let go: a look at a limit costs the same however many runs there are. */
interface Charges {
  readonly runs: string[];
  /** By limit and value: who counts. */
  readonly tags: ReadonlyMap<TagLimit, Map<string, string[]>>;
  readonly pools: Map<string, { used: number; readonly holders: string[] }>;
}

/**
 * One pass over the queue (semantics.md 1): a run that any limit blocks is passed over, takes no room and charges
 * nothing; all limits are looked at before any is charged. Of each pool one slot is enough to begin with: a run uses as
 * many as it is granted, step by step.
 */
export function releaseRuns(input: QueueInput): ReleasePass {
  const charges: Charges = {
    runs: [],
    tags: new Map(input.queue.tagLimits.map((limit) => [limit, new Map()])),
    pools: new Map(),
  };
  for (const run of input.inProgress) charge(run, charges);
  const released: string[] = [];
  const waiting = new Map<string, Wait>();
  const warnings: string[] = [];
  for (const run of queueOrder(input.queued)) {
    if (priorityOf(run.tags).isOdd)
      warnings.push(
        `run ${run.run}: its priority \`${run.tags['branchline/priority'] ?? run.tags['dagster/priority']}\` is no integer and counts as 0`,
      );
    const wait = obstacle(run, charges, input);
    if (wait) waiting.set(run.run, wait);
    else {
      released.push(run.run);
      charge(run, charges);
    }
  }
  return { released, waiting, warnings };
}

function charge(run: QueuedRun, charges: Charges): void {
  charges.runs.push(run.run);
  for (const [limit, holders] of charges.tags) {
    const value = countedValue(limit, run);
    if (value === undefined) continue;
    const before = holders.get(value);
    if (before) before.push(run.run);
    else holders.set(value, [run.run]);
  }
  for (const [pool, need] of Object.entries(run.slots)) {
    if (need === 0) continue;
    const entry = charges.pools.get(pool) ?? { used: 0, holders: [] };
    entry.used += need;
    entry.holders.push(run.run);
    charges.pools.set(pool, entry);
  }
}

/** Under which value a limit counts a run; undefined = it does not. All values together count under one. */
function countedValue(limit: TagLimit, run: QueuedRun): string | undefined {
  const value = run.tags[limit.key];
  if (value === undefined) return undefined;
  switch (limit.value.kind) {
    case 'any':
      return '';
    case 'each':
      return value;
    case 'equals':
      return limit.value.text === value ? value : undefined;
    default:
      return unreachable(limit.value);
  }
}

function obstacle(run: QueuedRun, charges: Charges, { queue, pools, now }: QueueInput): Wait | undefined {
  if (run.due !== undefined && run.due > now) return { kind: 'not-due', due: run.due };
  const { maxConcurrentRuns: places } = queue;
  if (places >= 0 && charges.runs.length >= places)
    return { kind: 'all-places', limit: places, holders: [...charges.runs] };
  for (const [limit, holders] of charges.tags) {
    const value = countedValue(limit, run);
    if (value === undefined) continue;
    const counted = holders.get(value) ?? [];
    if (counted.length < limit.limit) continue;
    const named = limit.value.kind === 'any' ? {} : { value };
    return { kind: 'tag', key: limit.key, ...named, limit: limit.limit, holders: [...counted] };
  }
  for (const [pool, need] of sortedEntries(run.slots)) {
    const limit = pools[pool];
    if (limit === undefined || need === 0) continue;
    const taken = charges.pools.get(pool);
    const free = Math.max(0, limit - (taken?.used ?? 0));
    if (free < 1) return { kind: 'pool', pool, limit, free, holders: [...(taken?.holders ?? [])] };
  }
  const first = run.heldBy?.[0];
  if (first === undefined) return undefined;
  return { kind: 'held', what: first.what, holders: sortedUnique(run.heldBy!.map((each) => each.run)) };
}
