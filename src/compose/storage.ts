import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createSeal } from '../adapters/cache-seal.ts';
import type { DataBranch } from '../adapters/git-data-branch.ts';
import { createOutputFiles } from '../adapters/output-files.ts';
import { createBranchStore } from '../adapters/store-branch.ts';
import { createCacheStore } from '../adapters/store-cache.ts';
import { createDirectoryStore } from '../adapters/store-directory.ts';
import type { KeptFileOf } from '../app/connection-files.ts';
import { type DataCommit, dataCommits } from '../app/data-moves.ts';
import type { StatePorts } from '../app/state-ports.ts';
import type { OutputsOf } from '../app/step-context.ts';
import { type EffectiveStorage, effectiveStorage } from '../app/storage.ts';
import { canonicalJson } from '../base/json.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { dataBranchOf } from '../model/data-branch.ts';
import type { Project, Storage } from '../model/project.ts';
import type { Clock, FileStore, OutputFiles } from '../ports.ts';
import type { RefMove } from '../ports-state.ts';
import type { Cache } from '../ports-storage.ts';

/** What the host of a command knows of storage. */
export interface StorageHost {
  /** Where files are kept when nothing is written. */
  readonly fallback: 'directory' | 'cache';
  /** The Actions cache; asked for when it is first needed. */
  readonly cache: () => Promise<Cache>;
  /** Anybody may read this repository, and so its cache. */
  readonly isPublic: boolean;
}

/** A terminal, or a `run:` step of a workflow: neither gets the address of the cache. */
export const terminalStorage: StorageHost = {
  fallback: 'directory',
  cache: async () => absentCache,
  isPublic: false,
};

/** A job of a workflow, seen from the action: what GitHub says of the runner and of the repository. */
export function workflowStorage(job: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** `repository.private` of the event is false. */
  readonly isPublic: boolean;
}): StorageHost {
  return {
    // A self-hosted runner has a disk that stays; which one a job runs on GitHub says itself.
    fallback: job.env['RUNNER_ENVIRONMENT'] === 'github-hosted' ? 'cache' : 'directory',
    async cache() {
      const { actionsCache } = await import('../adapters/actions-cache.ts');
      return actionsCache(job);
    },
    isPublic: job.isPublic,
  };
}

const absent = {
  kind: 'unavailable',
  message:
    'the Actions cache can be reached only by the Branchline action in a workflow, not from a terminal or a `run:` step',
} as const;
const absentCache: Cache = {
  restore: async () => absent,
  lookup: async () => absent,
  save: async () => absent,
};

export interface StoresOptions {
  readonly project: Project;
  readonly environment: string;
  readonly host: StorageHost;
  /** Absolute: the project's, the work tree's, the private one under the git directory, and one for this process alone. */
  readonly root: string;
  readonly repository: string;
  readonly privateFolder: string;
  readonly scratch: string;
  /** `BRANCHLINE_STORAGE_KEY`. */
  readonly secret: string | undefined;
  readonly isTracked: (file: string) => Promise<boolean>;
  readonly onNotice: (text: string) => void;
  /** A branch of data at the state's remote; undefined where there is none. */
  readonly dataBranch: (branch: string) => DataBranch | undefined;
}

/** A file that is in the private repository and on no branch yet. */
export interface TakenFile {
  /** Absolute; its name is its digest. */
  readonly file: string;
  readonly blob: string;
}

/** The stores of a command, each opened once. */
export interface Stores {
  readonly outputs: OutputsOf;
  /** The same copies seen from another folder, where nothing is tracked by git. */
  outputsIn(folder: string): OutputsOf;
  storageOf(written: Storage | undefined): EffectiveStorage;
  readonly keptFile: KeptFileOf;
  /** What branches of data have to move when events are recorded (see `StatePorts`). */
  readonly dataMoves: NonNullable<StatePorts['dataMoves']>;
  /** What branches of data took so far, in order: somebody else may have to push it. */
  readonly taken: readonly TakenFile[];
  /** Takes files that others made (absolute paths) into the private repository; their ids, in order. */
  takeForOthers(files: readonly string[]): Promise<Result<readonly string[], string>>;
}

