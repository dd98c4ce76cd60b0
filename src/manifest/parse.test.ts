import { describe, expect, test } from 'vitest';
import { parseManifest } from './parse.ts';
import type { ManifestKind } from './schema.ts';

/** `line:column+length code: message`, and what to do behind an arrow. */
function findings(text: string, kind: ManifestKind = 'manifest'): string[] {
  return parseManifest({ path: 'a.yaml', text }, kind).diagnostics.map(({ span, code, message, help }) => {
    const what = `${span.line}:${span.column}+${span.length} ${code}: ${message}`;
    return help ? `${what} → ${help}` : what;
  });
}

function check(text: string, expected: readonly string[], kind: ManifestKind = 'manifest'): void {
  expect(findings(text, kind)).toEqual(expected);
}

describe('keys', () => {
  test.each([
    ['conection: w', 'unknown-key: assets have no key `conection`; did you mean `connection`?'],
    ['patitions: 1', 'unknown-key: assets have no key `patitions`; did you mean `partitions`?'],
    ['freshness: 1', 'planned-key: `freshness` is planned but this version does not obey it yet; remove it'],
    ['depends_on: [a]', 'unknown-key: assets have no key `depends_on`; here it is called `deps`'],
    [
      'cron: "* * * * *"',
      'unknown-key: assets have no key `cron` → `cron` is a key of schedules, partitions definitions, dimensions and others',
    ],
    [
      'on: push',
      'unknown-key: assets have no key `on` → `on` is never a key of Branchline: when things run is said by `schedules`',
    ],
    [
      'partition_mappings: { a: all }',
      'unknown-key: assets have no key `partition_mappings` → a mapping stands beside the asset that is read: `deps: [{ asset: …, partition_mapping: … }]`',
    ],
    ['audits: [a]', 'unknown-key: assets have no key `audits`; here it is called `checks`'],
    [
      'key_prefix: raw',
      'unknown-key: assets have no key `key_prefix` → the prefix is part of the key: `assets: { raw/orders: … }`',
    ],
    ['zzzzzz: 1', 'unknown-key: assets have no key `zzzzzz` → docs/manifests.md has every key with an example'],
    [
      'max_parallel: 1',
      'unknown-key: assets have no key `max_parallel` → `max_parallel` stands at the top of the file: is it indented too far?',
    ],
  ])('%s', (line, expected) => {
    expect(findings(`assets:\n  x:\n    ${line}\n`).map((each) => each.replace(/^3:5\+\d+ /, ''))).toEqual([expected]);
  });

  test('project keys in a manifest', () => {
    check('connections: {}\n', [
      '1:1+11 unknown-key: manifests have no key `connections` → `connections` belongs into branchline.yaml',
    ]);
  });
  test('text with a comma in a flow mapping', () => {
    check('jobs:\n  j: { selection: "*", description: Data from outside, as it came }\n', [
      '2:56+10 unknown-key: jobs have no key `as it came` → if this is text behind a comma or a colon, put the whole text into quotes',
    ]);
  });
  test('tags of the engine', () => {
    check('jobs:\n  a: { selection: "*", tags: { branchline/priority: 5, branchline/max_retry: 1, mine: 1 } }\n', [
      '2:56+20 unknown-key: there is no tag `branchline/max_retry`; did you mean `branchline/max_retries`? → tags that begin with `branchline/` belong to the engine, which knows `priority`, `max_retries`, `max_runtime`, `retry_strategy`, `retry_on_asset_or_op_failure`; name yours without it',
    ]);
  });
  test('a misspelt key is not missed once more', () => {
    check('jobs:\n  n: { sellection: "*" }\n', [
      '2:8+10 unknown-key: jobs have no key `sellection`; did you mean `selection`?',
    ]);
    check('assets:\n  a: { checks: { c: { not_nul: [id] } } }\n', [
      '2:23+7 unknown-key: checks have no key `not_nul`; did you mean `not_null`?',
    ]);
  });
  test('every planned key of every place is told from a mistake', () => {
    const text =
      'alerts: {}\nincidents: {}\ndbt: {}\nname: x\nconnections: { a: { type: command, run: x } }\nenvironments: { pull_request: {} }\n';
    expect(findings(text, 'project').map((each) => each.split(' ')[1])).toEqual(Array(5).fill('planned-key:'));
  });
});

