import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { CodeCommit } from '../adapters/checkout.ts';
import { loadEngine } from '../adapters/engine-fetch.ts';
import { createHolders, createProcessHolders } from '../adapters/holders.ts';
import { createJournals } from '../adapters/journal.ts';
import { createProcessRunner } from '../adapters/process.ts';
import { createScratch } from '../adapters/process-scratch.ts';
import { endLeftovers } from '../adapters/process-tree.ts';
import { databases } from '../adapters/sql-open.ts';
import { pooledSql } from '../adapters/sql-pool.ts';
import { type AppFailure, outsideFailure } from '../app/failure.ts';
import { type FindLost, findLost } from '../app/find-lost.ts';
import { billedJob, createJobMeter } from '../app/job-meter.ts';
import { quietNoteOf } from '../app/quiet.ts';
import { reportPages } from '../app/report-pages.ts';
import type { RunPorts } from '../app/run-ports.ts';
import type { StatePorts } from '../app/state-ports.ts';
import { openStateSession } from '../app/state-session.ts';
import type { ChangedFiles } from '../app/uncommitted.ts';
import { ok, type Result } from '../base/result.ts';
import type { Project } from '../model/project.ts';
import type { Host, SqlPool } from '../ports.ts';
import type { StateStore } from '../ports-state.ts';
import { secretNames, type Variables } from '../run/secrets.ts';
import { neutralizeCommands } from '../run/step-commands.ts';
import { type Ground, openGround, type WorldOptions } from './ground.ts';
import { headMemory } from './head-file.ts';
import { gitEnvOf, type OpenProject } from './open-project.ts';
import { pruneLogs, writePages } from './private-files.ts';
import { quietPlaceDigest } from './quiet-place.ts';
import type { Stores } from './storage.ts';
import { reportSource, type Surroundings } from './surroundings.ts';

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

