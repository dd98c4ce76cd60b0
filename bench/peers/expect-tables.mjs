// Fails unless a DuckDB file holds the tables of the row `sql`: what is measured must have been done.

import { DuckDBInstance } from '@duckdb/node-api';

const [file = '', count = '0'] = process.argv.slice(2);
const instance = await DuckDBInstance.create(file, { access_mode: 'READ_ONLY' });
const connection = await instance.connect();
const reader = await connection.runAndReadAll(
  "select count(*) as n from information_schema.tables where regexp_matches(table_name, '^t[0-9]{5}$')",
);
const found = Number(reader.getRows()[0]?.[0]);
if (found !== Number(count)) throw new Error(`${found} of ${count} tables are there`);
