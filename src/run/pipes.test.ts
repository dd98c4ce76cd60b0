import { describe, expect, test } from 'vitest';
import { parsePipesMessages } from './pipes.ts';
import { parseStepOutput } from './step-output.ts';
import { mergeReports, type ReportScope, redactReport } from './step-report.ts';

const scope: ReportScope = { assets: ['raw/orders'], checks: { 'raw/orders': ['ids'] } };
const message = (method: string, params: object = {}) =>
  JSON.stringify({ __dagster_pipes_version: '0.1', method, params });
const parse = (...messages: string[]) => parsePipesMessages(`${messages.join('\n')}\n`, scope);

describe('messages of Dagster Pipes', () => {
  test('a materialization with metadata, rows and data version', () => {
    const metadata = {
      'dagster/row_count': { raw_value: 7, type: 'int' },
      url: { raw_value: 'https://x', type: 'url' },
      n: 1,
    };
    const params = { asset_key: 'raw/orders', data_version: 'v1', metadata };
    const report = parse(message('opened'), message('report_asset_materialization', params), message('closed'));
    expect(report).toMatchObject({
      assets: {
        'raw/orders': {
          materialized: true,
          rows: 7,
          dataVersion: 'v1',
          metadata: { 'dagster/row_count': 7, url: 'https://x', n: 1 },
        },
      },
      problems: [],
    });
  });
  test('a check', () => {
    const params = { asset_key: 'raw/orders', check_name: 'ids', passed: false, severity: 'WARN', metadata: null };
    expect(parse(message('report_asset_check', params))).toMatchObject({
      checks: [{ asset: 'raw/orders', check: 'ids', passed: false, severity: 'warn', metadata: {} }],
      problems: [],
    });
  });
  test('log lines, custom messages and the exception that ended it', () => {
    const exception = { name: 'ValueError', message: 'no rows', stack: [] };
    const report = parse(
      message('log', { message: 'hello', level: 'WARNING' }),
      message('report_custom_message', { payload: { a: 1 } }),
      message('log_external_stream', { stream: 'stdout', text: 'x' }),
      message('closed', { exception }),
    );
    expect(report.logs).toEqual([
      { level: 'WARNING', message: 'hello' },
      { level: 'CUSTOM', message: '{"a":1}' },
    ]);
    expect(report).toMatchObject({ exception: 'ValueError: no rows', problems: [] });
  });
  test.each([
    ['no message', 'hello', /not a message/],
    ['no version', '{"method":"log"}', /not a message/],
    ['an unknown message', message('report_weather'), /report_weather/],
    ['an unknown asset', message('report_asset_materialization', { asset_key: 'x' }), /`x`/],
    ['an undeclared check', message('report_asset_check', { check_name: 'x', passed: true }), /`x`/],
    ['a check without verdict', message('report_asset_check', { check_name: 'ids' }), /passed/],
    ['a strange severity', message('report_asset_check', { check_name: 'ids', passed: true, severity: 'X' }), /WARN/],
  ])('a problem: %s', (_, text, says) => {
    expect(parse(message('opened'), text).problems).toEqual([
      { source: 'Dagster Pipes', line: 2, message: expect.stringMatching(says) },
    ]);
  });
});

describe('reports of both ways', () => {
  test('are merged; the later one wins', () => {
    const file = parseStepOutput('a=1\nrow_count=1\n{"check":"ids","passed":true}', scope);
    const check = { check_name: 'ids', passed: false };
    const pipes = parse(
      message('report_asset_materialization', { metadata: { b: 2 } }),
      message('report_asset_check', check),
    );
    expect(mergeReports(file, pipes)).toMatchObject({
      assets: { 'raw/orders': { materialized: true, rows: 1, metadata: { a: 1, b: 2 } } },
      checks: [{ check: 'ids', passed: false }],
    });
  });
  test('lose secrets in everything that came from outside, and keep names of ours', () => {
    const report = parse(
      message('report_asset_materialization', {
        data_version: 'v-raw',
        metadata: { raw: ['raw!', { x: 'raw' }], n: 5 },
      }),
      message('log', { message: 'raw', level: 'INFO' }),
      'raw',
    );
    const redacted = redactReport(report, (text) => text.replaceAll('raw', '***'));
    expect(redacted.assets).toEqual({
      'raw/orders': { materialized: true, dataVersion: 'v-***', metadata: { '***': ['***!', { x: '***' }], n: 5 } },
    });
    expect(redacted.logs).toEqual([{ level: 'INFO', message: '***' }]);
  });
});
