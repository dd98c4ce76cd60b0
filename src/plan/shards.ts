import { byText } from '../base/order.ts';
import { apportion, spread } from './apportion.ts';
import { joinByPools, type PoolSlots, shareSlots } from './pool-slots.ts';
import { byRunner, expectedOf, inOrder, type Piece, type Places, piecesOf, type ShardStep } from './shard-pieces.ts';

/** Steps that one machine carries out, in the plan's order. */
export interface PackedShard {
  readonly runner: string;
  readonly steps: readonly string[];
  /** Of all of its steps, one after the other. */
  readonly expectedMs: number;
  /** Its share of the slots that the run was granted. */
  readonly slots: PoolSlots;
}

export interface PackedWave {
  readonly shards: readonly PackedShard[];
  /** Steps of later waves, in the plan's order. */
  readonly later: readonly string[];
}

/** GitHub takes no more jobs in one matrix. */
export const SHARDS_MAX = 256;
/** Without history a step counts as this long. */
export const UNKNOWN_STEP_MS = 60_000;
/** What belongs together and takes longer is cut, so that its parts can be shared out. */
const CUT_MS = 30 * 60_000;
/** A machine is worth its start from about this much work on. */
const SHARD_MS = 10 * 60_000;

/**
 * Shares out what can be done now among at most `shardsMax` machines (docs/fan-out.md). `steps` are in an order in which
 * each comes after what it waits for. No machine waits for another: what depends on a step of another machine comes in
 * a later wave, and so does the rest of what belongs together and takes long. `granted`: slots of pools that the run holds
 * (at least one of each); all machines together use no more. The same steps give the same shards.
 */
export function packWave(steps: readonly ShardStep[], shardsMax: number, granted: PoolSlots = {}): PackedWave {
  const places = new Map(steps.map(({ id }, place) => [id, place]));
  const pieces = piecesOf(firstWave(steps, granted), places).flatMap((piece) => piecesOf(cut(piece, places), places));
  const shards = shareOut(joinByPools(pieces, granted, places), Math.min(shardsMax, SHARDS_MAX), granted, places);
  const now = new Set(shards.flatMap((shard) => shard.steps));
  return { shards, later: steps.filter(({ id }) => !now.has(id)).map(({ id }) => id) };
}

/** Steps that wait for nothing on another machine; what one of them alone may hold stays on its machine. */
function firstWave(steps: readonly ShardStep[], granted: PoolSlots): ShardStep[] {
  const left = new Set(steps.map(({ id }) => id));
  const runners = new Map<string, string>();
  const holders = new Map<string, string>();
  const kinds = new Map(Object.keys(granted).map((pool) => [pool, new Set<string>()]));
  const wave: ShardStep[] = [];
  for (const step of steps) {
    const isReady = step.after.every((id) => !left.has(id) || runners.get(id) === step.runner);
    const isFree = step.exclusive.every((name) => (holders.get(name) ?? step.runner) === step.runner);
    const pool = step.pool === undefined ? undefined : kinds.get(step.pool);
    // Each kind of machine needs a slot of its own.
    const hasSlot = pool === undefined || pool.has(step.runner) || pool.size < granted[step.pool!]!;
    if (!isReady || !isFree || !hasSlot) continue;
    pool?.add(step.runner);
    runners.set(step.id, step.runner);
    for (const name of step.exclusive) holders.set(name, step.runner);
    wave.push(step);
  }
  return wave;
}

/**
 * Of a piece that takes long, as many of its levels as fall into parts that do not; at least the first one. A piece whose
 * steps can only be done one after the other stays whole: more machines would not make it faster.
 */
function cut(piece: Piece, places: Places): readonly ShardStep[] {
  if (piece.expectedMs <= CUT_MS) return piece.steps;
  const levels = levelsOf(piece.steps);
  if (levels.every((level) => piecesOf(level, places).length === 1)) return piece.steps;
  const upTo = (depth: number): readonly ShardStep[] => levels.slice(0, depth).flat();
  const longest = (depth: number): number =>
    Math.max(...piecesOf(inOrder(upTo(depth), places), places).map(({ expectedMs }) => expectedMs));
  // What the first level holds together cannot be made shorter by cutting below it.
  const most = Math.max(CUT_MS, longest(1));
  let [good, bad] = [1, levels.length];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (longest(middle) <= most) good = middle;
    else bad = middle;
  }
  return inOrder(upTo(good), places);
}

/** By the number of steps before each, in the longest chain. */
function levelsOf(steps: readonly ShardStep[]): ShardStep[][] {
  const depths = new Map<string, number>();
  const levels: ShardStep[][] = [];
  for (const step of steps) {
    const depth = step.after.reduce((most, id) => Math.max(most, (depths.get(id) ?? -1) + 1), 0);
    depths.set(step.id, depth);
    const level = levels[depth];
    if (level) level.push(step);
    else levels[depth] = [step];
  }
  return levels;
}

/** Puts the pieces on machines, the longest first, each on the machine of its kind with the least to do. */
function shareOut(
  pieces: readonly Piece[],
  shardsMax: number,
  granted: PoolSlots,
  places: Places,
): readonly PackedShard[] {
  const kinds = byRunner(pieces);
  const needs = [...kinds]
    .sort(([a], [b]) => byText(a, b))
    .map(([key, own]) => {
      const total = own.reduce((all, { expectedMs }) => all + expectedMs, 0);
      return { key, total, most: Math.min(own.length, Math.max(1, Math.ceil(total / SHARD_MS))) };
    });
  const shards = [...apportion(needs, shardsMax)].flatMap(([runner, count]) =>
    spread(kinds.get(runner)!, count, ({ expectedMs }) => expectedMs)
      .filter((bin) => bin.length > 0)
      .map((bin) => ({
        runner,
        steps: inOrder(
          bin.flatMap(({ steps }) => steps),
          places,
        ),
      })),
  );
  const slots = shareSlots(
    shards.map(({ steps }) => steps),
    granted,
  );
  return shards.map(({ runner, steps }, index) => ({
    runner,
    steps: steps.map(({ id }) => id),
    expectedMs: expectedOf(steps),
    slots: slots[index]!,
  }));
}
