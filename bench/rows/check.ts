import path from 'node:path';
import { forget, numbered, writeProject } from '../fixture.ts';
import type { BenchContext, BenchRow, Contest } from '../row.ts';

function prepare({ scratch, node, cli, isTiny }: BenchContext): readonly Contest[] {
  const count = isTiny ? 20 : 10_000;
  const files: Record<string, string> = { 'branchline.yaml': 'name: bench\n' };
  for (let index = 0; index < count; index += 1) {
    // Folders of a hundred, as nobody keeps ten thousand files in one.
    files[`pipelines/${numbered('group_', Math.floor(index / 100))}/${numbered('asset_', index)}.yaml`] =
      manifest(index);
  }
  writeProject(scratch, files);
  const peer = path.join(import.meta.dirname, '..', 'peers', 'read-and-validate.mjs');
  return [
    {
      kind: 'pair',
      label: '',
      ours: { program: node, args: [cli, 'check'], cwd: scratch, before: () => forget(scratch) },
      peer: { program: node, args: [peer, path.join(scratch, 'pipelines')], cwd: scratch },
    },
  ];
}

function manifest(index: number): string {
  const name = numbered('asset_', index);
  const deps = index >= 10 ? `    deps: [${numbered('asset_', index - 10)}, ${numbered('asset_', index - 7)}]\n` : '';
  return (
    `assets:\n  ${name}:\n    description: Asset number ${index}\n    group: ${numbered('group_', index % 20)}\n` +
    `    owners: ["@acme/data"]\n    tags: { tier: "${index % 3}" }\n${deps}    run: echo ${index}\n    timeout: 30m\n` +
    '    checks:\n      is_fine: { run: "true", severity: warn }\n'
  );
}

export const check: BenchRow = {
  name: 'check',
  question: 'cold `branchline check` of 10,000 manifests',
  against: 'a bare loop: read, js-yaml, compiled validator',
  goal: { cpu: 1.3 },
  prepare,
};
