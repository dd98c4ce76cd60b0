import type { ReadOptions } from '../state/needed-paths.ts';
import type { StateRead } from '../state/read.ts';

/** Heads of which what was read is kept, the newest. */
const READS_MAX = 8;

/** States that were read, or that our own commits led to: at the same head there is nothing to read again. */
export interface KeptReads {
  /** What is known of a head (undefined: there is none), if it holds all that is wanted. */
  find(commit: string | undefined, wanted: ReadOptions): StateRead | undefined;
  keep(commit: string | undefined, wanted: ReadOptions, read: StateRead): void;
}

/** Keeps the newest states in a map that sessions share, or one state where nobody shares. */
export function keepReads(shared: Map<string, StateRead> | undefined): KeptReads {
  const kept = shared ?? new Map<string, StateRead>();
  const most = shared === undefined ? 1 : READS_MAX;
  return {
    find: (commit, wanted) => kept.get(keyOf(commit, wanted)),
    keep(commit, wanted, read) {
      const key = keyOf(commit, wanted);
      kept.delete(key);
      for (const old of kept.keys()) if (kept.size >= most) kept.delete(old);
      kept.set(key, read);
    },
  };
}

/** Another day wants other runs and sums, and a command may come to look at more partitions. */
function keyOf(commit: string | undefined, wanted: ReadOptions): string {
  return [commit, wanted.olderStreams ? 'streams' : '', ...(wanted.runsOf ?? []), ...(wanted.partitionsOf ?? [])].join(
    ' ',
  );
}
