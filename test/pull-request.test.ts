import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ActionEnd, type ActionRig, makeActionRig } from '../src/testing/action-rig.ts';
import { mergeGroupEvent, workflowRunEvent } from '../src/testing/github/events.ts';
import type { TokenPermissions } from '../src/testing/github/repository-model.ts';
import { secondaryLimit, serverError } from '../src/testing/github/rest-api.ts';
import type { OpenPullRequest } from '../src/testing/github/workflow-sandbox.ts';

const MANIFEST = `name: shop
connections: { warehouse: { type: duckdb, path: data/w.duckdb } }
assets:
  raw/orders: { run: "echo no && exit 1", outputs: [data/orders.csv] }
  marts/monthly: { connection: warehouse, sql: ./monthly.sql, deps: [raw/orders] }
  charts/revenue: { run: "exit 1", deps: [marts/monthly] }
exposures:
  board: { type: dashboard, owner: "@acme/finance", deps: [charts/revenue], url: "https://bi.example.org" }
`;
const CHANGED = MANIFEST.replace('deps: [raw/orders] }', 'deps: [raw/orders], checks: { ids: { not_null: [a] } } }');
/** What GitHub gives to the workflow of a stranger's pull request. */
const READ: TokenPermissions = { contents: 'read', 'pull-requests': 'read', metadata: 'read' };
const WRITE: TokenPermissions = { contents: 'read', 'pull-requests': 'write', metadata: 'read' };
/** The second workflow's. */
const COMMENT: TokenPermissions = { actions: 'read', 'pull-requests': 'write', metadata: 'read' };

let rig: ActionRig;
beforeEach(async () => {
  rig = await makeActionRig({ 'branchline.yaml': MANIFEST, 'monthly.sql': 'select 1 as a\n' });
});
afterEach(() => rig.stop());

const comments = (): string[] => [...rig.github.model.comments.values()].map(({ body }) => body);
const review = (
  pull: OpenPullRequest,
  permissions: TokenPermissions,
  more: { checkout?: string; action?: 'opened' | 'synchronize' } = {},
): Promise<ActionEnd> =>
  rig.run({
    event: () => pull.event(more.action ?? 'opened'),
    checkout: more.checkout ?? pull.head,
    permissions,
    job: 'plan',
    with: { command: 'changes' },
  });
const changeOf = (files: Readonly<Record<string, string>>, branch = 'topic', isPushed = true): void => {
  rig.github.commit(files, { branch, isPushed });
};

