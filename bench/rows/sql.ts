import { rmSync } from 'node:fs';
import path from 'node:path';
import { forget, numbered, runOnce, writeProject } from '../fixture.ts';
import type { BenchContext, BenchRow, Contest } from '../row.ts';

function prepare({ scratch, node, cli, isTiny }: BenchContext): readonly Contest[] {
  const count = isTiny ? 5 : 1000;
  const assets = Array.from(
    { length: count },
    (_, index) => `  ${numbered('t', index)}: { connection: warehouse, sql: "select ${index} as n" }\n`,
  );
  writeProject(scratch, {
    '.gitignore': '*.duckdb\n*.wal\n',
    'branchline.yaml': `name: bench\nmax_parallel: 2\nconnections: { warehouse: { type: duckdb, path: ours.duckdb } }\nassets:\n${assets.join('')}`,
  });
  const peers = path.join(import.meta.dirname, '..', 'peers');
  const remove = (name: string) => {
    for (const ending of ['duckdb', 'duckdb.wal']) rmSync(path.join(scratch, `${name}.${ending}`), { force: true });
  };
  const resetOurs = () => {
    forget(scratch);
    remove('ours');
  };
  const ours = { program: node, args: [cli, 'run', '--select', '*'], cwd: scratch, before: resetOurs };
  // The first use fetches the engine.
  runOnce(ours);
  return [
    {
      kind: 'pair',
      label: '',
      ours,
      peer: {
        program: node,
        args: [path.join(peers, 'duckdb-statements.mjs'), path.join(scratch, 'peer.duckdb'), String(count)],
        cwd: scratch,
        before: () => remove('peer'),
      },
      verify: () =>
        runOnce({
          program: node,
          args: [path.join(peers, 'expect-tables.mjs'), path.join(scratch, 'ours.duckdb'), String(count)],
          cwd: scratch,
        }),
    },
  ];
}

export const sql: BenchRow = {
  name: 'sql',
  question: '1,000 trivial DuckDB assets',
  against: 'one process running the same statements through `@duckdb/node-api`',
  goal: { cpu: 1.5 },
  prepare,
};
