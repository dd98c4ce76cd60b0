import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Artifacts } from '../../ports-storage.ts';

export interface ArtifactsRig {
  readonly artifacts: Artifacts;
  /** Another job of this workflow run has uploaded an archive. */
  plant(name: string, archive: Uint8Array): void;
  /** What a finished upload holds: file → text; undefined when there is none. */
  uploaded(name: string): Promise<ReadonlyMap<string, string> | undefined>;
  /** Nothing answers from now on. */
  disconnect(): void;
  reset(): void;
  stop(): void | Promise<void>;
}

/** What every `Artifacts` does. */
export function artifactsContract(name: string, makeRig: () => Promise<ArtifactsRig>): void {
  describe(`artifacts: ${name}`, () => {
    let rig: ArtifactsRig;
    let folder: string;
    const files = { 'plan.json': '{"a":1}', 'sub folder/ü.txt': 'x'.repeat(10_000) };
    const upload = (artifact: string, names: readonly string[] = Object.keys(files)) =>
      rig.artifacts.upload({ name: artifact, folder, files: names, retentionDays: 3 });

    beforeAll(async () => {
      rig = await makeRig();
    });
    afterAll(() => rig.stop());
    beforeEach(() => {
      rig.reset();
      folder = mkdtempSync(path.join(os.tmpdir(), 'branchline-artifacts-'));
      mkdirSync(path.join(folder, 'sub folder'));
      for (const [file, text] of Object.entries(files)) writeFileSync(path.join(folder, file), text);
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    it('uploads files by their paths from the folder', async () => {
      expect(await upload('plan-a1')).toMatchObject({ ok: true, value: { name: 'plan-a1' } });
      expect(await rig.uploaded('plan-a1')).toEqual(new Map(Object.entries(files)));
      expect(await rig.artifacts.list()).toMatchObject({ ok: true, value: [{ name: 'plan-a1' }] });
    });

    it('a name is taken once and for all', async () => {
      await upload('plan-a1', ['plan.json']);
      expect(await upload('plan-a1')).toMatchObject({ ok: false, error: { code: 'exists' } });
      expect([...((await rig.uploaded('plan-a1')) ?? new Map()).keys()]).toEqual(['plan.json']);
    });

    it('uploads nothing when a file is missing', async () => {
      const refused = await upload('plan-a1', ['plan.json', 'none.json']);
      expect(refused).toMatchObject({ ok: false, error: { code: 'refused' } });
      expect(await rig.uploaded('plan-a1')).toBeUndefined();
    });

    it('gives the bytes of what another job uploaded, up to a bound', async () => {
      const archive = Uint8Array.from({ length: 4_000 }, (_, i) => (i * 7) % 256);
      rig.plant('journal-1-a1', archive);
      const got = await rig.artifacts.download('journal-1-a1', 4_000);
      expect(got.ok && Buffer.from(got.value).equals(archive)).toBe(true);
      expect(await rig.artifacts.download('journal-1-a1', 3_999)).toMatchObject({ error: { code: 'too-large' } });
      expect(await rig.artifacts.download('journal-2-a1', 4_000)).toMatchObject({ error: { code: 'not-found' } });
    });

    it('an outage is told as one', async () => {
      rig.plant('journal-1-a1', new Uint8Array(1));
      rig.disconnect();
      const outage = { ok: false, error: { code: 'unavailable' } };
      expect(await upload('plan-a1')).toMatchObject(outage);
      expect(await rig.artifacts.list()).toMatchObject(outage);
      expect(await rig.artifacts.download('journal-1-a1', 10)).toMatchObject(outage);
    });
  });
}
