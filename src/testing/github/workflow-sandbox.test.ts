import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scheduleEvent } from './events.ts';
import { makeWorkflowSandbox, type WorkflowSandbox } from './workflow-sandbox.ts';

let github: WorkflowSandbox;
beforeEach(async () => {
  github = await makeWorkflowSandbox();
});
afterEach(() => github.stop());

/** A small action that shows what a job finds; its git has the token as ours has it. */
function action(script: string): string {
  const folder = path.join(github.sandbox.root, 'action');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    path.join(folder, 'action.yml'),
    'name: x\ninputs: { token: { default: "${{ github.token }}" } }\nruns: { using: node24, main: main.mjs, post: post.mjs }\n',
  );
  writeFileSync(path.join(folder, 'post.mjs'), "console.log('post');");
  writeFileSync(
    path.join(folder, 'main.mjs'),
    `import { spawnSync } from 'node:child_process';
const { env } = process;
const basic = Buffer.from('x-access-token:' + env.INPUT_TOKEN).toString('base64');
const withToken = { ...env, GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'http.' + env.GITHUB_SERVER_URL + '/.extraheader', GIT_CONFIG_VALUE_0: 'AUTHORIZATION: basic ' + basic, GIT_TERMINAL_PROMPT: '0' };
const git = (...args) => { const { status, stdout, stderr } = spawnSync('git', args, { encoding: 'utf8', env: withToken }); return status === 0 ? stdout.trim() : 'status ' + status + ' ' + stderr.trim(); };
const api = async (path) => (await fetch(env.GITHUB_API_URL + path, { headers: { authorization: 'Bearer ' + env.INPUT_TOKEN } })).json();
${script}`,
  );
  return folder;
}

