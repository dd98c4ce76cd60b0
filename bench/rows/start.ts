import { numbered, runOnce, writeProject } from '../fixture.ts';
import type { BenchContext, BenchRow, Contest } from '../row.ts';

/** So short a command is measured many times within one sample. */
const repeat = 20;

function prepareVersion({ scratch, node, cli, isTiny }: BenchContext): readonly Contest[] {
  const times = isTiny ? 1 : repeat;
  return [
    {
      kind: 'pair',
      label: '',
      ours: { program: node, args: [cli, '--version'], cwd: scratch, repeat: times },
      peer: { program: node, args: ['-e', '0'], cwd: scratch, repeat: times },
    },
  ];
}

function preparePlan({ scratch, node, cli, isTiny }: BenchContext): readonly Contest[] {
  const times = isTiny ? 1 : repeat;
  const assets = Array.from({ length: 10 }, (_, index) => {
    const deps = index > 0 ? `, deps: [${numbered('asset_', index - 1)}]` : '';
    return `  ${numbered('asset_', index)}: { run: ":"${deps} }\n`;
  });
  writeProject(scratch, { 'branchline.yaml': `name: bench\nassets:\n${assets.join('')}` });
  const plan = { program: node, args: [cli, 'plan'], cwd: scratch, repeat: times };
  runOnce(plan);
  return [
    { kind: 'pair', label: '', ours: plan, peer: { program: node, args: ['-e', '0'], cwd: scratch, repeat: times } },
  ];
}

export const version: BenchRow = {
  name: 'version',
  question: '`branchline --version`',
  against: '`node -e 0`',
  goal: { cpu: 2.0 },
  prepare: prepareVersion,
};

export const plan: BenchRow = {
  name: 'plan',
  question: '`branchline plan` of 10 assets',
  against: '`node -e 0`',
  goal: { cpu: 2.5 },
  prepare: preparePlan,
};
