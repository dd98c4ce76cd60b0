import type { BranchlineEvent } from '../model/events.ts';

/** Journals of a wave, by shard. */
export type ShardJournals = ReadonlyMap<string, readonly BranchlineEvent[]>;

/** A file that an event records and that has to be in git before the event may be: SHA-256, size, id in git. */
export interface RecordedBlob {
  readonly digest: string;
  readonly bytes: number;
  readonly blob: string;
}

/** Files that a branch of data is to keep, as the journals say. */
export function recordedBlobs(journals: ShardJournals): readonly RecordedBlob[] {
  return [...journals.values()].flatMap((events) => events.flatMap(blobsOf));
}

/**
 * The journals without what was recorded of files that did not arrive as they are recorded: such a step is not done, and
 * such a database file is not saved. `kept`: by digest, the id in git of what arrived. `incomplete`: shards that lack some.
 */
export function withoutLostData(
  journals: ShardJournals,
  kept: ReadonlyMap<string, string>,
): { readonly journals: ShardJournals; readonly incomplete: ReadonlySet<string> } {
  const left = new Map<string, readonly BranchlineEvent[]>();
  const incomplete = new Set<string>();
  for (const [shard, events] of journals) {
    const lost = new Set(
      events.filter((event) => blobsOf(event).some(({ digest, blob }) => kept.get(digest) !== blob)),
    );
    const steps = new Set([...lost].map((event) => ('step' in event ? event.step : undefined)));
    steps.delete(undefined);
    left.set(
      shard,
      events.filter((event) => !lost.has(event) && !('step' in event && steps.has(event.step))),
    );
    if (lost.size > 0) incomplete.add(shard);
  }
  return { journals: left, incomplete };
}

/** Files that a branch of data keeps, as an event records them. */
export function blobsOf(event: BranchlineEvent): readonly RecordedBlob[] {
  if (event.type === 'connection.saved') return withBlob([event]);
  return event.type === 'asset.materialized' ? withBlob(Object.values(event.files ?? {})) : [];
}

function withBlob(
  files: readonly { readonly digest: string; readonly bytes: number; readonly blob?: string }[],
): readonly RecordedBlob[] {
  return files.flatMap(({ digest, bytes, blob }) => (blob === undefined ? [] : [{ digest, bytes, blob }]));
}

/** Whether a path stays below the folder that it is from, on every system, and is none of git's own. */
export function isPathInside(path: string): boolean {
  return (
    !path.split('').some((char) => char < ' ' || char === '\\') &&
    !/^[A-Za-z]:/.test(path) &&
    path.split('/').every((part) => !['', '.', '..'].includes(part) && !isGits(part))
  );
}

/** The folder of git, also in the ways that some file systems write it: without its case, its end, or by a short name. */
function isGits(part: string): boolean {
  const plain = part.toLowerCase().replace(/\p{Default_Ignorable_Code_Point}/gu, '');
  return plain.replace(/[. ]+$/, '') === '.git' || /^git~\d+$/.test(plain);
}
