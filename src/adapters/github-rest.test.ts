import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GitHub, GitHubRefusal } from '../ports-github.ts';
import { gitHubContract } from '../testing/contracts/github.ts';
import {
  modelPullRequest,
  modelRun,
  type RepositoryModel,
  repositoryModel,
} from '../testing/github/repository-model.ts';
import { primaryLimit, type RestApi, secondaryLimit, serverError, startRestApi } from '../testing/github/rest-api.ts';
import { type ManualClock, manualClock } from '../testing/manual-clock.ts';
import { type GitHubRestOptions, gitHubRest } from './github-rest.ts';
import { systemClock } from './system-clock.ts';

const TOKEN = 'ghs_0123456789abcdef';
const NOW = Date.parse('2026-11-22T09:00:00Z');

gitHubContract('octokit on the loopback', async (model) => {
  const api = await startRestApi(model, { token: TOKEN });
  const options = { apiUrl: api.url, token: TOKEN, repository: model.facts.name, clock: systemClock };
  return { model, github: gitHubRest({ ...options, pace: 'unpaced' }), stop: () => api.stop() };
});

describe('what goes wrong on the way', () => {
  let model: RepositoryModel;
  let api: RestApi;
  let clock: ManualClock;
  let github: GitHub;
  const open = (changes: Partial<GitHubRestOptions> = {}): GitHub => {
    const options = { apiUrl: api.url, token: TOKEN, repository: model.facts.name, clock };
    // A second of GitHub's is a millisecond here.
    return gitHubRest({ ...options, deadlineMs: 60_000, tryMs: 15_000, pace: { secondMs: 1 }, ...changes });
  };
  const refused = async (answer: Promise<unknown>): Promise<GitHubRefusal> => {
    const result = (await answer) as { readonly ok: boolean; readonly error?: GitHubRefusal };
    if (result.error === undefined) throw new Error('not refused');
    expect(result.error.message).not.toContain(TOKEN);
    return result.error;
  };
  beforeEach(async () => {
    model = repositoryModel();
    model.runs.set(7, modelRun(7));
    model.pullRequests.set(5, modelPullRequest(5));
    api = await startRestApi(model, { token: TOKEN });
    clock = manualClock(NOW);
    github = open();
  });
  afterEach(() => api.stop());

  it.each([500, 502, 503])('a %d that passes is not seen', async (status) => {
    api.fail('actions/get-workflow-run', serverError(status), 2);
    expect(await github.workflowRun(7)).toMatchObject({ ok: true, value: { id: 7 } });
    expect(api.requests.map((request) => request.status)).toEqual([status, status, 200]);
  });

  it('a line that breaks is tried again', async () => {
    api.fail(undefined, 'drop', 3);
    expect(await github.repositoryFacts()).toMatchObject({ ok: true });
    expect(api.requests).toHaveLength(4);
  });

  it('an answer that breaks off is none', async () => {
    api.fail(undefined, 'cut-short', 2);
    expect(await github.workflowRun(7)).toMatchObject({ ok: true, value: { id: 7, event: 'schedule' } });
    expect(api.requests).toHaveLength(3);
  });

  it('an outage is given up after four tries, and told with the last answer', async () => {
    api.fail(undefined, serverError(502), Number.POSITIVE_INFINITY);
    const refusal = await refused(github.workflowRun(7));
    expect(refusal.code).toBe('unreachable');
    expect(refusal.message).toContain('workflow run 7');
    expect(refusal.message).toContain('502');
    expect(api.requests).toHaveLength(4);
  });

  it('nobody there is unreachable', async () => {
    const { url } = api;
    await api.stop();
    expect(await refused(open({ apiUrl: url }).workflowRun(7))).toMatchObject({ code: 'unreachable' });
    api = await startRestApi(model, { token: TOKEN });
  });

  it('what would be done twice is done once', async () => {
    // Without the seconds between writes.
    github = open({ pace: 'unpaced' });
    api.fail('issues/create-comment', 'drop');
    expect(await refused(github.createComment(5, 'x'))).toMatchObject({ code: 'unreachable' });
    api.fail('actions/create-workflow-dispatch', serverError(502));
    expect(await refused(github.dispatchWorkflow({ file: 'x.yml', ref: 'main' }))).toMatchObject({
      code: 'unreachable',
    });
    expect(api.requests).toHaveLength(2);
  });

  it('a try that is never answered is given up, and the next one counts', async () => {
    api.fail(undefined, 'hang', 1);
    api.onRequest = () => {
      api.onRequest = undefined;
      clock.advance(15_000);
    };
    expect(await github.workflowRun(7)).toMatchObject({ ok: true });
    expect(api.requests.map(({ status }) => status)).toEqual([undefined, 200]);
    // Nothing of the call is left behind.
    expect(clock.sleeping()).toEqual([]);
  });

  it('answers that are too slow end at the deadline', async () => {
    api.fail(undefined, 'hang', Number.POSITIVE_INFINITY);
    let seen = 0;
    api.onRequest = () => clock.advance(++seen === 1 ? 15_000 : 45_000);
    const refusal = await refused(github.workflowRun(7));
    expect(refusal).toMatchObject({ code: 'unreachable' });
    expect(seen).toBe(2);
  });

  describe('limits', () => {
    it('a secondary limit that is soon over is waited for', async () => {
      api.fail('actions/get-workflow-run', secondaryLimit(20));
      expect(await github.workflowRun(7)).toMatchObject({ ok: true });
      expect(api.requests.map(({ status }) => status)).toEqual([403, 200]);
    });

    it('one that lasts longer than the call is told with its end, and not asked again', async () => {
      api.fail(undefined, secondaryLimit(300), Number.POSITIVE_INFINITY);
      const refusal = await refused(github.workflowRun(7));
      expect(refusal).toMatchObject({ code: 'limited', until: NOW + 300_000 });
      expect(refusal.message).toContain('2026-11-22T09:05:00.000Z');
      expect(api.requests).toHaveLength(1);
    });

    it('one that comes back again and again is waited for twice', async () => {
      api.fail(undefined, secondaryLimit(10), Number.POSITIVE_INFINITY);
      expect(await refused(github.workflowRun(7))).toMatchObject({ code: 'limited', until: NOW + 10_000 });
      expect(api.requests).toHaveLength(3);
    });

    it('one without a time is a minute', async () => {
      api.fail(undefined, secondaryLimit());
      expect(await refused(github.workflowRun(7))).toMatchObject({ code: 'limited', until: NOW + 60_000 });
    });

    it('the primary limit ends when GitHub says', async () => {
      api.fail(undefined, primaryLimit(NOW / 1000 + 1800));
      expect(await refused(github.workflowRun(7))).toMatchObject({ code: 'limited', until: NOW + 1_800_000 });
      expect(api.requests).toHaveLength(1);
    });

    it('a 429 with Retry-After is one too', async () => {
      const answer = { status: 429, headers: { 'retry-after': '120' }, body: { message: 'Too many requests' } };
      api.fail(undefined, answer);
      expect(await refused(github.workflowRun(7))).toMatchObject({ code: 'limited', until: NOW + 120_000 });
    });

    it('a comment that met a limit was not written, and is written later', async () => {
      api.fail('issues/create-comment', secondaryLimit(300));
      expect(await refused(github.createComment(5, 'x'))).toMatchObject({ code: 'limited' });
      expect(model.comments.size).toBe(0);
      expect(await open({ pace: 'unpaced' }).createComment(5, 'x')).toMatchObject({ ok: true });
    });
  });

  describe('permissions', () => {
    it.each([
      ['actions=read', 'actions: read'],
      ['issues=read; pull_requests=read', 'pull-requests: read'],
      ['contents=read,workflows=write; contents=write', 'contents: write'],
      ['contents=write,actions=read', 'contents: write, actions: read'],
      ['id_token=write', 'id-token: write'],
    ])('GitHub asks for %s: add `%s`', async (header, permission) => {
      const headers = { 'x-accepted-github-permissions': header };
      api.fail(undefined, { status: 403, headers, body: { message: 'Resource not accessible by integration' } });
      const refusal = await refused(github.pullRequest(5));
      expect(refusal).toMatchObject({ code: 'forbidden', permission });
      expect(refusal.message).toContain(`\`${permission}\``);
    });

    it('a token that is none is told as such', async () => {
      const refusal = await refused(open({ token: 'ghs_expired' }).workflowRun(7));
      expect(refusal).toMatchObject({ code: 'forbidden' });
      expect(refusal).not.toHaveProperty('permission');
      expect(refusal.message).toContain('401');
      expect(refusal.message).not.toContain('ghs_expired');
    });
  });

  it('works with a path before the API, as GitHub Enterprise has it', async () => {
    // Its requests go to a place that this server does not have: the path is in them.
    await open({ apiUrl: `${api.url}/api/v3/` }).workflowRun(7);
    expect(api.requests[0]?.url).toBe('/api/v3/repos/acme/shop/actions/runs/7');
    api.violations.splice(0);
  });

  it('a list that never ends is read up to a bound, and says so', async () => {
    for (let i = 1; i <= 1_200; i++) {
      model.comments.set(i, { id: i, pullRequest: 5, author: 'mona', body: `${i}`, url: 'https://github.com/x' });
    }
    const comments = await github.comments(5);
    expect(comments).toMatchObject({ ok: true, value: { isWhole: false } });
    expect(comments.ok && comments.value.items.length).toBe(1_000);
    expect(api.requests).toHaveLength(10);
  });
});

describe('the rig itself', () => {
  it('what is not as GitHub publishes it fails the test that did it', async () => {
    const model = repositoryModel();
    const api = await startRestApi(model, { token: TOKEN });
    const ask = (url: string, init: RequestInit = {}) =>
      fetch(`${api.url}${url}`, { ...init, headers: { authorization: `Bearer ${TOKEN}`, 'user-agent': 'test' } });
    expect((await ask('/repos/acme/shop/pulls?page=1&perpage=5')).status).toBe(422);
    expect((await ask('/repos/acme/shop/pulls?state=merged')).status).toBe(422);
    expect((await ask('/repos/acme/shop/issues/5/comments', { method: 'POST', body: '{"text":"x"}' })).status).toBe(
      422,
    );
    expect((await ask('/repos/acme/shop/nothing')).status).toBe(404);
    api.fail('repos/get', { status: 200, body: { name: 'shop' } });
    await ask('/repos/acme/shop');
    expect(api.violations).toHaveLength(5);
    await expect(api.stop()).rejects.toThrow('perpage');
  });
});
