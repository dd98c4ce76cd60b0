import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseStepOutput } from './step-output.ts';
import type { ReportScope, StepReport } from './step-report.ts';

const one: ReportScope = { assets: ['raw/orders'], checks: { 'raw/orders': ['ids', 'ages'] } };
const two: ReportScope = { assets: ['raw/a', 'raw/b'], checks: { 'raw/a': ['ids'], 'raw/b': ['ids'] } };

function check(text: string, expected: Partial<StepReport>, scope = one): void {
  const report = parseStepOutput(text, scope);
  expect(report).toMatchObject({ problems: [], ...expected });
}
function wrong(text: string, line: number, says: RegExp, scope = one): void {
  expect(parseStepOutput(text, scope).problems).toEqual([
    { source: 'BRANCHLINE_OUTPUT', line, message: expect.stringMatching(says) },
  ]);
}
const orders = (report: object) => ({ assets: { 'raw/orders': report } }) as Partial<StepReport>;

describe('lines name=value', () => {
  test('rows', () => check('row_count=123\n', orders({ rows: 123, materialized: false })));
  test('a data version', () => check('data_version=2026-11-22\r\n', orders({ dataVersion: '2026-11-22' })));
  test('anything else is metadata; numbers only where nothing is lost', () =>
    check('a=1\nb=007\nc=x=y\n', orders({ metadata: { a: 1, b: '007', c: 'x=y' } })));
  test("GitHub's form for several lines", () =>
    check(
      'note<<END\nfirst\n{"second"}\nEND\nrow_count=1',
      orders({ rows: 1, metadata: { note: 'first\n{"second"}' } }),
    ));
  test('nothing at all', () => expect(parseStepOutput('', one).assets).toEqual({}));
});

describe('JSON lines', () => {
  test('metadata of several lines is merged', () =>
    check('{"metadata":{"a":1}}\n{"metadata":{"b":[2]}}', orders({ metadata: { a: 1, b: [2] } })));
  test('a line that names its asset materializes it', () => {
    check('{"asset":"raw/a","row_count":3,"data_version":"v"}\n{"asset":"raw/b","check":"ids","passed":true}', {}, two);
    const { assets, checks } = parseStepOutput('{"asset":"raw/a"}\n{"asset":"raw/b","check":"ids","passed":true}', two);
    expect(assets).toEqual({ 'raw/a': { materialized: true, metadata: {} } });
    expect(checks).toMatchObject([{ asset: 'raw/b', check: 'ids', passed: true }]);
  });
  test('a check with its value', () =>
    check('{"check":"ids","passed":false,"value":3,"of":9,"severity":"warn","message":"m","metadata":{"k":1}}', {
      checks: [
        {
          asset: 'raw/orders',
          check: 'ids',
          passed: false,
          value: 3,
          of: 9,
          severity: 'warn',
          message: 'm',
          metadata: { k: 1 },
        },
      ],
    }));
  test('a check may leave the verdict to its bounds', () =>
    check('{"check":"ages","value":3}', { checks: [expect.objectContaining({ passed: undefined, value: 3 })] }));
});

