import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { sha256 } from '../base/digest.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { SqlFailure } from '../ports.ts';
import { cacheFolder } from './cache-folder.ts';
import { ENGINES, type LockedPackage } from './generated/engines.ts';

export type EngineName = keyof typeof ENGINES;
type Environment = Readonly<Record<string, string | undefined>>;

export interface EngineOptions {
  /** `BRANCHLINE_ENGINES` (a `node_modules` that holds the drivers already), `BRANCHLINE_CACHE`, and what npm needs. */
  readonly env: Environment;
  /** `linux-x64`, `darwin-arm64`, … as the generated lock names them; this machine's by default. */
  readonly platform?: string;
  readonly onProgress?: (text: string) => void;
  /** The lock; the generated one by default. */
  readonly engines?: typeof ENGINES;
}

const TITLES: Readonly<Record<EngineName, string>> = { duckdb: 'DuckDB', pg: 'the Postgres driver' };

/**
 * Loads a database driver: from `BRANCHLINE_ENGINES` when that is set, else from the user's cache, where it is fetched
 * on first use: exact versions, each verified by its integrity, through the user's own npm and its configuration.
 */
export async function loadEngine<T>(name: EngineName, options: EngineOptions): Promise<Result<T, SqlFailure>> {
  const installed = options.env['BRANCHLINE_ENGINES'];
  const folder = installed ? ok(installed) : await fetchedEngine(name, options);
  if (!folder.ok) return folder;
  try {
    return ok(createRequire(join(folder.value, 'index.js'))(ENGINES[name].main) as T);
  } catch (error) {
    const { main, version } = (options.engines ?? ENGINES)[name];
    // What the user set is the user's own: only what we fetched ourselves may be removed.
    const [where, advice] = installed
      ? ['BRANCHLINE_ENGINES', `Let it name a node_modules folder that holds ${main} ${version}, or unset it`]
      : ['the cache', 'Remove that folder and run again'];
    return missing(`${TITLES[name]} in ${where} (${folder.value}) cannot be loaded: ${messageOf(error)}. ${advice}.`);
  }
}

/** The `node_modules` of an engine, fetched unless it is there. */
async function fetchedEngine(name: EngineName, options: EngineOptions): Promise<Result<string, SqlFailure>> {
  const engine = (options.engines ?? ENGINES)[name];
  const platform = options.platform ?? thisPlatform();
  const packages: Record<string, LockedPackage> = { ...engine.packages };
  if (Object.keys(engine.platforms).length > 0) {
    const native = engine.platforms[platform];
    if (!native)
      return missing(
        `${TITLES[name]} has no build for ${platform}. It has: ${Object.keys(engine.platforms).join(', ')}.`,
      );
    packages[native.name] = { version: native.version, integrity: native.integrity };
  }
  // The lock's digest is part of the name: a folder under it is complete and is what the lock says.
  const lockDigest = sha256(JSON.stringify(packages)).slice(0, 12);
  const folder = join(cacheFolder(options.env), 'engines', `${name}-${engine.version}-${platform}-${lockDigest}`);
  const modules = join(folder, 'node_modules');
  if (existsSync(modules)) return ok(modules);
  options.onProgress?.(`Fetching ${TITLES[name]} ${engine.version} for ${platform} (once; kept in ${dirname(folder)})`);
  const problem = await install(folder, packages, options.env);
  if (problem === undefined) return ok(modules);
  return missing(
    `${TITLES[name]} ${engine.version} is not on this machine yet and could not be fetched: ${problem}. It is fetched once, through npm: check that \`npm ping\` works here, or copy ${folder} from a machine that has it, or set BRANCHLINE_ENGINES to a node_modules folder that holds ${engine.main} ${engine.version}.`,
  );
}

