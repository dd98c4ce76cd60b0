import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { numbered, writeProject } from '../fixture.ts';
import type { Command } from '../measure.ts';
import type { BenchContext, BenchRow, Contest } from '../row.ts';

const LAYERS = 20;
const GROUP = 10;

/** Each asset depends on the one above it and on that one's neighbour in a group of ten. */
function dependenciesOf(index: number, width: number): string[] {
  if (index < width) return [];
  const above = index - width;
  const neighbour = above - (above % GROUP) + ((above + 1) % GROUP);
  return [...new Set([above, neighbour])].map((one) => numbered('a_', one));
}

function write(folder: string, count: number): void {
  const assets = Array.from({ length: count }, (_, index) => {
    const deps = dependenciesOf(index, count / LAYERS);
    return `  ${numbered('a_', index)}: { ${deps.length > 0 ? `deps: [${deps.join(', ')}], ` : ''}run: ":" }\n`;
  });
  writeProject(folder, {
    'branchline.yaml': `name: bench\nassets:\n${assets.join('')}`,
    'scenario.yml':
      'wake_ups: { cron: "0 0 1 1 *" }\ngithub: { runners: 256 }\nfan_out: { jobs: 256 }\nruns: [{ at: +1m, select: "*" }]\n',
  });
}

interface Figures {
  readonly makespanMs: number;
  readonly totals: { readonly materialized: number };
  readonly github: { readonly requestsAnHour: number; readonly requestsAnHourLimit: number; readonly jobs: number };
  readonly fanOut: { readonly waves: number; readonly jobs: number; readonly planBytes: number };
  readonly state: { readonly commits: number; readonly bytesWritten: number };
}

/** One more run of it, not timed: that it did its work, and how much it took beside the time. */
function verifyOf(command: Command, assets: number): () => void {
  return () => {
    const output = path.join(command.cwd, 'simulated.json');
    const peak = peakOf(command, output);
    const figures = JSON.parse(readFileSync(output, 'utf8')) as Figures;
    const { totals, github, fanOut, state } = figures;
    if (totals.materialized !== assets || fanOut.jobs < 2)
      throw new Error(`${totals.materialized} of ${assets} assets were made by up to ${fanOut.jobs} jobs`);
    if (github.requestsAnHour > github.requestsAnHourLimit)
      throw new Error(`${github.requestsAnHour} requests in an hour, of ${github.requestsAnHourLimit}`);
    process.stderr.write(
      `${assets} assets: ${peak} of memory at the most, ${state.commits} commits, ${state.bytesWritten} bytes of state written, ` +
        `${fanOut.waves} waves of up to ${fanOut.jobs} jobs (${github.jobs} in all), longest plan ${fanOut.planBytes} bytes, ` +
        `${github.requestsAnHour} requests in the busiest hour of ${github.requestsAnHourLimit}, over after ${Math.round(figures.makespanMs / 60_000)} min\n`,
    );
  };
}

/** Runs the command into a file; the kernel's account of its memory, where the machine tells it. */
function peakOf({ program, args, cwd }: Command, output: string): string {
  const watched = `process.on('exit', () => process.stderr.write('peak ' + process.resourceUsage().maxRSS + '\\n'))`;
  const own = ['--import', `data:text/javascript,${encodeURIComponent(watched)}`, ...args];
  const out = openSync(output, 'w');
  const done = spawnSync(program, own, { cwd, stdio: ['ignore', out, 'pipe'], encoding: 'utf8' });
  closeSync(out);
  if (done.status !== 0) throw new Error(done.stderr);
  const kilobytes = Number(/peak (\d+)/.exec(done.stderr)?.[1]);
  return Number.isNaN(kilobytes) ? 'an unknown amount' : `${Math.round(kilobytes / 1024)} MB`;
}

function contestOf(few: number, many: number): BenchRow['prepare'] {
  return ({ scratch, node, cli, isTiny }: BenchContext): readonly Contest[] => {
    const from = '2036-11-30T00:00:00Z';
    const args = [cli, 'simulate', '--from', from, '--for', '1h', '--scenario', 'scenario.yml', '--json'];
    const command = (count: number): Command => {
      const cwd = path.join(scratch, String(count));
      write(cwd, count);
      return { program: node, args, cwd };
    };
    // A layer holds a group at least.
    const [less, more] = isTiny ? [200, 400] : [few, many];
    const ours = command(more);
    return [{ kind: 'pair', label: '', ours, peer: command(less), verify: verifyOf(ours, more) }];
  };
}

export const simulate: BenchRow = {
  name: 'simulate',
  question: '`simulate` of 10,000 assets in 20 layers that are shared out among up to 256 jobs, wave by wave',
  against: 'the same with 1,000 assets',
  goal: { cpu: 12 },
  prepare: contestOf(1000, 10_000),
};

export const simulateLarge: BenchRow = {
  name: 'simulate-large',
  question: '`simulate` of 100,000 assets in 20 layers that are shared out among up to 256 jobs, wave by wave',
  against: 'the same with 10,000 assets',
  goal: { cpu: 12 },
  isLong: true,
  prepare: contestOf(10_000, 100_000),
};