describe('a pull request', () => {
  test('that changes a SQL file and a check gets the comment, and a second push edits it', async () => {
    changeOf({ 'branchline.yaml': CHANGED, 'monthly.sql': 'select 1 as a\nunion all\nselect 2\n' });
    const first = await review(rig.github.pullRequest({ number: 7, branch: 'topic' }), WRITE);
    expect(first).toMatchObject({
      code: 0,
      outputs: {
        status: 'success',
        'has-work': 'true',
        'changed-assets': '["marts/monthly"]',
        'changed-count': '1',
        'plan-digest': expect.stringMatching(/^[0-9a-f]{64}$/),
      },
      annotations: [],
    });
    const [comment] = comments();
    expect(comments()).toHaveLength(1);
    expect(comment).toContain('### Branchline: changes 1 asset, touches 1 more; would run 3 steps\n');
    expect(comment).toMatch(
      /\| changed \| `marts\/monthly` \| code \| \[`monthly\.sql`\]\(\S+\/acme\/shop\/blob\/[0-9a-f]{40}\/monthly\.sql\) \+2 −0 \|/,
    );
    expect(comment).toContain('| changed | `marts/monthly` | checks | + `ids` (not_null, error) |');
    expect(comment).toContain('| downstream | `charts/revenue` | reads `marts/monthly` |  |');
    expect(comment).toContain('`charts/revenue` feeds exposure [`board`](https://bi.example.org) (`@acme/finance`).');
    expect(first.summary).toContain('### Branchline: changes 1 asset, touches 1 more');

    changeOf({ 'monthly.sql': 'select 1 as a\n', 'branchline.yaml': CHANGED.replace('"exit 1"', '"exit 2"') });
    const pushed = rig.github.pullRequest({ number: 7, branch: 'topic' });
    expect(await review(pushed, WRITE, { action: 'synchronize' })).toMatchObject({ code: 0 });
    expect(comments()).toHaveLength(1);
    expect(comments()[0]).toContain('### Branchline: changes 2 assets; would run 3 steps\n');
    // Nothing was run, and nothing recorded.
    expect(rig.github.head('refs/heads/branchline/state')).toBeUndefined();
  });

  test('with mistakes fails its job, each at its line; without changes it gets no comment', async () => {
    changeOf({ 'README.md': 'x' });
    const quiet = await review(rig.github.pullRequest({ number: 7, branch: 'topic' }), WRITE);
    expect([quiet.code, comments()]).toEqual([0, []]);
    changeOf({ 'branchline.yaml': CHANGED.replace('sql: ./monthly.sql', 'sql: ./monthy.sql') });
    const broken = await review(rig.github.pullRequest({ number: 7, branch: 'topic' }), WRITE);
    expect(broken).toMatchObject({ code: 2, outputs: { status: 'failure', 'has-work': 'false' } });
    expect(broken.annotations).toEqual([
      expect.objectContaining({ title: 'missing-file', file: 'branchline.yaml', line: 5 }),
    ]);
    expect(comments()[0]).toContain('### Branchline: 1 problem in the manifests');
  });

  test('whose merge with the base is checked out is told what to check out', async () => {
    changeOf({ 'branchline.yaml': CHANGED });
    const pull = rig.github.pullRequest({ number: 7, branch: 'topic' });
    const end = await review(pull, WRITE, { checkout: pull.merge });
    expect(end.code).toBe(2);
    expect(end.summary).toContain('github.event.pull_request.head.sha');
  });

  test('whose job may not comment is told the line, and what was found', async () => {
    changeOf({ 'branchline.yaml': CHANGED });
    const end = await review(rig.github.pullRequest({ number: 7, branch: 'topic' }), READ);
    expect(end.code).toBe(0);
    expect(end.annotations).toEqual([
      expect.objectContaining({ level: 'warning', message: expect.stringContaining('`pull-requests: write`') }),
    ]);
    expect(end.summary).toContain('| changed | `marts/monthly` | checks |');
  });
});

describe('GitHub in trouble', () => {
  const openPull = (): OpenPullRequest => {
    changeOf({ 'branchline.yaml': CHANGED });
    return rig.github.pullRequest({ number: 7, branch: 'topic' });
  };

  test('for a moment changes nothing: the comment is written', async () => {
    const pull = openPull();
    rig.github.api.fail(undefined, serverError(502), 1);
    rig.github.api.fail('issues/create-comment', secondaryLimit(1), 1);
    expect(await review(pull, WRITE)).toMatchObject({ code: 0, outputs: { status: 'success' }, annotations: [] });
    expect(comments()).toHaveLength(1);
  });

  test('for long, at the comment: the job tells what it found all the same, and until when GitHub wants to be left alone', async () => {
    const pull = openPull();
    rig.github.api.fail('issues/create-comment', secondaryLimit(3_600), Number.POSITIVE_INFINITY);
    const end = await review(pull, WRITE);
    expect(end).toMatchObject({ code: 0, outputs: { 'changed-assets': '["marts/monthly"]' } });
    expect(end.annotations).toEqual([
      expect.objectContaining({ level: 'warning', message: expect.stringMatching(/until \d{4}-/) }),
    ]);
    expect(end.summary).toContain('| changed | `marts/monthly` | checks |');
    expect(comments()).toEqual([]);
  });

  test('for long, at the merge base: refused as the outside’s, and nothing is guessed', async () => {
    const pull = openPull();
    rig.github.api.fail('repos/compare-commits-with-basehead', serverError(503), Number.POSITIVE_INFINITY);
    const end = await review(pull, WRITE);
    expect(end).toMatchObject({ code: 3, outputs: { status: 'refused' } });
    expect(end.log).toContain('503');
    expect(comments()).toEqual([]);
  }, 120_000);
});

