import type { Json } from '../base/json.ts';
import type { Timestamp } from '../model/instant.ts';
import type { AssetKey, Relation } from '../model/project.ts';
import { duckdbDataVersion, ROW_ALIAS } from './data-version.ts';
import type { Dialect } from './lex.ts';
import { quoteLiteral, quoteRelation } from './quote.ts';

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
  readonly dataVersion: DataVersionSource;
  readonly at: Timestamp;
}

/** Known already, or computed from a DuckDB table by the statement that writes the stamp. */
export type DataVersionSource =
  | string
  | {
      readonly table: Relation;
      readonly engineVersion: string;
      /** Condition that finds the rows of the partition. */
      readonly where?: string;
    };

export const STAMP_SCHEMA = '_branchline';
const STAMPS = '"_branchline"."stamps"';

/** Makes the stamp table, when its schema is there. Texts only: the same bytes in every database and zone. */
export const CREATE_STAMPS = `create table if not exists ${STAMPS} (
  environment text not null, asset text not null, "partition" text not null, relation text not null,
  materialization text not null, data_version text not null, "at" text not null
)`;

/** What a stamp is the stamp of: the relation, whoever wrote it; or the asset in its environment, where no relation is. */
const SUBJECT = `case when relation = '' then environment || ' ' || asset else relation end`;

/** Forgets what newer stamps replaced (DuckDB). Once a session, not once an asset. */
export const PRUNE_STAMPS = `delete from ${STAMPS} where rowid not in (select max(rowid) from ${STAMPS} group by ${SUBJECT}, "partition")`;

/**
 * Writes the stamp, in the transaction that publishes; the last statement returns the data version. The newest stamp of
 * a relation counts, whoever wrote it: data that another environment wrote into the same relation is not taken for
 * one's own. In DuckDB stamps are appended and pruned later, because each statement there has its price.
 */
export function writeStamp(dialect: Dialect, stamp: Stamp, relation: Relation | undefined): readonly string[] {
  // Literals, quoted here, not binds: DuckDB plans a statement twice whose binds stand beside a query.
  const [environment, asset, partition] = [stamp.environment, stamp.asset, stamp.partition].map(quoteLiteral);
  const name = quoteLiteral(relation ? quoteRelation(relation) : '');
  const { dataVersion } = stamp;
  const [version, from] =
    typeof dataVersion === 'string'
      ? [quoteLiteral(dataVersion), '']
      : [
          duckdbDataVersion(dataVersion.engineVersion),
          ` from ${rowsAt(dataVersion.table, dataVersion.where)} as ${ROW_ALIAS}`,
        ];
  const values = [
    environment,
    asset,
    partition,
    name,
    quoteLiteral(stamp.materialization),
    version,
    quoteLiteral(stamp.at),
  ];
  const insert = `insert into ${STAMPS} (environment, asset, "partition", relation, materialization, data_version, "at") select ${values.join(', ')}${from} returning data_version`;
  if (dialect === 'duckdb') return [insert];
  const forget = `delete from ${STAMPS} where "partition" = ${partition} and ((environment = ${environment} and asset = ${asset}) or (relation = ${name} and relation <> ''))`;
  return [forget, insert];
}

function rowsAt(table: Relation, where: string | undefined): string {
  return where === undefined ? quoteRelation(table) : `(select * from ${quoteRelation(table)} where ${where})`;
}

/** Which stamps are read. */
export interface StampsAsked {
  readonly environment: string;
  /** Of assets that are cut only these partitions (`''` = of those that are not); undefined = all. */
  readonly partitions?: readonly string[] | undefined;
  /** Quoted: of these all partitions, whichever environment wrote them. */
  readonly relations?: readonly string[];
}

/**
 * Columns: asset, partition, materialization, data_version, at, relation, environment; of the newest stamp of each relation,
 * oldest first.
 */
export function selectStamps(dialect: Dialect, { environment, partitions, relations = [] }: StampsAsked): BoundSql {
  const whole = relations.length === 0 ? undefined : `relation in (${relations.map(quoteLiteral).join(', ')})`;
  const either = (condition: string): string => (whole === undefined ? condition : `(${condition} or ${whole})`);
  const wanted = partitions === undefined ? 'true' : either(isAmong(partitions));
  const own = either('environment = $environment');
  const columns = 'asset, "partition", materialization, data_version, "at", relation, environment';
  const binds = { environment };
  if (dialect === 'postgres')
    return { sql: `select ${columns} from ${STAMPS} where ${own} and ${wanted} order by "at", asset`, binds };
  const ranked = `select *, rowid as position, row_number() over (partition by ${SUBJECT}, "partition" order by rowid desc) as age from ${STAMPS} where ${wanted}`;
  return { sql: `select ${columns} from (${ranked}) where age = 1 and ${own} order by position`, binds };
}

function isAmong(partitions: readonly string[]): string {
  return partitions.length === 0 ? 'false' : `"partition" in (${partitions.map(quoteLiteral).join(', ')})`;
}

/** Forgets what a relation held that is no more: whoever makes it anew makes it of nothing. */
export function forgetRelation(relation: Relation): string {
  return `delete from ${STAMPS} where relation = ${quoteLiteral(quoteRelation(relation))}`;
}

/** Forgets all partitions of a relation but these of an asset. */
export function forgetOthers(
  relation: Relation,
  kept: Omit<StampsAsked, 'relations'> & { readonly asset: AssetKey },
): string {
  const isKept = `environment = ${quoteLiteral(kept.environment)} and asset = ${quoteLiteral(kept.asset)} and ${isAmong(kept.partitions ?? [])}`;
  return `${forgetRelation(relation)} and not (${isKept})`;
}

/** One row when the stamp table exists. Columns of the second query: schema, name, and whether it is on the search path. */
export const STAMPS_EXIST = `select 1 from information_schema.tables where table_schema = '${STAMP_SCHEMA}' and table_name = 'stamps'`;
export const LIST_RELATIONS = `select table_schema, table_name, table_schema = current_schema() from information_schema.tables where table_schema not in ('information_schema', 'pg_catalog')`;
