import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type CodeCommit, openTracking } from '../adapters/checkout.ts';
import { loadEngine } from '../adapters/engine-fetch.ts';
import { type GitLocation, locateRepository, privateFolder, projectFolder } from '../adapters/git-location.ts';
import { type GitStateStore, openStateStore } from '../adapters/git-state-store.ts';
import { createHolders, createProcessHolders } from '../adapters/holders.ts';
import { createJournals } from '../adapters/journal.ts';
import { keptManifests } from '../adapters/kept-manifests.ts';
import { createProcessRunner } from '../adapters/process.ts';
import { createScratch } from '../adapters/process-scratch.ts';
import { endLeftovers } from '../adapters/process-tree.ts';
import { createSourceTree } from '../adapters/source-tree.ts';
import { databases } from '../adapters/sql-open.ts';
import { pooledSql } from '../adapters/sql-pool.ts';
import { systemClock } from '../adapters/system-clock.ts';
import { type AppFailure, inputFailure, outsideFailure } from '../app/failure.ts';
import { findLost } from '../app/find-lost.ts';
import { billedJob, createJobMeter } from '../app/job-meter.ts';
import { PROJECT_FILE } from '../app/manifest-paths.ts';
import { quietNoteOf } from '../app/quiet.ts';
import { type LoadedProject, readSoundProject } from '../app/read-project.ts';
import { reportPages } from '../app/report-pages.ts';
import type { RunPorts } from '../app/run-ports.ts';
import type { StatePorts } from '../app/state-ports.ts';
import { openStateSession } from '../app/state-session.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Project } from '../model/project.ts';
import type { Clock, Host, SourceTree } from '../ports.ts';
import type { StateStore } from '../ports-state.ts';
import { adviceIn } from '../render/advice.ts';
import type { Style } from '../render/style.ts';
import { createRedactor } from '../run/redact.ts';
import { findSecretNameClashes, secretNames } from '../run/secrets.ts';
import { neutralizeCommands } from '../run/step-commands.ts';
import { version } from '../version.ts';
import { headMemory } from './head-file.ts';
import { ownFolder } from './own-folder.ts';
import type { Begun } from './quiet-look.ts';
import { quietPlaceDigest } from './quiet-place.ts';
import { openStores, type Stores, terminalStorage } from './storage.ts';
import {
  codeCommit,
  declaredNames,
  hostEnvironment,
  reportSource,
  type Surroundings,
  secretsIn,
  terminalSurroundings,
} from './surroundings.ts';

/** A project on this machine, as every command meets it. */
export interface OpenProject {
  /** Absolute. */
  readonly root: string;
  readonly tree: SourceTree;
  readonly surroundings: Surroundings;
  readonly host: Host;
  readonly style: Style;
  readonly clock: Clock;
  readonly loaded: LoadedProject;
}

/** The nearest folder with a `branchline.yaml`, at or above the current one, or the one that was named. */
export function findRoot(named: string | undefined): Result<string, AppFailure> {
  if (named !== undefined) {
    const root = resolve(named);
    if (existsSync(join(root, PROJECT_FILE))) return ok(root);
    return fail(
      inputFailure('no-project', `There is no ${PROJECT_FILE} in ${named}.`, '`branchline init` writes one.'),
    );
  }
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    if (existsSync(join(folder, PROJECT_FILE))) return ok(folder);
    if (dirname(folder) === folder)
      return fail(
        inputFailure(
          'no-project',
          `There is no ${PROJECT_FILE} here or in a folder above.`,
          '`branchline init` starts a project in this folder.',
        ),
      );
  }
}

export function openHost(): { readonly host: Host; readonly style: Style } {
  const { host, style } = terminalSurroundings();
  return { host, style };
}

/** Finds and reads the project. Its root becomes the current folder, so that relative paths in SQL start there. */
export async function openProject(
  options: { readonly project?: string; readonly environment?: string },
  surroundings: Surroundings = terminalSurroundings(),
): Promise<Result<OpenProject, AppFailure>> {
  const root = findRoot(options.project);
  if (!root.ok) return root;
  process.chdir(root.value);
  const { style, stateBranch, begun } = surroundings;
  const host = advising(surroundings.host, options.environment);
  const tree = begun?.root === root.value ? begun.tree : createSourceTree(root.value, gitEnvOf(surroundings));
  const loaded = onBranch(await readAll(tree, surroundings.env), stateBranch);
  return ok({ root: root.value, tree, surroundings, host, style, clock: systemClock, loaded });
}

