import { describe, expect, test } from 'vitest';
import { readZip } from '../adapters/zip-reader.ts';
import { addComment, fakeGitHub } from '../testing/github/fake-github.ts';
import {
  commitId,
  modelPullRequest,
  modelRun,
  type RepositoryModel,
  repositoryModel,
} from '../testing/github/repository-model.ts';
import { pullRequestStory } from '../testing/pull-request-story.ts';
import { type ZipFile, zipOf } from '../testing/zip.ts';
import { commentOnRun, PLAN_FILE, planArtifactName } from './comment-stage.ts';

const RUN = 42;
const HEAD = { commit: commitId(2), branch: 'patch', repository: 'mallory/shop' };
const PLAN = { ...pullRequestStory(), head: HEAD.commit };

interface Staged {
  readonly model: RepositoryModel;
  readonly run: () => ReturnType<typeof commentOnRun>;
}

/** A fork's pull request whose workflow has uploaded an archive. */
function staged(
  files: readonly ZipFile[] | Uint8Array = [{ name: PLAN_FILE, content: JSON.stringify(PLAN) }],
  name = planArtifactName('weather', 1),
): Staged {
  const model = repositoryModel();
  model.permissions = { actions: 'read', 'pull-requests': 'write', metadata: 'read' };
  model.runs.set(
    RUN,
    modelRun(RUN, {
      event: 'pull_request',
      status: 'completed',
      headCommit: HEAD.commit,
      headBranch: HEAD.branch,
      headRepository: HEAD.repository,
    }),
  );
  model.pullRequests.set(7, modelPullRequest(7, { head: HEAD, author: 'mallory' }));
  upload(model, name, files);
  const github = fakeGitHub(model);
  return {
    model,
    run: () => commentOnRun({ github, unzip: readZip }, { run: RUN, repository: 'https://github.com/acme/shop' }),
  };
}

function upload(model: RepositoryModel, name: string, files: readonly ZipFile[] | Uint8Array, isExpired = false): void {
  const archive = files instanceof Uint8Array ? files : zipOf(files);
  model.artifacts.push({ id: model.nextId++, run: RUN, name, bytes: archive.length, isExpired, archive });
}

const bodies = ({ model }: Staged): string[] => [...model.comments.values()].map(({ body }) => body);

describe('the second workflow', () => {
  test('comments on the pull request that GitHub names, and edits its comment', async () => {
    const here = staged();
    expect(await here.run()).toMatchObject({
      ok: true,
      value: { kind: 'commented', pullRequest: 7, comments: [{ project: 'weather', outcome: { kind: 'created' } }] },
    });
    expect(bodies(here)[0]).toContain('### Branchline: changes 2 assets, touches 1 more');
    expect(bodies(here)[0]).toContain(`https://github.com/acme/shop/blob/${HEAD.commit}/pipelines/monthly.sql`);
    expect(bodies(here)[0]).not.toContain('bi.example.org');
    upload(here.model, planArtifactName('weather', 2), [
      {
        name: PLAN_FILE,
        content: JSON.stringify({ ...PLAN, changed: [], totals: { ...PLAN.totals, changed: 0, settings: 0 } }),
      },
    ]);
    expect(await here.run()).toMatchObject({ ok: true, value: { comments: [{ outcome: { kind: 'edited' } }] } });
    expect(bodies(here)).toHaveLength(1);
    expect(bodies(here)[0]).toContain('changes nothing of the pipeline');
  });

  test('needs neither contents nor anything else', async () => {
    const here = staged();
    here.model.permissions = { actions: 'read', 'pull-requests': 'read', metadata: 'read' };
    expect(await here.run()).toMatchObject({
      ok: false,
      error: { exit: 3, help: 'Add `pull-requests: write` under `permissions:` of the job.' },
    });
  });

  test('two projects of one repository have a comment each, and no more than three', async () => {
    const here = staged();
    for (const project of ['b', 'c', 'd', 'e'])
      upload(here.model, planArtifactName(project, 1), [
        { name: PLAN_FILE, content: JSON.stringify({ ...PLAN, project }) },
      ]);
    await here.run();
    expect(bodies(here)).toHaveLength(3);
  });

  test('a comment of a stranger that looks like ours stays as it is', async () => {
    const here = staged();
    addComment(here.model, 7, 'mallory', '<!-- branchline weather -->\nmine');
    await here.run();
    expect(bodies(here)).toHaveLength(2);
    expect(bodies(here)[0]).toContain('mine');
  });
});

