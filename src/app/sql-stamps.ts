import { ok, type Result } from '../base/result.ts';
import type { Timestamp } from '../model/instant.ts';
import { partitionName } from '../plan/partitioned.ts';
import type { SqlFailure, SqlSession } from '../ports.ts';
import { cellText } from '../sql/cell-text.ts';
import { quoteIdentifier, quoteRelation } from '../sql/quote.ts';
import { LIST_RELATIONS, STAMPS_EXIST, selectStamps } from '../sql/stamps.ts';

/** What a database says that it holds of an asset. */
export interface FoundStamp {
  readonly materialization: string;
  readonly dataVersion: string;
  readonly at: Timestamp;
}

/**
 * The stamps of an environment, by asset; of partitions by `asset@key`: of these keys (`''` = of what has no partitions),
 * or of all. One whose relation is gone is left out, and so is one over which another environment wrote later: either way
 * the data is not there. A database that was never stamped has none.
 */
export async function readStamps(
  session: SqlSession,
  environment: string,
  partitions?: readonly string[],
): Promise<Result<ReadonlyMap<string, FoundStamp>, SqlFailure>> {
  const exists = await session.query(STAMPS_EXIST);
  if (!exists.ok) return exists;
  if (exists.value.rows.length === 0) return ok(new Map());
  const { sql, binds } = selectStamps(session.dialect, environment, partitions);
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
  const found = new Map<string, FoundStamp>();
  for (const row of stamps.value.rows) {
    const [asset, partition, materialization, dataVersion, at, relation] = row.map(cellText) as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    if (relation !== '' && !present.has(relation)) continue;
    found.set(partitionName(asset, partition), { materialization, dataVersion, at });
  }
  return ok(found);
}
