import { describe, expect, it } from 'vitest';
import { type Files, projectOf, sourceTreeOf } from '../testing/project-builder.ts';
import { type CodeVersion, fingerprinter, shellWords } from './fingerprint.ts';

const BASE: Files = {
  'branchline.yaml': 'name: x\nconnections: { w: { type: duckdb, path: w.duckdb } }\n',
  'pipelines/a.yaml': `assets:
  load: { run: python ingest/orders.py --out=data/orders.csv, outputs: [data/orders.csv], code: ["lib/**"], env: { A: "1" } }
  daily: { connection: w, sql: ./daily.sql }
  inline: { connection: w, sql: "select 1 -- one" }
`,
  'pipelines/daily.sql': "select *\nfrom ${{ ref('load') }}",
  'ingest/orders.py': 'print(1)',
  'lib/x.py': '',
  'data/orders.csv': 'a,b',
};

function versions(files: Files): Record<string, CodeVersion> {
  const project = projectOf(files);
  const version = fingerprinter(project, sourceTreeOf(files));
  return Object.fromEntries(Object.keys(project.steps).map((name) => [name, version(name)]));
}

/** Parts of a step that differ after a change, against what is expected. */
function check(
  step: string,
  changes: Record<string, string | ((text: string) => string)>,
  expected: readonly string[],
): void {
  const changed = Object.entries(changes).map(([path, change]) => [
    path,
    typeof change === 'string' ? change : change(BASE[path]!),
  ]);
  const before = versions(BASE)[step]!;
  const after = versions({ ...BASE, ...Object.fromEntries(changed) })[step]!;
  const names = [...new Set([...Object.keys(before.parts), ...Object.keys(after.parts)])].sort();
  expect(names.filter((name) => before.parts[name] !== after.parts[name])).toEqual(expected);
  expect(before.version === after.version).toBe(expected.length === 0);
}

const manifest = (from: string, to: string) => ({ 'pipelines/a.yaml': (text: string) => text.replace(from, to) });

describe('fingerprinter', () => {
  it('names its parts', () => {
    const { load, daily, inline } = versions(BASE);
    expect(load!.version).toMatch(/^c1:[0-9a-f]{32}$/);
    expect(Object.keys(load!.parts)).toEqual(['env', 'file:ingest/orders.py', 'file:lib/x.py', 'outputs', 'run']);
    expect(Object.keys(daily!.parts)).toEqual(['connection', 'file:pipelines/daily.sql', 'relation']);
    expect(Object.keys(inline!.parts)).toEqual(['connection', 'relation', 'sql']);
    for (const digest of Object.values(load!.parts)) expect(digest).toMatch(/^[0-9a-f]{12}$/);
  });
  it('changes with what counts', () => {
    check('load', { 'ingest/orders.py': 'print(2)' }, ['file:ingest/orders.py']);
    check('load', { 'lib/y.py': '' }, ['file:lib/y.py']);
    check('load', manifest('A: "1"', 'A: "2"'), ['env']);
    check('load', manifest('env: {', 'shell: sh, env: {'), ['shell']);
    check('load', manifest('outputs: [data/orders.csv]', 'outputs: [data/other.csv]'), [
      'file:data/orders.csv',
      'outputs',
    ]);
    check('daily', { 'pipelines/daily.sql': 'select 2' }, ['file:pipelines/daily.sql']);
    check('daily', manifest('sql: ./daily.sql', 'sql: ./daily.sql, materialized: view'), ['materialized']);
    check('daily', manifest('sql: ./daily.sql', 'sql: ./daily.sql, relation: x.y'), ['relation']);
    check('inline', manifest('select 1', 'select 2'), ['sql']);
  });
  it('does not change with what does not', () => {
    check('load', { 'data/orders.csv': 'c,d' }, []);
    check('load', { 'README.md': 'x' }, []);
    check('load', manifest('env: {', 'shell: bash, timeout: 5m, description: x, tags: { a: b }, env: {'), []);
    check('daily', { 'pipelines/daily.sql': "-- why\nselect * from ${{ref('load')}} /* all */\n" }, []);
    check(
      'daily',
      manifest(
        'sql: ./daily.sql',
        'sql: ./daily.sql, materialized: table, relation: daily, checks: { c: { row_count: {}, error_if: "< 1" } }',
      ),
      [],
    );
    check('inline', manifest(' -- one', ''), []);
  });
  it('leaves out what assets write, also beside their own code and by partition', () => {
    const files: Files = {
      'branchline.yaml': `name: x
assets:
  raw/a:
    run: ./jobs/a.sh
    code: ["jobs/*"]
    partitions: { daily: { start: 2026-01-01 } }
    outputs: ["jobs/\${{ asset.name }}-\${{ partition.key }}.csv"]
`,
      'jobs/a.sh': '',
      'jobs/b.csv': '',
      'jobs/a-2026-01-02.csv': '',
      'jobs/a-2026-01-03.csv': '',
    };
    expect(Object.keys(versions(files)['raw/a']!.parts)).toEqual([
      'file:jobs/a.sh',
      'file:jobs/b.csv',
      'outputs',
      'run',
    ]);
  });
  it('finds scripts in words of all kinds', () => {
    expect(shellWords(`cd x && python "a b.py" --f=y.py 'c d' $(z.sh)|w`)).toEqual(
      expect.arrayContaining(['a', 'b.py', 'y.py', 'z.sh', 'w', 'python']),
    );
    const files: Files = {
      'branchline.yaml':
        'name: x\nassets: { a: { run: "./go.sh; python -u y.py", working-directory: sub }, b: { run: ./top.sh } }\n',
      'sub/go.sh': '',
      'sub/y.py': '',
      'top.sh': '',
    };
    expect(Object.keys(versions(files)['a']!.parts)).toEqual([
      'file:sub/go.sh',
      'file:sub/y.py',
      'run',
      'working-directory',
    ]);
    expect(Object.keys(versions(files)['b']!.parts)).toEqual(['file:top.sh', 'run']);
  });
});
