import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CacheSave } from '../ports-storage.ts';
import { cacheContract } from '../testing/contracts/cache.ts';
import { type JobPorts, startJobPorts } from '../testing/github/job-ports.ts';
import { type ResultsService, startResultsService } from '../testing/github/results-service.ts';
import { type JobIdentity, jobOnBranch, jobOnPullRequest } from '../testing/github/runtime-token.ts';

const METHODS = ['CreateCacheEntry', 'FinalizeCacheEntryUpload', 'GetCacheEntryDownloadURL'];
const MAIN = 'refs/heads/main';

/** Saves a text under a key from the job's own machine. */
function saveText(job: JobPorts, key: string, text: string): Promise<CacheSave> {
  const file = path.join(job.workspace, `made-${key}`);
  writeFileSync(file, text);
  return job.cache.save(key, file);
}

cacheContract('@actions/cache on the loopback', async () => {
  const service = await startResultsService();
  const job = startJobPorts(service.url, jobOnBranch(7));
  // The client's version, which is part of what finds an entry, is known once it has saved one.
  await saveText(job, 'first', 'x');
  const { version } = service.cache.entries[0]!;
  return {
    cache: job.cache,
    reset() {
      service.cache.entries.splice(0);
      service.heal();
      job.become(jobOnBranch(7));
    },
    cause(fault, key = '') {
      if (fault === 'evict') service.cache.evict(key);
      else if (fault === 'reserve') {
        service.cache.entries.push({ id: 99, key, version, ref: MAIN, blob: '', isFinished: false });
      } else if (fault === 'read-only') job.become({ ...jobOnBranch(7), scopes: [{ ref: MAIN, mode: 'read' }] });
      else if (fault === 'outage') for (const method of METHODS) service.fail(method, 'drop', Number.POSITIVE_INFINITY);
      else if (fault === 'break-upload') service.blobs.uploadFaults.push('cut-short');
      else service.cache.damage(key, fault === 'garble' ? 'garbled' : 'cut-short');
    },
    async stop() {
      await job.stop();
      await service.stop();
      if (job.printed() !== '') throw new Error(`the client printed: ${job.printed()}`);
    },
  };
});

