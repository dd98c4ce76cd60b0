import { checkSql } from '../checks/query.ts';
import type { AssetKey, Check, Project } from '../model/project.ts';
import { type AssetRow, type Listing, list } from '../project/listing.ts';
import { quoteRelation } from '../sql/quote.ts';

/** One row of `branchline list`: for people, and for machines. */
export interface ListRow {
  readonly cells: readonly string[];
  /** `pipelines/a.yaml:12`. */
  readonly at: string;
  readonly json: unknown;
}

/** What is declared, in the graph's order. Checks carry the SQL that judges them. */
export function listRows(what: Listing, project: Project, keys: ReadonlySet<AssetKey> | undefined): ListRow[] {
  return list(what, project, keys).map((row) => ({
    cells: cellsOf(row),
    at: `${row.file}:${row.line}`,
    json: 'check' in row ? { ...row, ...sqlOf(project, row.asset, row.check) } : row,
  }));
}

type Row = ReturnType<typeof list>[number];

function cellsOf(row: Row): string[] {
  if ('check' in row) {
    const how = [row.severity === 'warn' ? 'warn' : '', row.blocking ? 'blocking' : '']
      .filter((word) => word !== '')
      .join(', ');
    return [`${row.asset}/${row.check}`, row.kind, how];
  }
  if ('asset' in row)
    return [
      row.asset,
      row.made_by,
      row.group ?? '',
      row.checks === 0 ? '' : `${row.checks} ${row.checks === 1 ? 'check' : 'checks'}`,
      row.partitions === undefined ? '' : `partitions ${row.partitions_written ?? row.partitions}`,
      automationCell(row),
    ];
  if ('schedule' in row)
    return [
      row.schedule,
      row.crons.join(', '),
      row.timezone,
      row.job === undefined ? (row.selection ?? '') : `job ${row.job}`,
    ];
  if ('exposure' in row) return [row.exposure, row.type, row.owner ?? '', row.deps.join(', ')];
  const assets = row.assets === undefined ? '' : `${row.assets} ${row.assets === 1 ? 'asset' : 'assets'}`;
  if ('job' in row) return [row.job, row.selection, assets];
  return [row.icon === undefined ? row.name : `${row.icon} ${row.name}`, row.selection, assets];
}

function automationCell({ automation, automation_cron: cron, automation_timezone: zone }: AssetRow): string {
  if (automation === undefined) return '';
  return cron === undefined ? automation : `${automation} ${cron} ${zone}`;
}

/** The query of a check, as its database will get it; none for scripts and reported checks. */
function sqlOf(project: Project, key: AssetKey, name: string): { readonly sql?: string } {
  const asset = project.assets[key];
  const check = asset?.checks.find((candidate) => candidate.name === name);
  if (!asset || !check) return {};
  if (check.kind.type === 'sql') return { sql: check.kind.text };
  const connection = check.connection ?? asset.connection;
  const dialect = connection === undefined ? 'duckdb' : (project.connections[connection]?.type ?? 'duckdb');
  const subject = asset.relation ? quoteRelation(asset.relation) : `'${asset.outputs[0]?.path ?? ''}'`;
  const query = checkSql(check, { dialect, relation: subject, ...targetOf(project, check) });
  return query ? { sql: query.sql } : {};
}

function targetOf(project: Project, check: Check): { readonly to?: string } {
  if (check.kind.type !== 'relationships') return {};
  const to = project.assets[check.kind.to];
  return { to: to?.relation ? quoteRelation(to.relation) : `'${to?.outputs[0]?.path ?? ''}'` };
}
