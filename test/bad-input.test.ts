import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CliProject, makeCliProject } from '../src/testing/cli-project.ts';

interface Found {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly help?: string;
  readonly span: { readonly line: number; readonly column: number };
}

let project: CliProject;
afterAll(() => project.remove());

/** Commits of the state on this machine; nothing was ever asked for when there are none. */
const recorded = (): string => project.git('for-each-ref', 'refs/branchline').trim();

describe('a manifest with a mistake in each policy', () => {
  const lines: readonly (readonly [text: string, expected?: string])[] = [
    ['name: shop'],
    ['run_queue:'],
    ['  max_concurrent_runs: -2', '3:24 out-of-range'],
    ['  tag_concurrency_limits:'],
    ['    - { key: team, limit: 1 }'],
    ['    - { key: team, limit: 2 }', '6:7 duplicate-limit'],
    ['    - { key: branchline/backfil, limit: 2 }', '7:14 unknown-key'],
    ['run_retries: { enabled: true, max_retries: "3", strategi: ALL_STEPS }', '8:44 wrong-type, 8:49 unknown-key'],
    ['run_monitoring: { enabled: true, max_runtime_seconds: 2h }', '9:55 wrong-type'],
    ['pools: { api: 2 }'],
    ['partitions:'],
    ['  never: { cron: { schedule: "0 0 30 2 *", start: 2026-01-01, format: "%Y-%m-%d" } }', '12:30 bad-partitions'],
    ['  regions: { static: [eu, us] }'],
    ['assets:'],
    ['  a: { run: "true", partitions: regions, pool: apy }', '15:48 unknown-pool'],
    ['  b: { run: "true", retry_policy: { max_retries: 3, backoff: linear } }', '16:53 conflict'],
    ['  c: { run: "true", partitions: region }', '17:33 unknown-partitions'],
    ['  d: { run: "true", deps: [{ asset: a, partition_mapping: { specific: [eo] } }] }', '18:37 bad-mapping'],
    [
      '  e: { run: "true", partitions: regions, backfill_policy: { multi_run: { max_partitions_per_run: 0 } } }',
      '19:98 out-of-range',
    ],
    ['  f: { run: "true", deps: [e], automation: { on_cron: { cron: "61 * * * *" } } }', '20:64 bad-cron'],
    ['jobs:'],
    ['  nightly: { selection: "*", tags: { branchline/priority: high, team: x } }', '22:59 odd-tag'],
    ['schedules:'],
    ['  nightly: { cron: "0 6 * * *", job: nightly }'],
  ];
  const text = `${lines.map(([line]) => line).join('\n')}\n`;
  const expected = lines.flatMap(([, found]) => found?.split(', ') ?? []);

  beforeAll(() => {
    project = makeCliProject({ 'branchline.yaml': text });
  });

  test('is told all of them at once, each with its place', async () => {
    const { diagnostics } = await project.json<{ diagnostics: Found[] }>(['check'], 2);
    expect(diagnostics.map(({ code, span }) => `${span.line}:${span.column} ${code}`)).toEqual(expected);
    const helps = Object.fromEntries(
      diagnostics.map(({ span, code, message, help }) => [`${span.line} ${code}`, `${message} ${help}`]),
    );
    expect(helps['7 unknown-key']).toContain('did you mean `branchline/backfill`?');
    expect(helps['8 unknown-key']).toContain('did you mean `strategy`?');
    expect(helps['9 wrong-type']).toContain('write `max_runtime_seconds: 7200`: seconds, without a unit');
    expect(helps['15 unknown-pool']).toContain('did you mean `api`?');
    expect(helps['17 unknown-partitions']).toContain('did you mean `regions`?');
    expect(helps['18 bad-mapping']).toContain('did you mean `eu`?');
  });

  test.each([
    [['run', '--select', '*']],
    [['run', '--job', 'nightly']],
    [['run', '--select', 'key:a', '--partitions', 'eu']],
    [['tick']],
    [['plan']],
  ])('%j queues nothing', async (args) => {
    const end = await project.run(args);
    expect(end.code).toBe(2);
    expect(end.stdout + end.stderr).toContain('bad-cron');
    expect(recorded()).toBe('');
  });

  test('keys that are not there are told with the nearest, and nothing is queued', async () => {
    project.write(
      'branchline.yaml',
      'name: shop\nassets:\n  a: { run: "true", partitions: { static: [eu, us] } }\n  b: { run: "true", partitions: { daily: { start: 2026-01-01 } } }\n',
    );
    for (const [select, keys, told] of [
      ['key:a', 'eo', 'the nearest: eu'],
      ['key:a', 'us...eu', 'write `eu...us`'],
      ['key:b', '2025-12-31', 'the nearest: 2026-01-01'],
      ['key:b', '2026-01-01..2026-01-03', 'three dots'],
    ] as const) {
      const end = await project.run(['run', '--select', select, '--partitions', keys]);
      expect([end.code, end.stdout + end.stderr]).toEqual([2, expect.stringContaining(told)]);
    }
    expect(recorded()).toBe('');
  });
});