describe('values', () => {
  test.each([
    ['deps: raw', '+3 wrong-type: `deps` is text; a list is needed → write `deps: [raw]`'],
    [
      'timeout: 30',
      '+2 bad-duration: `timeout` needs a unit: `s`, `m`, `h` or `d` → write `30s` for seconds or `30m` for minutes',
    ],
    [
      'timeout: "30"',
      '+4 bad-duration: `30` does not fit: a duration is a whole number from 1 on and a unit, `s`, `m`, `h` or `d`: `90s`, `30m`, `2h`, `7d` → write `30s` for seconds or `30m` for minutes',
    ],
    ['sql: [a]', '+3 wrong-type: `sql` is a list; text is needed → for example `sql: pipelines/orders.sql`'],
    ['external: yes', '+3 wrong-type: `external` is text; `true` or `false` is needed → write `external: true`'],
    [
      'env: { V: 1.10 }',
      '+4 wrong-type: `V` is the number 1.1; text, `true` or `false` or a whole number is needed → write it in quotes, so that every digit stays as it is',
    ],
    [
      'env: { V: 12345678901234567890 }',
      '+20 out-of-range: 12345678901234567000 is too large to keep its digits → write it in quotes',
    ],
    [
      'on_lost: rebild',
      '+6 unknown-value: `on_lost` cannot be `rebild`; did you mean `rebuild`? → known are `rebuild`, `fail`',
    ],
    [
      'owners: [acme]',
      '+4 bad-format: `acme` does not fit: an owner is `@login`, `@org/team`, an e-mail address or `team:name`',
    ],
    [
      'automation: on_cron',
      '+7 unknown-value: `automation`: `on_cron` needs more than its name → write `automation: { on_cron: { cron: "0 6 * * *" } }`',
    ],
    ['automation: { eager: true }', '+15 wrong-type: `eager` is a word and no key → write `automation: eager`'],
    [
      'automation: { on_missing: false }',
      '+21 wrong-type: `on_missing` is a word and no key → remove the key if that is not meant, or write `automation: null`',
    ],
    [
      'automation: { on_missing: , eager: }',
      '+21 wrong-type: `on_missing` is a word and no key → one of them can be said: write `automation: on_missing`',
    ],
    [
      'automation: on_corn',
      '+7 unknown-value: `automation` cannot be `on_corn`; did you mean `on_cron`? → known are `eager`, `on_missing`, `{ on_cron: { cron: "0 6 * * *" } }`',
    ],
    [
      'retry_policy: { max_retries: 1, on: [infra] }',
      '+2 unknown-key: retry policies have no key `on` → which failures are repeated is said by `classes`, for example `classes: [timeout, crash]`',
    ],
    [
      'partitions: { dynamic: true }',
      '+4 wrong-type: `dynamic` is `true`; text is needed → for example `dynamic: customers`; as text it is `dynamic: "true"`',
    ],
    [
      'automation: true',
      '+4 unknown-value: `automation` cannot be `true` → known are `eager`, `on_missing`, `{ on_cron: { cron: "0 6 * * *" } }`',
    ],
    [
      'automation: { on_cron: { schedule: "0 6 * * *" } }',
      '+8 unknown-key: `on_cron` has no key `schedule`; here it is called `cron`',
    ],
    ['run: " "', '+3 bad-format: `run` is blank → write a value, or remove the key'],
    [
      'metadata: { a: .inf }',
      '+4 wrong-type: `a` is no finite number; text, a number, `true` or `false`, a list or a mapping is needed → if it is text, write it in quotes',
    ],
  ])('%s', (line, expected) => {
    expect(findings(`assets:\n  x:\n    ${line}\n`).map((each) => each.replace(/^3:\d+/, ''))).toEqual([expected]);
  });

  test.each(['400', '"400"'])('a retention without a unit is told in days: %s', (written) => {
    expect(findings(`name: x\nstate: { retention: ${written} }\n`, 'project')).toEqual([
      expect.stringMatching(/bad-duration: .* → write `400d` for days$/),
    ]);
  });
  test('a retention that would be too short is not offered', () => {
    expect(findings('name: x\nstate: { retention: 20 }\n', 'project')).toEqual([
      expect.stringMatching(/bad-duration: .* → write `30d` or more days$/),
    ]);
  });
  test('a limit of a pool that is no number has an example', () => {
    expect(findings('name: x\npools: { api: two }\n', 'project')).toEqual([
      expect.stringMatching(/wrong-type: `api` is text; a whole number is needed → for example `api: 4`$/),
    ]);
  });
  test('names in words', () => {
    expect(findings('assets:\n  "a b": { run: x }\n')).toEqual([
      '2:3+5 bad-name: `a b` cannot be a name: a name of an asset consists of letters, digits, `_`, `.` and `-`, and begins with a letter, digit or `_`, segments joined by `/`',
    ]);
  });
  test('a list where names are keys', () => {
    expect(findings('assets:\n  - name: raw\n    run: x\n')).toEqual([
      expect.stringMatching(
        /^2:3\+11 wrong-type: `assets` is a list; a mapping is needed → for example `assets: \{ raw\/orders/,
      ),
    ]);
  });
  test('text instead of a file', () => {
    expect(findings('assets\n')).toEqual([
      expect.stringMatching(/^1:1\+6 wrong-type: the file is text; a mapping is needed/),
    ]);
  });
  test('run and sql at once, in one line and in two', () => {
    const { diagnostics } = parseManifest(
      { path: 'a.yaml', text: 'assets:\n  x:\n    sql: a\n    run: b\n' },
      'manifest',
    );
    expect(diagnostics).toEqual([
      {
        code: 'conflict',
        severity: 'error',
        message: 'an asset is made either by `run` or by `sql`; remove one of them',
        span: { file: 'a.yaml', line: 4, column: 5, length: 3 },
        related: [{ span: { file: 'a.yaml', line: 3, column: 5, length: 3 }, note: 'the other one' }],
      },
    ]);
    check('assets:\n  x: { run: null, sql: a }\n', []);
  });
  test('a check tests exactly one thing, and a number needs a bound', () => {
    const codes = (line: string) =>
      findings(`assets:\n  x:\n    checks:\n      c: ${line}\n`).map((each) => each.split(/[ :]/)[2]);
    expect(codes('{ severity: warn }')).toEqual(['missing-key']);
    expect(codes('{ not_null: [a], unique: [a] }')).toEqual(['conflict']);
    expect(codes('{ row_count: {} }')).toEqual(['missing-key']);
    expect(codes('{ row_count: {}, error_if: "< 1" }')).toEqual([]);
    expect(codes('{ sql: a, value: true }')).toEqual(['missing-key']);
    expect(codes('{ not_null: [a], value: true }')).toEqual(['conflict']);
    expect(codes('{ row_count: {}, warn_if: 10 }')).toEqual(['wrong-type']);
    expect(codes('{ row_count: {}, warn_if: "10" }')).toEqual(['bad-format']);
    expect(codes('{ row_count: {}, warn_if: "not between 1 and 9" }')).toEqual([]);
    expect(codes('{ change: { of: row_count } }')).toEqual(['planned-key']);
  });
  test('the kind of a connection decides which keys it has', () => {
    check(
      'name: x\nconnections:\n  a: { type: mysql }\n  b: { path: y }\n  c: { type: duckdb, path: y, url: z }\n',
      [
        '3:14+5 unknown-value: `type` cannot be `mysql` → known are `duckdb`, `postgres`',
        '4:3+1 missing-key: a connection needs `type` → write `type: duckdb` or `type: postgres`',
        '5:31+3 unknown-key: `duckdb` connections have no key `url` → `url` is a key of exposures and `postgres` connections and connections of an environment',
      ],
      'project',
    );
  });
});

describe('what is left of a file with mistakes', () => {
  test('fits the schema, and names what had to go', () => {
    const text = 'assets:\n  a: { run: x, deps: raw }\n  b: { run: y }\njobs:\n  j: { selektion: "*" }\n';
    const { document } = parseManifest({ path: 'a.yaml', text }, 'manifest');
    expect(document?.value).toEqual({ assets: { a: { run: 'x' }, b: { run: 'y' } }, jobs: {} });
    expect(document?.broken).toEqual([
      ['assets', 'a', 'deps'],
      ['jobs', 'j', 'selektion'],
      ['jobs', 'j'],
    ]);
  });
  test('a project keeps its connections when its name is wrong', () => {
    const text = 'name: My Project\nconnections: { w: { type: duckdb, path: a.duckdb } }\n';
    const { document, diagnostics } = parseManifest({ path: 'branchline.yaml', text }, 'project');
    expect(diagnostics.map((each) => each.code)).toEqual(['bad-format']);
    expect(document?.value).toMatchObject({ connections: { w: { type: 'duckdb', path: 'a.duckdb' } } });
    expect(document?.broken).toEqual([['name']]);
  });
});

describe('what is fine', () => {
  test.each([
    ['an empty file', ''],
    ['only comments', '# nothing yet\n'],
    ['a byte order mark', '\uFEFFassets:\n  a: { run: x }\n'],
    ['CRLF', 'assets:\r\n  a: { run: x }\r\n'],
    ['a document start', '---\nassets: {}\n...\n'],
    ['a spec without keys', 'multi_assets:\n  m: { run: x, specs: { a: , b: { skippable: true } } }\n'],
  ])('%s', (_name, text) => {
    const { document, diagnostics } = parseManifest({ path: 'a.yaml', text }, 'manifest');
    expect(diagnostics).toEqual([]);
    expect(document?.kind).toBe('manifest');
  });

  test('dates and version-like words stay text, `on` and `yes` too', () => {
    const text = 'defaults:\n  metadata: { day: 2020-01-01, at: 12:30, octal: 0o17, yes: no, null: ~ }\n';
    expect(parseManifest({ path: 'a.yaml', text }, 'manifest').document?.value.defaults?.metadata).toEqual({
      day: '2020-01-01',
      at: '12:30',
      octal: 15,
      yes: 'no',
      null: null,
    });
  });
});

describe('places', () => {
  const text =
    '\uFEFFassets:\n  "raw/x":\n    sql: |\n      select 1\n    deps: [a, "b"]\n    tags: { x: y }\n    run:\n  b:\n    - 1\n';
  const yaml = parseManifest({ path: 'a.yaml', text: text.replace('  b:\n    - 1\n', '') }, 'manifest').document!;
  const at = (pointer: readonly (string | number)[], what?: 'key' | 'value') => {
    const { line, column, length } = yaml.locate(pointer, what);
    return `${line}:${column}+${length}`;
  };
  test.each([
    [['assets'], 'key', '1:1+6'],
    [['assets', 'raw/x'], 'key', '2:3+7'],
    [['assets', 'raw/x', 'sql'], 'value', '4:7+8'],
    [['assets', 'raw/x', 'deps'], 'value', '5:11+8'],
    [['assets', 'raw/x', 'deps', 1], 'value', '5:15+3'],
    [['assets', 'raw/x', 'tags'], 'value', '6:11+8'],
    [['assets', 'raw/x', 'run'], 'value', '7:5+3'],
    [['assets', 'raw/x', 'nowhere', 'at', 'all'], 'key', '2:3+7'],
    [[], 'value', '1:1+7'],
  ] as const)('%j %s', (pointer, what, expected) => {
    expect(at(pointer, what)).toBe(expected);
  });
});
