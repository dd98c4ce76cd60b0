import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { READING, type Reading, writeLeaves } from '../partitions-fixture.ts';
import type { BenchContext, BenchRow, Contest } from '../row.ts';

const labels: Readonly<Record<Reading, string>> = {
  apart: 'none reads another',
  pairs: 'each reads one other, whose leaves are read too',
  chained: 'each reads the one before, whose leaves are at hand',
};
const here = join(import.meta.dirname, '..');

async function prepare({ scratch, node, isTiny }: BenchContext): Promise<readonly Contest[]> {
  const [assets, partitions] = isTiny ? [2, 600] : [100, 10_000];
  // As the program is shipped: from the sources alone, Node would strip their types at each start.
  const status = join(scratch, 'status.mjs');
  const bundle = await rolldown({ input: join(here, 'partitions-status.ts'), platform: 'node', logLevel: 'silent' });
  await bundle.write({ file: status, format: 'esm' });
  await bundle.close();
  return READING.map((reading) => {
    const folder = join(scratch, reading);
    writeLeaves(folder, assets, partitions, reading);
    const args = [status, folder, String(partitions), reading];
    const judged = reading === 'pairs' ? assets / 2 : assets;
    return {
      kind: 'pair',
      label: labels[reading],
      ours: { program: node, args, cwd: scratch, repeat: 1 },
      peer: { program: node, args: [join(here, 'peers', 'read-leaves.mjs'), folder], cwd: scratch, repeat: 1 },
      verify() {
        const said = execFileSync(node, args, { encoding: 'utf8' }).trim();
        if (said !== `${judged * partitions} made, 0 stale`) throw new Error(`the status says: ${said}`);
      },
    };
  });
}

export const partitions: BenchRow = {
  name: 'partitions',
  question: 'status and staleness of 100 assets × 10,000 partitions, one asset after the other',
  against: 'reading the same leaves as JSON',
  goal: { cpu: 3.0 },
  prepare,
};
