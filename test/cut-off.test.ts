import { cpSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type CliEnd,
  type CliProject,
  cliProjectIn,
  enginesFolder,
  makeCliProject,
  startNode,
} from '../src/testing/cli-project.ts';

/**
 * `run` is killed at every call that it makes to the world, and run again: the end must be that of a run that nobody
 * disturbed. There is data of an earlier run, so that what a failed check must keep is at stake as well.
 */
const files = {
  'branchline.yaml': `name: cut
connections: { warehouse: { type: duckdb, path: data/warehouse.duckdb } }
defaults: { timeout: 1m }
assets:
  raw/seed:
    run: mkdir -p data && cp seed.csv data/seed.csv
    code: [seed.csv]
    outputs: [data/seed.csv]
    checks: { rows: { row_count: {}, error_if: "< 1", blocking: true } }
  staging/seed:
    connection: warehouse
    sql: select n, n * 10 as tens from \${{ ref('raw/seed') }}
    checks:
      ids: { unique: [n], blocking: true }
      small: { range: { n: { max: 100 } } }
  marts/guarded:
    connection: warehouse
    sql: select * from \${{ ref('staging/seed') }} where n < 8
    checks: { few: { row_count: {}, error_if: "> 3", blocking: true } }
  marts/below:
    connection: warehouse
    sql: select count(*) as n from \${{ ref('marts/guarded') }}
  marts/sum:
    connection: warehouse
    sql: select sum(tens)::bigint as total from \${{ ref('staging/seed') }}
    checks: { positive: { sql: "select * from \${{ this }} where total <= 0", severity: warn } }
  export/list:
    deps: [raw/seed]
    run: sort -r data/seed.csv > data/list.txt
    outputs: [data/list.txt]
    checks: { short: { run: "test $(wc -l < data/list.txt) -lt 6", blocking: true } }
`,
  'seed.csv': 'n\n1\n2\n3\n',
};
const changedSeed = 'n\n1\n2\n3\n4\n5\n6\n';

// src/testing/cut-off-run.ts, bundled by test/built-cli.ts.
const program = process.env['BRANCHLINE_TEST_CUT_OFF'] ?? '';
let base: CliProject;
let expected: unknown;
let trace: readonly string[];

beforeAll(async () => {
  base = makeCliProject(files);
  await base.json(['run']);
  base.write('seed.csv', changedSeed);
  const calm = copyOfBase('calm');
  const end = await cutOff(calm, 0);
  if (end.code !== 0) throw new Error(end.stderr);
  trace = readFileSync(join(calm.root, '..', 'calm.trace'), 'utf8')
    .trim()
    .split('\n');
  expected = await outcomeOf(calm);
});
afterAll(() => base.remove());

function copyOfBase(name: string): CliProject {
  const copy = cliProjectIn(base.sandbox, name);
  cpSync(base.root, copy.root, { recursive: true });
  return copy;
}

function cutOff(project: CliProject, at: number): Promise<CliEnd> {
  const env = {
    ...base.sandbox.env,
    BRANCHLINE_ENGINES: enginesFolder,
    CUT_AT: String(at),
    CUT_TRACE: `${project.root}.trace`,
  };
  return startNode([program], { cwd: project.root, env }).end;
}

