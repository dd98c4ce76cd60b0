import { describe, expect, test } from 'vitest';
import type { Span } from '../model/diagnostic.ts';
import { createRedactor } from './redact.ts';
import {
  envNamesIn,
  findSecretNameClashes,
  passwordsInUrls,
  type SecretsProject,
  secretNames,
  secretsToMask,
} from './secrets.ts';

const definedAt: Span = { file: 'branchline.yaml', line: 1, column: 1, length: 1 };
const bare: SecretsProject = { secrets: [], connections: {}, environments: {} };

describe('variables that a template reads', () => {
  const check = (template: string, expected: string[]) => expect(envNamesIn(template)).toEqual(expected);
  test('in both ways to write it', () => check("${{ env.B }}x${{ env['A'] }}", ['A', 'B']));
  test('inside of a larger expression', () => check("${{ format('{0}', env.A) }}", ['A']));
  test('not outside of an expression', () => check('env.A', []));
  test('not as a part of another name', () => check('${{ asset.env.A }} ${{ my_env.B }}', []));
});

describe('secret variables', () => {
  const check = (project: Partial<SecretsProject>, host: Record<string, string>, expected: string[]) =>
    expect(secretNames({ ...bare, ...project }, host)).toEqual(expected);

  test('listed ones, also when they are not set', () => check({ secrets: ['STRIPE'] }, {}, ['STRIPE']));
  test('those with a telling name', () =>
    check(
      {},
      { GH_TOKEN: 'a', MY_SECRETS: 'a', PgPassword: 'a', API_KEY: 'a', SENTRY_DSN: 'a', SLACK_WEBHOOK_URL: 'a' },
      ['API_KEY', 'GH_TOKEN', 'MY_SECRETS', 'PgPassword', 'SENTRY_DSN', 'SLACK_WEBHOOK_URL'],
    ));
  test('not those with an innocent one', () => check({}, { KEYBOARD: 'a', HOME: '/root', MONKEY: 'a' }, []));
  test('what a connection reads, in every environment', () => {
    const connections = {
      pg: { type: 'postgres', url: '${{ env.PG }}', schema: '${{ env.SCHEMA }}', definedAt },
    } as const;
    const local = { env: {}, connections: { pg: { url: '${{ env.LOCAL_PG }}' } } };
    check({ connections, environments: { local } }, {}, ['LOCAL_PG', 'PG', 'SCHEMA']);
  });
  test('those that hold a URL with a password, but for proxies', () =>
    check({}, { DB: 'postgres://u:pw@h/d', https_proxy: 'http://u:pw@proxy:80', SITE: 'https://example.org' }, ['DB']));
});

describe('what is masked', () => {
  test('the whole value of a secret, and passwords inside of URLs', () => {
    const host = {
      DB: 'postgres://joe:p%40ss@db.example.org/x',
      HTTP_PROXY: 'http://u:hunter22@proxy',
      API_KEY: 'k-12345',
    };
    const redactor = createRedactor(secretsToMask(bare, host));
    expect(redactor.text('k-12345 postgres://joe:p%40ss@db.example.org/x p@ss hunter22')).toBe(
      '*** postgres://joe:***@db.example.org/x *** ***',
    );
  });
  test('nothing, when nothing is secret', () =>
    expect(secretsToMask(bare, { HOME: '/srv/joe', LIST: 'a:b@c' })).toEqual([]));
  test('a URL without a user still has a password', () =>
    expect(passwordsInUrls('redis://:hunter22@cache:6379/0')).toEqual(['hunter22']));
});

describe('a secret equal to a declared name', () => {
  test('is found, and its value is not told', () => {
    const secrets = [
      { name: 'A_KEY', value: 'raw/orders' },
      { name: 'B_KEY', value: 'other' },
    ];
    const clashes = findSecretNameClashes(secrets, { asset: ['raw/orders'], job: ['nightly'] });
    expect(clashes).toMatchObject([{ secret: 'A_KEY', kind: 'asset' }]);
    expect(clashes[0]!.message).not.toContain('raw/orders');
  });
});