/** Commands that are named on it go on in the environment that was asked for. */
function advising(host: Host, environment: string | undefined): Host {
  if (environment === undefined) return host;
  return {
    interactive: host.interactive,
    color: host.color,
    environment,
    print: (text) => host.print(adviceIn(text, environment)),
    progress: (text) => host.progress(adviceIn(text, environment)),
    status: (text) => host.status(text),
  };
}

/** Most projects are sound: what explains mistakes is loaded when there is one. */
async function readAll(tree: SourceTree, env: Surroundings['env']): Promise<LoadedProject> {
  const now = systemClock.now();
  // The machine of a workflow's job is new each time.
  const folder = env['GITHUB_ACTIONS'] ? undefined : ownFolder(env, 'manifests');
  const kept = folder === undefined ? undefined : keptManifests(folder, version);
  return readSoundProject(tree, now, kept) ?? (await import('../app/load-project.ts')).loadProject(tree, now);
}

function gitEnvOf({ env, gitEnv = env }: Surroundings): Surroundings['env'] {
  return gitEnv;
}

/** The project with its state on another branch than it says itself. */
function onBranch(loaded: LoadedProject, branch: string | undefined): LoadedProject {
  if (branch === undefined) return loaded;
  const moved = (project: Project): Project => ({ ...project, state: { ...project.state, branch } });
  const { project, readable } = loaded;
  return {
    ...loaded,
    ...(project ? { project: moved(project) } : {}),
    ...(readable ? { readable: moved(readable) } : {}),
  };
}

/** The state of an environment, for reading. */
export async function openStore(
  opened: OpenProject,
  project: Project,
  environment: 'production' | 'local',
  location?: GitLocation,
): Promise<Result<GitStateStore, AppFailure>> {
  const { token, privateFolder: parent } = opened.surroundings;
  const begun = begunFor(opened, project);
  if (begun && environment === 'production') return ok(begun.store);
  const store = await openStateStore({
    projectRoot: opened.root,
    projectName: project.name,
    branch: project.state.branch,
    remote: project.state.remote,
    environment,
    env: gitEnvOf(opened.surroundings),
    onNotice: (text) => opened.host.progress(text),
    ...(location ? { location } : {}),
    ...(token === undefined ? {} : { token }),
    ...(parent === undefined ? {} : { privateFolder: projectFolder(parent, project.name) }),
  });
  if (store.ok) return store;
  const { code, message } = store.error;
  return fail(code === 'no-repository' ? inputFailure(code, message) : outsideFailure(code, message));
}

/** What a look that came before has opened, where it was right about the project. */
function begunFor({ root, surroundings: { begun } }: OpenProject, project: Project): Begun | undefined {
  const { branch, remote } = project.state;
  const isRight =
    begun?.root === root &&
    begun.project.name === project.name &&
    begun.project.branch === branch &&
    begun.project.remote === remote;
  return isRight ? begun : undefined;
}

/** What commits of a workflow's job say of the wake-ups after them. */
function quietNotes(opened: OpenProject, project: Project, code: string): Pick<StatePorts, 'quietNote'> {
  const { surroundings, loaded, tree } = opened;
  const { ref } = surroundings;
  if (ref === undefined) return {};
  const { name, state, manifests } = project;
  const { branch, remote } = state;
  const place = (): string | undefined =>
    quietPlaceDigest({ code, ref, name, branch, remote, files: loaded.files, manifests }, tree);
  return { quietNote: (after, commit) => quietNoteOf({ project, code, place }, after, commit) };
}

/** Everything that a command needs that plans, runs or records. */
export interface World {
  readonly project: Project;
  readonly environment: 'production' | 'local';
  readonly store: StateStore;
  readonly state: StatePorts;
  readonly run: RunPorts;
  readonly stores: Stores;
  readonly codeCommit?: CodeCommit;
  /** Absolute private folder under the git directory. */
  readonly privateFolder: string;
  /** Steps at once when nobody says otherwise: the cores, at least 2. */
  readonly cores: number;
  close(): Promise<void>;
}

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