/** Status, data version, verdicts and contents by asset; without what differs between any two runs. */
async function outcomeOf(project: CliProject): Promise<unknown> {
  const { view, problems } = await project.state();
  const contents = await project.rows(
    'data/warehouse.duckdb',
    `select 'seed', n, tens from staging.seed union all select 'guarded', n, tens from marts.guarded
     union all select 'below', n, null from marts.below union all select 'sum', total, null from marts.sum order by all`,
  );
  const relations = await project.rows(
    'data/warehouse.duckdb',
    "select table_schema || '.' || table_name from information_schema.tables where table_schema <> '_branchline' order by 1",
  );
  const known = Object.fromEntries(
    [...view.assets.values()].map((record) => [
      record.asset,
      {
        outcome: record.attempt?.outcome,
        dataVersion: record.materialized?.dataVersion,
        codeVersion: record.materialized?.codeVersion,
        files: record.materialized?.files,
        rows: record.materialized?.rows,
        upstream: Object.entries(record.materialized?.upstream ?? {}).map(([key, used]) => [key, used.dataVersion]),
        checks: Object.entries(record.checks).map(([name, { status, severity, stage, value }]) => [
          name,
          status,
          severity,
          stage,
          value,
        ]),
      },
    ]),
  );
  return {
    known,
    contents,
    relations,
    files: [project.read('data/seed.csv'), project.read('data/list.txt')],
    open: [...view.openRuns.keys(), ...view.claims.keys()],
    problems,
  };
}

test('an undisturbed run keeps what its checks refused, and makes the rest', () => {
  expect(expected).toMatchObject({
    known: {
      'staging/seed': { outcome: 'success', rows: 6 },
      'marts/guarded': { outcome: 'failure', rows: 3 },
      'export/list': { outcome: 'failure' },
      'marts/sum': { outcome: 'success' },
    },
    open: [],
    problems: [],
  });
  expect((expected as { contents: string[] }).contents).toEqual([
    'below|3|null',
    ...[1, 2, 3].map((n) => `guarded|${n}|${n * 10}`),
    ...[1, 2, 3, 4, 5, 6].map((n) => `seed|${n}|${n * 10}`),
    'sum|210|null',
  ]);
  const kinds = new Set(trace);
  for (const kind of [
    'store.read',
    'store.commit',
    'journal.append',
    'journal.confirm',
    'journal.close',
    'outputs.save',
  ])
    for (const side of ['>', '<']) expect(kinds).toContain(`${side} ${kind}`);
  for (const kind of ['outputs.restore', 'processes.run', 'sql begin', 'sql commit', 'sql create', 'sql alter'])
    expect([...kinds].some((each) => each.includes(kind))).toBe(true);
});

test('cut off at any call and run again, it ends the same', { timeout: 900_000 }, async () => {
  const wrong: Record<string, unknown> = {};
  const waiting = placesToTry(trace);
  const worker = async (): Promise<void> => {
    for (let place = waiting.shift(); place !== undefined; place = waiting.shift()) {
      const copy = copyOfBase(`cut-${place}`);
      const cut = await cutOff(copy, place);
      if (cut.signal !== 'SIGKILL')
        wrong[`${place} ${trace[place - 1]}`] = `was not cut off: ${cut.code} ${cut.stderr}`;
      // What a failed check holds back makes the second run fail as it makes the first.
      const again = await copy.run(['run', '--json']);
      const outcome = again.code === 1 ? await outcomeOf(copy) : again;
      if (!isDeepStrictEqual(outcome, expected)) wrong[`${place} ${trace[place - 1]}`] = outcome;
      rmSync(copy.root, { recursive: true, force: true });
    }
  };
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, worker));
  expect(wrong).toEqual({});
});

/**
 * After the first call of each kind, and after the first and the last of events that are written down one after the other:
 * between them the journal alone grows, by a line, and the schedules of faults kill there as well. Nothing happens between
 * the end of one call and the beginning of the next. With `BRANCHLINE_TEST_EVERY_CALL`, before and after every call.
 */
function placesToTry(lines: readonly string[]): number[] {
  const places = lines.map((_, index) => index + 1);
  if (process.env['BRANCHLINE_TEST_EVERY_CALL'] !== undefined) return places;
  return places.filter((place) => {
    const line = lines[place - 1]!;
    if (line === '< journal.append') return lines[place - 3] !== line || lines[place + 1] !== line;
    return (line.startsWith('<') || line === '> store.commit') && lines.indexOf(line) === place - 1;
  });
}
