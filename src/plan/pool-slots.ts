import { byText } from '../base/order.ts';
import { apportion, spread } from './apportion.ts';
import { byRunner, expectedOf, joined, type Piece, type Places, type ShardStep } from './shard-pieces.ts';

/** Slots by pool: those that a run was granted, or its share on one machine. A pool that is not among them has no limit. */
export type PoolSlots = Readonly<Record<string, number>>;

/**
 * Joins pieces until the steps of each pool are in no more of them than the run has slots of it: each machine that has steps
 * of a pool needs a slot of its own. What goes on the same machine in the end only makes them fewer. There are at least as
 * many slots as kinds of machines with steps of the pool.
 */
export function joinByPools(pieces: readonly Piece[], granted: PoolSlots, places: Places): readonly Piece[] {
  let all = pieces;
  for (const [pool, slots] of Object.entries(granted).sort(([a], [b]) => byText(a, b))) {
    const own = all.filter((piece) => needs(piece.steps, pool));
    if (own.length <= slots) continue;
    const kinds = byRunner(own);
    const workIn = (piece: Piece): number => expectedOf(piece.steps.filter((step) => step.pool === pool));
    const shares = [...kinds].map(([key, list]) => ({
      key,
      total: list.reduce((sum, piece) => sum + workIn(piece), 0),
      most: list.length,
    }));
    const lanes = [...apportion(shares, slots)].flatMap(([runner, count]) => spread(kinds.get(runner)!, count, workIn));
    const rest = all.filter((piece) => !needs(piece.steps, pool));
    all = [...rest, ...lanes.filter((lane) => lane.length > 0).map((lane) => joined(lane, places))];
  }
  return all;
}

/**
 * The share of each machine, in their order: a slot of each pool that its steps need, and more where there is most to do.
 * Together they are no more than the run was granted.
 */
export function shareSlots(shards: readonly (readonly ShardStep[])[], granted: PoolSlots): readonly PoolSlots[] {
  const shares = shards.map((): Record<string, number> => ({}));
  for (const [pool, slots] of Object.entries(granted)) {
    const needy = shards.flatMap((steps, index) => {
      const own = steps.filter((step) => step.pool === pool);
      return own.length === 0 ? [] : [{ key: String(index), total: expectedOf(own), most: own.length }];
    });
    for (const [index, count] of apportion(needy, slots)) shares[Number(index)]![pool] = count;
  }
  return shares;
}

function needs(steps: readonly ShardStep[], pool: string): boolean {
  return steps.some((step) => step.pool === pool);
}
