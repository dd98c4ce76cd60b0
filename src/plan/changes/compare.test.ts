import { describe, expect, test } from 'vitest';
import type { ChangeReason, ProjectChanges, ValueChange } from '../../model/changes.ts';
import type { Asset, Check, Project, StepDef } from '../../model/project.ts';
import { selectionScope } from '../../project/listing.ts';
import { select } from '../../project/selection-evaluate.ts';
import { type Files, projectOf, sourceTreeOf } from '../../testing/project-builder.ts';
import { changedOf, compareProjects } from './compare.ts';
import type { ProjectVersion } from './side.ts';

const PROJECT = `name: shop
connections:
  warehouse: { type: duckdb, path: data/w.duckdb }
`;
const MANIFEST = `assets:
  raw/orders:
    run: python ingest/orders.py
    outputs: [data/orders.csv]
    env: { DAY: monday }
    owners: ["@acme/data"]
    tags: { team: sales }
    checks:
      rows: { row_count: {}, error_if: "< 1" }
  marts/monthly:
    connection: warehouse
    sql: ./monthly.sql
    deps: [raw/orders]
  marts/yearly:
    connection: warehouse
    sql: "select * from \${{ ref('marts/monthly') }}"
  marts/alone:
    connection: warehouse
    sql: select 1 as one
schedules:
  nightly: { cron: "0 2 * * *", selection: "key:marts/*" }
`;
const BASE: Files = {
  'branchline.yaml': PROJECT,
  'pipelines/shop.yaml': MANIFEST,
  'pipelines/monthly.sql': 'select 1 as a\nunion all\nselect 2\n',
  'ingest/orders.py': "print('a')\n",
};

function versionOf(files: Files): ProjectVersion {
  return { project: projectOf(files), tree: sourceTreeOf(files) };
}

/** The base with files replaced, or its manifest changed by replacing a text that is in it. */
function changed(edit: Files | readonly (readonly [string, string])[]): ProjectChanges {
  if (!Array.isArray(edit)) return compareProjects(versionOf(BASE), versionOf({ ...BASE, ...(edit as Files) }));
  let text = MANIFEST;
  for (const [from, to] of edit as [string, string][]) {
    if (!text.includes(from)) throw new Error(`not in the manifest: ${from}`);
    text = text.replace(from, to);
  }
  return changed({ 'pipelines/shop.yaml': text });
}

/** `raw/orders code_version: run a → b`, one line a value. */
function shown({ assets }: ProjectChanges): string[] {
  return assets.flatMap(({ asset, reasons, renamedFrom, renamedTo }) =>
    reasons.flatMap(({ reason, values }) => {
      const hint = renamedFrom ? ` from ${renamedFrom}` : renamedTo ? ` to ${renamedTo}` : '';
      return values.length === 0
        ? [`${asset} ${reason}${hint}`]
        : values.map((value) => `${asset} ${reason}: ${showValue(value)}`);
    }),
  );
}

function showValue({ what, kind, before, after, lines, file }: ValueChange): string {
  const counts = lines === undefined ? '' : ` +${lines.added} -${lines.removed}`;
  const values = before === undefined && after === undefined ? '' : ` ${before ?? ''} → ${after ?? ''}`;
  return `${kind} ${what}${values}${counts}${file === undefined ? '' : ` in ${file}`}`;
}