describe('a mistake of indentation', () => {
  const check = async (text: string, code: number): Promise<readonly Found[]> => {
    project.write('branchline.yaml', text);
    return (await project.json<{ diagnostics: Found[] }>(['check'], code)).diagnostics;
  };
  const told = (found: readonly Found[]): readonly unknown[] =>
    found.map(({ code, severity, span, help }) => [code, severity, span.line, help]);

  test('of an asset that is one level too deep names how far it has to move', async () => {
    const deep = `name: shop
assets:
  raw/orders:
    run: "true"
    marts/orders:
      deps: [raw/orders]
      run: "true"
`;
    const found = await check(deep, 2);
    expect(found[0]!.message).toBe('assets have no key `marts/orders`');
    expect(told(found)).toEqual([
      [
        'unknown-key',
        'error',
        5,
        'it looks like an asset that is indented one level too deep; move it 2 spaces to the left',
      ],
    ]);
    const wide = deep.replaceAll('  ', '    ');
    expect(told(await check(wide, 2))[0]).toContain(
      'it looks like an asset that is indented one level too deep; move it 4 spaces to the left',
    );
    const moved = deep.replace(/^ {4}marts\/orders:\n {6}deps(.*)\n {6}run/m, '  marts/orders:\n    deps$1\n    run');
    expect(await check(moved, 0)).toEqual([]);
    const flow = 'name: shop\nassets: { a: { run: "true", b: { run: "true" } } }\n';
    expect(told(await check(flow, 2))[0]).toContain(
      'it looks like an asset that is indented one level too deep; write it beside `a`',
    );
    const section = 'name: shop\nassets:\n  a: { run: "true" }\n  jobs:\n    all: { selection: "*" }\n';
    expect(told(await check(section, 2))[0]).toContain(
      '`jobs` looks like a section that is indented one level too deep; move it 2 spaces to the left',
    );
    // A section of the file, and a key of an asset: nobody knows which was meant.
    const shallow = 'name: shop\nassets:\n  a:\n    run: "true"\n  checks:\n    rows: { run: "true" }\n';
    expect(told(await check(shallow, 2))[0]).toContain(
      '`checks` looks like a section that is indented one level too deep; move it 2 spaces to the left. If it is a key of an asset above it, move it to the right instead',
    );
    const job =
      'name: shop\nassets: { a: { run: "true" } }\njobs:\n  one:\n    selection: "*"\n    two:\n      selection: "*"\n';
    expect(told(await check(job, 2))[0]).toContain(
      'it looks like a job that is indented one level too deep; move it 2 spaces to the left',
    );
    // A word that is only mistyped is no asset.
    const typo = 'name: shop\nassets:\n  a: { run: "true", chekcs: { fine: { run: "true" } } }\n';
    expect((await check(typo, 2))[0]!.message).toContain('did you mean `checks`?');
  });

  test('of a key that slipped into a script or SQL is warned of, and of nothing that only looks so', async () => {
    const slipped = `name: shop
connections: { db: { type: duckdb, path: data/a.duckdb } }
assets:
  a:
    run: |
      mkdir -p data
      echo 1 > data/a.csv
      outputs: [data/a.csv]
      checks:
        fine: { run: "true" }
  b:
    connection: db
    sql: |
      select 1 as one
      deps: [a]
`;
    expect(told(await check(slipped, 0))).toEqual(
      [
        [8, 'run'],
        [9, 'run'],
        [15, 'sql'],
      ].map(([line, beside]) => [
        'key-in-text',
        'warning',
        line,
        `it looks like a key that is indented too deep: move it 2 spaces to the left, to stand beside \`${beside}\``,
      ]),
    );
    const fine = `name: shop
assets:
  a:
    run: |
      cat > x.yaml <<EOF
      outputs: [data/a.csv]
      EOF
  b:
    shell: python
    run: |
      deps: list = []
      timeout: int = 3
  c: { run: "echo outputs: x" }
  d:
    run: |
      echo "checks: fine"
      : outputs: x
`;
    expect(await check(fine, 0)).toEqual([]);
  });
});

