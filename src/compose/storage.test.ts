import { expect, it } from 'vitest';
import { systemClock } from '../adapters/system-clock.ts';
import { projectOf } from '../testing/project-builder.ts';
import { openStores, terminalStorage, workflowStorage } from './storage.ts';

it('a job keeps files in the cache where its runner has no disk that stays', async () => {
  const storage = (runner: string | undefined) =>
    workflowStorage({ env: { RUNNER_ENVIRONMENT: runner }, clock: systemClock, isPublic: true });
  expect(storage('github-hosted')).toMatchObject({ fallback: 'cache', isPublic: true });
  expect(storage('self-hosted').fallback).toBe('directory');
  expect(storage(undefined).fallback).toBe('directory');
  // Nothing tells it where the cache is: nothing is lost by that, and nothing saved.
  const cache = await storage('github-hosted').cache();
  expect(await cache.lookup(['bl1-'])).toMatchObject({ kind: 'unavailable' });
});

it('a terminal has no cache, and says why', async () => {
  const cache = await terminalStorage.cache();
  for (const answer of [await cache.lookup(['x']), await cache.restore(['x'], '/y'), await cache.save('x', '/y')])
    expect(answer).toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('only by the Branchline action'),
    });
});

it('a machine that cannot push a branch of data keeps nothing there, and calls nothing lost', async () => {
  const project = projectOf({ 'branchline.yaml': 'name: shop\nstorage: { type: branch }\n' });
  const stores = openStores({
    project,
    environment: 'production',
    host: terminalStorage,
    root: import.meta.dirname,
    repository: import.meta.dirname,
    privateFolder: '/nowhere',
    scratch: '/nowhere',
    secret: undefined,
    isTracked: async () => false,
    onNotice: () => {},
    dataBranch: () => undefined,
  });
  const outputs = stores.outputs({ key: 'a' });
  const file = { path: 'storage.test.ts', digest: '0'.repeat(64), bytes: 1 };
  expect(await outputs.save([file])).toMatchObject({ ok: false, error: { code: 'infrastructure' } });
  expect(await outputs.holds([file])).toMatchObject([{ kind: 'lost', loss: 'unavailable' }]);
});
