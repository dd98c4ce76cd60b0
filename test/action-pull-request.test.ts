import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ActionEnd, type ActionRig, makeActionRig } from '../src/testing/action-rig.ts';
import { workflowRunEvent } from '../src/testing/github/events.ts';
import type { OpenPullRequest } from '../src/testing/github/workflow-sandbox.ts';

/** A script that says so when it is run: nothing of a pull request may be. */
const manifest = (a: string, more = '') => `name: shop
assets:
  a: { run: 'touch "$SHARED/ran" && ${a}' }
  b: { deps: [a], run: "true"${more} }
`;
const PULL = { number: 7, branch: 'topic' } as const;
/** What the first workflow's job has (workflow files of `init`): for forks GitHub lowers it. */
const TRUSTED = { contents: 'read', 'pull-requests': 'write', metadata: 'read' } as const;
const LOWERED = { contents: 'read', 'pull-requests': 'read', metadata: 'read' } as const;
const SECOND_STAGE = { actions: 'read', 'pull-requests': 'write', metadata: 'read' } as const;

let rig: ActionRig;
beforeEach(async () => {
  rig = await makeActionRig({ 'branchline.yaml': manifest('echo 1') });
});
afterEach(() => rig.stop());

/** Somebody pushes to the pull request; gives it as it stands then. */
function push(text: string, more: { readonly fork?: string; readonly author?: string } = {}): OpenPullRequest {
  rig.github.commit({ 'branchline.yaml': text }, { branch: PULL.branch, isPushed: more.fork === undefined });
  return rig.github.pullRequest({ ...PULL, ...more });
}
function look(
  pull: OpenPullRequest,
  permissions: Readonly<Record<string, 'read' | 'write'>> = TRUSTED,
  action?: 'opened',
): Promise<ActionEnd> {
  return rig.run({ event: () => pull.event(action), checkout: pull.head, permissions, with: { command: 'changes' } });
}
const comments = (): string[] => [...rig.github.model.comments.values()].map(({ body }) => body);

describe('a pull request of this repository', () => {
  test('gets one comment, which the next push edits; what it changes is told in outputs and summary', async () => {
    const first = await look(push(manifest('echo 2')));
    expect(first).toMatchObject({
      code: 0,
      outputs: { status: 'success', 'changed-assets': '["a"]', 'has-work': 'true' },
    });
    expect(first.outputs['plan-digest']).toMatch(/^[0-9a-f]{64}$/);
    expect(comments()).toHaveLength(1);
    expect(comments()[0]).toContain('changes 1 asset');
    expect(first.summary).toContain('### Branchline: changes 1 asset');
    expect(first.summary).toContain('The comment was written');

    const second = await look(push(manifest('echo 2', ', tags: { tier: gold }')));
    expect(second).toMatchObject({ code: 0, outputs: { 'changed-assets': '["a","b"]' } });
    expect(comments()).toHaveLength(1);
    expect(comments()[0]).toContain('changes 2 assets');
    // Nothing of it was executed, and nothing recorded.
    expect(rig.github.head('refs/heads/branchline/state')).toBeUndefined();
  });

  test('without a change of the pipeline gets no comment', async () => {
    rig.github.commit({ 'README.md': 'x' }, { branch: PULL.branch });
    const end = await look(rig.github.pullRequest(PULL));
    expect(end).toMatchObject({ code: 0, outputs: { 'changed-assets': '[]' } });
    expect(comments()).toEqual([]);
    expect(end.summary).toContain('so there is no comment');
  });

  test('with mistakes fails its job, each at its line, and says so in the comment', async () => {
    const end = await look(push(manifest('echo 2').replace('deps: [a]', 'depz: [a]')));
    expect(end).toMatchObject({ code: 2, outputs: { status: 'failure' } });
    expect(end.annotations).toEqual([expect.objectContaining({ title: 'unknown-key', line: 4 })]);
    expect(comments()[0]).toContain('1 problem');
  });

  test('is told which permission the comment lacks', async () => {
    const end = await look(push(manifest('echo 2')), { contents: 'read', metadata: 'read' });
    expect(`${end.log}${end.summary}`).toContain('pull-requests: write');
    expect(comments()).toEqual([]);
  });
});

describe('a pull request of a stranger', () => {
  const mona = { fork: 'mona/shop', author: 'mona' };

  test('gets its comment by the second workflow, and nothing of it is executed', async () => {
    const pull = push(manifest('echo 2'), mona);
    const first = rig.start({
      event: () => pull.event(),
      checkout: pull.head,
      permissions: LOWERED,
      with: { command: 'changes' },
    });
    const looked = await rig.end(first);
    expect(looked).toMatchObject({ code: 0, outputs: { 'changed-assets': '["a"]' } });
    expect(looked.summary).toContain('the second workflow comments');
    expect(comments()).toEqual([]);

    const head = { sha: pull.head, branch: PULL.branch, repository: mona.fork };
    const second = await rig.run({
      event: (place) => workflowRunEvent({ ...place, run: first.run, head, author: mona.author }),
      action: 'comment',
      checkout: 'none',
      permissions: SECOND_STAGE,
      with: { 'run-id': String(first.run) },
    });
    expect(second).toMatchObject({ code: 0, outputs: { status: 'success' } });
    expect(comments()).toHaveLength(1);
    expect(comments()[0]).toContain('changes 1 asset');
  });

  test('that was not looked at gets none', async () => {
    const pull = push(manifest('echo 2'), mona);
    const head = { sha: pull.head, branch: PULL.branch, repository: mona.fork };
    const first = rig.start({ event: () => pull.event('closed'), checkout: pull.head, permissions: LOWERED });
    expect(await rig.end(first)).toMatchObject({ code: 0, outputs: { status: 'nothing' } });
    const second = await rig.run({
      event: (place) => workflowRunEvent({ ...place, run: first.run, head, author: mona.author }),
      checkout: 'none',
      permissions: SECOND_STAGE,
    });
    expect(second).toMatchObject({ code: 0, outputs: { status: 'nothing' } });
    expect(second.log).toContain('has uploaded no plan');
    expect(comments()).toEqual([]);
  });
});
