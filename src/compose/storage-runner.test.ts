import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildPlanning, type RunOptions, requestOf } from '../app/planning.ts';
import type { RunOutcome } from '../app/run-ports.ts';
import { runRequest } from '../app/run-request.ts';
import { cliIdentity } from '../app/wanted-run.ts';
import type { Cache } from '../ports-storage.ts';
import { enginesFolder } from '../testing/cli-project.ts';
import { type GitSandbox, makeGitSandbox } from '../testing/git-sandbox.ts';
import { type FakeCache, fakeCache } from '../testing/github/fake-storage.ts';
import { startJobPorts } from '../testing/github/job-ports.ts';
import { startResultsService } from '../testing/github/results-service.ts';
import { jobOnBranch } from '../testing/github/runtime-token.ts';
import { openProject } from './open-project.ts';
import type { Surroundings } from './surroundings.ts';
import { openWorld } from './wiring.ts';

/** Runners with nothing on their disk but the code: what they share is the repository and the cache. */
const project = `name: shop
connections: { w: { type: duckdb, path: data/w.duckdb } }
assets:
  raw/a: { on_lost: rebuild, run: "mkdir -p data && echo n > data/a.csv && echo 1 >> data/a.csv", outputs: [data/a.csv] }
  marts/b: { connection: w, sql: "select n + 1 as n from \${{ ref('raw/a') }}" }
  marts/c: { run: "cp data/a.csv data/c.csv", deps: [raw/a], outputs: [data/c.csv] }
`;

let sandbox: GitSandbox;
let bare: string;
let runners = 0;
let requests = 0;
let said: string[];
const before = process.cwd();
beforeEach(() => {
  sandbox = makeGitSandbox();
  bare = sandbox.makeBare('origin.git');
  said = [];
});
afterEach(() => {
  process.chdir(before);
  sandbox.remove();
});

interface Runner {
  readonly root: string;
  run(options?: RunOptions): Promise<RunOutcome>;
}

/** A runner that GitHub hosts, with a fresh checkout. */
function runner(
  cache: Cache,
  more: { readonly isPublic?: boolean; readonly key?: string; readonly text?: string } = {},
): Runner {
  const root = join(sandbox.root, `runner${++runners}`);
  mkdirSync(root);
  sandbox.git(root, 'init', '--quiet');
  sandbox.git(root, 'remote', 'add', 'origin', bare);
  writeFileSync(join(root, 'branchline.yaml'), more.text ?? project);
  const surroundings: Surroundings = {
    env: {
      ...sandbox.env,
      BRANCHLINE_ENGINES: enginesFolder,
      ...(more.key === undefined ? {} : { BRANCHLINE_STORAGE_KEY: more.key }),
    },
    host: {
      interactive: false,
      color: false,
      print: () => {},
      progress: (text) => void said.push(text),
      status: () => {},
    },
    style: { color: false, unicode: true },
    privateFolder: join(root, 'temp'),
    secretEnv: [],
    writer: `w${runners}`,
    storage: { fallback: 'cache', cache: async () => cache, isPublic: more.isPublic === true },
  };
  return { root, run: (options = {}) => runOn(root, surroundings, options) };
}

async function runOn(root: string, surroundings: Surroundings, options: RunOptions): Promise<RunOutcome> {
  const opened = await openProject({ project: root }, surroundings);
  if (!opened.ok) throw new Error(opened.error.message);
  const { loaded, tree } = opened.value;
  const signal = new AbortController().signal;
  const world = await openWorld(opened.value, loaded.project!, { environment: 'production', signal });
  if (!world.ok) throw new Error(world.error.message);
  try {
    const request = requestOf(loaded.project!, options, cliIdentity(Date.now(), `nonce ${requests++}`));
    if (!request.ok) throw new Error(request.error.message);
    const settings = {
      planning: buildPlanning(loaded.project!, tree),
      environment: 'production',
      maxParallel: 2,
      failFast: false,
      waitMs: 0,
    };
    const observer = { onPlan: () => {}, onEvent: () => {} };
    const outcome = await runRequest(world.value.run, settings, request.value, observer);
    if (!outcome.ok) throw new Error(outcome.error.message);
    if (outcome.value.kind !== 'carried-out') throw new Error(outcome.value.kind);
    return outcome.value;
  } finally {
    await world.value.close();
  }
}

/** What ran, with its reason: `raw/a never_materialized`. */
const ran = (outcome: RunOutcome): string[] =>
  outcome.plan.steps.flatMap(({ id, verdict, assets }) =>
    verdict === 'skip' ? [] : [`${id} ${[assets[0]!.reason, ...assets[0]!.detail].join(': ')}`],
  );
/** Removes the entry of the cache that holds a file of a runner; `void` marks go with it. */
function evict(cache: FakeCache, holds: string): void {
  for (const [key, bytes] of cache.entries) if (Buffer.from(bytes).includes(holds)) cache.entries.delete(key);
}