/** Wires the adapters of one command together. */
export async function openWorld(
  opened: OpenProject,
  project: Project,
  options: WorldOptions,
): Promise<Result<World, AppFailure>> {
  const { host, root, surroundings } = opened;
  const { writer } = surroundings;
  const gitEnv = gitEnvOf(surroundings);
  const begun = begunFor(opened, project);
  const [location, code] = await Promise.all([
    begun ? ok(begun.location) : locateRepository(root, project.state.remote, gitEnv),
    options.records ? codeCommit(root, gitEnv) : undefined,
  ]);
  if (!location.ok) return fail(inputFailure(location.error.code, location.error.message));
  const folder =
    surroundings.privateFolder === undefined
      ? privateFolder(location.value.commonDir, project.name)
      : projectFolder(surroundings.privateFolder, project.name);
  const store = await openStore(opened, project, options.environment, location.value);
  if (!store.ok) return store;
  const env = hostEnvironment(opened);
  if (!env.ok) return env;
  const clock: Clock = options.now === undefined ? opened.clock : shiftedClock(opened.clock, options.now);
  const secrets = secretsIn(project, surroundings, env.value);
  const clashes = findSecretNameClashes(secrets, declaredNames(project));
  if (clashes.length > 0)
    return fail(inputFailure('secret-is-a-name', clashes.map((clash) => clash.message).join('\n')));
  const redactor = createRedactor(secrets);
  const warn = (text: string): void => host.progress(redactor.text(text));
  const said = new Set<string>();
  const warnOnce = (text: string): void => {
    if (!said.has(text)) warn(text);
    said.add(text);
  };
  let changed: Promise<readonly string[]> | undefined;
  const scratch = join(folder, 'scratch', writer);
  const checkout = { root, env: gitEnv, tree: opened.tree, scratch };
  const findChanges = async (commit: string): Promise<readonly string[]> =>
    (await import('../adapters/checkout-changes.ts')).findChangedFiles(checkout, commit);
  const stores = openStores({
    project,
    environment: options.environment,
    host: surroundings.storage ?? terminalStorage,
    root,
    repository: location.value.top ?? root,
    privateFolder: folder,
    scratch,
    secret: env.value['BRANCHLINE_STORAGE_KEY'],
    isTracked: openTracking(root, gitEnv),
    onNotice: warn,
    dataBranch: (branch) => store.value.dataBranch(branch),
  });
  const partitions = new Set<string>();
  const state: StatePorts = {
    partitionsOf: () => partitions,
    store: store.value,
    clock,
    random: Math.random,
    environment: options.environment,
    projectName: project.name,
    writer,
    writerBegan: clock.now(),
    redact: (text) => redactor.text(text),
    warn,
    warnOnce,
    ...(project.state.retentionMs === undefined ? {} : { retentionMs: project.state.retentionMs }),
    // A runner of GitHub has no disk that stays: it remembers nothing.
    ...(options.environment === 'local'
      ? {}
      : { heads: headMemory(folder, store.value.label, location.value.remoteUrl) }),
    ...(options.environment === 'local' || code === undefined ? {} : quietNotes(opened, project, code.commit)),
    dataMoves: stores.dataMoves,
  };
  const processHolders = createProcessHolders();
  const holders = createHolders({
    processes: processHolders,
    clock,
    ...(surroundings.workflow === undefined ? {} : { workflow: surroundings.workflow }),
    ...(surroundings.github === undefined ? {} : { github: surroundings.github }),
  });
  pruneFolder(join(folder, 'logs'), LOG_FOLDERS_MAX);
  mkdirSync(scratch, { recursive: true, mode: 0o700 });
  const sql = pooledSql(databases(env.value));
  const { outputs } = stores;
  const scope = { project, environment: options.environment, env: env.value, root };
  const onUnasked = (connection: string, why: string): void =>
    warnOnce(`Connection ${connection} cannot be asked, so whether its tables are still there is not known: ${why}`);
  const source = reportSource(project, code?.commit, location.value.remoteUrl);
  // Of all commits of this command: a tick makes several runs, and each writes only the pages that it changes.
  const pages = new Map<string, string | null>();
  const run: RunPorts = {
    partitions,
    clock,
    random: Math.random,
    session: openStateSession(state),
    journals: createJournals(join(folder, 'journals', options.environment), processHolders),
    holders,
    operations: project.operations,
    sql,
    outputs,
    keptFile: stores.keptFile,
    processes: createProcessRunner({
      folder: scratch,
      ...(surroundings.stepGraceMs === undefined ? {} : { graceMs: surroundings.stepGraceMs }),
    }),
    endLeftovers,
    scratch: createScratch(scratch),
    writer,
    redactor,
    secretNames: secretNames(project, env.value),
    env: env.value,
    root,
    logFolder: join(folder, 'logs', writer),
    signal: options.signal,
    ...(surroundings.job === undefined ? {} : { meter: createJobMeter(billedJob(surroundings.job, project.prices)) }),
    warn,
    say: (text) => host.progress(text),
    sayOnce: warnOnce,
    ...(code === undefined ? {} : { changedFiles: () => (changed ??= findChanges(code.commit)) }),
    ...(options.logs ? { onOutput: surroundings.onStepOutput ?? prefixedOutput(surroundings) } : {}),
    prepareEngines: async (engines) => {
      for (const engine of engines) {
        const ready = await loadEngine(engine === 'postgres' ? 'pg' : 'duckdb', {
          env: env.value,
          onProgress: (text) => host.progress(text),
        });
        if (!ready.ok) return outsideFailure('engine-missing', ready.error.message, 'Nothing was run.');
      }
      return undefined;
    },
    findLost: (view, looked, more) =>
      findLost(
        { outputs, keptFile: stores.keptFile, sql, fileExists: existsSync, onUnasked },
        scope,
        view,
        looked,
        more,
      ),
    pages: (prepared, before) => {
      const made = options.records ? reportPages(source, prepared, before) : new Map<string, string | null>();
      for (const [path, text] of made) pages.set(path, text);
      return made;
    },
  };
  return ok({
    project,
    environment: options.environment,
    store: store.value,
    state,
    run,
    stores,
    ...(code === undefined ? {} : { codeCommit: code }),
    privateFolder: folder,
    cores: Math.max(2, availableParallelism()),
    async close() {
      // No branch shows the local environment: its report is kept as files.
      if (options.environment === 'local') writePages(join(folder, 'report'), pages);
      await sql.end();
      rmSync(scratch, { recursive: true, force: true });
    },
  });
}

