import { describe, expect, it } from 'vitest';
import { type JobContext, readContext } from './event.ts';
import { type Intent, settleIntent } from './intent.ts';

const SHA = 'a'.repeat(40);
const repository = { default_branch: 'main', full_name: 'acme/data' };
const pullRequest = (action: string, head: object = { repo: { full_name: 'acme/data' } }) => ({
  action,
  repository,
  pull_request: {
    number: 7,
    user: { login: 'ada' },
    head: { sha: 'b'.repeat(40), ref: 'topic', ...head },
    base: { sha: 'c'.repeat(40), ref: 'main' },
  },
});

function contextOf(name: string, ref: string, payload: unknown): JobContext {
  const read = readContext(
    {
      GITHUB_EVENT_NAME: name,
      GITHUB_REF: ref,
      GITHUB_REPOSITORY: 'acme/data',
      GITHUB_RUN_ID: '17',
      GITHUB_JOB: 'run',
      GITHUB_SHA: SHA,
      GITHUB_WORKSPACE: '/w',
      RUNNER_TEMP: '/t',
    },
    payload,
  );
  if (!read.ok) throw new Error(read.error);
  return read.value;
}

interface Case {
  readonly on: string;
  readonly ref?: string;
  readonly payload?: unknown;
  readonly command?: string;
  readonly branches?: readonly string[];
}

function intentOf({ on, ref = 'refs/heads/main', payload = { repository }, command, branches }: Case): Intent {
  const [first, ...more] = (command ?? 'auto').split(' ');
  return settleIntent({ command: [first as 'auto', ...more] }, contextOf(on, ref, payload), branches);
}

const push = { repository, after: SHA, head_commit: { timestamp: '2026-11-22T10:00:00+01:00' } };
const topic = 'refs/heads/topic';
const tag = 'refs/tags/v1';
const merge = 'refs/pull/7/merge';

