import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Result } from '../../base/result.ts';
import type { GitHub, GitHubRefusal } from '../../ports-github.ts';
import {
  commitId,
  modelJob,
  modelPullRequest,
  modelRun,
  type RepositoryModel,
  repositoryModel,
  USUAL_PERMISSIONS,
} from '../github/repository-model.ts';

/** What the contract needs of an implementation: a repository to prepare, and the port over it. */
export interface GitHubRig {
  readonly model: RepositoryModel;
  readonly github: GitHub;
  stop(): void | Promise<void>;
}

function must<T>(result: Result<T, GitHubRefusal>): T {
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.error)}`);
  return result.value;
}
function refusal<T>(result: Result<T, GitHubRefusal>): GitHubRefusal {
  if (result.ok) throw new Error(`not refused: ${JSON.stringify(result.value)}`);
  return result.error;
}

/** What every `GitHub` answers, whatever is behind it. */
export function gitHubContract(name: string, makeRig: (model: RepositoryModel) => Promise<GitHubRig>): void {
  describe(`GitHub: ${name}`, () => {
    let rig: GitHubRig;
    let model: RepositoryModel;
    let github: GitHub;
    beforeEach(async () => {
      rig = await makeRig(repositoryModel());
      ({ model, github } = rig);
    });
    afterEach(() => rig.stop());

    describe('workflow runs and jobs', () => {
      beforeEach(() => {
        model.runs.set(7, modelRun(7, { attempt: 2 }));
        model.jobs.push(
          modelJob(7, { id: 71, status: 'completed', conclusion: 'cancelled', completedAt: 1_795_338_000_000 }),
          modelJob(7, { id: 72, attempt: 2, labels: ['self-hosted', 'big'], isSelfHosted: true, runner: 'ours-1' }),
        );
      });

      it('gives the jobs of one attempt, with what judges a holder', async () => {
        expect(must(await github.jobs(7, 1))).toEqual([
          {
            id: 71,
            name: 'run',
            attempt: 1,
            status: 'completed',
            conclusion: 'cancelled',
            createdAt: Date.parse('2026-11-22T09:00:05Z'),
            startedAt: Date.parse('2026-11-22T09:00:10Z'),
            completedAt: 1_795_338_000_000,
            runner: 'GitHub Actions 7',
            labels: ['ubuntu-latest'],
            isSelfHosted: false,
          },
        ]);
        expect(must(await github.jobs(7, 2))).toMatchObject([
          { id: 72, attempt: 2, status: 'in_progress', runner: 'ours-1', isSelfHosted: true },
        ]);
      });

      it('a job that no machine took has neither runner nor end', async () => {
        const { runner: _, ...waiting } = modelJob(7, { id: 73, attempt: 2, status: 'queued' });
        model.jobs.push(waiting);
        const job = must(await github.jobs(7, 2)).at(-1);
        expect(job).toMatchObject({ id: 73, status: 'queued' });
        expect(job).not.toHaveProperty('runner');
        expect(job).not.toHaveProperty('completedAt');
      });

      it('reads all pages of a matrix', async () => {
        model.runs.set(8, modelRun(8));
        for (let i = 0; i < 256; i++) model.jobs.push(modelJob(8, { id: 1_000 + i, name: `s${i}` }));
        const jobs = must(await github.jobs(8, 1));
        expect(jobs.map(({ id }) => id)).toEqual(Array.from({ length: 256 }, (_, i) => 1_000 + i));
      });

      it('gives a workflow run', async () => {
        expect(must(await github.workflowRun(7))).toEqual(modelRun(7, { attempt: 2 }));
        model.runs.set(8, modelRun(8, { event: 'pull_request', headRepository: null, actor: 'dependabot[bot]' }));
        expect(must(await github.workflowRun(8))).toMatchObject({ headRepository: null, actor: 'dependabot[bot]' });
      });

      it('says what is not there', async () => {
        expect(refusal(await github.workflowRun(404))).toMatchObject({ code: 'not-found' });
        expect(refusal(await github.jobs(404, 1))).toMatchObject({ code: 'not-found' });
        expect(refusal(await github.jobs(7, 3))).toMatchObject({ code: 'not-found' });
      });
    });

    describe('commits and refs', () => {
      beforeEach(() => {
        const [one, two, three, fork] = [1, 2, 3, 4].map(commitId) as [string, string, string, string];
        model.commits.set(two, [one]).set(three, [one]).set(fork, [two]);
        model.refs.set('heads/main', two).set('heads/change/1', three).set('tags/v1', one);
        model.forkBranches.set('mona:main', fork);
      });

      it.each([
        ['main', 'main', 2, 'identical'],
        ['main', 'change/1', 1, 'diverged'],
        ['v1', 'main', 1, 'ahead'],
        ['main', commitId(1), 1, 'behind'],
        ['main', 'mona:main', 2, 'ahead'],
      ] as const)('the merge base of %s and %s', async (base, head, mergeBase, status) => {
        expect(must(await github.compare(base, head))).toEqual({ mergeBase: commitId(mergeBase), status });
      });

      it('gives the commit of a branch and of a tag, and says what is not there', async () => {
        expect(must(await github.commitOf('heads/change/1'))).toBe(commitId(3));
        expect(must(await github.commitOf('tags/v1'))).toBe(commitId(1));
        model.annotatedTags.set('tags/v1', commitId(77));
        expect(must(await github.commitOf('tags/v1'))).toBe(commitId(1));
        expect(refusal(await github.commitOf('heads/nowhere'))).toMatchObject({ code: 'not-found' });
        // The beginning of a name is another name.
        expect(refusal(await github.commitOf('heads/change'))).toMatchObject({ code: 'not-found' });
        expect(refusal(await github.compare('main', 'nowhere'))).toMatchObject({ code: 'not-found' });
      });

      it('looks into another repository', async () => {
        model.otherRefs.set('acme/branchline', new Map([['tags/v1.2.0', commitId(9)]]));
        model.releases.set('acme/branchline', 'v1.2.0');
        expect(must(await github.latestRelease('acme/branchline'))).toBe('v1.2.0');
        expect(must(await github.commitOf('tags/v1.2.0', 'acme/branchline'))).toBe(commitId(9));
        expect(refusal(await github.latestRelease())).toMatchObject({ code: 'not-found' });
      });
    });

    describe('pull requests and their comments', () => {
      it('finds those of a branch of an owner, newest first, closed ones too', async () => {
        const head = { commit: commitId(2), branch: 'main', repository: 'mona/shop' };
        model.pullRequests.set(1, modelPullRequest(1, { head, state: 'closed', isMerged: true }));
        model.pullRequests.set(2, modelPullRequest(2));
        model.pullRequests.set(3, modelPullRequest(3, { head, isDraft: true, author: 'mona' }));
        expect(must(await github.pullRequestsFrom('mona', 'main'))).toEqual([
          modelPullRequest(3, { head, isDraft: true, author: 'mona' }),
          modelPullRequest(1, { head, state: 'closed', isMerged: true }),
        ]);
        expect(must(await github.pullRequestsFrom('mona', 'other'))).toEqual([]);
      });

      it('gives one, also when its fork is gone', async () => {
        const gone = modelPullRequest(5, { head: { commit: commitId(2), branch: 'x', repository: null } });
        model.pullRequests.set(5, gone);
        expect(must(await github.pullRequest(5))).toEqual(gone);
        expect(refusal(await github.pullRequest(6))).toMatchObject({ code: 'not-found' });
      });

      it('writes a comment, finds it, and edits it in place', async () => {
        model.pullRequests.set(5, modelPullRequest(5));
        const text = '<!-- mark -->\n**3** assets change, @nobody | ünïcode 🎉\n';
        const made = must(await github.createComment(5, text));
        expect(must(await github.comments(5))).toEqual({ items: [made], isWhole: true });
        expect(made).toMatchObject({ body: text, author: 'github-actions[bot]' });
        expect(must(await github.updateComment(made.id, 'less'))).toEqual({ ...made, body: 'less' });
        expect(must(await github.comments(5)).items.map(({ body }) => body)).toEqual(['less']);
      });

      it('reads more than a page of comments, oldest first', async () => {
        model.pullRequests.set(5, modelPullRequest(5));
        for (let i = 0; i < 230; i++) {
          model.comments.set(i + 1, { id: i + 1, pullRequest: 5, author: 'mona', body: `${i}`, url: `https://x/${i}` });
        }
        const comments = must(await github.comments(5));
        expect(comments.items.map(({ body }) => body)).toEqual(Array.from({ length: 230 }, (_, i) => `${i}`));
        expect(comments.isWhole).toBe(true);
      });

      it('refuses a comment that is too long, and one on what is not there', async () => {
        model.pullRequests.set(5, modelPullRequest(5));
        expect(must(await github.createComment(5, 'x'.repeat(65_536))).body).toHaveLength(65_536);
        expect(refusal(await github.createComment(5, 'x'.repeat(65_537)))).toMatchObject({ code: 'refused' });
        expect(refusal(await github.createComment(6, 'x'))).toMatchObject({ code: 'not-found' });
        expect(refusal(await github.updateComment(1, 'x'))).toMatchObject({ code: 'not-found' });
      });
    });

    describe('settings', () => {
      it('gives the facts of the repository', async () => {
        expect(must(await github.repositoryFacts())).toEqual(model.facts);
        model.facts = { ...model.facts, visibility: 'public', defaultBranch: 'trunk', isFork: true };
        expect(must(await github.repositoryFacts())).toEqual(model.facts);
      });

      it.each([
        { kind: 'any' } as const,
        { kind: 'protected' } as const,
        { kind: 'selected', patterns: ['main', 'release/*'] } as const,
      ])('gives an environment whose branches are $kind', async (branches) => {
        const production = { name: 'production', reviewers: ['octocat', 'data'], waitMinutes: 5, branches };
        model.environments.set('production', production);
        expect(must(await github.environment('production'))).toEqual(production);
        expect(refusal(await github.environment('other'))).toMatchObject({ code: 'not-found' });
      });

      it('gives the state of a workflow file', async () => {
        const file = {
          id: 9,
          name: 'branchline',
          path: '.github/workflows/branchline.yml',
          state: 'disabled_inactivity',
        } as const;
        model.workflowFiles.set('branchline.yml', file);
        expect(must(await github.workflowFile('branchline.yml'))).toEqual(file);
        expect(refusal(await github.workflowFile('none.yml'))).toMatchObject({ code: 'not-found' });
      });

      it('says that the defaults of tokens are hidden from a workflow', async () => {
        const { code, ...rest } = refusal(await github.tokenDefaults());
        expect(code).toBe('forbidden');
        // No line under `permissions:` could help.
        expect(rest).not.toHaveProperty('permission');
        model.permissions = { ...USUAL_PERMISSIONS, administration: 'read' };
        expect(must(await github.tokenDefaults())).toEqual({ permissions: 'read' });
      });
    });

    describe('dispatches, artifacts and cache entries', () => {
      beforeEach(() => {
        model.runs.set(7, modelRun(7));
        model.workflowFiles.set('branchline.yml', { id: 9, name: 'b', path: 'p', state: 'active' });
      });

      it('starts a workflow with its inputs', async () => {
        const request = { file: 'branchline.yml', ref: 'main', inputs: { command: 'tick', select: 'tag:a b' } };
        must(await github.dispatchWorkflow(request));
        expect(model.dispatches).toEqual([request]);
        expect(refusal(await github.dispatchWorkflow({ ...request, file: 'x.yml' }))).toMatchObject({
          code: 'not-found',
        });
        expect(refusal(await github.dispatchWorkflow({ ...request, ref: 'gone' }))).toMatchObject({ code: 'refused' });
        expect(model.dispatches).toHaveLength(1);
      });

      it('lists artifacts newest first, and gives the bytes of one', async () => {
        const archive = Uint8Array.from({ length: 70_000 }, (_, i) => i % 251);
        for (const [id, name] of [
          [1, 'plan-a1'],
          [2, 'plan-a2'],
        ] as const) {
          model.artifacts.push({
            id,
            run: 7,
            name,
            bytes: archive.length,
            isExpired: false,
            createdAt: 1_795_338_000_000,
            archive,
          });
        }
        expect(must(await github.artifacts(7)).items.map(({ name }) => name)).toEqual(['plan-a2', 'plan-a1']);
        expect(must(await github.artifacts(7, 'plan-a1'))).toEqual({
          items: [{ id: 1, name: 'plan-a1', bytes: 70_000, isExpired: false, createdAt: 1_795_338_000_000 }],
          isWhole: true,
        });
        expect(Buffer.from(must(await github.downloadArtifact(1, 70_000))).equals(archive)).toBe(true);
        expect(refusal(await github.downloadArtifact(1, 69_999))).toMatchObject({ code: 'too-large' });
        expect(refusal(await github.downloadArtifact(3, 1))).toMatchObject({ code: 'not-found' });
      });

      it('says when an artifact has expired', async () => {
        model.artifacts.push({ id: 1, run: 7, name: 'a', bytes: 1, isExpired: true, archive: new Uint8Array(1) });
        expect(must(await github.artifacts(7)).items).toMatchObject([{ isExpired: true }]);
        expect(refusal(await github.downloadArtifact(1, 10))).toMatchObject({ code: 'refused' });
      });

      it('lists cache entries by prefix and ref', async () => {
        const entry = (id: number, key: string, ref: string) => ({ id, key, ref, bytes: 5 });
        model.cacheEntries.push(
          entry(1, 'bl1-aa-1', 'refs/heads/main'),
          entry(2, 'bl1-aa-2', 'refs/pull/3/merge'),
          entry(3, 'npm-1', 'refs/heads/main'),
        );
        expect(must(await github.cacheEntries('bl1-')).items.map(({ id }) => id)).toEqual([1, 2]);
        expect(must(await github.cacheEntries('bl1-', 'refs/pull/3/merge')).items).toEqual([
          entry(2, 'bl1-aa-2', 'refs/pull/3/merge'),
        ]);
      });
    });

    describe('a token that may not', () => {
      it.each<[string, (github: GitHub) => Promise<Result<unknown, GitHubRefusal>>, string]>([
        ['jobs', (port) => port.jobs(7, 1), 'actions: read'],
        ['artifacts', (port) => port.artifacts(7), 'actions: read'],
        ['a dispatch', (port) => port.dispatchWorkflow({ file: 'branchline.yml', ref: 'main' }), 'actions: write'],
        ['a comment', (port) => port.createComment(5, 'x'), 'pull-requests: write'],
        ['an edit', (port) => port.updateComment(5, 'x'), 'pull-requests: write'],
        ['a pull request', (port) => port.pullRequest(5), 'pull-requests: read'],
        ['a comparison', (port) => port.compare('main', 'main'), 'contents: read'],
      ])('%s: the line to add is named', async (_, call, permission) => {
        model.permissions = { metadata: 'read' };
        expect(refusal(await call(github))).toMatchObject({ code: 'forbidden', permission });
      });

      it('a fork reads and does not write', async () => {
        model.permissions = { contents: 'read', 'pull-requests': 'read', metadata: 'read' };
        model.pullRequests.set(5, modelPullRequest(5));
        expect(must(await github.pullRequest(5))).toMatchObject({ number: 5 });
        expect(refusal(await github.createComment(5, 'x'))).toMatchObject({ permission: 'pull-requests: write' });
        expect(model.comments.size).toBe(0);
      });
    });
  });
}
