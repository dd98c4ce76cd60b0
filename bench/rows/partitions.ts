import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { writeLeaves } from '../partitions-fixture.ts';
import type { BenchContext, BenchRow, Contest } from '../row.ts';

const here = join(import.meta.dirname, '..');

function prepare({ scratch, node, isTiny }: BenchContext): readonly Contest[] {
  const [assets, partitions] = isTiny ? [2, 600] : [100, 10_000];
  const folder = join(scratch, 'leaves');
  writeLeaves(folder, assets, partitions);
  const ours = {
    program: node,
    args: [join(here, 'partitions-status.ts'), folder, String(partitions)],
    cwd: scratch,
    repeat: 1,
  };
  return [
    {
      kind: 'pair',
      label: '',
      ours,
      peer: { program: node, args: [join(here, 'peers', 'read-leaves.mjs'), folder], cwd: scratch, repeat: 1 },
      verify() {
        const said = execFileSync(node, ours.args, { encoding: 'utf8' }).trim();
        if (said !== `${assets * partitions} made, 0 stale`) throw new Error(`the status says: ${said}`);
      },
    },
  ];
}

export const partitions: BenchRow = {
  name: 'partitions',
  question: 'status and staleness of 100 assets × 10,000 partitions, one asset after the other',
  against: 'reading the same leaves as JSON',
  goal: { cpu: 3.0 },
  prepare,
};