describe('a hosted runner without a disk that stays', { timeout: 240_000 }, () => {
  it('goes on with what another one left in the cache', async () => {
    const cache = fakeCache();
    const first = await runner(cache).run();
    expect(first).toMatchObject({ state: 'SUCCESS', counts: { materialized: 3 } });
    const second = runner(cache);
    expect(await second.run()).toMatchObject({ state: 'SUCCESS', counts: { materialized: 0, upToDate: 3 } });
    expect(await second.run({ select: 'key:marts/*' })).toMatchObject({
      state: 'SUCCESS',
      counts: { materialized: 2 },
    });
    expect(readFileSync(join(second.root, 'data/a.csv'), 'utf8')).toBe('n\n1\n');
  });

  it('rebuilds exactly what is missing when the cache was evicted', async () => {
    const cache = fakeCache();
    const first = runner(cache);
    await first.run();
    // `data/a.csv` and `data/c.csv` have one content: one entry, and both are gone.
    evict(cache, 'n\n1\n');
    const outcome = await runner(cache).run();
    expect(ran(outcome)).toEqual([
      'raw/a data_lost: cache entry evicted (data/a.csv)',
      'marts/b upstream_changed: raw/a',
      'marts/c data_lost: cache entry evicted (data/c.csv)',
    ]);
    // The same content again: nothing downstream of it is stale.
    expect(outcome.counts).toMatchObject({ materialized: 2, upToDate: 1 });

    const database = [...cache.entries.keys()].find((key) => Buffer.from(cache.entries.get(key)!).includes('DUCK'))!;
    cache.entries.delete(database);
    const again = await runner(cache).run();
    expect(ran(again)).toEqual(['marts/b data_lost: cache entry evicted (the database file of connection w)']);
    expect(again).toMatchObject({ state: 'SUCCESS', counts: { materialized: 1, upToDate: 2 } });
    expect(await runner(cache).run()).toMatchObject({ counts: { materialized: 0, upToDate: 3 } });
  });

  it('never trusts a damaged entry, and mends it', async () => {
    const cache = fakeCache();
    await runner(cache).run();
    for (const [key, bytes] of cache.entries) {
      const other = Uint8Array.from(bytes);
      other[other.length - 1]! ^= 1;
      cache.entries.set(key, other);
    }
    const hit = await runner(cache).run({ select: 'key:marts/c' });
    expect(hit.state).toBe('FAILURE');
    expect(hit.drafts.find((draft) => draft.type === 'step.ended')).toMatchObject({
      failure: { class: 'infrastructure', code: 'output-damaged' },
    });
    const mended = await runner(cache).run();
    expect(mended.state).toBe('SUCCESS');
    expect(ran(mended)[0]).toMatch(/^raw\/a data_lost: damaged in the cache/);
    expect(await runner(cache).run()).toMatchObject({ counts: { materialized: 0, upToDate: 3 } });
  });

  it('never says that something is made which it could not keep', async () => {
    const cache = fakeCache();
    cache.state = 'read-only';
    const outcome = await runner(cache).run({ select: 'key:raw/a' });
    expect(outcome.state).toBe('FAILURE');
    expect(outcome.after.view.assets.get('raw/a')!.materialized).toBeUndefined();
    expect(outcome.after.view.assets.get('raw/a')!.attempt!.failure).toMatchObject({
      class: 'infrastructure',
      message: expect.stringContaining('may only read'),
    });
  });

  it('encrypts with the key, and says once that a public cache without one is public', async () => {
    const cache = fakeCache();
    await runner(cache, { isPublic: true, key: 'a word of the project' }).run();
    expect([...cache.entries.values()].some((bytes) => Buffer.from(bytes).includes('n\n1\n'))).toBe(false);
    expect(said.filter((text) => text.includes('BRANCHLINE_STORAGE_KEY'))).toEqual([]);
    const without = await runner(cache, { isPublic: true }).run({ select: 'key:marts/c' });
    expect(without.drafts.find((draft) => draft.type === 'step.ended')).toMatchObject({
      failure: { class: 'infrastructure', message: expect.stringContaining('BRANCHLINE_STORAGE_KEY is not set here') },
    });
    await runner(fakeCache(), {
      isPublic: true,
      text: project.replace('name: shop', 'name: shop\nstate: { branch: x/y }'),
    }).run();
    expect(said.filter((text) => text.includes('Set the secret BRANCHLINE_STORAGE_KEY'))).toHaveLength(1);
  });

  it('goes the whole way with the real client of the cache', async () => {
    const service = await startResultsService();
    const job = startJobPorts(service.url, jobOnBranch(7));
    // Its ports answer in another process, and anything that is asked of them is a call: they are no promise.
    const cache: Cache = {
      restore: (keys, into) => job.cache.restore(keys, into),
      lookup: (keys) => job.cache.lookup(keys),
      save: (key, file) => job.cache.save(key, file),
    };
    try {
      expect(await runner(cache).run()).toMatchObject({ state: 'SUCCESS', counts: { materialized: 3 } });
      expect(await runner(cache).run()).toMatchObject({ counts: { materialized: 0, upToDate: 3 } });
      expect(await runner(cache).run({ select: 'key:marts/*' })).toMatchObject({ state: 'SUCCESS' });
      for (const key of service.cache.entries.map((entry) => entry.key)) service.cache.evict(key);
      const rebuilt = await runner(cache).run();
      expect(rebuilt).toMatchObject({ state: 'SUCCESS', counts: { materialized: 3 } });
      expect(ran(rebuilt).every((line) => line.includes('data_lost: cache entry evicted'))).toBe(true);
    } finally {
      await job.stop();
      await service.stop();
    }
  });
});