describe('what cannot be understood is said, with its line', () => {
  test('neither form', () => wrong('row_count=1\nhello', 2, /name=value/));
  test('no name', () => wrong('=1', 1, /without a name/));
  test('broken JSON', () => wrong('\n{"metadata":', 2, /JSON object/));
  test('a heredoc without its end', () => wrong('a<<END\nrow_count=1', 1, /END/));
  test('an unknown key, with the nearest', () => wrong('{"metdata":{}}', 1, /`metdata`.*`metadata`/));
  test('an unknown key of a check', () => wrong('{"check":"ids","pased":true}', 1, /`pased`.*`passed`/));
  test('rows that are no count', () => wrong('row_count=-1', 1, /whole number/));
  test('rows in words', () => wrong('row_count=many', 1, /"many"/));
  test('an empty data version', () => wrong('data_version=', 1, /data_version/));
  test('metadata that is no object', () => wrong('{"metadata":[]}', 1, /object/));
  test('an empty object', () => wrong('{}', 1, /says nothing/));
  test('an asset of somebody else', () => wrong('{"asset":"raw/order"}', 1, /`raw\/order` .*`raw\/orders`/));
  test('no asset where there are two', () => wrong('row_count=1', 1, /which asset/, two));
  test('a check that is not declared', () => wrong('{"check":"idz","passed":true}', 1, /`idz`.*`ids`/));
  test('a check without a result', () => wrong('{"check":"ids"}', 1, /`passed` or `value`/));
  test('a check twice', () => wrong('{"check":"ids","passed":true}\n{"check":"ids","passed":true}', 2, /before/));
  test('a verdict that is none', () => wrong('{"check":"ids","passed":"yes"}', 1, /true or false/));
  test('a partition where there is none, or that was not asked for', () => {
    const cut = { ...one, partitions: ['2026-01-01', '2026-01-02'] };
    wrong('{"partition":"2026-01-01"}', 1, /this step has no partitions/);
    wrong('{"check":"ids","partition":"2026-01-01","passed":true}', 1, /this step has no partitions/);
    wrong('{"partition":"2026-01-03"}', 1, /not a partition that this step was asked for; did you mean/, cut);
    wrong('{"partition":3}', 1, /3 is not a partition/, cut);
    wrong('{"check":"ids","partition":"x","passed":true}', 1, /"x" is not a partition/, cut);
    const twice = '{"check":"ids","partition":"2026-01-01","passed":true}\n';
    wrong(`${twice}${twice}`, 2, /for 2026-01-01 was reported before/, cut);
  });
  test('keys of a dynamic set that cannot be', () => {
    wrong('{"partitions":{"c":{"add":"x"}}}', 1, /a list of keys/);
    wrong('{"partitions":{"c":{"add":["a...b"]}}}', 1, /writes a range/);
    wrong('{"partitions":{"c":{"add":["x"]}},"asset":"raw/orders"}', 1, /a line of its own/);
  });
});

describe('partitions', () => {
  const cut = { ...one, partitions: ['2026-01-01', '2026-01-02'] };
  test('each with what is said of it, in several lines', () => {
    const lines = [
      { partition: '2026-01-01', row_count: 3 },
      { partition: '2026-01-01', data_version: 'v1', metadata: { a: 1 } },
      { partition: '2026-01-02', metadata: { b: 2 } },
      { metadata: { all: true } },
    ];
    const report = parseStepOutput(lines.map((line) => JSON.stringify(line)).join('\n'), cut);
    expect(report.problems).toEqual([]);
    expect(report.assets['raw/orders']).toMatchObject({
      materialized: false,
      metadata: { all: true },
      partitions: {
        '2026-01-01': { rows: 3, dataVersion: 'v1', metadata: { a: 1 } },
        '2026-01-02': { metadata: { b: 2 } },
      },
    });
  });
  test('a check of each, and keys that the step has found', () => {
    const lines = [
      { check: 'ids', partition: '2026-01-01', passed: true },
      { check: 'ids', partition: '2026-01-02', passed: false },
      { partitions: { customers: { add: ['acme'] } } },
      { partitions: { customers: { add: ['acme', 'zeta'] } } },
    ];
    const report = parseStepOutput(lines.map((line) => JSON.stringify(line)).join('\n'), cut);
    expect(report.checks.map(({ partition, passed }) => [partition, passed])).toEqual([
      ['2026-01-01', true],
      ['2026-01-02', false],
    ]);
    expect(report.dynamicKeys).toEqual({ customers: ['acme', 'zeta'] });
  });
});

test('any text gives a report, with a bounded list of problems', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string(), fc.json(), fc.constantFrom('a<<b', '{"asset":1}', 'b')), { maxLength: 60 }),
      (lines) => {
        const { problems } = parseStepOutput(lines.join('\n'), one);
        expect(problems.length).toBeLessThanOrEqual(20);
      },
    ),
  );
});
