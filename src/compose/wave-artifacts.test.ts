import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { waveText } from '../app/share-out.ts';
import { sha256 } from '../base/digest.ts';
import { ok } from '../base/result.ts';
import type { Wave } from '../model/wave.ts';
import type { Artifacts } from '../ports-storage.ts';
import { zipOf } from '../testing/zip.ts';
import { findWave, uploadWave } from './wave-artifacts.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'branchline-wave-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const steps = Array.from({ length: 300 }, (_, i) => ({ id: `marts/day_${i}` }));
const wave = { attempt: 1, runs: [{ plan: { runId: '20261122-abc', steps } }], shards: [] } as unknown as Wave;

function memory() {
  const archives = new Map<string, Uint8Array>();
  const artifacts: Pick<Artifacts, 'upload'> = {
    async upload({ name, folder: from, files }) {
      archives.set(name, zipOf(files.map((file) => ({ name: file, content: readFileSync(join(from, file)) }))));
      return ok({ id: 1, name, bytes: 1 });
    },
  };
  return { artifacts: artifacts as Artifacts, archives };
}

test('a plan is found again by its digest', async () => {
  const { artifacts, archives } = memory();
  const digest = await uploadWave(artifacts, folder, wave);
  expect(digest).toEqual(ok(sha256(waveText(wave))));
  const uploads = {
    names: async () => ok([...archives.keys()]),
    read: async (name: string) => ok(archives.get(name)!),
  };
  expect(await findWave(uploads, sha256(waveText(wave)), 1)).toMatchObject({
    ok: true,
    value: { kind: 'found', wave },
  });
});

test('a plan that no job would read is not uploaded, and the refusal says what to do', async () => {
  const { artifacts, archives } = memory();
  const refused = await uploadWave(artifacts, folder, wave, 1024);
  expect(refused).toMatchObject({
    ok: false,
    error: {
      code: 'plan-too-long',
      message: expect.stringMatching(/^The plan has 300 steps in 1 MiB; jobs read 0 MiB at most\. Nothing has run\.$/),
      help: expect.stringContaining('`branchline cancel 20261122-abc` takes back the run'),
    },
  });
  expect(archives.size).toBe(0);
});
