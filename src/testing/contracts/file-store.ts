import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FileStore, OutputFile } from '../../ports.ts';

/** What can befall: everything that was kept is gone; what was kept has other bytes; nobody answers. */
export type FileStoreFault = 'lose' | 'damage' | 'outage';

export interface FileStoreRig {
  /** The store as a process of its own would have it. */
  open(): FileStore;
  /** Makes what was saved visible to other processes: a branch is pushed with the state. */
  publish(files: readonly OutputFile[]): void | Promise<void>;
  cause(fault: FileStoreFault): void | Promise<void>;
  stop(): void | Promise<void>;
}

/** Working files of a test. */
export interface WorkingFolder {
  write(name: string, content: string | Uint8Array): OutputFile;
  /** Where a file lies. */
  readonly from: (file: OutputFile) => string;
  remove(): void;
}

export function makeWorkingFolder(): WorkingFolder {
  const root = mkdtempSync(path.join(os.tmpdir(), 'branchline-files-'));
  const from = ({ path: name }: { readonly path: string }): string => path.join(root, name);
  return {
    from,
    write(name, content) {
      mkdirSync(path.dirname(from({ path: name })), { recursive: true });
      writeFileSync(from({ path: name }), content);
      const bytes = Buffer.from(content);
      return { path: name, digest: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** What every `FileStore` does. `faults`: those that can befall this one. */
export function fileStoreContract(
  name: string,
  faults: readonly FileStoreFault[],
  makeRig: () => Promise<FileStoreRig>,
): void {
  describe(`file store: ${name}`, { timeout: 240_000 }, () => {
    let rig: FileStoreRig;
    let folder: WorkingFolder;
    beforeEach(async () => {
      rig = await makeRig();
      folder = makeWorkingFolder();
    }, 60_000);
    afterEach(async () => {
      await rig.stop();
      folder.remove();
    }, 60_000);

    /** Saves and publishes; yields the files as they are recorded. */
    const keep = async (...files: OutputFile[]): Promise<readonly OutputFile[]> => {
      const saved = await rig.open().save(files, folder.from);
      if (!saved.ok) throw new Error(saved.error.message);
      await rig.publish(saved.value);
      return saved.value;
    };
    const read = async (store: FileStore, files: readonly OutputFile[], file: OutputFile): Promise<string> => {
      const fetched = await store.fetch(files, file);
      return fetched.ok ? readFileSync(fetched.value, 'latin1') : `${fetched.error.loss}: ${fetched.error.message}`;
    };

    it('gives another process back, byte for byte, what was saved', async () => {
      const binary = Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * i) % 251));
      const files = await keep(
        folder.write('out/a.csv', 'x,ü\n'),
        folder.write('out/empty.txt', ''),
        folder.write('out/deep/b.bin', binary),
        folder.write('out/same.csv', 'x,ü\n'),
        folder.write('out/large.bin', Buffer.alloc(1_500_000, 7)),
      );
      expect(files.map((file) => file.path)).toEqual([
        'out/a.csv',
        'out/empty.txt',
        'out/deep/b.bin',
        'out/same.csv',
        'out/large.bin',
      ]);
      const other = rig.open();
      expect(await other.holds(files)).toEqual(files.map(() => ({ kind: 'present' })));
      const texts = [];
      for (const file of files) texts.push(await read(other, files, file));
      expect(texts).toEqual([
        Buffer.from('x,ü\n').toString('latin1'),
        '',
        binary.toString('latin1'),
        Buffer.from('x,ü\n').toString('latin1'),
        Buffer.alloc(1_500_000, 7).toString('latin1'),
      ]);
    });

    it('keeps what was saved when the working file is written to', async () => {
      const file = folder.write('a.csv', 'one');
      const files = await keep(file);
      folder.write('a.csv', 'two');
      expect(await read(rig.open(), files, files[0]!)).toBe('one');
    });

    it('refuses a file that changed since its digest was taken, and keeps nothing under it', async () => {
      const file = folder.write('a.csv', 'one');
      folder.write('a.csv', 'two');
      const saved = await rig.open().save([file], folder.from);
      expect(saved).toMatchObject({ ok: false, error: { code: 'infrastructure' } });
      expect(saved.ok ? '' : saved.error.message).toContain('a.csv');
      expect(await rig.open().holds([file])).toMatchObject([{ kind: 'lost', loss: 'missing' }]);
    });

    it('saves the same again, and keeps older content beside newer', async () => {
      const first = await keep(folder.write('a.csv', 'one'));
      await keep(folder.write('a.csv', 'one'));
      const second = await keep(folder.write('a.csv', 'two'));
      const store = rig.open();
      expect(await read(store, first, first[0]!)).toBe('one');
      expect(await read(store, second, second[0]!)).toBe('two');
      expect(await store.holds(first)).toEqual([{ kind: 'present' }]);
    });

    it('says of what it never had that it is missing', async () => {
      const file = folder.write('a.csv', 'never saved');
      expect(await rig.open().holds([file])).toMatchObject([{ kind: 'lost', loss: 'missing' }]);
      expect(await read(rig.open(), [file], file)).toMatch(/^missing: /);
    });

    if (faults.includes('lose'))
      it('says of what is gone that it is missing, and takes it again', async () => {
        const files = await keep(folder.write('a.csv', 'one'), folder.write('b.csv', 'two'));
        await rig.cause('lose');
        const store = rig.open();
        expect(await store.holds(files)).toMatchObject(files.map(() => ({ kind: 'lost', loss: 'missing' })));
        expect(await read(store, files, files[0]!)).toMatch(/^missing: /);
        const again = await keep(folder.write('a.csv', 'one'), folder.write('b.csv', 'two'));
        expect(await read(rig.open(), again, again[1]!)).toBe('two');
      });

    if (faults.includes('damage'))
      it('never gives out damaged bytes, remembers the damage, and is mended by the next save', async () => {
        const files = await keep(folder.write('a.csv', 'a content of some length'));
        await rig.cause('damage');
        expect(await read(rig.open(), files, files[0]!)).toMatch(/^damaged: /);
        const again = await keep(folder.write('a.csv', 'a content of some length'));
        const store = rig.open();
        expect(await store.holds(again)).toEqual([{ kind: 'present' }]);
        expect(await read(store, again, again[0]!)).toBe('a content of some length');
      });

    if (faults.includes('outage'))
      it('calls nothing lost that cannot be asked for now, and never says that it saved it', async () => {
        const files = await keep(folder.write('a.csv', 'one'));
        await rig.cause('outage');
        const store = rig.open();
        expect(await store.holds(files)).toMatchObject([{ kind: 'lost', loss: 'unavailable' }]);
        expect(await read(store, files, files[0]!)).toMatch(/^unavailable: /);
      });
  });
}
