import type { Json } from '../base/json.ts';
import type { Timestamp } from '../model/instant.ts';
import type { AssetKey, Relation } from '../model/project.ts';
import { quoteRelation } from './quote.ts';

/** A statement with its binds. */
export interface BoundSql {
  readonly sql: string;
  readonly binds: Readonly<Record<string, Json>>;
}

/** The engine's mark inside of a database: which materialization its data is (semantics.md 13). */
export interface Stamp {
  readonly environment: string;
  readonly asset: AssetKey;
  /** Empty for an asset without partitions. */
  readonly partition: string;
  readonly materialization: string;
  readonly dataVersion: string;
  readonly at: Timestamp;
}

export const STAMP_SCHEMA = '_branchline';
const STAMPS = '"_branchline"."stamps"';

/** Makes the stamp table, when its schema is there. Texts only: the same bytes in every database and zone. */
export const CREATE_STAMPS = `create table if not exists ${STAMPS} (
  environment text not null, asset text not null, "partition" text not null, relation text not null,
  materialization text not null, data_version text not null, "at" text not null
)`;

/**
 * Replaces the stamp, in the transaction that publishes. A relation has one stamp a partition, whoever wrote it last:
 * so data that another environment wrote into the same relation is not taken for one's own.
 */
export function writeStamp(stamp: Stamp, relation: Relation | undefined): readonly BoundSql[] {
  const keys = {
    environment: stamp.environment,
    asset: stamp.asset,
    partition: stamp.partition,
    relation: relation ? quoteRelation(relation) : '',
  };
  return [
    {
      sql: `delete from ${STAMPS} where "partition" = $partition and ((environment = $environment and asset = $asset) or (relation = $relation and relation <> ''))`,
      binds: keys,
    },
    {
      sql: `insert into ${STAMPS} (environment, asset, "partition", relation, materialization, data_version, "at") values ($environment, $asset, $partition, $relation, $materialization, $data_version, $at)`,
      binds: { ...keys, materialization: stamp.materialization, data_version: stamp.dataVersion, at: stamp.at },
    },
  ];
}

/** Columns: asset, partition, materialization, data_version, at, relation. */
export function selectStamps(environment: string): BoundSql {
  return {
    sql: `select asset, "partition", materialization, data_version, "at", relation from ${STAMPS} where environment = $environment order by asset, "partition"`,
    binds: { environment },
  };
}

/** One row when the stamp table exists. Columns of the second query: schema, name, and whether it is on the search path. */
export const STAMPS_EXIST = `select 1 from information_schema.tables where table_schema = '${STAMP_SCHEMA}' and table_name = 'stamps'`;
export const LIST_RELATIONS = `select table_schema, table_name, table_schema = current_schema() from information_schema.tables where table_schema not in ('information_schema', 'pg_catalog')`;
