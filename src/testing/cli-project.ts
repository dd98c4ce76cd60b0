import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { openStateStore } from '../adapters/git-state-store.ts';
import { systemClock } from '../adapters/system-clock.ts';
import { verifyStore } from '../app/state-commands.ts';
import { readState } from '../app/state-reading.ts';
import type { Json } from '../base/json.ts';
import type { EventDraft } from '../model/events.ts';
import type { AssetRecord, RunRecord, StateView } from '../model/state.ts';
import { type GitSandbox, makeGitSandbox } from './git-sandbox.ts';

const repository = resolve(import.meta.dirname, '..', '..');

export interface CliEnd {
  /** Undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that is still at work. */
export interface StartedCli {
  readonly child: ChildProcess;
  readonly end: Promise<CliEnd>;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A project in a real git repository, worked on by the built command line in processes of its own. */
export interface CliProject {
  readonly sandbox: GitSandbox;
  /** Absolute folder of the project and its repository. */
  readonly root: string;
  write(path: string, text: string): void;
  read(path: string): string;
  has(path: string): boolean;
  git(...args: string[]): string;
  /** Commits everything. */
  commit(message?: string): void;
  start(args: readonly string[], options?: CliOptions): StartedCli;
  /** Runs a command to its end. */
  run(args: readonly string[], options?: CliOptions): Promise<CliEnd>;
  /** Runs a command with `--json`; throws, with all that was printed, when its exit code is another one. */
  json<T = Record<string, Json>>(args: readonly string[], code?: number, options?: CliOptions): Promise<T>;
  /** Rows of a query on a DuckDB file of the project, as text. */
  rows(file: string, sql: string): Promise<string[]>;
  /** The state as it is recorded, and all that is wrong with it; read in this process. */
  state(
    environment?: 'local' | 'production',
  ): Promise<{ readonly view: StateView; readonly problems: readonly unknown[] }>;
  /** What the state knows of an asset. */
  asset(key: string, environment?: string): Promise<AssetRecord>;
  remove(): void;
}

/** Makes a repository with these files, committed. `data/` and `.env` are ignored by git. */
export function makeCliProject(files: Readonly<Record<string, string>>): CliProject {
  const project = cliProjectIn(makeGitSandbox(), 'project');
  mkdirSync(project.root, { recursive: true });
  project.git('init', '--quiet');
  for (const [path, text] of Object.entries({ '.gitignore': 'data/\n.env\n', ...files })) project.write(path, text);
  project.commit('first');
  return project;
}

/** A copy of an example of this repository, as a project of its own. */
export function exampleProject(name: string): CliProject {
  const project = cliProjectIn(makeGitSandbox(), name);
  cpSync(join(repository, 'examples', name), project.root, { recursive: true });
  project.git('init', '--quiet');
  project.commit('first');
  return project;
}

/** The project in a folder of a sandbox, such as a copy or a clone of another one. */
export function cliProjectIn(sandbox: GitSandbox, folder: string): CliProject {
  const root = join(sandbox.root, folder);
  const start = (args: readonly string[], options: CliOptions = {}): StartedCli =>
    startNode([builtCli(), ...args], {
      cwd: options.cwd ?? root,
      env: { ...sandbox.env, BRANCHLINE_ENGINES: enginesFolder, NO_COLOR: '1', ...options.env },
    });
  const run: CliProject['run'] = (args, options) => start(args, options).end;
  const git = (...args: string[]): string => sandbox.git(root, ...args);
  const json: CliProject['json'] = async (args, code = 0, options = {}) => {
    const end = await run([...args, '--json'], options);
    if (end.code !== code)
      throw new Error(
        `branchline ${args.join(' ')} ended with ${end.code ?? end.signal}, not ${code}\n${end.stdout}\n${end.stderr}`,
      );
    return JSON.parse(end.stdout);
  };
  return {
    sandbox,
    root,
    write(path, text) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    },
    read: (path) => readFileSync(join(root, path), 'utf8'),
    has: (path) => existsSync(join(root, path)),
    git,
    commit(message = 'change') {
      git('add', '--all');
      git('commit', '--quiet', '--message', message);
    },
    start,
    run,
    json,
    rows: (file, sql) => duckdbRows(join(root, file), sql),
    state: (environment = 'local') => stateOf(sandbox, root, environment),
    async asset(key, environment = 'local') {
      const shown = await json<{ asset: AssetRecord }>(['state', 'show', key, '--environment', environment]);
      return shown.asset;
    },
    remove: () => {
      rmSync(sandbox.root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** A `node_modules` that holds the database drivers: nothing is fetched in tests. */
export const enginesFolder = join(repository, 'node_modules');

function builtCli(): string {
  const cli = process.env['BRANCHLINE_TEST_CLI'];
  if (cli === undefined) throw new Error('the suite has not built the command line (test/built-cli.ts)');
  return cli;
}

/** Starts a script under the Node of this process; never blocks, so that a server of this process can answer it. */
export function startNode(
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string | undefined>> },
): StartedCli {
  const child = spawn(process.execPath, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const end = new Promise<CliEnd>((done, failed) => {
    child.on('error', failed);
    child.on('close', (code, signal) => done({ code: code ?? undefined, signal: signal ?? undefined, stdout, stderr }));
  });
  return { child, end };
}

async function stateOf(
  { env }: GitSandbox,
  projectRoot: string,
  environment: 'local' | 'production',
): Promise<{ readonly view: StateView; readonly problems: readonly unknown[] }> {
  const projectName = /^name: (\S+)/m.exec(readFileSync(join(projectRoot, 'branchline.yaml'), 'utf8'))![1]!;
  const options = { projectRoot, projectName, branch: 'branchline/state', remote: 'origin', environment, env };
  const store = await openStateStore(options);
  if (!store.ok) throw new Error(store.error.message);
  const read = await readState({ store: store.value, environment, projectName, clock: systemClock });
  if (!read.ok) throw new Error(read.error.message);
  const verified = await verifyStore(store.value, environment, undefined);
  if (!verified.ok) throw new Error(verified.error.message);
  return { view: read.value.read.view, problems: verified.value.problems };
}

async function duckdbRows(file: string, sql: string): Promise<string[]> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(file, { access_mode: 'READ_ONLY' });
  const connection = await instance.connect();
  try {
    const reader = await connection.runAndReadAll(sql);
    return reader.getRows().map((row) => row.map(String).join('|'));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Waits until a condition holds; looks at it again after each turn of `pauseMs`. Fails after 20 s. */
export async function until(condition: () => boolean | Promise<boolean>, pauseMs = 20): Promise<void> {
  for (let n = 0; !(await condition()); n++) {
    if (n * pauseMs > 20_000) throw new Error('the condition did not come true within 20 s');
    await new Promise((done) => setTimeout(done, pauseMs));
  }
}

/** What `run --json` prints. */
export interface RunJson {
  readonly run: string;
  readonly state: RunRecord['state'];
  readonly counts: Readonly<Record<string, number>>;
  readonly stateCommit: string | null;
  readonly planDigest: string;
  readonly events: readonly EventDraft[];
}
