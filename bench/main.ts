// `npm run bench` measures every row, `npm run bench -- steps` one. `--pairs N` (default 5), `--tiny` for small fixtures,
// `--node PATH` for another Node, `--dist FOLDER` for another build, `--write` puts the table of a full run into bench/RESULTS.md.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { comparePaired } from './compare.ts';
import type { BenchContext, BenchRow, Contest, Outcome, Result } from './row.ts';
import { rows } from './rows/all.ts';
import { renderTable } from './table.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pairs: { type: 'string', default: '5' },
    tiny: { type: 'boolean', default: false },
    node: { type: 'string', default: process.execPath },
    dist: { type: 'string', default: path.join(import.meta.dirname, '..', 'dist') },
    write: { type: 'boolean', default: false },
  },
});

const unknown = positionals.filter((name) => !rows.some((row) => row.name === name));
if (unknown.length > 0) {
  process.stderr.write(
    `No row is called ${unknown.join(', ')}. There are: ${rows.map((row) => row.name).join(', ')}.\n`,
  );
  process.exit(2);
}
const pairs = Math.max(1, Number(values.pairs) || 5);
const cli = path.resolve(values.dist, 'cli.js');
const loadBefore = os.loadavg()[0];
const results: Result[] = [];
for (const row of rows) {
  if (positionals.length > 0 ? !positionals.includes(row.name) : row.isLong && !values.tiny) continue;
  results.push(...(await measureRow(row, { node: values.node, cli, isTiny: values.tiny })));
}
const table = renderTable(results);
process.stdout.write(table);
if (values.write) writeFileSync(path.join(import.meta.dirname, 'RESULTS.md'), page(table));
// A row that no longer works is an error; a goal that is missed is a finding.
if (results.some((result) => result.outcome.kind === 'failed')) process.exitCode = 1;

async function measureRow(row: BenchRow, options: Omit<BenchContext, 'scratch' | 'afterwards'>): Promise<Result[]> {
  if (!existsSync(options.cli)) return [failed(row, `there is no ${options.cli}; \`npm run build\` makes it`)];
  const scratch = mkdtempSync(path.join(os.tmpdir(), `branchline-bench-${row.name}-`));
  process.stderr.write(`${row.name} …\n`);
  const ends: (() => void)[] = [];
  try {
    const contests = await row.prepare({ ...options, scratch, afterwards: (end) => ends.push(end) });
    return contests.map((contest) => ({ row, label: contest.label, outcome: hold(contest) }));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return [failed(row, 'see above the table')];
  } finally {
    for (const end of ends) end();
    rmSync(scratch, { recursive: true, force: true });
  }
}

function hold(contest: Contest): Outcome {
  if (contest.kind === 'peer-missing') return contest;
  const comparison = comparePaired(contest.ours, contest.peer, pairs);
  contest.verify?.();
  return { kind: 'measured', comparison };
}

function failed(row: BenchRow, why: string): Result {
  return { row, label: '', outcome: { kind: 'failed', why } };
}

function page(markdown: string): string {
  const nodeVersion = execFileSync(values.node, ['--version'], { encoding: 'utf8' }).trim();
  const cpus = os.cpus();
  const machine = `${cpus.length} × ${cpus[0]?.model.trim() ?? 'unknown processor'}, ${Math.round(os.totalmem() / 2 ** 30)} GiB`;
  const date = new Date().toISOString().slice(0, 10);
  return (
    '# Results\n\n' +
    `Measured ${date} on ${machine}, ${os.type()}, Node ${nodeVersion}, by \`npm run bench -- --write\`.\n\n` +
    `Each figure is the median of ${pairs} pairs, ours and the peer in turn, as a ratio; in brackets the lowest and the highest. ` +
    `The load average of the machine was ${load(loadBefore)} when it began and ${load(os.loadavg()[0])} when it ended; above ${cpus.length}, others worked here too, which shows in wall time more than in CPU. ` +
    'CPU is user plus system time of the whole process tree. Absolute times are left out on purpose: they say more about the machine.\n\n' +
    markdown
  );
}

function load(average: number | undefined): string {
  return (average ?? 0).toFixed(1);
}