describe('command: auto', () => {
  const check = (given: Case, expected: Partial<Intent>): void => expect(intentOf(given)).toMatchObject(expected);

  it.each(['schedule', 'repository_dispatch'])('%s ticks', (on) => {
    check({ on }, { kind: 'tick' });
    // Its payload may say nothing of the repository: it runs on the default branch by itself.
    check({ on, payload: {} }, { kind: 'tick' });
    check({ on, branches: ['main', 'live'] }, { kind: 'tick' });
    check({ on, branches: ['live'] }, { kind: 'refused' });
  });

  it('a push to a production branch ticks, and builds', () => {
    const said = { commit: SHA, at: '2026-11-22T10:00:00+01:00' };
    const expected = { kind: 'tick', push: expect.objectContaining(said) } as const;
    check({ on: 'push', payload: push }, expected);
    check({ on: 'push', payload: push, ref: 'refs/heads/live', branches: ['live'] }, expected);
  });

  it('a push elsewhere, a tag and a branch that is deleted are checked', () => {
    check({ on: 'push', payload: push, ref: topic }, { kind: 'check' });
    check({ on: 'push', payload: push, ref: tag }, { kind: 'check' });
    check({ on: 'push', payload: push, branches: ['live'] }, { kind: 'check' });
    check({ on: 'push', payload: { ...push, deleted: true } }, { kind: 'check' });
    // A tag may bear the name of the branch.
    check({ on: 'push', payload: push, ref: 'refs/tags/main' }, { kind: 'check' });
  });

  it('a click on a production branch does what it says, by itself a tick', () => {
    const click = (command?: string) => ({ repository, inputs: command === undefined ? null : { command } });
    check({ on: 'workflow_dispatch', payload: click() }, { kind: 'tick' });
    check({ on: 'workflow_dispatch', payload: click('') }, { kind: 'tick' });
    for (const command of ['tick', 'run', 'backfill', 'plan', 'check'] as const)
      check({ on: 'workflow_dispatch', payload: click(command) }, { kind: command });
    check({ on: 'workflow_dispatch', payload: click('rerun') }, { kind: 'refused' });
    // What is to be tried again or canceled has to be said.
    check({ on: 'workflow_dispatch', payload: click('retry') }, { kind: 'refused' });
    check({ on: 'workflow_dispatch', payload: click('cancel') }, { kind: 'refused' });
  });

  it('retry and cancel are told what is meant, in one way', () => {
    const payload = { repository, inputs: { command: 'retry' } };
    const context = contextOf('workflow_dispatch', 'refs/heads/main', payload);
    const runId = '20261122-ptq7w2l5kx3mfa6e';
    const settle = (inputs: Parameters<typeof settleIntent>[0]) => settleIntent(inputs, context, undefined);
    expect(settle({ command: ['auto'], runId })).toEqual({ kind: 'retry', run: runId });
    expect(settle({ command: ['retry', '--all'], runId })).toEqual({
      kind: 'retry',
      run: runId,
      strategy: 'ALL_STEPS',
    });
    expect(settle({ command: ['retry', '--from-failure'], runId })).toMatchObject({ strategy: 'FROM_FAILURE' });
    expect(settle({ command: ['retry', '--al'], runId })).toMatchObject({ kind: 'refused' });
    expect(settle({ command: ['retry', '--all', '--from-failure'], runId })).toMatchObject({ kind: 'refused' });
    expect(settle({ command: ['cancel'], runId })).toEqual({ kind: 'cancel', what: runId });
    expect(settle({ command: ['cancel'], select: 'group:a' })).toEqual({ kind: 'cancel', what: 'group:a' });
    expect(settle({ command: ['cancel'], runId, select: 'group:a' })).toMatchObject({ kind: 'refused' });
    for (const backfill of ['bf-20261122-ptq7w2l5kx', 'bf-ptq7w2l5kx'])
      expect(settle({ command: ['cancel'], runId: backfill })).toEqual({ kind: 'cancel', what: backfill });
    // A selection in the wrong field would cancel whatever it happens to name.
    for (const slip of ['*', 'raw/orders', 'group:a', `${runId} or *`])
      expect(settle({ command: ['cancel'], runId: slip })).toMatchObject({ kind: 'refused' });
  });

  it('a click elsewhere plans only', () => {
    for (const command of ['tick', 'run', 'backfill', 'retry'])
      check({ on: 'workflow_dispatch', payload: { repository, inputs: { command } }, ref: topic }, { kind: 'plan' });
    check({ on: 'workflow_dispatch', ref: tag }, { kind: 'plan' });
  });

  it.each(['opened', 'synchronize', 'reopened', 'edited'])('a pull request that was %s is compared', (action) => {
    check(
      { on: 'pull_request', payload: pullRequest(action), ref: merge },
      { kind: 'changes', against: { kind: 'pull-request', pullRequest: expect.objectContaining({ number: 7 }) } },
    );
  });

  it('a closed pull request has nothing to close', () => {
    check(
      { on: 'pull_request', payload: pullRequest('closed'), ref: merge },
      {
        kind: 'nothing',
        text: 'Pull request 7 is closed. It has no environment of its own, so there is nothing to close.',
      },
    );
    check({ on: 'pull_request', payload: pullRequest('labeled'), ref: merge }, { kind: 'nothing' });
  });

  it('a merge group is compared with its base', () => {
    const payload = { repository, merge_group: { head_sha: 'd'.repeat(40), base_sha: 'e'.repeat(40) } };
    check(
      { on: 'merge_group', payload, ref: 'refs/heads/gh-readonly-queue/main/pr-7' },
      { kind: 'changes', against: { kind: 'commit', base: 'e'.repeat(40), head: 'd'.repeat(40) } },
    );
  });

  it('a workflow run is the second stage', () => {
    check({ on: 'workflow_run', payload: { repository, workflow_run: { id: 99 } } }, { kind: 'comment', run: 99 });
  });

  it.each(['issue_comment', 'pull_request_target', 'release', 'fork'])(
    '%s is refused, with what is understood',
    (on) => {
      const intent = intentOf({ on });
      expect(intent).toMatchObject({ kind: 'refused' });
      expect(JSON.stringify(intent)).toContain('schedule, repository_dispatch, push, workflow_dispatch, pull_request');
    },
  );
});