export function openStores(options: StoresOptions): Stores {
  const stores = new Map<string, FileStore | undefined>();
  const branches = new Map<string, DataBranch | undefined>();
  const taken: TakenFile[] = [];
  const dataBranch = (branch: string): DataBranch | undefined => {
    if (!branches.has(branch)) branches.set(branch, noting(options.dataBranch(branch), taken));
    return branches.get(branch);
  };
  const storageOf = (written: Storage | undefined): EffectiveStorage =>
    effectiveStorage(options.project, written, { environment: options.environment, fallback: options.host.fallback });
  const storeOf = (storage: EffectiveStorage): FileStore | undefined => {
    const key = canonicalJson({ ...storage });
    if (!stores.has(key)) stores.set(key, openStore(storage, options, dataBranch));
    return stores.get(key);
  };
  const outputsWith = (more: Pick<StoresOptions, 'root' | 'repository' | 'isTracked'>): OutputsOf => {
    const opened = new Map<FileStore | undefined, OutputFiles>();
    return (asset) => {
      const store = storeOf(storageOf(asset.storage));
      const known = opened.get(store) ?? createOutputFiles({ ...more, store });
      opened.set(store, known);
      return known;
    };
  };
  const outputs = outputsWith(options);
  const outputsIn = (folder: string): OutputsOf =>
    outputsWith({ root: folder, repository: folder, isTracked: async () => false });
  return {
    outputs,
    outputsIn,
    storageOf,
    taken,
    async takeForOthers(files) {
      // The repository is the same for all branches.
      const data = options.dataBranch(dataBranchOf(options.project.state.branch));
      return data ? data.take(files) : fail(tooOld);
    },
    keptFile(name) {
      const connection = options.project.connections[name];
      if (connection?.type !== 'duckdb') return undefined;
      const { type } = storageOf(connection.storage);
      if (type === 'directory' || type === 'none') return undefined;
      const asideFolder = join(options.scratch, 'connections', name);
      mkdirSync(asideFolder, { recursive: true });
      const owner = { key: name, ...(connection.storage === undefined ? {} : { storage: connection.storage }) };
      return { inPlace: outputs(owner), aside: outputsIn(asideFolder)(owner), asideFolder };
    },
    async dataMoves(events, before, after) {
      const byBranch = new Map<string, DataCommit[]>();
      for (const commit of dataCommits(events, before, after)) {
        const storage = storageOf(writtenStorage(options.project, commit.owner));
        // Its storage was changed since: the branch that is still named by others is the best guess for what is waiting.
        const branch = storage.type === 'branch' ? storage.branch : dataBranchOf(options.project.state.branch);
        byBranch.set(branch, [...(byBranch.get(branch) ?? []), commit]);
      }
      const moves: RefMove[] = [];
      for (const [branch, commits] of byBranch) {
        const move = await dataBranch(branch)?.prepare(commits);
        if (move && !move.ok) return move;
        if (move?.value) moves.push(move.value);
      }
      return ok(moves);
    },
  };
}

const tooOld =
  'storage `branch` takes git 2.31 or newer on this machine (install it and leave `BRANCHLINE_GIT` away, or keep the outputs elsewhere: `storage: { type: directory }`)';

/** The same branch, with an account of what it took. */
function noting(data: DataBranch | undefined, taken: TakenFile[]): DataBranch | undefined {
  return (
    data && {
      ...data,
      async take(files) {
        const blobs = await data.take(files);
        if (blobs.ok) taken.push(...files.map((file, i) => ({ file, blob: blobs.value[i]! })));
        return blobs;
      },
    }
  );
}

function writtenStorage({ assets, connections }: Project, owner: DataCommit['owner']): Storage | undefined {
  if (owner.kind === 'asset') return assets[owner.name]?.storage;
  const connection = connections[owner.name];
  return connection?.type === 'duckdb' ? connection.storage : undefined;
}

function openStore(
  storage: EffectiveStorage,
  options: StoresOptions,
  dataBranch: (branch: string) => DataBranch | undefined,
): FileStore | undefined {
  switch (storage.type) {
    case 'directory':
      return createDirectoryStore(
        storage.path === undefined ? join(options.privateFolder, 'outputs') : resolve(options.root, storage.path),
      );
    case 'cache':
      return createCacheStore({
        cache: lazyCache(options.host.cache),
        scratch: join(options.scratch, 'cache'),
        seal: options.secret === undefined || options.secret === '' ? undefined : createSeal(options.secret),
        isPublic: options.host.isPublic,
        onNotice: options.onNotice,
      });
    case 'branch': {
      const data = dataBranch(storage.branch);
      if (data === undefined) return refusingStore(`${tooOld}: without it nothing can be kept on ${storage.branch}`);
      return createBranchStore({
        data,
        scratch: join(options.scratch, 'branch', storage.branch),
        maxFileBytes: storage.maxFileBytes,
      });
    }
    case 'none':
      return undefined;
  }
}

/** Keeps nothing and has lost nothing: what it was asked to do cannot be done from here. */
function refusingStore(message: string): FileStore {
  const loss = { loss: 'unavailable', message } as const;
  return {
    looks: 'local',
    save: async () => fail({ code: 'infrastructure', message }),
    fetch: async () => fail(loss),
    holds: async (files) => files.map(() => ({ kind: 'lost', ...loss })),
  };
}

/** Its client is large: loaded when the cache is first asked for something. */
function lazyCache(open: () => Promise<Cache>): Cache {
  let opened: Promise<Cache> | undefined;
  const cache = (): Promise<Cache> => {
    opened ??= open();
    return opened;
  };
  return {
    restore: async (keys, into) => (await cache()).restore(keys, into),
    lookup: async (keys) => (await cache()).lookup(keys),
    save: async (key, file) => (await cache()).save(key, file),
  };
}
