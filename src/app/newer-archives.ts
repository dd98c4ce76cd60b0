import { timestamp } from '../model/instant.ts';
import type { StateArchive, StateStore } from '../ports-state.ts';
import { count } from '../render/style.ts';

/**
 * The archive with the highest number above this, if any: history that ends behind the head, so the branch was forced back
 * to before it, or begun anew. Undefined also where nobody can tell.
 */
export async function archiveBehind(
  store: Pick<StateStore, 'archives'>,
  seq: number,
): Promise<StateArchive | undefined> {
  const archives = await store.archives();
  if (!archives.ok) return undefined;
  return [...archives.value].sort((a, b) => b.seq - a.seq).find((each) => each.seq > seq);
}

/** What is wrong where an archive ends behind the head, and has events that are not in it. */
export function missingText({ seq }: StateArchive, missing: number): string {
  return `The state was forced back, or begun anew: ${count(missing, 'event')} of archive ${seq}, which ends behind the head, ${missing === 1 ? 'is' : 'are'} not in it`;
}

/** What a person does about it. Nothing is replayed by itself: it may have been left behind on purpose. */
export function archiveAdvice(archive: StateArchive, environment: string): string {
  const name = archiveName(archive);
  return `An archive holds what was recorded up to commit ${archive.seq}, of ${timestamp(archive.committedAt).slice(0, 10)}: \`branchline state replay ${name} --environment ${environment}\` records what is missing.`;
}

/** Of two archives of a number, one of a branch that was deleted, only the commit tells which is meant. */
function archiveName({ seq, ref, commit }: StateArchive): string {
  return ref.endsWith(`/${seq}`) ? `archive/${seq}` : commit;
}
