import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { writeProject } from '../fixture.ts';
import type { BenchContext, BenchRow, Contest } from '../row.ts';

const REF = 'refs/branchline/local';
const LIMITS = 50;

/** As many schedules as runs are to wait, and limits that let none of them go. */
function manifest(runs: number): string {
  const limits = Array.from({ length: LIMITS }, (_, n) => `    - { key: source, value: s${n}, limit: 0 }`);
  const schedules = Array.from(
    { length: runs },
    (_, n) => `  s${n}: { cron: "0 6 * * *", selection: "key:a", tags: { source: s${n % LIMITS} } }`,
  );
  return [
    'name: waiting',
    'run_queue:',
    '  max_concurrent_runs: -1',
    '  tag_concurrency_limits:',
    ...limits,
    'assets: { a: { run: "true" } }',
    'schedules:',
    ...schedules,
    '',
  ].join('\n');
}

// The same bytes and nothing else: every file of the state's head, parsed.
const reading = `
const { execFileSync } = require('node:child_process');
const state = '--git-dir=.git/branchline/waiting/state.git';
const git = (args, input) => execFileSync('git', [state, ...args], { encoding: 'utf8', maxBuffer: 1e9, input });
const blobs = git(['ls-tree', '-r', '${REF}']).trim().split('\\n').flatMap((line) => {
  const [, blob, name] = /^\\d+ blob (\\w+)\\t(.*)$/.exec(line);
  return /\\.jsonl?$/.test(name) ? [blob] : [];
});
let parsed = 0;
for (const row of git(['cat-file', '--batch'], blobs.join('\\n') + '\\n').split('\\n'))
  if (row.startsWith('{"') && row.endsWith('}') && JSON.parse(row)) parsed++;
if (parsed < 20) process.exit(1);
`;

function prepare({ scratch, node, cli, isTiny }: BenchContext): readonly Contest[] {
  const runs = isTiny ? 20 : 1000;
  const folder = path.join(scratch, 'project');
  writeProject(folder, { 'branchline.yaml': manifest(runs), 'read.cjs': reading });
  const tick = (now: string): string[] => [cli, 'tick', '--now', now, '--wait', '0', '--json'];
  const run = (args: readonly string[]): string =>
    execFileSync(node, args, { cwd: folder, encoding: 'utf8', maxBuffer: 1e9 });
  run(tick('2026-11-21T12:00:00Z'));
  run(tick('2026-11-22T06:00:00Z'));
  return [
    {
      kind: 'pair',
      label: `${runs} runs`,
      ours: { program: node, args: tick('2026-11-22T06:05:00Z'), cwd: folder },
      peer: { program: node, args: ['read.cjs'], cwd: folder },
      verify() {
        const { waiting } = JSON.parse(run(tick('2026-11-22T06:05:00Z'))) as { waiting: unknown[] };
        if (waiting.length !== runs) throw new Error(`${waiting.length} of ${runs} runs wait`);
      },
    },
  ];
}

export const queue: BenchRow = {
  name: 'queue',
  question: `a tick over 1,000 queued runs and ${LIMITS} limits, none of which lets one go`,
  against: 'reading and parsing the same files of the state',
  goal: { cpu: 3 },
  prepare,
};
