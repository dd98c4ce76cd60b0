import { join } from 'node:path';
import { type CodeCommit, openTracking } from '../adapters/checkout.ts';
import { locateRepository, privateFolder, projectFolder } from '../adapters/git-location.ts';
import type { GitLocation } from '../adapters/git-place.ts';
import type { GitStateStore } from '../adapters/git-state-store.ts';
import { type AppFailure, inputFailure } from '../app/failure.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { AssetKey, Project } from '../model/project.ts';
import type { Clock } from '../ports.ts';
import { createRedactor, type Redactor } from '../run/redact.ts';
import { findSecretNameClashes, type Variables } from '../run/secrets.ts';
import { gitEnvOf, type OpenProject } from './open-project.ts';
import { begunFor, openStore } from './open-store.ts';
import { openStores, type Stores, terminalStorage } from './storage.ts';
import { codeCommit, declaredNames, hostEnvironment, secretsIn } from './surroundings.ts';

/** What a command asks of the world that is opened for it. */
export interface WorldOptions {
  readonly environment: 'production' | 'local';
  readonly signal: AbortSignal;
  /** The command records runs, with the report in the same commit. */
  readonly records?: boolean;
  /** Instant to record with instead of the clock's (`--now`). */
  readonly now?: number;
  /** Shows what steps print, as it comes. */
  readonly logs?: boolean;
}

/** What all ports of one command stand on. */
export interface Ground {
  readonly opened: OpenProject;
  readonly project: Project;
  readonly options: WorldOptions;
  readonly remoteUrl: GitLocation['remoteUrl'];
  readonly code: CodeCommit | undefined;
  /** Absolute: the private folder, and in it that of this process. */
  readonly folder: string;
  readonly scratch: string;
  readonly store: GitStateStore;
  readonly stores: Stores;
  /** Of the host, with those of `.env`. */
  readonly env: Variables;
  readonly clock: Clock;
  readonly redactor: Redactor;
  readonly warn: (text: string) => void;
  /** The same, each text once however many find it. */
  readonly warnOnce: (text: string) => void;
  /** Assets whose partitions transactions read. */
  readonly partitions: Set<AssetKey>;
}

/** Finds the repository, the state, the secrets and the stores of a project; says what is missing or wrong of them. */
export async function openGround(
  opened: OpenProject,
  project: Project,
  options: WorldOptions,
): Promise<Result<Ground, AppFailure>> {
  const { host, root, surroundings } = opened;
  const gitEnv = gitEnvOf(surroundings);
  const begun = begunFor(opened, project);
  const [location, code] = await Promise.all([
    begun ? ok(begun.location) : locateRepository(root, project.state.remote, gitEnv),
    options.records ? codeCommit(root, gitEnv) : undefined,
  ]);
  if (!location.ok) return fail(inputFailure(location.error.code, location.error.message));
  const { commonDir, remoteUrl, top } = location.value;
  const folder =
    surroundings.privateFolder === undefined
      ? privateFolder(commonDir, project.name)
      : projectFolder(surroundings.privateFolder, project.name);
  const store = await openStore(opened, project, options.environment, location.value);
  if (!store.ok) return store;
  const env = hostEnvironment(opened);
  if (!env.ok) return env;
  const secrets = secretsIn(project, surroundings, env.value);
  const clashes = findSecretNameClashes(secrets, declaredNames(project));
  if (clashes.length > 0)
    return fail(inputFailure('secret-is-a-name', clashes.map((clash) => clash.message).join('\n')));
  const redactor = createRedactor(secrets);
  const warn = (text: string): void => host.progress(redactor.text(text));
  const scratch = join(folder, 'scratch', surroundings.writer);
  const stores = openStores({
    project,
    environment: options.environment,
    host: surroundings.storage ?? terminalStorage,
    root,
    repository: top ?? root,
    privateFolder: folder,
    scratch,
    secret: env.value['BRANCHLINE_STORAGE_KEY'],
    isTracked: openTracking(root, gitEnv),
    onNotice: warn,
    dataBranch: (branch) => store.value.dataBranch(branch),
  });
  const clock = options.now === undefined ? opened.clock : shiftedClock(opened.clock, options.now);
  const own = { folder, scratch, store: store.value, stores, env: env.value, clock, redactor };
  return ok({ opened, project, options, remoteUrl, code, ...own, warn, warnOnce: once(warn), partitions: new Set() });
}

function once(warn: (text: string) => void): (text: string) => void {
  const said = new Set<string>();
  return (text) => {
    if (!said.has(text)) warn(text);
    said.add(text);
  };
}

/** A clock that stood at `now` when the command began. */
function shiftedClock(clock: Clock, now: number): Clock {
  const difference = now - clock.now();
  return { now: () => clock.now() + difference, sleep: (ms, signal) => clock.sleep(ms, signal) };
}
