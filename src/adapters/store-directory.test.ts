import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileStoreContract } from '../testing/contracts/file-store.ts';
import { createDirectoryStore } from './store-directory.ts';

fileStoreContract('directory', ['lose', 'damage'], async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'branchline-store-'));
  const kept = path.join(folder, 'kept');
  const copies = (): string[] =>
    readdirSync(kept, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name));
  return {
    open: () => createDirectoryStore(kept),
    publish: () => {},
    cause(fault) {
      if (fault === 'lose') rmSync(kept, { recursive: true });
      // Other bytes, and not as many: what a broken disk leaves after a power cut.
      else
        for (const copy of copies()) {
          chmodSync(copy, 0o644);
          writeFileSync(copy, 'other');
        }
    },
    stop: () => rmSync(folder, { recursive: true, force: true }),
  };
});
