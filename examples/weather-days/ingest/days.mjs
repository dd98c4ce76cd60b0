// Fetches the days that it is asked for. A real project would ask a server here; this one ships its data.
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const [head, ...rows] = readFileSync('sources/seattle-2015.csv', 'utf8').trimEnd().split('\n');
mkdirSync('data/days', { recursive: true });
for (const day of JSON.parse(process.env.BRANCHLINE_PARTITIONS)) {
  const own = rows.filter((row) => row.split(',')[1] === day);
  writeFileSync(`data/days/${day}.csv`, `${[head, ...own].join('\n')}\n`);
  // Said of each day as it is there: it stays, whatever becomes of the days after it.
  appendFileSync(process.env.BRANCHLINE_OUTPUT, `${JSON.stringify({ partition: day, row_count: own.length })}\n`);
}
