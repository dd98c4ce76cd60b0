import type { Asset, AssetKey, Connection } from '../model/project.ts';
import type { AssetDraft } from './resolve-assets.ts';
import { type Resolving, reportInSql, type SqlSource } from './resolving.ts';
import type { SqlPart } from './sql-template.ts';
import { textProblem } from './text-problem.ts';

type Data = Pick<Asset, 'relation' | 'outputs' | 'connection'>;

/** The single CSV, Parquet or JSON file of an asset, which DuckDB can read; undefined when there is no such one. */
export function readableFile({ outputs }: Pick<Asset, 'outputs'>): string | undefined {
  const [only] = outputs;
  if (only === undefined || outputs.length > 1) return undefined;
  return /\.(csv|parquet|json|jsonl|ndjson)(\.(gz|zst))?$/i.test(only.path) ? only.path : undefined;
}

/** Whether a check can ask the asset's data: its relation, or its single readable file. */
export function hasReadableData(asset: Data): boolean {
  return asset.relation !== undefined || readableFile(asset) !== undefined;
}

/** Why `ref('to')` cannot be read on a connection (semantics.md 14); undefined when it can. */
export function whyUnreadable(
  to: AssetKey,
  target: Data,
  connection: string,
  connections: Readonly<Record<string, Connection>>,
): string | undefined {
  if (target.connection === connection) {
    return target.relation === undefined ? `\`${to}\` has no table: it is \`materialized: none\`` : undefined;
  }
  if (target.connection !== undefined)
    return `\`${to}\` is on the connection \`${target.connection}\`, and this runs on \`${connection}\``;
  if (connections[connection]?.type !== 'duckdb') return `\`${to}\` is a file, which only DuckDB can read`;
  if (readableFile(target) !== undefined) return undefined;
  if (target.outputs.length > 1) return `\`${to}\` has several outputs, and a table needs exactly one file`;
  if (target.outputs.length === 1) return `the output of \`${to}\` is no CSV, Parquet or JSON file`;
  return `\`${to}\` has neither a table nor a file`;
}

/** SQL that is to run on a connection, with what `this` is there. */
export interface SqlUse {
  readonly source: SqlSource;
  readonly parts: readonly SqlPart[];
  readonly connection: string | undefined;
  readonly own: Pick<AssetDraft, 'asset' | 'isDataUnknown'>;
}

/** Reports every `ref` that the connection cannot read, and `this` where there is nothing. */
export function verifyRefs(
  { source, parts, connection, own }: SqlUse,
  drafts: ReadonlyMap<AssetKey, AssetDraft>,
  resolving: Resolving,
): void {
  // Where any asset may miss its connection, what can be read cannot be told.
  if (resolving.broken.anyKey) return;
  for (const part of parts) {
    if (part.kind === 'this' && !hasReadableData(own.asset) && !own.isDataUnknown) {
      const problem = textProblem(
        source.text,
        { offset: part.offset, length: 3 },
        '`this` stands for a table, and this asset has none',
        'use the name of the table that is meant',
      );
      reportInSql('no-relation', source, problem, resolving);
    }
    if (part.kind !== 'ref' || connection === undefined) continue;
    const target = drafts.get(part.asset);
    if (target === undefined || target.isDataUnknown) continue;
    const why = whyUnreadable(part.asset, target.asset, connection, resolving.connections);
    if (why === undefined) continue;
    const place = { offset: part.keyOffset, length: part.asset.length };
    reportInSql(
      'ref-not-readable',
      source,
      textProblem(source.text, place, why, 'read it in a step that writes a table or file for this one'),
      resolving,
    );
  }
}

/** Reports binds in a view: a view keeps its text, and a bind's value is gone when the statement ends. */
export function verifyView({ source, parts }: Pick<SqlUse, 'source' | 'parts'>, resolving: Resolving): void {
  for (const part of parts) {
    if (part.kind !== 'bind') continue;
    const problem = textProblem(
      source.text,
      { offset: part.offset, length: 3 },
      'a view cannot hold a value that is filled in when it is made',
      'write `materialized: table`, or put the value into a table',
    );
    reportInSql('view-with-values', source, problem, resolving);
  }
}