describe('a command that is named', () => {
  const check = (given: Case, expected: Partial<Intent>): void => expect(intentOf(given)).toMatchObject(expected);

  it.each(['tick', 'run'])('%s writes production from its branches only', (command) => {
    check({ on: 'schedule', command }, { kind: command as 'tick' });
    check({ on: 'release', command }, { kind: command as 'tick' });
    check({ on: 'workflow_dispatch', command, ref: topic }, { kind: 'refused' });
    check({ on: 'push', payload: push, command, ref: tag }, { kind: 'refused' });
    check({ on: 'push', payload: { ...push, deleted: true }, command }, { kind: 'refused' });
    check({ on: 'workflow_dispatch', command, branches: ['live'] }, { kind: 'refused' });
    // Whatever ref a pull request claims to have.
    check({ on: 'pull_request', payload: pullRequest('opened'), command }, { kind: 'refused' });
    check({ on: 'workflow_dispatch', payload: {}, command }, { kind: 'refused' });
  });

  it('says from where production is written, and what to do', () => {
    const intent = intentOf({ on: 'workflow_dispatch', command: 'tick', ref: topic, branches: ['main', 'live'] });
    expect(intent).toEqual({
      kind: 'refused',
      message: 'Production is written from main, live only, and this is the branch topic.',
      help: expect.stringContaining('environments: { production: { branches:'),
    });
  });

  it('plans and checks anywhere', () => {
    for (const command of ['plan', 'check'] as const)
      check({ on: 'pull_request', payload: pullRequest('opened'), ref: merge, command }, { kind: command });
  });

  it('compares where there is a base, and comments where there is a first stage', () => {
    check({ on: 'pull_request', payload: pullRequest('labeled'), ref: merge, command: 'changes' }, { kind: 'changes' });
    check({ on: 'push', payload: push, command: 'changes' }, { kind: 'refused' });
    check({ on: 'push', payload: push, command: 'comment' }, { kind: 'refused' });
    check({ on: 'workflow_run', payload: { workflow_run: { id: 1 } }, command: 'comment' }, { kind: 'comment' });
  });

  it('takes the run of the first stage from the workflow, if it says so', () => {
    const context = contextOf('workflow_run', 'refs/heads/main', { workflow_run: { id: 1 } });
    expect(settleIntent({ command: ['comment'], runId: '5' }, context, undefined)).toEqual({ kind: 'comment', run: 5 });
  });

  it('hands what only reads to the command line, from anywhere', () => {
    for (const command of ['report', 'outputs list', 'state log', 'state verify'])
      check({ on: 'push', payload: push, ref: topic, command }, { kind: 'words', words: command.split(' ') });
  });

  it('writes the state branch from production only', () => {
    for (const command of ['state replay x', 'state create', 'state compact', 'state verify --repair']) {
      check({ on: 'push', payload: push, ref: topic, command }, { kind: 'refused' });
      check({ on: 'schedule', command }, { kind: 'words', words: command.split(' ') });
    }
  });
});

describe('readContext', () => {
  it('says which variables of a runner are missing', () => {
    expect(readContext({ GITHUB_EVENT_NAME: 'push', GITHUB_REPOSITORY: 'a/b' }, {})).toEqual({
      ok: false,
      error: 'this is not a job of a workflow: GITHUB_RUN_ID, GITHUB_JOB, GITHUB_WORKSPACE, RUNNER_TEMP are not set',
    });
  });

  it.each([
    ['push', {}],
    ['pull_request', { pull_request: { number: '7' } }],
    ['pull_request', { pull_request: null }],
    ['merge_group', { merge_group: { head_sha: 'x' } }],
    ['workflow_run', { workflow_run: { id: '1' } }],
    ['push', 'no object'],
    ['push', null],
  ])('refuses a payload of %s that is not one', (name, payload) => {
    expect(() => contextOf(name, '', payload)).toThrow(`the payload of the event ${name} has no`);
  });

  it('knows a fork that is gone by its missing repository', () => {
    const context = contextOf('pull_request', merge, pullRequest('opened', { repo: null }));
    expect(context.event).toMatchObject({ kind: 'pull_request', head: { branch: 'topic' }, author: 'ada' });
    expect(context.event).not.toHaveProperty('head.repository');
  });

  it('takes inputs of a dispatch as text, whatever they are', () => {
    const inputs = { select: 'key:a', 'dry-run': true, n: 3, list: [] };
    const { event } = contextOf('workflow_dispatch', 'refs/heads/main', { inputs });
    expect(event).toEqual({ kind: 'workflow_dispatch', inputs: { select: 'key:a', 'dry-run': 'true', n: '3' } });
  });

  it('never reads what a payload inherits', () => {
    const payload = JSON.parse('{"__proto__":{"after":"x"}}');
    expect(() => contextOf('push', '', payload)).toThrow('has no after');
  });
});