/** Wires the adapters of one command together. */
export async function openWorld(
  opened: OpenProject,
  project: Project,
  options: WorldOptions,
): Promise<Result<World, AppFailure>> {
  const found = await openGround(opened, project, options);
  if (!found.ok) return found;
  const ground = found.value;
  const { store, stores, code, folder, scratch } = ground;
  pruneLogs(join(folder, 'logs'));
  mkdirSync(scratch, { recursive: true, mode: 0o700 });
  // Of all commits of this command: a tick makes several runs, and each writes only the pages that it changes.
  const pages = new Map<string, string | null>();
  const state = statePorts(ground);
  const sql = pooledSql(databases(ground.env));
  return ok({
    project,
    environment: options.environment,
    store,
    state,
    run: runPorts(ground, { state, sql, pages }),
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

function statePorts(ground: Ground): StatePorts {
  const { opened, project, options, code, store, clock, redactor } = ground;
  const { writer, workflow } = opened.surroundings;
  const isLocal = options.environment === 'local';
  return {
    partitionsOf: () => ground.partitions,
    store,
    clock,
    random: Math.random,
    environment: options.environment,
    projectName: project.name,
    writer,
    writerBegan: clock.now(),
    redact: (text) => redactor.text(text),
    warn: ground.warn,
    warnOnce: ground.warnOnce,
    ...(workflow === undefined ? {} : { workflowRun: workflow.workflow }),
    ...(project.state.retentionMs === undefined ? {} : { retentionMs: project.state.retentionMs }),
    // A runner of GitHub has no disk that stays: it remembers nothing.
    ...(isLocal ? {} : { heads: headMemory(ground.folder, store.label, ground.remoteUrl) }),
    ...(isLocal || code === undefined ? {} : quietNotes(opened, project, code.commit)),
    dataMoves: ground.stores.dataMoves,
  };
}

function runPorts(
  ground: Ground,
  own: { readonly state: StatePorts; readonly sql: SqlPool; readonly pages: Map<string, string | null> },
): RunPorts {
  const { opened, project, options, code, folder, scratch, stores, env, clock, redactor, warn, warnOnce } = ground;
  const { host, root, surroundings } = opened;
  const { writer } = surroundings;
  const { sql } = own;
  const { outputs, keptFile } = stores;
  const processes = createProcessHolders();
  return {
    partitions: ground.partitions,
    clock,
    random: Math.random,
    session: openStateSession(own.state),
    journals: createJournals(join(folder, 'journals', options.environment), processes),
    holders: createHolders({
      processes,
      clock,
      ...(surroundings.workflow === undefined ? {} : { workflow: surroundings.workflow }),
      ...(surroundings.github === undefined ? {} : { github: surroundings.github }),
    }),
    operations: project.operations,
    sql,
    outputs,
    keptFile,
    processes: createProcessRunner({
      folder: scratch,
      ...(surroundings.stepGraceMs === undefined ? {} : { graceMs: surroundings.stepGraceMs }),
    }),
    endLeftovers,
    scratch: createScratch(scratch),
    writer,
    redactor,
    secretNames: secretNames(project, env),
    env,
    root,
    logFolder: join(folder, 'logs', writer),
    signal: options.signal,
    ...(surroundings.job === undefined ? {} : { meter: createJobMeter(billedJob(surroundings.job, project.prices)) }),
    warn,
    say: (text) => host.progress(text),
    sayOnce: warnOnce,
    ...(code === undefined ? {} : { changedFiles: changesSince(code.commit, ground) }),
    ...(options.logs ? { onOutput: surroundings.onStepOutput ?? prefixedOutput(surroundings) } : {}),
    prepareEngines: (engines) => prepareEngines(engines, env, host),
    findLost: openFindLost(ground, sql),
    pages: recordedPages(ground, own.pages),
  };
}

/** Files that differ from the commit of the code: looked for once, when somebody asks. */
function changesSince(commit: string, { opened, scratch }: Ground): ChangedFiles {
  const { root, surroundings, tree } = opened;
  const checkout = { root, env: gitEnvOf(surroundings), tree, scratch };
  let changed: Promise<readonly string[]> | undefined;
  const find = async (): Promise<readonly string[]> =>
    (await import('../adapters/checkout-changes.ts')).findChangedFiles(checkout, commit);
  return () => (changed ??= find());
}

async function prepareEngines(
  engines: Parameters<RunPorts['prepareEngines']>[0],
  env: Variables,
  host: Host,
): Promise<AppFailure | undefined> {
  for (const engine of engines) {
    const ready = await loadEngine(engine === 'postgres' ? 'pg' : 'duckdb', {
      env,
      onProgress: (text) => host.progress(text),
    });
    if (!ready.ok) return outsideFailure('engine-missing', ready.error.message, 'Nothing was run.');
  }
  return undefined;
}

function openFindLost({ opened, project, options, stores, env, warnOnce }: Ground, sql: SqlPool): FindLost {
  const { outputs, keptFile } = stores;
  const scope = { project, environment: options.environment, env, root: opened.root };
  const onUnasked = (connection: string, why: string): void =>
    warnOnce(`Connection ${connection} cannot be asked, so whether its tables are still there is not known: ${why}`);
  const ports = { outputs, keptFile, sql, fileExists: existsSync, onUnasked };
  return (view, looked, more) => findLost(ports, scope, view, looked, more);
}

/** The report that goes with a commit; `pages` keeps the newest text of each page. */
function recordedPages(
  { project, options, code, remoteUrl }: Ground,
  pages: Map<string, string | null>,
): RunPorts['pages'] {
  const source = reportSource(project, code?.commit, remoteUrl);
  return (prepared, before) => {
    const made = options.records ? reportPages(source, prepared, before) : new Map<string, string | null>();
    for (const [path, text] of made) pages.set(path, text);
    return made;
  };
}

/** Lines of a step with its name before them; in a workflow's log they cannot act as commands. */
function prefixedOutput({ env, host }: Surroundings): (step: string, text: string) => void {
  return (step, text) => {
    const lines = (env['GITHUB_ACTIONS'] ? neutralizeCommands(text) : text).replace(/\n$/, '').split('\n');
    host.progress(lines.map((line) => `${step} | ${line}`).join('\n'));
  };
}
