import { describe, expect, test } from 'vitest';
import { fail, ok } from '../base/result.ts';
import { readPullRequestPlan } from '../plan/changes/pull-request-plan.ts';
import { emptyView } from '../state/fold.ts';
import { addComment, type FakeGitHub, fakeGitHub } from '../testing/github/fake-github.ts';
import {
  commitId,
  modelPullRequest,
  type RepositoryModel,
  repositoryModel,
} from '../testing/github/repository-model.ts';
import { type Files, sourceTreeOf } from '../testing/project-builder.ts';
import { STORY_BASE, STORY_HEAD } from '../testing/pull-request-story.ts';
import { outsideFailure } from './failure.ts';
import { loadProject } from './load-project.ts';
import { type Review, type ReviewOptions, type ReviewPorts, reviewPullRequest } from './pull-request.ts';

const OPTIONS: ReviewOptions = {
  repository: 'https://github.com/acme/shop',
  comment: true,
  failOn: 'error',
  parallel: 2,
};

interface World {
  readonly model: RepositoryModel;
  readonly github: FakeGitHub;
  readonly uploads: string[];
  readonly opened: string[];
  readonly review: (more?: {
    head?: Files;
    base?: Files;
    options?: Partial<ReviewOptions>;
    ports?: Partial<ReviewPorts>;
  }) => Promise<Review>;
}

/** A pull request of two commits; the base branch went on by one since they parted. */
function world(change: Parameters<typeof modelPullRequest>[1] = {}): World {
  const model = repositoryModel();
  model.commits.set(commitId(2), [commitId(1)]);
  model.commits.set(commitId(3), [commitId(1)]);
  model.refs.set('heads/main', commitId(3));
  const pullRequest = modelPullRequest(7, { base: { commit: commitId(3), branch: 'main' }, ...change });
  model.pullRequests.set(7, pullRequest);
  const github = fakeGitHub(model);
  const uploads: string[] = [];
  const opened: string[] = [];
  return {
    model,
    github,
    uploads,
    opened,
    async review({ head = STORY_HEAD, base = STORY_BASE, options, ports } = {}) {
      const tree = sourceTreeOf(head);
      const { author, head: at, number } = pullRequest;
      const reviewed = await reviewPullRequest(
        {
          github,
          tree,
          loaded: loadProject(tree),
          openCommit: async (commit) => {
            opened.push(commit);
            return ok(sourceTreeOf(base));
          },
          readState: async () => ok(emptyView('production')),
          upload: async (plan) => {
            uploads.push(plan);
            return ok(undefined);
          },
          redact: (text) => text.replaceAll('gold', '***'),
          ...ports,
        },
        {
          kind: 'pull-request',
          pullRequest: {
            number,
            base: pullRequest.base,
            head: {
              commit: at.commit,
              branch: at.branch,
              ...(at.repository === null ? {} : { repository: at.repository }),
            },
            ...(author === undefined ? {} : { author }),
          },
        },
        { ...OPTIONS, ...options },
      );
      if (!reviewed.ok) throw new Error(JSON.stringify(reviewed.error));
      return reviewed.value;
    },
  };
}

const bodies = ({ model }: World): string[] => [...model.comments.values()].map(({ body }) => body);