describe('it stops, and says why, in words of its own', () => {
  const stops = async (here: Staged, code: string): Promise<void> => {
    const end = await here.run();
    expect(end).toMatchObject({ ok: true, value: { kind: 'stopped', code } });
    expect(bodies(here)).toEqual([]);
    expect(JSON.stringify(end)).not.toMatch(/evil|<|::|\\u001b/);
  };
  const change = (changes: Parameters<typeof modelRun>[1], pull?: Parameters<typeof modelPullRequest>[1]): Staged => {
    const here = staged();
    here.model.runs.set(RUN, { ...here.model.runs.get(RUN)!, ...changes });
    if (pull) here.model.pullRequests.set(7, { ...here.model.pullRequests.get(7)!, ...pull });
    return here;
  };

  test.each<[string, Staged, string]>([
    ['another event', change({ event: 'push' }), 'not-a-pull-request'],
    ['a fork that is gone', change({ headRepository: null }), 'fork-gone'],
    ['a head that was pushed over', change({}, { head: { ...HEAD, commit: commitId(9) } }), 'no-pull-request'],
    ['a closed pull request', change({}, { state: 'closed' }), 'no-pull-request'],
    [
      'a branch of that name in another fork',
      change({}, { head: { ...HEAD, repository: 'mallory/other' } }),
      'no-pull-request',
    ],
    [
      'a pull request of this repository',
      change({ headRepository: 'acme/shop' }, { head: { ...HEAD, repository: 'acme/shop' } }),
      'own-pull-request',
    ],
    ['no plan', staged([], 'something-else'), 'no-plan'],
    ['an artifact whose name is no name', staged([], 'branchline-pr-plan-<evil>-a1'), 'no-plan'],
    ['no archive', staged(Buffer.from('evil')), 'bad-archive'],
    ['an empty archive', staged([]), 'bad-archive'],
    ['another file', staged([{ name: 'evil.json', content: '{}' }]), 'bad-archive'],
    [
      'a second file',
      staged([
        { name: PLAN_FILE, content: '{}' },
        { name: 'evil', content: '' },
      ]),
      'bad-archive',
    ],
    [
      'the same file twice',
      staged([
        { name: PLAN_FILE, content: '{}' },
        { name: PLAN_FILE, content: '{}' },
      ]),
      'bad-archive',
    ],
    ['a path that leads out', staged([{ name: `../${PLAN_FILE}`, content: '{}' }]), 'bad-archive'],
    ['a bomb', staged([{ name: PLAN_FILE, content: Buffer.alloc(3_900_000, 32) }]), 'bad-archive'],
    ['an archive without end', staged(Buffer.alloc(1_000_001)), 'bad-archive'],
    ['no JSON', staged([{ name: PLAN_FILE, content: '::error::evil' }]), 'bad-plan'],
    ['another shape', staged([{ name: PLAN_FILE, content: JSON.stringify({ ...PLAN, pullRequest: 1 }) }]), 'bad-plan'],
    [
      'another shape inside',
      staged([{ name: PLAN_FILE, content: JSON.stringify({ ...PLAN, project: '<evil>' }) }]),
      'bad-plan',
    ],
    [
      'a plan of another commit',
      staged([{ name: PLAN_FILE, content: JSON.stringify({ ...PLAN, head: commitId(8) }) }]),
      'other-head',
    ],
  ])('%s', (_, here, code) => stops(here, code));

  test('two pull requests with one head', async () => {
    const here = staged();
    here.model.pullRequests.set(8, modelPullRequest(8, { head: HEAD }));
    await stops(here, 'several-pull-requests');
  });

  test('the number that a plan names is not even looked at: there is no place for one', async () => {
    const here = staged();
    here.model.pullRequests.set(1, modelPullRequest(1));
    await here.run();
    expect([...here.model.comments.values()].map(({ pullRequest }) => pullRequest)).toEqual([7]);
  });

  test('an expired plan is none', async () => {
    const here = staged();
    here.model.artifacts.length = 0;
    upload(here.model, planArtifactName('weather', 1), [], true);
    await stops(here, 'no-plan');
  });
});