describe('a job', () => {
  it('finds one commit of its branch, without credentials, and reaches the server by its name', async () => {
    github.commit({ 'a.txt': 'one\n' });
    const sha = github.commit({ 'a.txt': 'two\n', 'b/c.txt': 'three\n' });
    const script = `console.log(git('rev-list', '--count', 'HEAD'), git('rev-parse', 'HEAD'), git('branch', '--show-current'));
      console.log(git('remote', 'get-url', 'origin') === env.GITHUB_SERVER_URL + '/acme/shop');
      console.log(git('config', '--local', '--get-regexp', 'extraheader|credential'));
      console.log(git('ls-remote', 'origin', 'refs/heads/main').split('\\t')[0]);
      console.log((await api('/repos/acme/shop/git/ref/heads%2Fmain')).object.sha);
      console.log((await fetch(env.GITHUB_SERVER_URL + '/acme/shop')).status);`;
    const job = github.start({ event: scheduleEvent({ sha }), action: action(script) });
    const end = await job.main;
    expect(end.log.split('\n')).toEqual([`1 ${sha} main`, 'true', 'status 1 ', sha, sha, '404']);
  });

  it('pushes with a token that may write, and only reads with one that may not', async () => {
    const sha = github.commit({ 'a.txt': 'one\n' });
    const push = action(`console.log(git('push', 'origin', 'HEAD:refs/heads/made-' + env.GITHUB_RUN_ID));
      console.log(git('ls-remote', 'origin', 'refs/heads/main').split('\\t')[0]);`);
    const event = scheduleEvent({ sha });
    const reader = await github.start({ event, run: 1, action: push, permissions: { contents: 'read' } }).main;
    expect(reader.log).toContain('403');
    expect(reader.log).toContain(sha);
    expect(github.head('refs/heads/made-1')).toBeUndefined();
    await github.start({ event, run: 2, action: push }).main;
    expect(github.head('refs/heads/made-2')).toBe(sha);
    expect(github.git.requests.filter((kind) => kind === 'push')).toHaveLength(1);
  });

  it('of a pull request has its head where the workflow asks for it', async () => {
    const base = github.commit({ 'a.txt': 'one\n' });
    const head = github.commit({ 'a.txt': 'two\n' }, { branch: 'change' });
    const pull = github.pullRequest({ number: 5, branch: 'change' });
    expect(pull).toMatchObject({ head, base });
    const script = `console.log(git('show', 'HEAD:a.txt'), env.GITHUB_REF, env.GITHUB_HEAD_REF, env.GITHUB_BASE_REF, env.GITHUB_EVENT_NAME);
      const { merge_base_commit } = await api('/repos/acme/shop/compare/main...change?per_page=1');
      console.log(merge_base_commit.sha === '${base}', git('rev-parse', 'HEAD') === '${head}');`;
    const end = await github.start({ event: pull.event(), checkout: head, action: action(script) }).main;
    expect(end.log.split('\n')).toEqual(['two refs/pull/5/merge change main pull_request', 'true true']);
    // By itself a checkout takes the merge.
    const merged = action("console.log(git('rev-parse', 'HEAD'), git('branch', '--show-current'))");
    expect((await github.start({ event: pull.event(), action: merged }).main).log).toBe(`${pull.merge} `);
  });

  it("of a fork's pull request sees the fork's branch by the API alone, and has a token that only reads", async () => {
    const base = github.commit({ 'a.txt': 'one\n' });
    github.commit({ 'a.txt': 'two\n' }, { branch: 'theirs', isPushed: false });
    const pull = github.pullRequest({ number: 6, branch: 'theirs', fork: 'mona/shop', author: 'mona' });
    expect(github.head('refs/heads/theirs')).toBeUndefined();
    const script = `const pulls = await api('/repos/acme/shop/pulls?state=all&head=mona:theirs');
      console.log(pulls.length, pulls[0].number, pulls[0].head.sha === '${pull.head}');
      console.log((await api('/repos/acme/shop/compare/main...mona:theirs?per_page=1')).merge_base_commit.sha === '${base}');
      const made = await fetch(env.GITHUB_API_URL + '/repos/acme/shop/issues/6/comments', { method: 'POST', body: '{"body":"x"}', headers: { authorization: 'Bearer ' + env.INPUT_TOKEN } });
      console.log(made.status, made.headers.get('x-accepted-github-permissions'));`;
    const permissions = { contents: 'read', 'pull-requests': 'read' } as const;
    const end = await github.start({ event: pull.event(), permissions, action: action(script) }).main;
    expect(end.log.split('\n')).toEqual(['1 6 true', 'true', '403 issues=write; pull_requests=write']);
    expect(github.model.comments.size).toBe(0);
  });

  it('finds by the REST API what other jobs uploaded', async () => {
    const sha = github.commit({ 'a.txt': 'one\n' });
    github.results.artifacts.plant(3, 1, 'branchline-pr-plan', new Uint8Array([1, 2, 3]));
    const script = `const { artifacts } = await api('/repos/acme/shop/actions/runs/3/artifacts');
      const got = await fetch(env.GITHUB_API_URL + '/repos/acme/shop/actions/artifacts/' + artifacts[0].id + '/zip', { redirect: 'manual', headers: { authorization: 'Bearer ' + env.INPUT_TOKEN } });
      const bytes = await (await fetch(got.headers.get('location'))).arrayBuffer();
      console.log(artifacts.length, artifacts[0].name, got.status, new Uint8Array(bytes).join());`;
    const end = await github.start({ event: scheduleEvent({ sha }), action: action(script) }).main;
    expect(end.log).toBe('1 branchline-pr-plan 302 1,2,3');
  });

  it('has a token until it is over', async () => {
    const sha = github.commit({ 'a.txt': 'one\n' });
    const job = github.start({ event: scheduleEvent({ sha }), action: action('') });
    const ask = async () =>
      (await fetch(`${github.api.url}/repos/acme/shop`, { headers: { authorization: `Bearer ${job.token}` } })).status;
    await job.main;
    expect(await ask()).toBe(200);
    await job.post();
    expect(await ask()).toBe(401);
  });

  it('is known to the REST API while it runs and when it is over', async () => {
    const sha = github.commit({ 'a.txt': 'one\n' });
    const script = `const { jobs } = await api('/repos/acme/shop/actions/runs/7/attempts/2/jobs');
      console.log(jobs.length, jobs[0].status, jobs[0].runner_name === env.RUNNER_NAME);`;
    const job = github.start({ event: scheduleEvent({ sha }), run: 7, attempt: 2, action: action(script) });
    expect((await job.main).log).toBe('1 in_progress true');
    expect(await job.post()).toMatchObject({ log: 'post' });
    expect(github.model.jobs).toMatchObject([{ run: 7, attempt: 2, status: 'completed', conclusion: 'success' }]);
    expect(github.model.runs.get(7)).toMatchObject({ status: 'completed' });
  });
});
