/**
 * A project whose revenue is a table of DuckDB, 10 for each day from 2026-01-01 up to before `end`, and whose total is the
 * sum over all of them: what reads a part of the days comes to another number. `more`: further sections of the manifest.
 */
export function dailyShop(end: string, more = ''): Readonly<Record<'branchline.yaml', string>> {
  return {
    'branchline.yaml': `name: shop
storage: { type: directory }
connections:
  w: { type: duckdb, path: data/w.duckdb }
partitions:
  days: { daily: { start: 2026-01-01, end: ${end} } }
${more}assets:
  marts/revenue:
    connection: w
    partitions: days
    partition_expr: day
    sql: "select $partition_start::date as day, 10 as amount"
  marts/total: { connection: w, sql: "select sum(amount) as total from \${{ ref('marts/revenue') }}" }
`,
  };
}

/** A project of which a push is to build an asset that has no partitions yet, while a schedule asks for another one. */
export const unbuildablePush: Readonly<Record<'branchline.yaml', string>> = {
  'branchline.yaml': `name: shop
environments: { production: { build_on_push: "key:b" } }
assets:
  a: { run: 'echo a >> "$SHARED/log"' }
  b: { partitions: { dynamic: customers }, run: 'echo b >> "$SHARED/log"' }
schedules: { nightly: { cron: "0 2 * * *", selection: "key:a" } }
`,
};
