import { byText } from '../base/order.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { BehindChain, KeptBehind, StateTreeEntry, StoreUnreachable } from '../ports-state.ts';
import type { StateObjects } from './git-objects.ts';
import type { StateRef } from './git-state-ref.ts';

// What a state store does with files that left the tree of its head.

/** All paths of trees of such files; those that are not here come in one fetch. */
export async function listBehind(
  store: StateObjects,
  ref: StateRef,
  trees: readonly string[],
): Promise<Result<readonly StateTreeEntry[], StoreUnreachable>> {
  let found = await store.readTrees(trees);
  const missing = trees.filter((tree) => !found.has(tree));
  if (missing.length > 0) {
    const brought = await ref.bringTrees(missing);
    if (!brought.ok) return brought;
    found = new Map([...found, ...(await store.readTrees(missing))]);
  }
  const lost = missing.find((tree) => !found.has(tree));
  if (lost !== undefined) return fail(await notThere(ref, `tree ${lost}`));
  const all = new Map(trees.flatMap((tree) => found.get(tree)!.map((entry) => [entry.path, entry])));
  return ok([...all.values()].sort((a, b) => byText(a.path, b.path)));
}

/** Writes chains of them, on top of their ends so far. */
export async function keepBehind(
  store: StateObjects,
  ref: StateRef,
  chains: readonly BehindChain[],
  at: number,
): Promise<Result<readonly KeptBehind[], StoreUnreachable>> {
  const here = await bringTips(
    store,
    ref,
    chains.flatMap(({ tip }) => tip ?? []),
  );
  if (!here.ok) return here;
  const written = await store.writeBehind(chains, at);
  return written.ok ? written : fail({ code: 'unreachable', message: `${store.gitDir}: ${written.error}` });
}

/** A push says what the server has by the commits that are here: the end of a chain is one of them. */
export async function bringTips(
  store: StateObjects,
  ref: StateRef,
  tips: readonly string[],
): Promise<Result<void, StoreUnreachable>> {
  const missing = await store.missingCommits(tips);
  if (missing.length === 0) return ok(undefined);
  const brought = await ref.bringTrees(missing);
  if (!brought.ok) return brought;
  if (brought.value) return ok(undefined);
  return fail(await notThere(ref, `commit ${missing[0]}`));
}

/** Something of older days is not there, and why. */
async function notThere(ref: StateRef, what: string): Promise<StoreUnreachable> {
  return (await import('./git-store-history.ts')).notThere(ref, what);
}
