import { join } from 'node:path';
import { fail, ok, type Result } from '../base/result.ts';
import type { StateStore } from '../ports-state.ts';
import { basicAuthorization, tokenConfig } from './git-credentials.ts';
import { createDataBranch, type DataBranch } from './git-data-branch.ts';
import { createLocalRef } from './git-local-ref.ts';
import { locateRepository, privateFolder } from './git-location.ts';
import { type CommitText, commitTextOf, openObjectReader, unlessSilent } from './git-object-reader.ts';
import { type ObjectStore, systemObjects } from './git-objects.ts';
import type { GitLocation, StateStoreProblem } from './git-place.ts';
import { ensurePrivateRepository } from './git-private-repository.ts';
import type { Environment } from './git-process.ts';
import { type SystemRemote, systemRemote } from './git-remote-calls.ts';
import { createRemoteRef } from './git-remote-ref.ts';
import { createStateStore } from './git-store.ts';

export interface StateStoreOptions {
  /** Absolute; anywhere in the user's working tree. */
  readonly projectRoot: string;
  readonly projectName: string;
  /** `state.branch`: production's branch, without `refs/heads/`. */
  readonly branch: string;
  /** `state.remote`; a missing `origin` means the user's own repository. */
  readonly remote: string;
  readonly environment: 'production' | 'local';
  /** For an https remote: sent instead of whatever credentials are configured. */
  readonly token?: string;
  /** Default `<git common dir>/branchline/<project>`; in a workflow a folder under the runner's temp. */
  readonly privateFolder?: string;
  /** Default: the environment of this process. */
  readonly env?: Environment;
  /** What `locateRepository` found for these options, where somebody has asked already. */
  readonly location?: GitLocation;
  /** What a person should know though nothing failed: one sentence, at most once each. */
  readonly onNotice?: (text: string) => void;
}

/** A state store, and the folder that goes with it. */
export interface GitStateStore extends StateStore {
  /** Absolute; holds the private repository, and has room for what else is kept on this machine, such as journals. */
  readonly privateFolder: string;
  /** The message of a commit that was read, and its parent; undefined where that takes another way. */
  commitText(commit: string): Promise<CommitText | undefined>;
  /** A branch of data beside the state's, at the same remote; undefined where nothing is pushed, or git does not push it. */
  dataBranch(branch: string): DataBranch | undefined;
}

/**
 * The state of one environment, kept in a private bare repository, with the system's git or without it. The user's repository is
 * only read, except for production's branch and witness when it has no remote.
 */
export async function openStateStore(options: StateStoreOptions): Promise<Result<GitStateStore, StateStoreProblem>> {
  const env = options.env ?? process.env;
  const location = options.location
    ? ok(options.location)
    : await locateRepository(options.projectRoot, options.remote, env);
  if (!location.ok) return location;
  const { access, commonDir, format, remoteUrl, transport } = location.value;
  const folder = options.privateFolder ?? privateFolder(commonDir, options.projectName);
  const place = {
    name: remoteUrl === undefined ? 'this repository' : options.remote,
    branch: options.branch,
    witness: witnessOf(options.branch),
    isOwnRepository: remoteUrl === undefined,
    onNotice: options.onNotice ?? (() => {}),
  };
  if (access === 'isomorphic') {
    // Heavy, and needed by few.
    const { openIsomorphicStore } = await import('./isomorphic-store.ts');
    const { environment, token } = options;
    const opened = await openIsomorphicStore({
      folder,
      location: location.value,
      environment,
      place,
      ...(token === undefined ? {} : { token }),
    });
    return opened.ok
      ? ok({ ...opened.value, privateFolder: folder, commitText: async () => undefined, dataBranch: () => undefined })
      : opened;
  }
  const store: ObjectStore = { gitDir: join(folder, 'state.git'), format, env };
  const made = ensurePrivateRepository(store.gitDir, format);
  if (!made.ok) {
    return fail({
      code: 'private-repository',
      message: `The private repository ${store.gitDir} could not be made: ${made.error}. Is the disk full, or the folder not writable?`,
    });
  }
  const reader = openObjectReader(store);
  const commitText = async (commit: string): Promise<CommitText | undefined> => {
    const read = await unlessSilent(async () => ok(await reader.read([commit])));
    const object = read.ok ? read.value[0] : undefined;
    return object?.type === 'commit' ? commitTextOf(object) : undefined;
  };
  if (options.environment === 'local')
    return ok({
      ...createStateStore(systemObjects(store, reader), createLocalRef(store, reader)),
      privateFolder: folder,
      commitText,
      dataBranch: () => undefined,
    });
  const url = remoteUrl ?? commonDir;
  const reached: SystemRemote = {
    ...place,
    store,
    url,
    config: [...transport, ...tokenConfig(url, options.token)],
    secrets: options.token === undefined ? [] : [options.token, basicAuthorization(options.token)],
  };
  const ref = createRemoteRef(place, systemRemote(reached, reader));
  return ok({
    ...createStateStore(systemObjects(store, reader), ref),
    privateFolder: folder,
    commitText,
    // Data needs no witness of its own: that a file is gone is seen by its blob.
    dataBranch: (branch) =>
      createDataBranch(
        store,
        systemRemote(
          {
            ...reached,
            branch,
            witness: `refs/branchline/no-witness-of/${branch}`,
            tracked: `data/${branch}`,
          },
          reader,
        ),
        branch,
        reader,
      ),
  });
}

/** The ref that is written with the branch's first commit; each state branch of a repository has its own. */
export function witnessOf(branch: string): string {
  return branch === 'branchline/state' ? 'refs/branchline/witness' : `refs/branchline/witness-of/${branch}`;
}