describe('what changed, and why', () => {
  test.each<[string, Files | readonly (readonly [string, string])[], string[]]>([
    ['nothing', {}, []],
    [
      'a SQL file',
      { 'pipelines/monthly.sql': 'select 1 as a\nunion all\nselect 3\nunion all\nselect 4\n' },
      ['marts/monthly code_version: changed pipelines/monthly.sql +3 -1 in pipelines/monthly.sql'],
    ],
    ['comments and white space of SQL', { 'pipelines/monthly.sql': '-- why\nselect 1  as a union all\nselect 2' }, []],
    [
      'a script',
      { 'ingest/orders.py': "print('b')\n" },
      ['raw/orders code_version: changed ingest/orders.py +1 -1 in ingest/orders.py'],
    ],
    ['line ends of a script', { 'ingest/orders.py': "print('a')\r\n" }, []],
    ['comments of YAML', [['assets:', '# ours\nassets:']], []],
    [
      'a run command',
      [['run: python ingest/orders.py', 'run: python ingest/orders.py --all']],
      ['raw/orders code_version: changed run python ingest/orders.py → python ingest/orders.py --all'],
    ],
    [
      'a variable',
      [['DAY: monday', 'DAY: friday, HOUR: "7"']],
      ['raw/orders code_version: changed env.DAY monday → friday', 'raw/orders code_version: added env.HOUR  → 7'],
    ],
    [
      'outputs',
      [['[data/orders.csv]', '[{ path: data/all.csv, optional: true }]']],
      ['raw/orders code_version: changed outputs data/orders.csv → data/all.csv (optional)'],
    ],
    [
      'dependencies, also those of a ref',
      [["ref('marts/monthly')", "ref('marts/alone')"]],
      [
        "marts/yearly code_version: changed sql select * from ${{ ref('marts/monthly') }} → select * from ${{ ref('marts/alone') }}",
        'marts/yearly dependencies: added marts/alone',
        'marts/yearly dependencies: removed marts/monthly',
      ],
    ],
    ['tags', [['team: sales', 'team: data']], ['raw/orders tags: changed team sales → data']],
    [
      'metadata',
      [['    sql: ./monthly.sql', '    sql: ./monthly.sql\n    description: by month\n    metadata: { link: x }']],
      ['marts/monthly metadata: added description  → by month', 'marts/monthly metadata: added link  → x'],
    ],
    [
      'checks',
      [['error_if: "< 1" }', 'error_if: "< 5", blocking: true }\n      ids: { not_null: [id] }']],
      [
        'raw/orders checks: added ids  → not_null, error',
        'raw/orders checks: changed rows blocking false, error_if < 1 → blocking true, error_if < 5',
      ],
    ],
    [
      'a column that gets a type is a check, one that is described is metadata',
      [
        [
          '    sql: ./monthly.sql',
          '    sql: ./monthly.sql\n    columns: { a: { type: integer, description: number } }',
        ],
      ],
      ['marts/monthly metadata: added column a  → number', 'marts/monthly checks: added columns  → columns, error'],
    ],
    [
      'policy',
      [['    env: { DAY: monday }', '    env: { DAY: monday }\n    timeout: 30m\n    on_lost: rebuild']],
      ['raw/orders policy: added timeout  → 1800s', 'raw/orders policy: changed on_lost fail → rebuild'],
    ],
    [
      'a schedule is policy of what it makes',
      [
        ['key:marts/*', 'key:marts/*ly'],
        ['0 2 * * *', '0 3 * * *'],
      ],
      [
        'marts/alone policy: removed schedule nightly 0 2 * * * UTC → ',
        'marts/monthly policy: changed schedule nightly 0 2 * * * UTC → 0 3 * * * UTC',
        'marts/yearly policy: changed schedule nightly 0 2 * * * UTC → 0 3 * * * UTC',
      ],
    ],
    [
      'owners',
      [['["@acme/data"]', '["@acme/sales"]']],
      ['raw/orders owners: removed @acme/data', 'raw/orders owners: added @acme/sales'],
    ],
    [
      'new and removed, and a rename is hinted',
      [['  marts/alone:', '  marts/single:']],
      ['marts/single new from marts/alone', 'marts/alone removed to marts/single'],
    ],
    [
      'another asset in its place',
      [
        ['  marts/alone:', '  marts/two:'],
        ['select 1 as one', 'select 2 as two'],
      ],
      ['marts/two new', 'marts/alone removed'],
    ],
    [
      'an asset that is made by others now',
      [['    connection: warehouse\n    sql: select 1 as one', '    connection: warehouse\n    external: true']],
      ['marts/alone code_version: changed external false → true'],
    ],
  ])('%s', (_, edit, expected) => {
    expect(shown(changed(edit))).toEqual(expected);
  });

  test('a value is cut, and never within a character', () => {
    const long = `${'x'.repeat(298)}😀${'y'.repeat(50)}`;
    const [line] = shown(changed([['DAY: monday', `DAY: "${long}"`]]));
    expect(line).toBe(`raw/orders code_version: changed env.DAY monday → ${'x'.repeat(298)}…`);
  });

  test('names that objects have by themselves are names like any other', () => {
    expect(shown(changed([['DAY: monday', 'DAY: monday, constructor: x, toString: y']]))).toEqual([
      'raw/orders code_version: added env.constructor  → x',
      'raw/orders code_version: added env.toString  → y',
    ]);
  });
});

