import { quoteIdentifier, quoteLiteral } from './quote.ts';

export type FileFormat = 'csv' | 'parquet' | 'json';

const FORMATS: readonly (readonly [RegExp, FileFormat])[] = [
  [/\.(csv|tsv)(\.gz|\.zst)?$/i, 'csv'],
  [/\.parquet$/i, 'parquet'],
  [/\.(json|jsonl|ndjson)(\.gz|\.zst)?$/i, 'json'],
];

/** What DuckDB reads a file as, by the end of its name; undefined when it cannot. */
export function fileFormat(path: string): FileFormat | undefined {
  return FORMATS.find(([pattern]) => pattern.test(path))?.[1];
}

/** A `select` over files of one format as one relation (DuckDB). Columns are matched by name. */
export function fileScan(paths: readonly string[], format: FileFormat): string {
  const list = `[${paths.map(quoteLiteral).join(', ')}]`;
  switch (format) {
    case 'csv':
      return `select * from read_csv(${list}, union_by_name = true)`;
    case 'parquet':
      return `select * from read_parquet(${list}, union_by_name = true)`;
    case 'json':
      return `select * from read_json(${list}, union_by_name = true)`;
  }
}

/** Makes an asset's files readable under a name, for this connection only (DuckDB). */
export function createFileView(view: string, paths: readonly string[], format: FileFormat): string {
  return `create or replace temporary view ${quoteIdentifier(view)} as ${fileScan(paths, format)}`;
}

export function dropFileView(view: string): string {
  return `drop view if exists temp.${quoteIdentifier(view)}`;
}
