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

/**
 * Tells of runs whether waiting for them is in vain: nobody is in their way, or who is does not start meanwhile. `isIdle`:
 * whether a run that waits does not start for a while, since it waits for an instant or for a job with more time.
 */
export function waitsInVain(
  waiting: ReadonlyMap<string, Wait>,
  isIdle: (run: string) => boolean,
): (run: string) => boolean {
  // Of many runs in a row each is held by all before it.
  const known = new Map<string, boolean>();
  const judge = (run: string): boolean => {
    const before = known.get(run);
    if (before !== undefined) return before;
    known.set(run, false);
    const isVain = isVainWait(waiting.get(run), (holder) => isIdle(holder) || judge(holder));
    known.set(run, isVain);
    return isVain;
  };
  return judge;
}

function isVainWait(wait: Wait | undefined, staysAway: (holder: string) => boolean): boolean {
  if (wait === undefined || wait.kind === 'not-due') return false;
  // What is held has to be let go by all of them; of places one is enough.
  if (wait.kind === 'held') return wait.holders.some(staysAway);
  return isForGood(wait) || (wait.holders.length > 0 && wait.holders.every(staysAway));
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
  /** The limits that count a run. */
  readonly limitsOf: (run: QueuedRun) => readonly CountedLimit[];
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
    limitsOf: findLimits(input.queue.tagLimits),
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
  for (const { holders } of charges.limitsOf(run)) holders.push(run.run);
  for (const [pool, need] of Object.entries(run.slots)) {
    if (need === 0) continue;
    const entry = charges.pools.get(pool) ?? { used: 0, holders: [] };
    entry.used += need;
    entry.holders.push(run.run);
    charges.pools.set(pool, entry);
  }
}

/** A limit where it counts runs with one value of its tag, or with any. */
interface CountedLimit {
  readonly limit: TagLimit;
  readonly value: string;
  /** Place among the limits: the first one that blocks a run is told. */
  readonly place: number;
  readonly holders: string[];
}

/** Looks up the limits that count a run, in their order: of fifty on one tag most runs meet one. */
function findLimits(limits: readonly TagLimit[]): (run: QueuedRun) => readonly CountedLimit[] {
  const keys = sortedUnique(limits.map(({ key }) => key));
  const known = new Map(keys.map((key) => [key, new Map<string, readonly CountedLimit[]>()]));
  const togethers = new Map<TagLimit, string[]>();
  const limitsFor = (key: string, value: string): readonly CountedLimit[] => {
    const before = known.get(key)!.get(value);
    if (before) return before;
    const own = limits.flatMap((limit, place): CountedLimit[] => {
      if (limit.key !== key) return [];
      switch (limit.value.kind) {
        case 'any': {
          // All values together.
          const holders = togethers.get(limit) ?? [];
          togethers.set(limit, holders);
          return [{ limit, value, place, holders }];
        }
        case 'each':
          return [{ limit, value, place, holders: [] }];
        case 'equals':
          return limit.value.text === value ? [{ limit, value, place, holders: [] }] : [];
        default:
          return unreachable(limit.value);
      }
    });
    known.get(key)!.set(value, own);
    return own;
  };
  return ({ tags }) => {
    const own = keys.flatMap((key) => {
      const value = tags[key];
      return value === undefined ? [] : limitsFor(key, value);
    });
    return keys.length === 1 ? own : own.sort((a, b) => a.place - b.place);
  };
}

function obstacle(run: QueuedRun, charges: Charges, { queue, pools, now }: QueueInput): Wait | undefined {
  if (run.due !== undefined && run.due > now) return { kind: 'not-due', due: run.due };
  const { maxConcurrentRuns: places } = queue;
  if (places >= 0 && charges.runs.length >= places)
    return { kind: 'all-places', limit: places, holders: [...charges.runs] };
  for (const { limit, value, holders } of charges.limitsOf(run)) {
    if (holders.length < limit.limit) continue;
    const named = limit.value.kind === 'any' ? {} : { value };
    return { kind: 'tag', key: limit.key, ...named, limit: limit.limit, holders: [...holders] };
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