describe('impact stands apart', () => {
  const downstream = (edit: Parameters<typeof changed>[0]): string[] =>
    changed(edit).downstream.map(({ asset, reads, hops }) => `${asset} reads ${reads.join(', ')} (${hops})`);

  test('what is made from a change', () => {
    expect(downstream({ 'ingest/orders.py': '' })).toEqual([
      'marts/monthly reads raw/orders (1)',
      'marts/yearly reads marts/monthly (2)',
    ]);
  });

  test('tags, metadata, owners and policy change no data', () => {
    expect(
      downstream([
        ['team: sales', 'team: data'],
        ['["@acme/data"]', '[]'],
      ]),
    ).toEqual([]);
  });

  test('a check has impact when it can stop what is downstream', () => {
    expect(downstream([['error_if: "< 1" }', 'error_if: "< 5" }']])).toEqual([]);
    expect(downstream([['error_if: "< 1" }', 'error_if: "< 5", blocking: true }']])).toHaveLength(2);
  });

  test('what read an asset that is gone', () => {
    const files = {
      ...BASE,
      'pipelines/shop.yaml': MANIFEST.replace(
        '\n    sql: ./monthly.sql\n    deps: [raw/orders]',
        '\n    external: true',
      ),
    };
    const { assets, downstream: after } = compareProjects(versionOf(BASE), versionOf(files));
    expect(assets.map(({ asset }) => asset)).toEqual(['marts/monthly']);
    expect(after.map(({ asset }) => asset)).toEqual(['marts/yearly']);
  });
});

describe('what is no asset of its own', () => {
  test('connections, jobs and settings, key by key', () => {
    const { project, assets } = changed({
      'branchline.yaml': `${PROJECT.replace('data/w.duckdb', 'data/v.duckdb')}timezone: Europe/Berlin\njobs:\n  all: { selection: "*" }\n`,
    });
    expect(project.map(showValue)).toEqual([
      'changed connection warehouse: path data/w.duckdb → data/v.duckdb',
      'added job all  → {"materialize":"when_stale","selection":"*","tags":{}}',
      'changed schedule nightly: timezone UTC → Europe/Berlin',
      'changed timezone UTC → Europe/Berlin',
    ]);
    expect(assets.flatMap(({ reasons }) => reasons.map(({ reason }) => reason))).toEqual([
      'policy',
      'policy',
      'policy',
    ]);
  });
});

describe('properties', () => {
  test('from head to base, new and removed change places', () => {
    const head = versionOf({ ...BASE, 'pipelines/shop.yaml': MANIFEST.replace('  marts/alone:', '  marts/single:') });
    const there = compareProjects(versionOf(BASE), head);
    const back = compareProjects(head, versionOf(BASE));
    const keys = (changes: ProjectChanges, reason: string): string[] =>
      changes.assets.filter(({ reasons }) => reasons[0]?.reason === reason).map(({ asset }) => asset);
    expect(keys(there, 'new')).toEqual(keys(back, 'removed'));
    expect(keys(there, 'removed')).toEqual(keys(back, 'new'));
  });

  test('moving a definition into another file changes nothing', () => {
    const [head, tail] = MANIFEST.split('schedules:');
    const files = { ...BASE, 'pipelines/shop.yaml': head!, 'pipelines/times.yaml': `schedules:${tail}` };
    expect(compareProjects(versionOf(BASE), versionOf(files))).toEqual({ assets: [], downstream: [], project: [] });
  });

  test('`changed:` in a selection asks the comparison', () => {
    const head = versionOf({
      ...BASE,
      'ingest/orders.py': '',
      'pipelines/shop.yaml': MANIFEST.replace('team: sales', 'team: x'),
    });
    const scope = { ...selectionScope(head.project), changedOf: changedOf(compareProjects(versionOf(BASE), head)) };
    const keys = (text: string): string[] => {
      const selected = select(text, scope);
      return selected.ok ? [...selected.value] : [selected.error.message];
    };
    expect(keys('changed:any')).toEqual(['raw/orders']);
    expect(keys('changed:any+1')).toEqual(['raw/orders', 'marts/monthly']);
    expect(keys('changed:code_version and changed:tags')).toEqual(['raw/orders']);
    expect(keys('changed:owners')).toEqual([]);
    expect(keys('changed:code')).toEqual(['there is no such change']);
  });
});

