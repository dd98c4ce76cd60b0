/**
 * Which transaction a state commit came from, as its tree tells: at depth 1 nobody can ask for ancestry, so a commit
 * whose push was not answered is recognised by what it left behind (state-branch.md, "A transaction").
 */

/** A writer's transaction: `tx` counts a writer's transactions and stays the same when one is tried again. */
export interface Transaction {
  readonly writer: string;
  readonly tx: number;
}

/** Folder of the newest events, one file a commit. */
export const recentFolder = 'recent/';
/** The file whose `writers` keeps each writer's last transaction after its events were sealed. */
export const indexPath = 'snapshot/index.json';

/** True when one of the paths is the file that this transaction's commit adds: `recent/<seq>-<writer>-<tx>.jsonl`. */
export function isInRecent(paths: Iterable<string>, { writer, tx }: Transaction): boolean {
  // From the first dash on: a writer's name may end as another's does.
  const ending = `-${writer}-${tx}.jsonl`;
  for (const path of paths) if (path.startsWith(recentFolder) && path.slice(path.indexOf('-')) === ending) return true;
  return false;
}

/**
 * True when the index says that the writer's last transaction is this one or a later one. An index that does not
 * parse says nothing here: that it is broken is found by whoever reads the state.
 */
export function isInIndex(indexText: string | undefined, { writer, tx }: Transaction): boolean {
  if (indexText === undefined) return false;
  let index: unknown;
  try {
    index = JSON.parse(indexText);
  } catch {
    return false;
  }
  const writers = member(index, 'writers');
  const last = member(writers, writer);
  const lastTx = typeof last === 'number' ? last : member(last, 'tx');
  return typeof lastTx === 'number' && lastTx >= tx;
}

function member(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}
