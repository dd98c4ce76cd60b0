import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Artifacts, Cache } from '../../ports-storage.ts';
import { type JobIdentity, runtimeToken } from './runtime-token.ts';

/** What goes to the process of a job, and what comes back. */
export interface JobCall {
  readonly id: number;
  readonly port: 'cache' | 'artifacts';
  readonly method: string;
  readonly args: readonly unknown[];
}
export type JobAnswer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string };

/** The ports of one job, carried out by the real clients in a process of their own. */
export interface JobPorts {
  readonly cache: Cache;
  readonly artifacts: Artifacts;
  readonly workspace: string;
  /** All that it printed, on either stream. */
  printed(): string;
  /** From now on the job is another one. */
  become(identity: JobIdentity): void;
  /** SIGKILL. Calls that are under way never come back. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a job's process against a service. `url` undefined: a machine without one. */
export function startJobPorts(
  url: string | undefined,
  identity: JobIdentity,
  options: {
    readonly deadlineMs?: number /** Of the workspace, in which the process is at work. */;
    readonly folder?: string;
  } = {},
): JobPorts {
  const root = mkdtempSync(path.join(os.tmpdir(), 'branchline-job-'));
  const [workspace, temp] = [path.join(root, 'workspace'), path.join(root, 'temp')];
  const cwd = path.join(workspace, options.folder ?? '');
  for (const folder of [cwd, temp]) mkdirSync(folder, { recursive: true });
  const child = fork(path.join(import.meta.dirname, 'job-process.ts'), {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'advanced',
    execArgv: [],
    env: {
      PATH: process.env['PATH'],
      HOME: root,
      RUNNER_TEMP: temp,
      GITHUB_WORKSPACE: workspace,
      GITHUB_SERVER_URL: 'http://github.localhost',
      ACTIONS_CACHE_SERVICE_V2: 'true',
      ...(url === undefined ? {} : { ACTIONS_RESULTS_URL: url, ACTIONS_RUNTIME_TOKEN: runtimeToken(identity) }),
      ...(options.deadlineMs === undefined ? {} : { TEST_DEADLINE_MS: String(options.deadlineMs) }),
    },
  });
  let printed = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  child.on('message', (answer: JobAnswer) => {
    const entry = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('error' in answer) entry?.reject(new Error(answer.error));
    else entry?.resolve(answer.value);
  });
  let token: string | undefined;
  let calls = 0;
  const portOf = <T extends object>(port: JobCall['port']): T =>
    new Proxy({} as T, {
      get:
        (_, method: string) =>
        (...args: readonly unknown[]) =>
          new Promise((resolve, reject) => {
            const id = ++calls;
            waiting.set(id, { resolve, reject });
            child.send({ id, port, method, args, ...(token === undefined ? {} : { token }) });
          }),
    });
  const kill = () => ended(child);
  return {
    cache: portOf<Cache>('cache'),
    artifacts: portOf<Artifacts>('artifacts'),
    workspace,
    printed: () => printed,
    become(other) {
      token = runtimeToken(other);
    },
    kill,
    async stop() {
      await kill();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}
