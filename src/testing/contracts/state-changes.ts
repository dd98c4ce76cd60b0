import type { Result } from '../../base/result.ts';
import type { StateChange, StateStore } from '../../ports-state.ts';

/** The instant before the first commit; each comes a minute after the one before. */
export const AT = Date.parse('2026-11-22T09:00:00Z');

/** A commit of a writer, as the state room makes them: one new file of `recent/` and what else is given. */
export function stateChange(
  seq: number,
  writer: string,
  tx: number,
  files: Readonly<Record<string, string | null>> = {},
): StateChange {
  const own = [`recent/${seq}-${writer}-${tx}.jsonl`, `{"seq":${seq},"writer":"${writer}"}\n`] as const;
  return {
    files: new Map<string, string | null>([own, ...Object.entries(files)]),
    message: `state: commit ${seq}\n\nBranchline-Run: r${seq}`,
    at: AT + seq * 60_000,
    writer,
    tx,
  };
}

/** The value of a result that must be good. */
export function must<T, E>(result: Result<T, E>): T {
  if (!result.ok) throw new Error(`not ok: ${JSON.stringify(result.error)}`);
  return result.value;
}

/** Commits what has to land; the commit. */
export async function land(store: StateStore, expected: string | undefined, change: StateChange): Promise<string> {
  const outcome = await store.commit(expected, change);
  if (outcome.kind !== 'landed') throw new Error(`not landed: ${JSON.stringify(outcome)}`);
  return outcome.commit;
}
