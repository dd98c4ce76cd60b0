import { dataBranchOf } from '../model/data-branch.ts';
import type { Project, Storage } from '../model/project.ts';

/** What decides where files are kept when a project says nothing, or says what cannot be here. */
export interface StorageSurroundings {
  readonly environment: string;
  /** Used where nothing is written: `cache` on a runner that GitHub hosts, which keeps no disk. */
  readonly fallback: 'directory' | 'cache';
}

/** A storage with nothing left open. */
export type EffectiveStorage =
  | Exclude<Storage, { readonly type: 'branch' }>
  | (Extract<Storage, { readonly type: 'branch' }> & { readonly branch: string });

/**
 * Where files are kept: what is written nearest, else what suits the machine. The local environment never leaves its
 * machine, so there the shared kinds are a directory.
 */
export function effectiveStorage(
  project: Pick<Project, 'storage' | 'state'>,
  written: Storage | undefined,
  { environment, fallback }: StorageSurroundings,
): EffectiveStorage {
  const storage = written ?? project.storage ?? { type: fallback };
  const isShared = storage.type === 'cache' || storage.type === 'branch';
  if (isShared && environment === 'local') return { type: 'directory' };
  return storage.type === 'branch'
    ? { ...storage, branch: storage.branch ?? dataBranchOf(project.state.branch) }
    : storage;
}
