// The same tables as the assets of the row `sql`, made by one process that does nothing else.

import { DuckDBInstance } from '@duckdb/node-api';

const [file = ':memory:', count = '0'] = process.argv.slice(2);
const instance = await DuckDBInstance.create(file);
const connection = await instance.connect();
for (let index = 0; index < Number(count); index += 1) {
  await connection.run(`create or replace table t${String(index).padStart(5, '0')} as select ${index} as n`);
}
connection.closeSync();
instance.closeSync();
