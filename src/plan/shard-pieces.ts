/** A step that is left to do, as far as sharing it out needs it. */
export interface ShardStep {
  readonly id: string;
  /** Steps of the same text run on the same kind of machine; `''` = that of the workflow. */
  readonly runner: string;
  /** How long it is expected to take. */
  readonly expectedMs: number;
  /** What only one step at a time may hold (a database file), wherever it runs. */
  readonly exclusive: readonly string[];
  /** The pool that it takes a slot of. */
  readonly pool?: string;
  /** Steps that must end first; those that are not among the steps at hand are over. */
  readonly after: readonly string[];
}

/** Steps that must stay on one machine, in the plan's order. */
export interface Piece {
  readonly runner: string;
  readonly steps: readonly ShardStep[];
  readonly expectedMs: number;
  /** Place of its first step in the plan. */
  readonly place: number;
}

/** Place of each step in the plan. */
export type Places = ReadonlyMap<string, number>;

/** Steps that must stay together: because one waits for the other, or both hold the same thing alone. */
export function piecesOf(steps: readonly ShardStep[], places: Places): Piece[] {
  const groups = groupsOf(steps.map(({ id }) => id));
  const holders = new Map<string, string>();
  for (const { id, after, exclusive } of steps) {
    for (const upstream of after) if (groups.has(upstream)) groups.join(upstream, id);
    for (const name of exclusive) {
      const other = holders.get(name);
      if (other === undefined) holders.set(name, id);
      else groups.join(other, id);
    }
  }
  const pieces = new Map<string, ShardStep[]>();
  for (const step of steps) {
    const root = groups.rootOf(step.id);
    const own = pieces.get(root);
    if (own) own.push(step);
    else pieces.set(root, [step]);
  }
  return [...pieces.values()].map((own) => pieceOf(own, places));
}

/** By the kind of machine, in the order of the first of each. */
export function byRunner(pieces: readonly Piece[]): ReadonlyMap<string, readonly Piece[]> {
  const kinds = new Map<string, Piece[]>();
  for (const piece of pieces) {
    const own = kinds.get(piece.runner);
    if (own) own.push(piece);
    else kinds.set(piece.runner, [piece]);
  }
  return kinds;
}

/** Several pieces as one. */
export function joined(pieces: readonly Piece[], places: Places): Piece {
  return pieceOf(
    inOrder(
      pieces.flatMap(({ steps }) => steps),
      places,
    ),
    places,
  );
}

function pieceOf(steps: readonly ShardStep[], places: Places): Piece {
  const [first] = steps;
  return { runner: first!.runner, steps, expectedMs: expectedOf(steps), place: places.get(first!.id)! };
}

/** Of all of them, one after the other. */
export function expectedOf(steps: readonly ShardStep[]): number {
  return steps.reduce((total, { expectedMs }) => total + expectedMs, 0);
}

/** In the plan's order. */
export function inOrder(steps: readonly ShardStep[], places: Places): ShardStep[] {
  return [...steps].sort((a, b) => places.get(a.id)! - places.get(b.id)!);
}

/** Which of these belong together: each with its own root at first. */
function groupsOf(ids: readonly string[]) {
  const parents = new Map(ids.map((id) => [id, id]));
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
  return {
    has: (id: string) => parents.has(id),
    rootOf,
    join: (one: string, other: string) => void parents.set(rootOf(other), rootOf(one)),
  };
}
