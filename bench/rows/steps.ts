import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { findPeer, forget, numbered, writeProject } from '../fixture.ts';
import type { BenchContext, BenchRow, Contest } from '../row.ts';

const width = 10;

/** Layers of ten: each asset depends on the one above it and on that one's neighbour. */
function dependenciesOf(index: number): string[] {
  if (index < width) return [];
  const above = index - width;
  const neighbour = above - (above % width) + ((above + 1) % width);
  return [...new Set([above, neighbour])].map((one) => numbered('step_', one));
}

function prepare({ scratch, node, cli, isTiny }: BenchContext): readonly Contest[] {
  const count = isTiny ? 20 : 1000;
  // At the tiny size each step leaves a mark, so that a run that does nothing is noticed.
  const script = isTiny ? 'echo ran >> marks' : ':';
  const indexes = Array.from({ length: count }, (_, index) => index);
  const assets = indexes.map((index) => {
    const deps = dependenciesOf(index);
    return `  ${numbered('step_', index)}: { run: "${script}"${deps.length > 0 ? `, deps: [${deps.join(', ')}]` : ''} }\n`;
  });
  const edges = indexes.map((index) => {
    const deps = dependenciesOf(index).map((dep) => `${dep}.out`);
    return `build ${numbered('step_', index)}.out: step${deps.length > 0 ? ` ${deps.join(' ')}` : ''}\n`;
  });
  writeProject(scratch, {
    'branchline.yaml': `name: bench\nmax_parallel: 2\nassets:\n${assets.join('')}`,
    // No edge writes its output, so that every run of ninja does all of them.
    'build.ninja': `rule step\n  command = bash --noprofile --norc -eo pipefail step.sh\n${edges.join('')}`,
    'step.sh': ':\n',
    '.gitignore': 'marks\n',
  });
  const reset = () => {
    forget(scratch);
    rmSync(path.join(scratch, 'marks'), { force: true });
  };
  const ninja = findPeer('ninja');
  if (ninja === undefined) return [{ kind: 'peer-missing', label: '', why: 'ninja is not on this machine' }];
  return [
    {
      kind: 'pair',
      label: '',
      ours: { program: node, args: [cli, 'run', '--select', '*'], cwd: scratch, before: reset },
      peer: { program: ninja, args: ['-j2'], cwd: scratch },
      ...(isTiny ? { verify: () => verifyMarks(path.join(scratch, 'marks'), count) } : {}),
    },
  ];
}

function verifyMarks(file: string, count: number): void {
  const found = readFileSync(file, 'utf8').trim().split('\n').length;
  if (found !== count) throw new Error(`${found} of ${count} steps ran`);
}

export const steps: BenchRow = {
  name: 'steps',
  question: '1,000 no-op bash steps, layered 10 wide, 2 in flight, logs, events and the state commit on',
  against: 'ninja running the same scripts',
  goal: { cpu: 1.3, wall: 1.3 },
  prepare,
};