describe('a pull request of the same repository', () => {
  test('gets one comment against the merge base, edited at the next push', async () => {
    const here = world();
    const first = await here.review();
    expect(here.opened).toEqual([commitId(1)]);
    expect(first.comment.kind).toBe('created');
    expect(first.exit).toBe(0);
    expect(bodies(here)).toEqual([first.body]);
    expect(first.body).toContain('### Branchline: changes 2 assets, touches 1 more; would run 5 steps\n');
    const same = await here.review();
    expect(same.comment.kind).toBe('unchanged');
    const next = await here.review({ head: { ...STORY_HEAD, 'chart.py': 'print()\n' } });
    expect(next.comment).toMatchObject({ kind: 'edited', url: expect.stringContaining('#issuecomment-') });
    expect(bodies(here)).toEqual([next.body]);
    expect(next.body).toContain('changes 3 assets');
    expect(here.uploads).toEqual([]);
  });

  test('gets none where nothing of the pipeline changed, and one that is there says so', async () => {
    const here = world();
    expect((await here.review({ head: { ...STORY_BASE, 'README.md': 'x' } })).comment.kind).toBe('none');
    expect(bodies(here)).toEqual([]);
    await here.review();
    expect((await here.review({ head: STORY_BASE })).comment.kind).toBe('edited');
    expect(bodies(here)[0]).toContain('### Branchline: changes nothing of the pipeline');
  });

  test('a comment of somebody else is never edited, whatever it begins with', async () => {
    const here = world();
    addComment(here.model, 7, 'mallory', '<!-- branchline weather -->\n### Branchline: fine');
    addComment(here.model, 7, 'github-actions[bot]', 'a comment of another action');
    expect((await here.review()).comment.kind).toBe('created');
    expect(bodies(here)).toHaveLength(3);
    expect(bodies(here)[0]).toContain('fine');
  });

  test('the comment of an App is edited by the next token, and with other line ends it is the same', async () => {
    const here = world();
    const { body } = await here.review();
    const [id, comment] = [...here.model.comments][0]!;
    here.model.comments.set(id, { ...comment, author: 'our-app[bot]', body: `${body.replaceAll('\n', '\r\n')}\r\n` });
    expect((await here.review()).comment.kind).toBe('unchanged');
    expect((await here.review({ head: STORY_BASE })).comment.kind).toBe('edited');
    expect(bodies(here)).toHaveLength(1);
  });

  test('errors are the comment, and fail the job as fail-on says', async () => {
    const broken = { ...STORY_HEAD, 'pipelines/more.yaml': 'assets: { a: { rum: "true" } }\n' };
    const here = world();
    const review = await here.review({ head: broken });
    expect(review.exit).toBe(2);
    expect(review.body).toContain('### Branchline: 1 problem in the manifests');
    expect(review.plan.project).toBe('weather');
    expect((await here.review({ head: broken, options: { failOn: 'never' } })).exit).toBe(0);
    const warned = {
      ...STORY_HEAD,
      'pipelines/more.yaml': 'selections: { none: { selection: "key:marts/monthy" } }\n',
    };
    expect((await here.review({ head: warned })).exit).toBe(0);
    expect((await here.review({ head: warned, options: { failOn: 'warning' } })).exit).toBe(1);
  });

  test('a broken or missing base stops nothing', async () => {
    const here = world();
    const broken = await here.review({ base: { ...STORY_BASE, 'pipelines/weather.yaml': 'assets: [' } });
    expect(broken.body).toContain('The merge base has 1 problem in its manifests');
    const first = await here.review({ base: {} });
    expect(first.body).toContain('There is no project at the merge base');
  });

  test('a state that cannot be read is said, and stops nothing', async () => {
    const here = world();
    const review = await here.review({
      ports: { readState: async () => fail(outsideFailure('unreachable', 'origin cannot be reached: no answer')) },
    });
    expect(review.plan.noPlan).toBe('origin cannot be reached: no answer');
    expect(review.body).toContain('what would run is not known');
    expect(review.exit).toBe(0);
  });

  test('what has no partitions yet hides nothing else of what would run', async () => {
    const files = (run: string): Files => ({
      'branchline.yaml': `name: shop
assets:
  a: { run: ${run} }
  k: { run: ${run}, partitions: { dynamic: customers } }
  r: { deps: [k], run: "true" }
`,
    });
    const { body } = await world().review({ base: files('"true"'), head: files('"false"') });
    expect(body).toContain('would run 1 step');
    expect(body).not.toContain('no partitions yet');
  });

  test('no secret stands in a comment', async () => {
    const { body, plan } = await world().review();
    expect(body).not.toContain('gold');
    expect(JSON.stringify(plan)).not.toContain('gold');
    expect(body).toContain('`tier` (\\*\\*\\*)');
  });

  test('a head that is not the newest any more leaves the comment alone', async () => {
    const here = world();
    here.model.pullRequests.set(7, modelPullRequest(7, { head: { ...modelPullRequest(7).head, commit: commitId(3) } }));
    expect((await here.review()).comment.kind).toBe('outdated');
    expect(bodies(here)).toEqual([]);
  });

  test('comment: false writes nothing anywhere', async () => {
    const here = world();
    expect((await here.review({ options: { comment: false } })).comment.kind).toBe('off');
    expect([bodies(here), here.uploads]).toEqual([[], []]);
  });
});

