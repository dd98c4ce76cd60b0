import { describe, expect, it } from 'vitest';
import { found, HEAD } from '../testing/manifest-findings.ts';
import { buildProject, projectOf, showDiagnostic } from '../testing/project-builder.ts';

describe('partitions', () => {
  const MULTI = 'partitions: { multi: { day: { daily: { start: 2026-01-01 } }, region: { static: [eu, us] } } }';
  it('are shared by name, and a step has those of its assets', () => {
    const { assets, steps } = projectOf({
      'branchline.yaml': `${HEAD}timezone: Europe/Berlin
partitions: { days: { daily: { start: 2026-01-01, hour_offset: 6 } } }
assets:
  a: { run: "true", partitions: days, backfill_policy: { multi_run: { max_partitions_per_run: 10 } } }
  b: { connection: db, sql: "select 1 as day ", deps: [a], relation: b, partitions: days, partition_expr: day }
  c: { run: "true", deps: [{ asset: a, partition_mapping: { last: true } }] }
  d: { run: "true", deps: [{ asset: a, partition_mapping: all }] }
  e: { run: "true", partitions: days, deps: [{ asset: a, partition_mapping: identity }], backfill_policy: single_run }
  f: { run: "true", partitions: days, deps: [{ asset: a, partition_mapping: { identity: true } }] }
`,
    });
    const days = {
      kind: 'time',
      cron: '0 6 * * *',
      timezone: 'Europe/Berlin',
      start: '2026-01-01',
      format: '%Y-%m-%d',
      endOffset: 0,
    };
    expect(assets['a']!.partitions).toEqual(days);
    expect(steps['a']).toMatchObject({ partitions: days, backfillPolicy: { kind: 'multi_run', partitionsMax: 10 } });
    expect(assets['b']).toMatchObject({ partitions: days, partitionExpr: 'day' });
    expect(assets['c']).toMatchObject({ deps: ['a'], mappings: { a: { kind: 'last' } } });
    expect(assets['d']).toMatchObject({ mappings: { a: { kind: 'all' } } });
    for (const key of ['e', 'f']) expect(assets[key]).toMatchObject({ mappings: { a: { kind: 'identity' } } });
    expect(steps['e']).toMatchObject({ backfillPolicy: { kind: 'single_run' } });
  });
  it('alike are one, however they are written', () => {
    const { assets, partitions } = projectOf({
      'branchline.yaml': `${HEAD}partitions: { days: { daily: { start: 2026-01-01 } } }
assets:
  a: { run: "true", partitions: days }
  b: { run: "true", partitions: { daily: { start: 2026-01-01, hour_offset: 0 } } }
  c: { run: "true", partitions: { daily: { start: 2026-01-02 } } }
`,
    });
    expect(assets['a']!.partitions).toBe(partitions['days']);
    expect(assets['b']!.partitions).toBe(partitions['days']);
    expect(assets['c']!.partitions).not.toEqual(partitions['days']);
  });
  it('that have not begun are warned of where there is a clock, once, at their start', () => {
    const at = (now: string | undefined, text: string) =>
      buildProject(
        { 'branchline.yaml': HEAD + text },
        undefined,
        now === undefined ? undefined : Date.parse(now),
      ).diagnostics.map(showDiagnostic);
    const far = `partitions: { days: { daily: { start: 2999-01-01, timezone: Europe/Berlin } } }
assets:
  a: { run: "true", partitions: days }
  b: { run: "true", partitions: days }
`;
    expect(at('2026-11-29T00:00:00Z', far)).toEqual([
      'warning partitions-to-come branchline.yaml:4:39 (10) there are no partitions yet: the first begins at 2999-01-01 00:00 Europe/Berlin, which is complete at 2999-01-02 00:00 Europe/Berlin',
    ]);
    expect(at(undefined, far)).toEqual([]);
    const own = (keys: string) =>
      `assets:\n  a: { run: "true", partitions: { daily: { start: 2026-12-01${keys} } } }\n`;
    expect(at('2026-11-30T23:59:59Z', own(''))).toHaveLength(1);
    expect(at('2026-12-01T00:00:00Z', own(''))).toEqual([]);
    // Windows that are made before they are over.
    expect(at('2026-11-30T12:00:00Z', own(', end_offset: 3'))).toEqual([]);
    expect(projectOf({ 'branchline.yaml': HEAD + far }).assets['a']!.partitions).toMatchObject({ start: '2999-01-01' });
  });
  it('of several dimensions have a column for each', () => {
    const { assets } = projectOf({
      'branchline.yaml': `${HEAD}assets:
  a: { connection: db, sql: "select 1", partition_expr: { day: d, region: r }, ${MULTI} }
`,
    });
    expect(assets['a']!.partitionExpr).toEqual({ day: 'd', region: 'r' });
  });
  it('of several dimensions, and of a multi-asset', () => {
    const { assets } = projectOf({
      'branchline.yaml': `${HEAD}multi_assets:
  m:
    run: "true"
    partitions: { multi: { day: { daily: { start: 2026-01-01 } }, region: { static: [eu, us] } } }
    specs: { x: {}, y: {} }
`,
    });
    expect(assets['y']!.partitions).toMatchObject({ kind: 'multi', dimensions: { region: { keys: ['eu', 'us'] } } });
  });
  const asset = (text: string): string => `assets:\n  a: { run: "true", ${text} }\n`;
  /** The same, and something that it reads. */
  const reading = (keys: string): string => `${asset(`deps: [b], ${keys}`)}  b: { run: "true" }\n`;
  it.each([
    [
      `${asset('partitions: dayz')}partitions: { days: { daily: { start: 2026-01-01 } } }\n`,
      'unknown-partitions',
      'did you mean',
    ],
    [asset('partitions: { daily: { start: 2026-02-30 } }'), 'bad-partitions', '2026-02-30'],
    [asset('partitions: { daily: { start: yesterday } }'), 'bad-format', ''],
    [
      asset('partitions: { daily: { start: 2026-01-02, end: 2026-01-02 } }'),
      'bad-partitions',
      'the first one ends later',
    ],
    [asset('partitions: { daily: { start: 2026-01-02, end: 2026-02-30 } }'), 'bad-partitions', '2026-02-30'],
    [asset('partitions: { daily: { start: 2026-01-01, timezone: Europe/Berlinn } }'), 'unknown-zone', 'Europe/Berlin'],
    [
      asset('partitions: { cron: { schedule: "0 0 30 2 *", start: 2026-01-01, format: "%Y" } }'),
      'bad-partitions',
      'never comes',
    ],
    [
      asset('partitions: { cron: { schedule: "0 * * * *", start: 2026-01-01, format: "%Y-%m-%d" } }'),
      'bad-partitions',
      'several windows',
    ],
    [asset('partitions: { static: [eu, eu] }'), 'bad-partition-key', 'twice'],
    [asset('partitions: { static: ["a...b"] }'), 'bad-format', ''],
    [asset('partitions: { multi: { a: { static: ["x|y"] }, b: { static: [z] } } }'), 'bad-partition-key', '|'],
    [asset('partitions: { daily: { start: 2026-01-01 }, static: [a] }'), 'conflict', ''],
    [asset('partitions: {}'), 'missing-key', ''],
    [asset('partition_expr: day'), 'key-without-effect', ''],
    ['assets:\n  a: { external: true, partitions: { static: [a] } }\n', 'key-without-effect', 'external'],
    [
      `assets:\n  a: { connection: db, sql: "select 1", partition_expr: day, ${MULTI} }\n`,
      'bad-partition-expr',
      'partition_expr: { day: day, region: region }',
    ],
    [
      `assets:\n  a: { connection: db, sql: "select 1", partition_expr: { day: d }, ${MULTI} }\n`,
      'bad-partition-expr',
      'no column for the dimension region',
    ],
    [
      `assets:\n  a: { connection: db, sql: "select 1", partition_expr: { day: d, region: r, reigon: x }, ${MULTI} }\n`,
      'bad-partition-expr',
      'did you mean `region`?',
    ],
    [
      'assets:\n  a: { connection: db, sql: "select 1", partition_expr: { day: d }, partitions: { static: [a] } }\n',
      'bad-partition-expr',
      'have no dimensions',
    ],
    [
      asset('partitions: { multi: { start: { static: [a] }, b: { static: [c] } } }'),
      'bad-partitions',
      'BRANCHLINE_PARTITION_START',
    ],
    [
      asset('partitions: { multi: { a-b: { static: [a] }, a_b: { static: [c] } } }'),
      'bad-partitions',
      'BRANCHLINE_PARTITION_A_B',
    ],
    [asset('partitions: { static: [a] }, outputs: [data/x.csv]'), 'outputs-of-partitions', 'partition.key'],
    [asset('outputs: ["data/${{ partition.key }}.csv"]'), 'partition-of-none', ''],
    ['assets:\n  a: { connection: db, sql: "select ${{ partition.key }} as k" }\n', 'partition-of-none', ''],
    [
      'assets:\n  a: { connection: db, sql: "select 1", partitions: { static: [a] } }\n',
      'missing-key',
      'partition_expr',
    ],
    [
      'assets:\n  a: { connection: db, sql: "select 1", materialized: view, partitions: { static: [a] } }\n',
      'partitioned-view',
      '',
    ],
    [
      asset('partitions: { static: [a] }') +
        '  b: { run: "true", partitions: { daily: { start: 2026-01-01 } }, deps: [a] }\n',
      'bad-mapping',
      'nothing in common',
    ],
    [
      asset('partitions: { static: [eu] }') +
        '  b: { run: "true", deps: [{ asset: a, partition_mapping: { specific: [eo] } }] }\n',
      'bad-mapping',
      '`eu`',
    ],
    [
      asset('partitions: { static: [eu, us] }') +
        '  b: { run: "true", partitions: { static: [e, w] }, deps: [{ asset: a, partition_mapping: { static: { e: [eo], ww: [us] } } }] }\n',
      'bad-mapping',
      '`b` has no partition `ww`; did you mean `w`?; `a` has no partition `eo`; did you mean `eu`? (`static` says by partition of `b` which ones of `a` it reads)',
    ],
    [
      asset('partitions: { static: [eu] }') +
        '  b: { run: "true", partitions: { static: [eu, jp] }, deps: [{ asset: a, partition_mapping: { identity: true } }] }\n',
      'bad-mapping',
      '`a` has no partition `jp`',
    ],
    ...(
      [
        ['time_window: { start_offset: 1, end_offset: -1 }', 'begin 2 windows after it ends'],
        ['time_window: { start_offset: 1 }', '`start_offset` (1) is at most `end_offset` (0)'],
        ['specific: ["2026-01-32", "2026-01-02", "2025-12-31"]', '`a` has no partitions `2026-01-32`, `2025-12-31`'],
      ] as const
    ).map(([mapping, words]): [string, string, string] => [
      `${asset('partitions: days')}  b: { run: "true", partitions: days, deps: [{ asset: a, partition_mapping: { ${mapping} } }] }\npartitions: { days: { daily: { start: 2026-01-01 } } }\n`,
      'bad-mapping',
      words,
    ]),
    ...['{ hourly: { start: 2026-01-01 } }', MULTI.slice('partitions: '.length)].map(
      (other): [string, string, string] => [
        `${asset(`partitions: ${other}`)}  b: { run: "true", partitions: { daily: { start: 2026-01-01 } }, deps: [{ asset: a, partition_mapping: identity }] }\n`,
        'bad-mapping',
        '`identity` reads nothing',
      ],
    ),
    [
      `${asset('partitions: { static: [eu] }')}  b: { run: "true", partitions: { daily: { start: 2026-01-01 } }, deps: [{ asset: a, partition_mapping: identity }] }\n`,
      'bad-mapping',
      '`identity` reads nothing',
    ],
    [
      `${asset('partitions: { static: [eu] }')}  b: { run: "true", deps: [{ asset: a, partition_mapping: al }] }\n`,
      'unknown-value',
      'did you mean `all`',
    ],
    [
      `${asset('partitions: { static: [eu] }')}  b: { run: "true", deps: [{ asset: a, partition_mapping: specific }] }\n`,
      'unknown-value',
      'write `partition_mapping: { specific: [eu] }`',
    ],
    [asset('backfill_policy: { single_run: true }'), 'key-without-effect', 'has no partitions'],
    [asset('partitions: { static: [a] }, backfill_policy: multi_run'), 'unknown-value', 'max_partitions_per_run: 10'],
    [asset('partitions: { multi: { day: { daily: { start: 2026-01-01 } } } }'), 'out-of-range', 'at least 2'],
    [asset('partitions: { daily: 2026-01-01 }'), 'wrong-type', 'for example `daily: { start:'],
    [asset('automation: { on_cron: "0 6 * * *" }'), 'wrong-type', 'for example `on_cron: { cron: "0 6 * * *"'],
    [asset('automation: eagerly'), 'unknown-value', 'did you mean `eager`'],
    [asset('automation: on_misssing'), 'unknown-value', 'did you mean `on_missing`'],
    [asset('automation: on_cron'), 'unknown-value', ''],
    [
      `${asset('automation: eager')}\nschedules: { s: { cron: "@daily", selection: "*" } }`,
      'automation-without-deps',
      'reads nothing that could be updated',
    ],
    [asset('automation: on_missing'), 'automation-without-ring', 'schedules: { daily: { cron: "@daily", selection:'],
    [
      'assets: { x: { external: true }, a: { run: "true", deps: [x], automation: eager } }',
      'automation-without-ring',
      'the project has no schedule',
    ],
    [
      asset('automation: { on_cron: { cron: "@daily" } }'),
      'automation-without-deps',
      'at each tick, as a schedule would',
    ],
    [reading('automation: { on_cron: { cron: "0 0 30 2 *" } }'), 'bad-cron', 'never comes'],
    [reading('automation: { on_cron: { cron: "@daily", timezone: Europe/Berln } }'), 'unknown-zone', 'Europe/Berlin'],
    [asset('automation: { on_cron: {} }'), 'missing-key', '`cron`'],
    ['assets: { a: { external: true, automation: eager } }', 'key-without-effect', 'it is external'],
    ['assets: { a: { external: true, retry_policy: { max_retries: 2 } } }', 'key-without-effect', 'it is external'],
    ['pools: { p: 1 }\nassets: { a: { external: true, pool: p } }', 'key-without-effect', 'it is external'],
    [
      'runners: { r: { runs-on: x } }\nassets: { a: { external: true, runner: r } }',
      'key-without-effect',
      'it is external',
    ],
    [
      asset('partitions: { daily: { start: 2026-01-01 } }, partition_expr: day'),
      'key-without-effect',
      'no table whose rows it could find',
    ],
    [reading('automation: { on_cron: { cron: "61 * * * *" } }'), 'bad-cron', ''],
    [asset('backfill_policy: { multi_run: { max_partitions_per_run: 0 } }'), 'out-of-range', ''],
  ])('%j', (text, code, words) => {
    const lines = buildProject({ 'branchline.yaml': HEAD + text }).diagnostics;
    expect(lines.map((line) => line.code)).toEqual([code]);
    expect(`${lines[0]!.message} ${lines[0]!.help}`).toContain(words);
  });
});