/** Installs into a scratch folder beside the target and renames it into place. Returns what went wrong. */
async function install(
  folder: string,
  packages: Readonly<Record<string, LockedPackage>>,
  env: Environment,
): Promise<string | undefined> {
  const npm = npmCommand(env);
  let scratch: string;
  try {
    await mkdir(dirname(folder), { recursive: true });
    scratch = await mkdtemp(`${folder}.`);
  } catch (error) {
    return `the cache ${cacheFolder(env)} cannot be written (${messageOf(error)}): BRANCHLINE_CACHE names another folder`;
  }
  try {
    // Every package is a direct dependency: as an optional one, a wrong integrity would be dropped without a word.
    const dependencies = Object.fromEntries(Object.entries(packages).map(([name, { version }]) => [name, version]));
    const root = { name: 'branchline-engine', version: '0.0.0', private: true, dependencies };
    const locked = Object.fromEntries(Object.entries(packages).map(([name, entry]) => [`node_modules/${name}`, entry]));
    await writeFile(join(scratch, 'package.json'), JSON.stringify(root));
    await writeFile(
      join(scratch, 'package-lock.json'),
      JSON.stringify({
        name: root.name,
        version: root.version,
        lockfileVersion: 3,
        requires: true,
        packages: { '': root, ...locked },
      }),
    );
    const problem = await runNpm(npm, scratch, env);
    if (problem !== undefined) return problem;
    try {
      await rename(scratch, folder);
    } catch (error) {
      // Losing the rename means that another process was first, with the same bytes.
      if (!existsSync(join(folder, 'node_modules'))) return messageOf(error);
    }
    return undefined;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

const NPM_ARGUMENTS = [
  'ci',
  '--ignore-scripts',
  '--no-bin-links',
  '--no-audit',
  '--no-fund',
  '--global=false',
  '--workspaces=false',
  '--include=optional',
  '--include=prod',
  '--prefer-offline',
  '--fetch-retries=1',
  '--fetch-retry-mintimeout=1000',
  '--loglevel=error',
];
const INSTALL_MS_MAX = 300_000;
const OUTPUT_LENGTH_MAX = 20_000;

function runNpm(npm: NpmCommand, cwd: string, env: Environment): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(npm.file, [...npm.before, ...NPM_ARGUMENTS], {
      cwd,
      env: npmEnvironment(env),
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: npm.shell,
      timeout: INSTALL_MS_MAX,
    });
    let output = '';
    const take = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-OUTPUT_LENGTH_MAX);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'ENOENT' ? 'npm was not found on this machine' : error.message),
    );
    child.on('close', (code) => resolve(code === 0 ? undefined : `npm says: ${npmProblem(output)}`));
  });
}

/** npm's own sentence, without its prefixes and the paths of its log. */
function npmProblem(output: string): string {
  const lines = output.split('\n').map((line) => line.replace(/^npm (error|ERR!) ?/, '').trim());
  const said = lines.filter(
    (line) => line !== '' && !/^(code|errno|syscall|A complete log|network )\b/.test(line) && !line.includes('_logs'),
  );
  return (said[0] ?? 'nothing').replace(/\.$/, '');
}

/** Settings of an npm that may have started us are not ours; the user's own configuration files do apply. */
function npmEnvironment(env: Environment): Record<string, string> {
  const kept = Object.entries(env).filter(
    ([name, value]) => value !== undefined && !/^npm_/i.test(name) && name !== 'NODE_ENV' && name !== 'NODE_OPTIONS',
  );
  return Object.fromEntries(kept) as Record<string, string>;
}

interface NpmCommand {
  readonly file: string;
  readonly before: readonly string[];
  readonly shell: boolean;
}

function npmCommand(env: Environment): NpmCommand {
  const started = env['npm_execpath'];
  if (started?.endsWith('npm-cli.js') && existsSync(started))
    return { file: process.execPath, before: [started], shell: false };
  const bin = dirname(process.execPath);
  const beside = [
    join(bin, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(bin, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  ].find((path) => existsSync(path));
  if (beside) return { file: process.execPath, before: [beside], shell: false };
  // On Windows npm is a batch file, which only a shell starts; the arguments are constants.
  return process.platform === 'win32'
    ? { file: 'npm.cmd', before: [], shell: true }
    : { file: 'npm', before: [], shell: false };
}

function thisPlatform(): string {
  const base = `${process.platform}-${process.arch}`;
  if (process.platform !== 'linux') return base;
  const report = process.report.getReport() as { readonly header?: { readonly glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime ? base : `${base}-musl`;
}

function missing(message: string): Result<never, SqlFailure> {
  return fail({ code: 'driver-missing', message });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.split('\n')[0]! : String(error);
}