describe('a pull request of a stranger', () => {
  const secondStage = (
    pull: OpenPullRequest,
    run: number,
    from: { readonly repository: string; readonly author?: string } = { repository: 'mona/shop' },
  ): Promise<ActionEnd> =>
    rig.run({
      event: (place) => {
        const { repository, ...author } = from;
        return workflowRunEvent({ ...place, run, head: { sha: pull.head, branch: 'patch', repository }, ...author });
      },
      action: 'comment',
      checkout: 'none',
      permissions: COMMENT,
      job: 'comment',
    });

  test('is commented on by the second workflow, which has neither checkout nor contents, and edited at the next push', async () => {
    changeOf({ 'branchline.yaml': CHANGED, 'monthly.sql': 'select 2 as a\n' }, 'patch', false);
    const fork = { number: 8, branch: 'patch', fork: 'mona/shop', author: 'mona' };
    const pull = rig.github.pullRequest(fork);
    const run = {
      event: () => pull.event(),
      checkout: pull.head,
      permissions: READ,
      run: 55,
      with: { command: 'changes' },
    };
    expect(await rig.run(run)).toMatchObject({ code: 0, outputs: { status: 'success' }, annotations: [] });
    expect(comments()).toEqual([]);
    expect(rig.github.results.artifacts.artifacts.map(({ name }) => name)).toEqual(['branchline-pr-plan-shop-a1']);

    const end = await secondStage(pull, 55);
    expect(end).toMatchObject({ code: 0, outputs: { status: 'success' } });
    expect(comments()).toHaveLength(1);
    expect(comments()[0]).toContain('### Branchline: changes 1 asset, touches 1 more');
    expect(comments()[0]).toContain(`/acme/shop/blob/${pull.head}/monthly.sql`);
    expect(comments()[0]).not.toContain('bi.example.org');
    expect(end.log).toContain('shop: The comment was written');

    changeOf({ 'branchline.yaml': MANIFEST, 'monthly.sql': 'select 1 as a\n' }, 'patch', false);
    const next = rig.github.pullRequest(fork);
    await rig.run({ ...run, event: () => next.event('synchronize'), checkout: next.head, run: 56 });
    // The first run's upload is of a commit that is not the head any more.
    expect(await secondStage(pull, 55)).toMatchObject({ code: 0, outputs: { status: 'nothing' } });
    expect(await secondStage(next, 56)).toMatchObject({ code: 0, outputs: { status: 'success' } });
    expect(comments()).toHaveLength(1);
    expect(comments()[0]).toContain('changes nothing of the pipeline');
  });

  test('that Dependabot opened is one too, though its branch is of this repository', async () => {
    changeOf({ 'branchline.yaml': CHANGED }, 'patch');
    const author = 'dependabot[bot]';
    const pull = rig.github.pullRequest({ number: 9, branch: 'patch', author });
    const first = await rig.run({ event: () => pull.event(), checkout: pull.head, permissions: READ, run: 57 });
    expect(first).toMatchObject({ code: 0, outputs: { status: 'success' }, annotations: [] });
    expect(comments()).toEqual([]);
    const end = await secondStage(pull, 57, { repository: 'acme/shop', author });
    expect(end).toMatchObject({ code: 0, outputs: { status: 'success' } });
    expect(comments()).toEqual([expect.stringContaining('### Branchline: changes 1 asset; would run 2 steps')]);
  });

  test('with hostile names in its manifests, and none of it is a command or a mention', async () => {
    const hostile = `${MANIFEST}  evil: { type: dashboard, deps: [charts/nothing, "::error::x"], owner: "@octocat/x", url: "https://evil.example/@octocat" }\n`;
    changeOf({ 'branchline.yaml': hostile }, 'patch', false);
    const pull = rig.github.pullRequest({ number: 8, branch: 'patch', fork: 'mona/shop', author: 'mona' });
    const first = await rig.run({ event: () => pull.event(), checkout: pull.head, permissions: READ, run: 55 });
    expect(first.code).toBe(2);
    expect(first.raw).not.toMatch(/^::error::x/m);
    const end = await secondStage(pull, 55);
    expect(end).toMatchObject({ code: 0, outputs: { status: 'success' } });
    expect(comments()[0]).toContain('problems in the manifests');
    expect(comments()[0]!.replaceAll(/`[^`]*`/g, '')).not.toMatch(/@[a-z]|evil\.example/);
  });
});

test('a merge queue is compared with its base, without a comment', async () => {
  changeOf({ 'branchline.yaml': CHANGED });
  const pull = rig.github.pullRequest({ number: 7, branch: 'topic' });
  const end = await rig.run({
    event: () => mergeGroupEvent({ sha: pull.head, baseSha: pull.base }),
    checkout: pull.head,
    permissions: { contents: 'read', metadata: 'read' },
  });
  expect(end).toMatchObject({ code: 0, outputs: { 'changed-assets': '["marts/monthly"]' } });
  expect(comments()).toEqual([]);
});
