import { expect, test } from 'vitest';
import { jobOnBranch, jobOnPullRequest, runtimeToken } from '../testing/github/runtime-token.ts';
import { mayWriteCache } from './runtime-claims.ts';

const token = (claims: unknown): string => `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;

test.each([
  ['a branch', { ACTIONS_RUNTIME_TOKEN: runtimeToken(jobOnBranch(1)) }, true],
  ['a pull request', { ACTIONS_RUNTIME_TOKEN: runtimeToken(jobOnPullRequest(1, 2)) }, true],
  ['a fork', { ACTIONS_RUNTIME_TOKEN: runtimeToken(jobOnPullRequest(1, 2, { mayWrite: false })) }, false],
  ['a mode that reads', { ACTIONS_RUNTIME_TOKEN: runtimeToken(jobOnBranch(1)), ACTIONS_CACHE_MODE: ' Read' }, false],
  ['a mode that writes', { ACTIONS_CACHE_MODE: 'write' }, true],
  ['no token', {}, true],
  ['no token that we can read', { ACTIONS_RUNTIME_TOKEN: 'opaque' }, true],
  ['no claim', { ACTIONS_RUNTIME_TOKEN: token({ scp: 'x' }) }, true],
  ['a claim that is no list', { ACTIONS_RUNTIME_TOKEN: token({ ac: '{"a":1}' }) }, true],
  ['a claim that is no JSON', { ACTIONS_RUNTIME_TOKEN: token({ ac: '[{' }) }, true],
  ['a claim in another form', { ACTIONS_RUNTIME_TOKEN: token({ ac: [{ Scope: 'x', Permission: '3' }] }) }, true],
  ['a claim that is no text', { ACTIONS_RUNTIME_TOKEN: token({ ac: [{ Scope: 'x', Permission: 1 }] }) }, false],
])('%s', (_, env, expected) => {
  expect(mayWriteCache(env)).toBe(expected);
});
