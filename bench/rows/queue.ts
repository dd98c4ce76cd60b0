import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { writeProject } from '../fixture.ts';
import type { BenchContext, BenchRow, Contest } from '../row.ts';

const REF = 'refs/branchline/local';
const LIMITS = 50;

/** Limits that let none of the runs go, and the schedules that ask for them. */
function manifest(schedules: readonly string[]): string {
  const limits = Array.from({ length: LIMITS }, (_, n) => `    - { key: source, value: s${n}, limit: 0 }`);
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

/** Schedules that ask for a run each at six, or few that ask for one a minute each. */
function schedulesOf(runs: number, isOneEach: boolean): readonly string[] {
  const count = isOneEach ? runs : Math.min(runs, LIMITS);
  const each = Math.ceil(runs / count);
  const rule = isOneEach
    ? 'cron: "0 6 * * *"'
    : `cron: "0-${each - 1} 6 * * *", catchup: all, max_catchup_runs: ${each}`;
  return Array.from(
    { length: count },
    (_, n) => `  s${n}: { ${rule}, grace: 1h, selection: "key:a", tags: { source: s${n % LIMITS} } }`,
  );
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
  return [true, false].map((isOneEach) => {
    const schedules = schedulesOf(runs, isOneEach);
    const label = isOneEach ? `${runs} runs of as many schedules` : `${runs} runs of ${schedules.length} schedules`;
    return contest({ folder: path.join(scratch, isOneEach ? 'many' : 'few'), node, cli, runs, schedules, label });
  });
}

function contest(of: {
  readonly folder: string;
  readonly node: string;
  readonly cli: string;
  readonly runs: number;
  readonly schedules: readonly string[];
  readonly label: string;
}): Contest {
  const { folder, node, cli, runs, schedules, label } = of;
  writeProject(folder, { 'branchline.yaml': manifest(schedules), 'read.cjs': reading });
  const tick = (now: string): string[] => [cli, 'tick', '--now', now, '--wait', '0', '--json'];
  const run = (args: readonly string[]): string =>
    execFileSync(node, args, { cwd: folder, encoding: 'utf8', maxBuffer: 1e9 });
  run(tick('2026-11-21T12:00:00Z'));
  run(tick('2026-11-22T06:30:00Z'));
  return {
    kind: 'pair',
    label,
    ours: { program: node, args: tick('2026-11-22T06:35:00Z'), cwd: folder },
    peer: { program: node, args: ['read.cjs'], cwd: folder },
    verify() {
      const { waiting } = JSON.parse(run(tick('2026-11-22T06:35:00Z'))) as { waiting: unknown[] };
      if (waiting.length !== runs) throw new Error(`${waiting.length} of ${runs} runs wait`);
    },
  };
}

export const queue: BenchRow = {
  name: 'queue',
  question: `a tick over 1,000 queued runs and ${LIMITS} limits, none of which lets one go`,
  against: 'reading and parsing the same files of the state',
  goal: { cpu: 3 },
  prepare,
};