describe('an untrusted pull request', () => {
  const fork = { ...modelPullRequest(7).head, repository: 'mallory/shop' };
  test.each([
    ['of a fork', { head: fork }],
    ['of a fork that is gone', { head: { ...fork, repository: null } }],
    ['of Dependabot', { author: 'dependabot[bot]' }],
  ])('%s leaves its plan to the second workflow and asks for no comment', async (_, change) => {
    const here = world(change);
    const review = await here.review();
    expect(review.comment.kind).toBe('left-to-second-stage');
    expect(here.github.calls).toEqual(['compare']);
    expect(here.uploads.map((text) => readPullRequestPlan(text))).toEqual([{ ok: true, value: review.plan }]);
  });

  test('whose token cannot write, too', async () => {
    const here = world();
    here.model.permissions = { contents: 'read', 'pull-requests': 'read', metadata: 'read' };
    expect((await here.review()).comment.kind).toBe('left-to-second-stage');
    expect(here.uploads).toHaveLength(1);
  });

  test('nothing that it could upload is said with the permission that is missing', async () => {
    const here = world();
    here.model.permissions = { contents: 'read', 'pull-requests': 'read', metadata: 'read' };
    const review = await here.review({ ports: { upload: async () => fail('no artifact service here') } });
    expect(review.comment).toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(/pull-requests: write.*no artifact service here/),
    });
  });

  test('a quiet one is uploaded as well: a comment from before is to say so', async () => {
    const here = world({ head: fork });
    await here.review({ head: STORY_BASE });
    expect(here.uploads).toHaveLength(1);
  });
});

describe('what GitHub refuses', () => {
  test.each([
    ['compare', 'contents: read'],
    ['pullRequest', undefined],
  ] as const)('%s', async (call, permission) => {
    const here = world();
    here.github.refuse(call, { code: 'forbidden', message: 'no', ...(permission ? { permission } : {}) });
    if (call === 'compare') await expect(here.review()).rejects.toThrow('Add `contents: read` under `permissions:`');
    else expect((await here.review()).comment.kind).toBe('created');
  });

  test('a comment that cannot be written for another reason is no failure of the review', async () => {
    const here = world();
    here.github.refuse('createComment', { code: 'limited', message: 'later', until: 0 });
    expect((await here.review()).comment).toEqual({ kind: 'failed', message: 'later' });
  });
});

test('a merge queue is compared and gets no comment', async () => {
  const here = world();
  const tree = sourceTreeOf(STORY_HEAD);
  const reviewed = await reviewPullRequest(
    {
      github: here.github,
      tree,
      loaded: loadProject(tree),
      openCommit: async () => ok(sourceTreeOf(STORY_BASE)),
      readState: async () => ok(emptyView('production')),
      upload: async () => fail('never'),
      redact: (text) => text,
    },
    { kind: 'commit', base: commitId(3), head: commitId(2) },
    OPTIONS,
  );
  expect(reviewed).toMatchObject({ ok: true, value: { comment: { kind: 'off' }, plan: { totals: { changed: 2 } } } });
});