it('what is wrong with a partitioned table is said together with what is wrong with its SQL', () => {
  const text = `assets:\n  a: { connection: db, sql: "select '\${{ partition.key }}' as k", partitions: { static: [a] } }\n`;
  const lines = buildProject({ 'branchline.yaml': HEAD + text }).diagnostics;
  expect(lines.map((line) => line.code).toSorted()).toEqual(['bad-expression', 'missing-key']);
});

describe('partitions that a schedule asks for', () => {
  const scheduled = (selection: string, partitions: string): string[] =>
    found(`partitions: { days: { daily: { start: 2026-01-01 } }, regions: { static: [eu, us] } }
assets:
  day: { run: "true", partitions: days }
  region: { run: "true", partitions: regions }
  both: { run: "true", partitions: { multi: { day: days, region: regions } } }
  any: { run: "true", partitions: { dynamic: customers } }
  whole: { run: "true" }
schedules:
  s: { cron: "0 6 * * *", selection: "${selection}", partitions: "${partitions}" }
`);
  it.each([
    ['key:day', '2026-01-05'],
    ['key:day', '2031-01-01...2031-02-01, 2026-01-01'],
    ['key:day', 'missing'],
    ['key:region', 'eu...us'],
    ['key:both', '2026-01-05|us'],
    ['key:any', 'acme'],
    ['key:day or key:region', 'eu'],
    ['key:whole or key:region', 'all'],
  ])('%s: %s can come', (selection, text) => {
    expect(scheduled(selection, text)).toEqual([]);
  });
  it.each([
    ['key:day', '2026-13-01', 'bad-partition-key', '`2026-13-01`; the nearest: `2026-12-31`, `2027-01-01`'],
    ['key:day', '2026-11-31', 'bad-partition-key', '`2026-11-31`; the nearest: `2026-11-30`, `2026-12-01`'],
    ['key:day', '2026-3-1', 'bad-partition-key', '`2026-3-1`; the nearest: `2026-03-01`'],
    ['key:day', '2025-12-31', 'bad-partition-key', '`2025-12-31`; the first one is `2026-01-01`'],
    ['key:day', 'yesterday', 'bad-partition-key', '`yesterday`; the first one is `2026-01-01`'],
    ['key:day', '2026-01-05...2026-01-01', 'bad-partition-key', 'write `2026-01-01...2026-01-05`'],
    ['key:region', 'eo, uss', 'bad-partition-key', 'the nearest: eu; `uss` is no partition'],
    ['key:region', 'us...eu', 'bad-partition-key', 'write `eu...us`'],
    [
      'key:both',
      '2026-01-05|jp',
      'bad-partition-key',
      'region: `jp` is no partition (they go from eu to us); the nearest:',
    ],
    [
      'key:both',
      '2026-11-31|us',
      'bad-partition-key',
      '; day: there can be no partition `2026-11-31`; the nearest: `2026-11-30`',
    ],
    ['key:both', '2026-01-05', 'bad-partition-key', 'a key names day | region, in this order'],
    ['key:whole', 'all', 'key-without-effect', 'has partitions'],
  ])('%s: %s cannot', (selection, text, code, words) => {
    const [line = '', ...more] = scheduled(selection, text);
    expect(more).toEqual([]);
    expect(line.split(' ')[0]).toBe(code);
    expect(line).toContain(words);
  });
});
