import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Where Linux keeps files in memory. */
const SHARED_MEMORY = '/dev/shm';
/** Room that must be free there and in memory, in bytes; the suite needs a fraction of it. */
const ROOM_MIN = 4 * 1024 ** 3;

/**
 * Lets the repositories and projects of tests be made in memory, where this machine has room for that and nobody said where
 * they go (TMPDIR). Tests make and delete many thousands of small files; ext4 looks for a free place past those that were
 * just deleted, which takes a quarter of all the time of processors. For this process and those that it starts.
 */
export function workInMemory(): void {
  if (process.platform !== 'linux' || process.env['TMPDIR'] !== undefined) return;
  const folder = usableFolder();
  if (folder === undefined) return;
  process.env['TMPDIR'] = folder;
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
}

function usableFolder(): string | undefined {
  let folder: string | undefined;
  try {
    const { bavail, bsize } = statfsSync(SHARED_MEMORY);
    if (bavail * bsize < ROOM_MIN || process.availableMemory() < ROOM_MIN) return undefined;
    folder = mkdtempSync(path.join(SHARED_MEMORY, 'branchline-suite-'));
    // A database server of tests has a user of its own.
    chmodSync(folder, 0o711);
    // Containers mount it so that nothing in it can be started, and tests have hooks.
    const script = path.join(folder, 'probe');
    writeFileSync(script, '#!/bin/sh\n', { mode: 0o755 });
    const isUsable = spawnSync(script).status === 0;
    rmSync(script);
    if (isUsable) return folder;
  } catch {
    // As it is without.
  }
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  return undefined;
}
