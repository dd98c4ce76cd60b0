import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { numbered, writeProject } from '../fixture.ts';
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

function prepare({ scratch, node, cli, isTiny }: BenchContext): readonly Contest[] {
  // A layer holds a group at least.
  const [few, many] = isTiny ? [200, 400] : [1000, 10_000];
  const from = '2036-11-30T00:00:00Z';
  const args = [cli, 'simulate', '--from', from, '--for', '1h', '--scenario', 'scenario.yml', '--json'];
  const command = (count: number) => {
    const cwd = path.join(scratch, String(count));
    write(cwd, count);
    return { program: node, args, cwd };
  };
  const ours = command(many);
  return [
    {
      kind: 'pair',
      label: '',
      ours,
      peer: command(few),
      verify() {
        const text = execFileSync(node, args, { cwd: ours.cwd, encoding: 'utf8', maxBuffer: 1e9 });
        const { totals, fanOut } = JSON.parse(text) as {
          totals: { materialized: number };
          fanOut: { waves: number; jobs: number };
        };
        if (totals.materialized !== many || fanOut.jobs < 2)
          throw new Error(`${totals.materialized} of ${many} assets were made by up to ${fanOut.jobs} jobs`);
      },
    },
  ];
}

export const simulate: BenchRow = {
  name: 'simulate',
  question: '`simulate` of 10,000 assets in 20 layers that are shared out among up to 256 jobs, wave by wave',
  against: 'the same with 1,000 assets',
  goal: { cpu: 12 },
  prepare,
};
