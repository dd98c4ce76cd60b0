import type { Timestamp } from '../model/instant.ts';
import type { Asset } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import { shortVersion } from '../model/versions.ts';
import { partitionName } from '../plan/partitioned.ts';
import { factsOf } from '../state/partition-records.ts';
import { WHOLE } from '../time/partitions/mapping.ts';
import type { FileRecord } from './outputs.ts';

/** One thing that was published: an asset, or a partition of one. */
export interface PublishedThing {
  /** As `asset`, or `asset@key`. */
  readonly name: string;
  /** `''` of an asset without partitions. */
  readonly key: string;
  readonly at: Timestamp;
  readonly files?: FileRecord;
  /** Whether this is the id of its materialization. */
  readonly isId: (id: string) => boolean;
  /** Whether this is its data version, or what is kept of it. */
  readonly isVersion: (dataVersion: string) => boolean;
}

/** What the state says was published of an asset; of partitions of these keys. */
export function publishedThings(
  view: StateView,
  { key: asset, partitions }: Pick<Asset, 'key' | 'partitions'>,
  keys: readonly string[],
): PublishedThing[] {
  if (partitions === undefined) {
    const made = view.assets.get(asset)?.materialized;
    if (made === undefined) return [];
    const { id, at, dataVersion, files } = made;
    return [
      {
        name: asset,
        key: WHOLE,
        at,
        ...(files ? { files } : {}),
        isId: (other) => other === id,
        isVersion: (other) => other === dataVersion,
      },
    ];
  }
  const records = view.partitions?.get(asset);
  return keys.flatMap((key) => {
    // Most keys of a long history were never made: no record is put together for them.
    if (factsOf(records, key)?.materialized === undefined) return [];
    const made = records!.get(key)!.materialized!;
    const name = partitionName(asset, key);
    const id = `${made.run}.${made.turn[1]}/${name}`;
    const { at, dataVersion, files } = made;
    return [
      {
        name,
        key,
        at,
        ...(files ? { files } : {}),
        // A further attempt has its number behind it.
        isId: (other) => other === id || other.startsWith(`${id}#`),
        isVersion: (other) => shortVersion(other) === dataVersion,
      },
    ];
  });
}
