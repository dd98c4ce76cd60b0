import { ok, type Result } from '../base/result.ts';
import type { Timestamp } from '../model/instant.ts';
import type { AssetKey } from '../model/project.ts';
import { partitionName } from '../plan/partitioned.ts';
import type { SqlFailure, SqlSession } from '../ports.ts';
import { cellText } from '../sql/cell-text.ts';
import { quoteIdentifier, quoteRelation } from '../sql/quote.ts';
import { LIST_RELATIONS, STAMPS_EXIST, type StampsAsked, selectStamps } from '../sql/stamps.ts';

/** What a database says that it holds of an asset. */
export interface FoundStamp {
  readonly materialization: string;
  readonly dataVersion: string;
  readonly at: Timestamp;
}

/** The same with who wrote it: what a relation holds may be of others. */
export interface RelationStamp extends FoundStamp {
  /** Quoted. */
  readonly relation: string;
  readonly environment: string;
  readonly asset: AssetKey;
  /** `''` = it was written as a whole. */
  readonly partition: string;
}

export interface FoundStamps {
  /** Of the environment, by asset; of partitions by `asset@key`. */
  readonly own: ReadonlyMap<string, FoundStamp>;
  /** All of the relations that were asked for, oldest first. */
  readonly ofRelations: readonly RelationStamp[];
}

/**
 * The stamps of a database. One whose relation is gone is left out, and so is one over which another environment wrote later:
 * either way the data is not there. A database that was never stamped has none.
 */
export async function readStamps(session: SqlSession, asked: StampsAsked): Promise<Result<FoundStamps, SqlFailure>> {
  const exists = await session.query(STAMPS_EXIST);
  if (!exists.ok) return exists;
  if (exists.value.rows.length === 0) return ok({ own: new Map(), ofRelations: [] });
  const { sql, binds } = selectStamps(session.dialect, asked);
  const stamps = await session.query(sql, binds);
  if (!stamps.ok) return stamps;
  const relations = await session.query(LIST_RELATIONS);
  if (!relations.ok) return relations;
  const present = new Set(
    relations.value.rows.flatMap(([schema, name, isDefault]) => {
      const full = quoteRelation({ schema: cellText(schema), name: cellText(name) });
      return isDefault === true ? [full, quoteIdentifier(cellText(name))] : [full];
    }),
  );
  const own = new Map<string, FoundStamp>();
  const ofRelations: RelationStamp[] = [];
  const watched = new Set(asked.relations);
  for (const row of stamps.value.rows) {
    const [asset, partition, materialization, dataVersion, at, relation, environment] = row.map(cellText) as [
      string,
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    if (relation !== '' && !present.has(relation)) continue;
    const stamp = { materialization, dataVersion, at };
    if (environment === asked.environment) own.set(partitionName(asset, partition), stamp);
    if (watched.has(relation)) ofRelations.push({ ...stamp, relation, environment, asset, partition });
  }
  return ok({ own, ofRelations });
}