describe('files in another encoding', () => {
  const latin = (text: string): Buffer => Buffer.from(text, 'latin1');
  const inProject = (path: string, bytes: Buffer): void => {
    project.write(path, '');
    writeFileSync(join(project.root, path), bytes);
  };

  beforeAll(() => project?.remove());

  test('are told with the place and the cure, each once', async () => {
    project = makeCliProject({
      'branchline.yaml':
        'name: shop\nconnections: { lake: { type: duckdb, path: lake.duckdb } }\nassets:\n  a: { connection: lake, sql: sql/a.sql }\n  b: { deps: [c], run: "true" }\n',
    });
    inProject('pipelines/a.yaml', latin('# fine\nassets:\n  c: { run: "true", description: café }\n  d: {}\n'));
    inProject('pipelines/b.yaml', Buffer.from('\ufeffassets: { e: { run: "true" } }\n', 'utf16le'));
    inProject('sql/a.sql', latin("select 1 as one,\n  'né' as name\n"));
    const { diagnostics } = await project.json<{ diagnostics: (Found & { span: { file: string } })[] }>(['check'], 2);
    expect(diagnostics.map(({ code, span, help }) => [code, span.file, span.line, span.column, help])).toEqual([
      ['not-utf8', 'pipelines/a.yaml', 3, 37, 'save it as UTF-8'],
      ['not-utf8', 'pipelines/b.yaml', 1, 1, 'save it as UTF-8'],
      ['not-utf8', 'sql/a.sql', 2, 5, 'save it as UTF-8'],
    ]);
    const run = await project.run(['run']);
    expect([run.code, run.stdout]).toEqual([2, expect.stringContaining('save it as UTF-8')]);
    inProject('branchline.yaml', latin('name: shop\ndescription: né\nassets: 5\n'));
    const own = await project.json<{ diagnostics: Found[] }>(['check'], 2);
    expect(own.diagnostics.map(({ code, span }) => `${span.line}:${span.column} ${code}`)).toEqual(['2:15 not-utf8']);
  });
});

describe('SQL that no database could take', () => {
  beforeAll(() => {
    project?.remove();
    project = makeCliProject({
      'branchline.yaml': `name: shop
connections: { lake: { type: duckdb, path: lake.duckdb } }
defaults: { connection: lake }
assets:
  a: { sql: "select 'one as name" }
  b: { sql: "-- later" }
  c:
    sql: |
      select 1 as one
      /* and /* more */
  d: { sql: sql/d.sql }
  e: { sql: sql/e.sql }
  f: { sql: sql/f.sql, checks: { own: { sql: "select $x$ from \${{ this }}" }, none: { sql: "/* todo */ ;" } } }
  g:
    sql: |
      select 'it''s -- fine' as a, "b""c" as b -- 'open
  h: { sql: sql/h.sql }
`,
      'sql/d.sql': '',
      'sql/e.sql': 'select 1 as "one,\n  2 as two\n',
      'sql/f.sql': "select $q$ it's $q$ as f, e'\\'' as g /* a /* b */ c */;\n",
      'sql/h.sql': '\n  -- nothing\n\n/* yet */\n',
    });
  });

  test('is told by `check` with its place, all at once', async () => {
    const { diagnostics } = await project.json<{ diagnostics: (Found & { span: { file: string } })[] }>(['check'], 2);
    expect(
      diagnostics.map(({ code, span, message, help }) =>
        [`${span.file}:${span.line}:${span.column}`, code, message, help].join(' | '),
      ),
    ).toEqual([
      "branchline.yaml:5:21 | unclosed-sql | this quote is never closed | close it with `'`",
      'branchline.yaml:6:14 | empty-sql | there is no statement here, only comments | write a statement, such as `select …`',
      'branchline.yaml:10:7 | unclosed-sql | this comment is never closed | close it with `*/`',
      'branchline.yaml:13:54 | unclosed-sql | this quote is never closed | close it with `$x$`',
      'branchline.yaml:13:93 | empty-sql | there is no statement here, only comments | write a statement, such as `select …`',
      'sql/d.sql:1:1 | empty-sql | this file is empty | write a statement, such as `select …`',
      'sql/e.sql:1:13 | unclosed-sql | this quote is never closed | close it with `"`',
      'sql/h.sql:2:3 | empty-sql | there is no statement here, only comments | write a statement, such as `select …`',
    ]);
  });
});
