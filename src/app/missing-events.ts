import { fail, ok, type Result } from '../base/result.ts';
import type { StateArchive, StateStore } from '../ports-state.ts';
import { planReplay } from '../state/replay.ts';
import { type AppFailure, stateUnreachable } from './failure.ts';
import type { StateAt } from './state-reading.ts';
import { commitSource } from './state-replay.ts';

/** An archive that ends behind the head, and how many of its events the state does not have. */
export interface NewerArchive {
  readonly archive: StateArchive;
  readonly missing: number;
}

/** What archives hold that the head lacks. Reads nothing of them where all end before the head, as they should. */
export async function findNewerArchives(
  store: StateStore,
  { read: { view }, now }: Pick<StateAt, 'read' | 'now'>,
): Promise<Result<readonly NewerArchive[], AppFailure>> {
  const archives = await store.archives();
  if (!archives.ok) return fail(stateUnreachable(archives.error));
  const found: NewerArchive[] = [];
  for (const archive of archives.value.filter(({ seq }) => seq > view.seq)) {
    const source = await commitSource(store, archive.commit);
    if (!source.ok) return source;
    const plan = planReplay(view, source.value.events, { now, force: true });
    const missing = plan.ok ? plan.value.fresh.length : source.value.events.length;
    if (missing > 0) found.push({ archive, missing });
  }
  return ok(found);
}
