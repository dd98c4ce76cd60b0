import { inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { queryTag, type StepEnvironmentInput, stepEnvironment } from './step-environment.ts';

const files = {
  branchlineOutput: '/s/output',
  pipesMessages: '/s/messages',
  githubOutput: '/s/github-output',
  githubEnv: '/s/github-env',
  githubPath: '/s/github-path',
  githubState: '/s/github-state',
  githubStepSummary: '/s/github-summary',
};

function given(input: Partial<StepEnvironmentInput>): StepEnvironmentInput {
  return {
    host: { PATH: '/bin' },
    secretNames: [],
    step: { name: 'raw/orders', env: {}, secrets: [], oidc: false },
    env: [],
    assets: ['raw/orders'],
    runId: 'r1',
    attempt: 2,
    environment: 'production',
    codeVersions: { 'raw/orders': 'c1' },
    files,
    ...input,
  };
}

describe('a step', () => {
  test("does not get the Action's own variables, nor what an outer run said", () => {
    const own = [
      'INPUT_TOKEN',
      'STATE_x',
      'ACTIONS_RUNTIME_TOKEN',
      'ACTIONS_RUNTIME_URL',
      'ACTIONS_RESULTS_URL',
      'ACTIONS_CACHE_URL',
      'ACTIONS_ID_TOKEN_REQUEST_URL',
      'GITHUB_TOKEN',
      'BRANCHLINE_PARTITION',
    ];
    const host = Object.fromEntries(['PATH', 'GITHUB_REPOSITORY', ...own].map((name) => [name, 'x']));
    const { env } = stepEnvironment(given({ host }));
    expect(own.filter((name) => name in env)).toEqual([]);
    expect(env).toMatchObject({ PATH: 'x', GITHUB_REPOSITORY: 'x' });
  });

  test('may ask for OIDC tokens only where it says so', () => {
    const host = {
      ACTIONS_ID_TOKEN_REQUEST_URL: 'https://x',
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 't',
      ACTIONS_RUNTIME_TOKEN: 'r',
    };
    const step = { name: 's', env: {}, secrets: [], oidc: true };
    const secretNames = ['ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'ACTIONS_RUNTIME_TOKEN'];
    const { env } = stepEnvironment(given({ host, step, secretNames }));
    expect(env).toMatchObject({ ACTIONS_ID_TOKEN_REQUEST_URL: 'https://x', ACTIONS_ID_TOKEN_REQUEST_TOKEN: 't' });
    expect(env).not.toHaveProperty('ACTIONS_RUNTIME_TOKEN');
    const { env: other } = stepEnvironment(given({ host, secretNames }));
    expect(Object.keys(other).filter((name) => name.startsWith('ACTIONS_'))).toEqual([]);
  });

  test('gets only the secrets that it lists', () => {
    const host = { A_KEY: 'a', B_KEY: 'b', C_KEY: 'c', PLAIN: 'p' };
    const step = {
      name: 's',
      env: { URL: 'x?k=${{ env.B_KEY }}' },
      secrets: ['A_KEY', 'UNSET_KEY', 'PLAIN'],
      oidc: false,
    };
    const secretNames = ['A_KEY', 'B_KEY', 'C_KEY', 'UNSET_KEY'];
    const { env, secretsHandedIn } = stepEnvironment(given({ host, step, secretNames, env: [{ URL: 'x?k=b' }] }));
    expect(env).toMatchObject({ A_KEY: 'a', B_KEY: 'b', PLAIN: 'p', URL: 'x?k=b' });
    expect(env).not.toHaveProperty('C_KEY');
    expect(secretsHandedIn).toEqual(['A_KEY', 'B_KEY']);
  });

  test('sees the nearest value, and ours before any other', () => {
    const env: Record<string, string>[] = [{ A: 'project', B: 'project', BRANCHLINE_RUN_ID: 'forged' }, { B: 'step' }];
    expect(stepEnvironment(given({ host: { A: 'host' }, env })).env).toMatchObject({
      A: 'project',
      B: 'step',
      BRANCHLINE_RUN_ID: 'r1',
    });
  });

  test('is told what it is for', () => {
    expect(stepEnvironment(given({})).env).toMatchObject({
      BRANCHLINE_ASSET: 'raw/orders',
      BRANCHLINE_ASSETS: '["raw/orders"]',
      BRANCHLINE_RUN_ID: 'r1',
      BRANCHLINE_ATTEMPT: '2',
      BRANCHLINE_ENVIRONMENT: 'production',
      BRANCHLINE_QUERY_TAG: queryTag('raw/orders', 'r1'),
      BRANCHLINE_OUTPUT: '/s/output',
      GITHUB_OUTPUT: '/s/github-output',
      GITHUB_ENV: '/s/github-env',
      GITHUB_PATH: '/s/github-path',
      GITHUB_STATE: '/s/github-state',
      GITHUB_STEP_SUMMARY: '/s/github-summary',
    });
  });

  test('is told in the way of Dagster Pipes', () => {
    const { env } = stepEnvironment(given({ job: 'nightly' }));
    const decode = (name: string) => JSON.parse(inflateSync(Buffer.from(env[name]!, 'base64')).toString());
    expect(decode('DAGSTER_PIPES_MESSAGES')).toEqual({ path: '/s/messages' });
    expect(decode('DAGSTER_PIPES_CONTEXT').data).toMatchObject({
      asset_keys: ['raw/orders'],
      code_version_by_asset_key: { 'raw/orders': 'c1' },
      run_id: 'r1',
      job_name: 'nightly',
      retry_number: 1,
    });
  });
  test('sees its partitions, in both languages', () => {
    const context = (partition: NonNullable<StepEnvironmentInput['partition']>) => {
      const { env } = stepEnvironment(given({ partition }));
      const { data } = JSON.parse(
        inflateSync(Buffer.from(env['DAGSTER_PIPES_CONTEXT']!, 'base64')).toString('utf8'),
      ) as { data: Record<string, unknown> };
      return { env, data };
    };
    const window = { start: '2026-01-01T00:00:00+01:00', end: '2026-01-02T00:00:00+01:00' };
    const one = context({
      variables: { BRANCHLINE_PARTITION: '2026-01-01' },
      pipes: { first: '2026-01-01', last: '2026-01-01', window },
    });
    expect(one.env['BRANCHLINE_PARTITION']).toBe('2026-01-01');
    expect(one.data).toMatchObject({
      partition_key: '2026-01-01',
      partition_key_range: { start: '2026-01-01', end: '2026-01-01' },
      partition_time_window: window,
    });
    const range = context({ variables: {}, pipes: { first: 'eu', last: 'us' } });
    expect(range.data).toMatchObject({
      partition_key: null,
      partition_key_range: { start: 'eu', end: 'us' },
      partition_time_window: null,
    });
    const { env } = stepEnvironment(given({}));
    expect(env).not.toHaveProperty('BRANCHLINE_PARTITION');
  });
});
