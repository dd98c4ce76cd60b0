import { fail, ok, type Result } from '../base/result.ts';
import type { AssetKey, Relation } from '../model/project.ts';
import type { SqlFailure, SqlSession } from '../ports.ts';
import { createFileView, dropFileView, fileFormat, fileScan } from '../sql/files.ts';
import { quoteIdentifier, quoteRelation } from '../sql/quote.ts';
import { fileViewName } from '../sql/relation.ts';

/** What SQL can read: a relation of the connection, or files (absolute paths, one format) that DuckDB reads. */
export type SqlSource =
  | { readonly kind: 'relation'; readonly relation: Relation }
  | { readonly kind: 'files'; readonly paths: readonly string[] };

/** Sources by asset, made readable on one session. */
export interface OpenSources {
  /** Quoted SQL for `from`; undefined when the asset was not among those asked for, or cannot be read here. */
  readonly name: (asset: AssetKey) => string | undefined;
  /** Removes temporary views. */
  close(): Promise<void>;
}

export interface OpenSourcesOptions {
  /** Part of the names of temporary views: what one purpose opens, another must not close. */
  readonly scope: 'build' | 'subject' | 'check';
  /** A view that lasts cannot read a temporary one: files are put in place as subqueries. */
  readonly inline?: boolean;
}

/** Makes each of the assets readable. Files become quoted temporary views; only DuckDB reads files. */
export async function openSources(
  session: SqlSession,
  assets: Iterable<AssetKey>,
  source: (asset: AssetKey) => SqlSource | undefined,
  options: OpenSourcesOptions,
): Promise<Result<OpenSources, SqlFailure>> {
  const names = new Map<AssetKey, string>();
  const views: string[] = [];
  const close = async (): Promise<void> => {
    for (const view of views) await session.query(dropFileView(view));
  };
  for (const asset of new Set(assets)) {
    const found = source(asset);
    if (!found) continue;
    if (found.kind === 'relation') {
      names.set(asset, quoteRelation(found.relation));
      continue;
    }
    const format = fileFormat(found.paths[0] ?? '');
    if (!format || session.dialect !== 'duckdb') continue;
    if (options.inline) {
      names.set(asset, `(${fileScan(found.paths, format)})`);
      continue;
    }
    const view = fileViewName(`${options.scope}:${asset}`);
    const made = await session.query(createFileView(view, found.paths, format));
    if (!made.ok) {
      await close();
      return fail({
        ...made.error,
        line: undefined,
        column: undefined,
        message: `the files of ${asset} cannot be read: ${made.error.message}`,
      });
    }
    views.push(view);
    names.set(asset, quoteIdentifier(view));
  }
  return ok({ name: (asset) => names.get(asset), close });
}