describe('every key is weighed', () => {
  const base = versionOf(BASE);
  const asset = base.project.assets['raw/orders']!;
  const step = base.project.steps['raw/orders']!;
  const check = asset.checks[0]!;
  /** Another value for each key, and the reason that it gives; the compiler asks for a new key here. */
  const assetKeys: Readonly<Record<keyof Asset, readonly [Partial<Asset>, ChangeReason | undefined]>> = {
    key: [{}, undefined],
    description: [{ description: 'x' }, 'metadata'],
    group: [{ group: 'x' }, 'metadata'],
    owners: [{ owners: [] }, 'owners'],
    tags: [{ tags: {} }, 'tags'],
    kinds: [{ kinds: ['x'] }, 'tags'],
    metadata: [{ metadata: { x: 1 } }, 'metadata'],
    columns: [{ columns: { a: { description: 'x' } } }, 'metadata'],
    deps: [{ deps: ['marts/alone'] }, 'dependencies'],
    external: [{}, undefined],
    step: [{}, undefined],
    connection: [{}, undefined],
    relation: [{ relation: { name: 'x' } }, 'code_version'],
    materialized: [{ materialized: 'none' }, 'code_version'],
    publish: [{ publish: asset.publish === 'direct' ? 'audit' : 'direct' }, 'policy'],
    outputs: [{ outputs: [] }, 'code_version'],
    onLost: [{ onLost: 'rebuild' }, 'policy'],
    incremental: [{ incremental: true }, 'code_version'],
    partitions: [{ partitions: { kind: 'static', keys: ['a'] } }, 'partitions_definition'],
    partitionExpr: [{ partitionExpr: 'day' }, 'code_version'],
    mappings: [{ mappings: { x: { kind: 'last' } } }, 'dependencies'],
    automation: [{ automation: { kind: 'eager' } }, 'policy'],
    storage: [{ storage: { type: 'none' } }, 'policy'],
    materialize: [{ materialize: 'always' }, 'policy'],
    skippable: [{ skippable: true }, 'policy'],
    checks: [{ checks: [] }, 'checks'],
    definedAt: [{ definedAt: { file: 'y', line: 9, column: 9, length: 9 } }, undefined],
    inherited: [{ inherited: { env: 'defaults' } }, undefined],
  };
  const stepKeys: Readonly<Record<keyof StepDef, readonly [Partial<StepDef>, ChangeReason | undefined]>> = {
    name: [{}, undefined],
    assets: [{}, undefined],
    action: [{ action: { kind: 'run', run: 'x', shell: 'bash' } }, 'code_version'],
    connection: [{ connection: 'warehouse' }, 'code_version'],
    canSubset: [{ canSubset: true }, 'policy'],
    code: [{ code: ['pipelines/*.sql'] }, 'code_version'],
    env: [{ env: {} }, 'code_version'],
    secrets: [{ secrets: ['X_TOKEN'] }, 'policy'],
    oidc: [{ oidc: true }, 'policy'],
    timeoutMs: [{ timeoutMs: 1000 }, 'policy'],
    retryPolicy: [
      {
        retryPolicy: {
          maxRetries: 1,
          delayMs: undefined,
          backoff: 'none',
          jitter: 'none',
          maxDelayMs: undefined,
          classes: [],
        },
      },
      'policy',
    ],
    pool: [{ pool: 'api' }, 'policy'],
    runner: [{ runner: 'gpu' }, 'policy'],
    partitions: [{ partitions: { kind: 'static', keys: ['a'] } }, undefined],
    backfillPolicy: [{ backfillPolicy: { kind: 'single_run' } }, 'policy'],
    definedAt: [{ definedAt: { file: 'y', line: 9, column: 9, length: 9 } }, undefined],
  };
  const checkKeys: Readonly<Record<keyof Check, readonly [Partial<Check>, ChangeReason | undefined]>> = {
    asset: [{}, undefined],
    name: [{ name: 'x' }, 'checks'],
    description: [{ description: 'x' }, undefined],
    severity: [{ severity: 'warn' }, 'checks'],
    blocking: [{ blocking: true }, 'checks'],
    onError: [{ onError: 'warn' }, 'checks'],
    warnIf: [{ warnIf: { op: '>', value: 1, percent: false } }, 'checks'],
    errorIf: [{ errorIf: { op: '>', value: 1, percent: true } }, 'checks'],
    where: [{ where: 'x' }, 'checks'],
    samples: [{ samples: 2 }, 'checks'],
    timeoutMs: [{ timeoutMs: 1000 }, 'checks'],
    env: [{ env: { A: 'b' } }, 'checks'],
    secrets: [{ secrets: ['X_TOKEN'] }, 'checks'],
    connection: [{ connection: 'warehouse' }, 'checks'],
    kind: [{ kind: { type: 'unique', columns: ['a'] } }, 'checks'],
    factory: [{ factory: 'x' }, undefined],
    definedAt: [{ definedAt: { file: 'y', line: 9, column: 9, length: 9 } }, undefined],
  };

  function reasonsOf(project: Project): (ChangeReason | undefined)[] {
    const { assets } = compareProjects(base, { project, tree: base.tree });
    return assets.flatMap(({ reasons }) => reasons.map(({ reason }) => reason));
  }
  const expected = (reason: ChangeReason | undefined): ChangeReason[] => (reason === undefined ? [] : [reason]);

  test.each(Object.entries(assetKeys))('of an asset: %s', (_, [change, reason]) => {
    const assets = { ...base.project.assets, 'raw/orders': { ...asset, ...change } };
    expect(reasonsOf({ ...base.project, assets })).toEqual(expected(reason));
  });
  test.each(Object.entries(stepKeys))('of a step: %s', (_, [change, reason]) => {
    const steps = { ...base.project.steps, 'raw/orders': { ...step, ...change } };
    expect(reasonsOf({ ...base.project, steps })).toEqual(expected(reason));
  });
  test.each(Object.entries(checkKeys))('of a check: %s', (_, [change, reason]) => {
    const assets = { ...base.project.assets, 'raw/orders': { ...asset, checks: [{ ...check, ...change }] } };
    expect([...new Set(reasonsOf({ ...base.project, assets }))]).toEqual(expected(reason));
  });

  test('of the project, each by its name', () => {
    const { project } = base;
    const values: Readonly<Record<keyof Project, unknown>> = {
      name: 'x',
      description: 'x',
      timezone: 'Europe/Paris',
      manifests: ['x'],
      state: { branch: 'x', remote: 'y' },
      storage: { type: 'none' },
      maxParallel: 9,
      secrets: ['X'],
      prices: { x: 1 },
      operations: { ...project.operations, pools: { api: 1 } },
      runners: { gpu: { runsOn: ['gpu'] } },
      partitions: { x: { kind: 'static', keys: ['a'] } },
      env: { X: '1' },
      connections: {},
      environments: { local: { env: { A: '1' }, connections: {} } },
      assets: project.assets,
      steps: project.steps,
      groups: { x: {} },
      multiChecks: {},
      jobs: { x: { name: 'x', selection: '*', tags: {}, materialize: 'all', definedAt: asset.definedAt } },
      schedules: project.schedules,
      selections: { x: { name: 'x', selection: '*', visibility: 'public', pinned: false, definedAt: asset.definedAt } },
      exposures: { x: { name: 'x', type: 'other', deps: [], definedAt: asset.definedAt } },
    };
    // What describes, what is its assets' own, and where manifests are found changes nothing by itself.
    const silent = ['description', 'manifests', 'partitions', 'assets', 'steps', 'groups', 'multiChecks', 'schedules'];
    const seen = Object.entries(values).flatMap(([key, value]) => {
      const changed = compareProjects(base, { project: { ...project, [key]: value }, tree: base.tree }).project;
      return changed.length === 0 ? [] : [key];
    });
    expect(seen).toEqual(Object.keys(values).filter((key) => !silent.includes(key)));
  });
});
