// Reads the same leaves as JSON and does nothing with them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2];
let keys = 0;
for (const name of readdirSync(folder).sort())
  for (const file of readdirSync(join(folder, name)))
    keys += JSON.parse(readFileSync(join(folder, name, file), 'utf8')).keys.length;
process.stdout.write(`${keys} keys\n`);
