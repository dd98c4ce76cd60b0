import { expect, it } from 'vitest';
import { gitHubContract } from '../contracts/github.ts';
import { fakeGitHub } from './fake-github.ts';
import { modelRun, repositoryModel } from './repository-model.ts';

gitHubContract('fake', async (model) => ({ model, github: fakeGitHub(model), stop: () => {} }));

it('refuses as a test asks for, as often as it asks', async () => {
  const model = repositoryModel();
  model.runs.set(7, modelRun(7));
  const github = fakeGitHub(model);
  github.refuse('workflowRun', { code: 'unreachable', message: 'down' });
  github.refuse('jobs', { code: 'limited', message: 'slow down', until: 5 }, Number.POSITIVE_INFINITY);
  expect(await github.workflowRun(7)).toMatchObject({ ok: false, error: { code: 'unreachable' } });
  expect(await github.workflowRun(7)).toMatchObject({ ok: true });
  for (let i = 0; i < 3; i++) expect(await github.jobs(7, 1)).toMatchObject({ ok: false, error: { code: 'limited' } });
  expect(github.calls).toEqual(['workflowRun', 'workflowRun', 'jobs', 'jobs', 'jobs']);
});
