import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { artifactsContract } from '../testing/contracts/artifacts.ts';
import { type JobPorts, startJobPorts } from '../testing/github/job-ports.ts';
import { type ResultsService, startResultsService } from '../testing/github/results-service.ts';
import { jobOnBranch } from '../testing/github/runtime-token.ts';
import { unzipTexts } from '../testing/github/zip-listing.ts';

const METHODS = ['CreateArtifact', 'FinalizeArtifact', 'ListArtifacts', 'GetSignedArtifactURL'];

artifactsContract('@actions/artifact on the loopback', async () => {
  const service = await startResultsService();
  const job = startJobPorts(service.url, jobOnBranch(7));
  return {
    artifacts: job.artifacts,
    plant: (name, archive) => service.artifacts.plant(7, 1, name, archive),
    uploaded: async (name) => {
      const archive = service.artifacts.archive(name);
      return archive === undefined ? undefined : unzipTexts(archive);
    },
    disconnect() {
      for (const method of METHODS) service.fail(method, 'drop', Number.POSITIVE_INFINITY);
    },
    reset() {
      service.heal();
      service.artifacts.artifacts.splice(0);
    },
    async stop() {
      await job.stop();
      await service.stop();
      if (job.printed() !== '') throw new Error(`the client printed: ${job.printed()}`);
    },
  };
});

describe('attempts of a workflow run', () => {
  let service: ResultsService;
  const jobs: JobPorts[] = [];
  const start = (attempt: number, options?: { readonly deadlineMs: number }): JobPorts => {
    const job = startJobPorts(service.url, jobOnBranch(7, { attempt }), options);
    jobs.push(job);
    writeFileSync(path.join(job.workspace, 'plan.json'), `attempt ${attempt}`);
    return job;
  };
  const upload = (job: JobPorts, name: string) =>
    job.artifacts.upload({ name, folder: job.workspace, files: ['plan.json'] });
  beforeEach(async () => {
    service = await startResultsService();
  });
  afterEach(async () => {
    for (const job of jobs.splice(0)) await job.stop();
    await service.stop();
  });

  it('each attempt has its names; the newest of a name is what is fetched', async () => {
    const [first, second] = [start(1), start(2)] as const;
    expect(await upload(first, 'plan')).toMatchObject({ ok: true });
    expect(await upload(second, 'plan')).toMatchObject({ ok: true });
    const got = await first.artifacts.download('plan', 10_000);
    expect(got.ok && unzipTexts(Buffer.from(got.value))).toEqual(new Map([['plan.json', 'attempt 2']]));
  });

  it('an artifact of an earlier attempt may be listed and not be there', async () => {
    service.artifacts.plant(7, 1, 'plan-a1', new Uint8Array(5));
    service.artifacts.oldestAttempt = 2;
    const job = start(2);
    expect(await job.artifacts.list()).toMatchObject({ value: [{ name: 'plan-a1', bytes: 5 }] });
    expect(await job.artifacts.download('plan-a1', 100)).toMatchObject({ error: { code: 'not-found' } });
  });

  it('an upload that does not arrive whole is no artifact', async () => {
    const job = start(1);
    service.blobs.uploadFaults.push('cut-short');
    expect(await upload(job, 'plan-a1')).toMatchObject({ error: { code: 'refused' } });
    expect(await job.artifacts.list()).toEqual({ ok: true, value: [] });
  });

  it('bytes that are not what was uploaded are refused', async () => {
    const job = start(1);
    await upload(job, 'plan-a1');
    const { blob } = service.artifacts.artifacts[0]!;
    const bytes = service.blobs.blobs.get(blob)!;
    service.blobs.blobs.set(blob, Buffer.alloc(bytes.length, 1));
    expect(await job.artifacts.download('plan-a1', 10_000)).toMatchObject({ error: { code: 'refused' } });
  });

  it('a service that never answers is given up', async () => {
    const job = start(1, { deadlineMs: 50 });
    const asked = service.once('ListArtifacts', 'hang');
    expect(await job.artifacts.list()).toMatchObject({ error: { code: 'unavailable' } });
    await asked;
  });

  it('says that there is no service where there is none', async () => {
    const job = startJobPorts(undefined, jobOnBranch(7));
    jobs.push(job);
    expect(await job.artifacts.list()).toMatchObject({ error: { code: 'unavailable' } });
  });
});