/** Lines of a step with its name before them; in a workflow's log they cannot act as commands. */
function prefixedOutput({ env, host }: Surroundings): (step: string, text: string) => void {
  return (step, text) => {
    const lines = (env['GITHUB_ACTIONS'] ? neutralizeCommands(text) : text).replace(/\n$/, '').split('\n');
    host.progress(lines.map((line) => `${step} | ${line}`).join('\n'));
  };
}

/** Runs whose step logs are kept on this machine. */
const LOG_FOLDERS_MAX = 30;

/** Removes the oldest folders beyond `most`. */
function pruneFolder(folder: string, most: number): void {
  if (!existsSync(folder)) return;
  const entries = readdirSync(folder).map((name) => ({
    path: join(folder, name),
    at: statSync(join(folder, name)).mtimeMs,
  }));
  for (const { path } of entries.sort((a, b) => b.at - a.at).slice(most))
    rmSync(path, { recursive: true, force: true });
}

/** A clock that stood at `now` when the command began. */
function shiftedClock(clock: Clock, now: number): Clock {
  const difference = now - clock.now();
  return { now: () => clock.now() + difference, sleep: (ms, signal) => clock.sleep(ms, signal) };
}

/** Writes pages into a folder: the report of the local environment, which no branch shows. */
export function writePages(folder: string, pages: ReadonlyMap<string, string | null>): void {
  for (const [path, text] of pages) {
    const target = join(folder, path);
    if (text === null) rmSync(target, { force: true });
    else {
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, text);
    }
  }
}

/** Ctrl-C stops what runs and records it; a second one ends at once. */
export function interruptSignal(host: Host): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    host.progress('Stopping: running steps get 10 s to end, what has finished is recorded. Once more ends at once.');
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return controller.signal;
}
