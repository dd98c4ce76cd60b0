import { byText } from '../base/order.ts';

/** A step that is left to do, as far as sharing it out needs it. */
export interface ShardStep {
  readonly id: string;
  /** Steps of the same text run on the same kind of machine; `''` = that of the workflow. */
  readonly runner: string;
  /** How long it is expected to take. */
  readonly expectedMs: number;
  /** What only one step at a time may hold (a database file), wherever it runs. */
  readonly exclusive: readonly string[];
  /** Steps that must end first; those that are not among the steps at hand are over. */
  readonly after: readonly string[];
}

/** Steps that one machine carries out, in the plan's order. */
export interface PackedShard {
  readonly runner: string;
  readonly steps: readonly string[];
  /** Of all of its steps, one after the other. */
  readonly expectedMs: number;
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

interface Piece {
  readonly runner: string;
  readonly steps: readonly ShardStep[];
  readonly expectedMs: number;
  /** Place of its first step in the plan. */
  readonly place: number;
}

/**
 * Shares out what can be done now among at most `shardsMax` machines (docs/fan-out.md). `steps` are in an order in which
 * each comes after what it waits for. No machine waits for another: what depends on a step of another machine comes in
 * a later wave, and so does the rest of what belongs together and takes long. The same steps give the same shards.
 */
export function packWave(steps: readonly ShardStep[], shardsMax: number): PackedWave {
  const places = new Map(steps.map(({ id }, place) => [id, place]));
  const pieces = piecesOf(firstWave(steps), places).flatMap((piece) => piecesOf(cut(piece, places), places));
  const shards = shareOut(pieces, Math.min(shardsMax, SHARDS_MAX), places);
  const now = new Set(shards.flatMap((shard) => shard.steps));
  return { shards, later: steps.filter(({ id }) => !now.has(id)).map(({ id }) => id) };
}

/** Steps that wait for nothing on another machine; what one of them alone may hold stays on its machine. */
function firstWave(steps: readonly ShardStep[]): ShardStep[] {
  const left = new Set(steps.map(({ id }) => id));
  const runners = new Map<string, string>();
  const holders = new Map<string, string>();
  const wave: ShardStep[] = [];
  for (const step of steps) {
    const isReady = step.after.every((id) => !left.has(id) || runners.get(id) === step.runner);
    const isFree = step.exclusive.every((name) => (holders.get(name) ?? step.runner) === step.runner);
    if (!isReady || !isFree) continue;
    runners.set(step.id, step.runner);
    for (const name of step.exclusive) holders.set(name, step.runner);
    wave.push(step);
  }
  return wave;
}

/** Steps that must stay together: because one waits for the other, or both hold the same thing alone. */
function piecesOf(steps: readonly ShardStep[], places: ReadonlyMap<string, number>): Piece[] {
  const parents = new Map(steps.map(({ id }) => [id, id]));
  const rootOf = (id: string): string => {
    let root = id;
    for (let next = parents.get(root)!; next !== root; next = parents.get(root)!) root = next;
    for (let at = id; at !== root; ) {
      const next = parents.get(at)!;
      parents.set(at, root);
      at = next;
    }
    return root;
  };
  const join = (one: string, other: string): void => {
    parents.set(rootOf(other), rootOf(one));
  };
  const holders = new Map<string, string>();
  for (const { id, after, exclusive } of steps) {
    for (const upstream of after) if (parents.has(upstream)) join(upstream, id);
    for (const name of exclusive) {
      const other = holders.get(name);
      if (other === undefined) holders.set(name, id);
      else join(other, id);
    }
  }
  const groups = new Map<string, ShardStep[]>();
  for (const step of steps) {
    const root = rootOf(step.id);
    const group = groups.get(root);
    if (group) group.push(step);
    else groups.set(root, [step]);
  }
  return [...groups.values()].map((group) => ({
    runner: group[0]!.runner,
    steps: group,
    expectedMs: sum(group),
    place: places.get(group[0]!.id)!,
  }));
}

function sum(steps: readonly ShardStep[]): number {
  return steps.reduce((total, { expectedMs }) => total + expectedMs, 0);
}

/**
 * Of a piece that takes long, as many of its levels as fall into parts that do not; at least the first one. A piece whose
 * steps can only be done one after the other stays whole: more machines would not make it faster.
 */
function cut(piece: Piece, places: ReadonlyMap<string, number>): readonly ShardStep[] {
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

function inOrder(steps: readonly ShardStep[], places: ReadonlyMap<string, number>): ShardStep[] {
  return [...steps].sort((a, b) => places.get(a.id)! - places.get(b.id)!);
}

/** Puts the pieces on machines, the longest first, each on the machine of its kind with the least to do. */
function shareOut(
  pieces: readonly Piece[],
  shardsMax: number,
  places: ReadonlyMap<string, number>,
): readonly PackedShard[] {
  const byRunner = new Map<string, Piece[]>();
  for (const piece of pieces) {
    const own = byRunner.get(piece.runner);
    if (own) own.push(piece);
    else byRunner.set(piece.runner, [piece]);
  }
  const counts = countsOf(byRunner, shardsMax);
  return [...counts].flatMap(([runner, count]) => {
    const bins = Array.from({ length: count }, (): { steps: ShardStep[]; expectedMs: number } => ({
      steps: [],
      expectedMs: 0,
    }));
    const own = [...byRunner.get(runner)!].sort((a, b) => b.expectedMs - a.expectedMs || a.place - b.place);
    for (const { steps, expectedMs } of own) {
      let least = bins[0]!;
      for (const bin of bins) if (bin.expectedMs < least.expectedMs) least = bin;
      least.steps.push(...steps);
      least.expectedMs += expectedMs;
    }
    return bins
      .filter(({ steps }) => steps.length > 0)
      .map(({ steps, expectedMs }) => ({ runner, steps: inOrder(steps, places).map(({ id }) => id), expectedMs }));
  });
}

/** How many machines of each kind: one each, and more where there is most to do for each of them. */
function countsOf(byRunner: ReadonlyMap<string, readonly Piece[]>, shardsMax: number): ReadonlyMap<string, number> {
  const kinds = [...byRunner]
    .sort(([a], [b]) => byText(a, b))
    .slice(0, shardsMax)
    .map(([runner, pieces]) => {
      const total = pieces.reduce((all, { expectedMs }) => all + expectedMs, 0);
      return { runner, total, most: Math.min(pieces.length, Math.max(1, Math.ceil(total / SHARD_MS))), count: 1 };
    });
  for (let left = shardsMax - kinds.length; left > 0; left--) {
    let neediest: (typeof kinds)[number] | undefined;
    for (const kind of kinds) {
      if (kind.count >= kind.most) continue;
      if (neediest === undefined || kind.total / kind.count > neediest.total / neediest.count) neediest = kind;
    }
    if (neediest === undefined) break;
    neediest.count++;
  }
  return new Map(kinds.map(({ runner, count }) => [runner, count]));
}