describe('jobs that share a cache', () => {
  let service: ResultsService;
  const jobs: JobPorts[] = [];
  const start = (
    identity: JobIdentity,
    options?: { readonly deadlineMs?: number; readonly folder?: string },
  ): JobPorts => {
    const job = startJobPorts(service.url, identity, options);
    jobs.push(job);
    return job;
  };
  const into = (job: JobPorts) => path.join(job.workspace, 'restored');
  beforeEach(async () => {
    service = await startResultsService();
  });
  afterEach(async () => {
    for (const job of jobs.splice(0)) await job.stop();
    await service.stop();
  });

  it("main's entries are read everywhere, a pull request's by itself alone", async () => {
    const [main, own, other] = [
      start(jobOnBranch(1)),
      start(jobOnPullRequest(2, 5)),
      start(jobOnPullRequest(3, 6)),
    ] as const;
    expect(await saveText(main, 'bl1-a-1', 'main')).toEqual({ kind: 'saved' });
    expect(await saveText(own, 'bl1-a-2', 'pull request')).toEqual({ kind: 'saved' });
    expect(await own.cache.restore(['bl1-a-'], into(own))).toEqual({ kind: 'hit', key: 'bl1-a-2' });
    for (const job of [main, other]) {
      expect(await job.cache.restore(['bl1-a-'], into(job))).toEqual({ kind: 'hit', key: 'bl1-a-1' });
      expect(readFileSync(into(job), 'utf8')).toBe('main');
    }
  });

  it('of two that save one key at once, one saves', async () => {
    const [one, two] = [start(jobOnBranch(1)), start(jobOnBranch(2))] as const;
    const outcomes = await Promise.all([saveText(one, 'bl1-a', 'one'), saveText(two, 'bl1-a', 'two')]);
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['exists', 'saved']);
    const winner = outcomes[0].kind === 'saved' ? 'one' : 'two';
    await one.cache.restore(['bl1-a'], into(one));
    expect(readFileSync(into(one), 'utf8')).toBe(winner);
  });

  it('a job that dies before its upload is finished leaves no entry', async () => {
    const [dying, other] = [start(jobOnBranch(1)), start(jobOnBranch(2))] as const;
    const asked = service.once('FinalizeCacheEntryUpload', 'hang');
    void saveText(dying, 'bl1-a', 'x').catch(() => {});
    await asked;
    await dying.kill();
    expect(await other.cache.restore(['bl1-a'], into(other))).toEqual({ kind: 'miss' });
    // Its reservation stays: the next number is free.
    expect(await saveText(other, 'bl1-a', 'y')).toEqual({ kind: 'exists' });
    expect(await saveText(other, 'bl1-a-2', 'y')).toEqual({ kind: 'saved' });
  });

  it('what the upload service refuses is refused, and asked once', async () => {
    const job = start(jobOnBranch(1));
    service.blobs.uploadFaults.push(413);
    expect(await saveText(job, 'bl1-a', 'x')).toMatchObject({ kind: 'refused' });
    expect(service.requests.filter((name) => name === 'PUT')).toHaveLength(1);
  });

  it('a service that never answers is given up, and is not asked again meanwhile', async () => {
    const job = start(jobOnBranch(1), { deadlineMs: 50 });
    const asked = service.once('GetCacheEntryDownloadURL', 'hang');
    expect(await job.cache.lookup(['a'])).toMatchObject({ kind: 'unavailable' });
    expect(await saveText(job, 'a', 'x')).toMatchObject({ kind: 'unavailable' });
    await asked;
    expect(service.requests).toEqual(['GetCacheEntryDownloadURL']);
  });

  it('an entry that is a link is damaged, whatever it points at', async () => {
    const job = start(jobOnBranch(1));
    await saveText(job, 'bl1-a', 'x');
    const folder = path.join(job.workspace, '..', 'temp', 'hostile');
    mkdirSync(path.join(folder, '.branchline-cache'), { recursive: true });
    symlinkSync('/etc/hostname', path.join(folder, '.branchline-cache', 'entry'));
    const { blob } = service.cache.entries[0]!;
    // Packed as the client packs here: with zstd where it is installed.
    const isZstd = service.blobs.blobs.get(blob)!.readUInt32LE(0) === 0xfd2fb528;
    const archive = path.join(folder, 'archive');
    execFileSync('tar', [isZstd ? '--zstd' : '-z', '-cf', archive, '-C', folder, '.branchline-cache/entry']);
    service.blobs.blobs.set(blob, readFileSync(archive));
    expect(await job.cache.restore(['bl1-a'], into(job))).toMatchObject({ kind: 'damaged', key: 'bl1-a' });
    expect(existsSync(into(job))).toBe(false);
  });

  it('a read-only token packs and asks nothing', async () => {
    const job = start(jobOnPullRequest(1, 5, { mayWrite: false }));
    expect(await saveText(job, 'bl1-a', 'x')).toMatchObject({ kind: 'read-only' });
    expect(service.requests).toEqual([]);
  });

  it('find entries of each other, in whatever folder of the repository they are at work', async () => {
    const [deep, top] = [start(jobOnBranch(7), { folder: 'data/project' }), start(jobOnBranch(8))];
    expect((await saveText(deep, 'bl1-deep', 'one')).kind).toBe('saved');
    expect(await top.cache.restore(['bl1-deep'], into(top))).toEqual({ kind: 'hit', key: 'bl1-deep' });
    expect(readFileSync(into(top), 'utf8')).toBe('one');
    expect((await saveText(top, 'bl1-top', 'two')).kind).toBe('saved');
    expect(await deep.cache.restore(['bl1-top'], into(deep))).toEqual({ kind: 'hit', key: 'bl1-top' });
    expect(readFileSync(into(deep), 'utf8')).toBe('two');
    expect(readdirSync(path.join(deep.workspace, 'data/project'))).toEqual([]);
  });

  it('leaves the workspace as it was', async () => {
    const job = start(jobOnBranch(1));
    await saveText(job, 'bl1-a', 'x');
    await job.cache.restore(['bl1-a'], path.join(job.workspace, '..', 'temp', 'restored'));
    expect(readdirSync(job.workspace)).toEqual(['made-bl1-a']);
  });
});

it('says that there is no cache where there is none', async () => {
  const job = startJobPorts(undefined, jobOnBranch(1));
  expect(await job.cache.lookup(['a'])).toMatchObject({ kind: 'unavailable' });
  expect(await saveText(job, 'a', 'x')).toMatchObject({ kind: 'unavailable' });
  await job.stop();
});
