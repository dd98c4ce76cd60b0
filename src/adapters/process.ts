import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, constants, existsSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { ProcessExit, ProcessRunner, ProcessSpec } from '../ports.ts';
import { onAbort } from './abort-listener.ts';
import { createNamedPipes, inLines, type LogFile, openLog, type PipeReader, readPipe } from './process-output.ts';
import { type ShellCommand, scriptEnding, shellCommand } from './process-shell.ts';
import { endTree, isGroupAlive, killTree, type ProcessTree } from './process-tree.ts';

export interface ProcessRunnerOptions {
  /** Private folder, which exists, for scripts and named pipes; whoever made it removes it. */
  readonly folder: string;
  /** From TERM to KILL. */
  readonly graceMs?: number;
  /** How long the output of what a script left running is waited for, once the script has ended. */
  readonly lingerMs?: number;
  /** Calls back after a time, unless canceled by what it answers. */
  readonly after?: (ms: number, call: () => void) => () => void;
}

const TAIL_BYTES_MAX = 8 * 1024;
/** Marks every process of a step, so that those which left its group are found. */
const TOKEN_VARIABLE = 'BRANCHLINE_PROCESS';

/**
 * Runs scripts as child processes, each the leader of a process group (and session) of its own. Their output passes
 * through us by a named pipe: a log file as their standard output would be a little faster, but nothing could be
 * masked, and a script that says `> /dev/stderr` would empty it. Windows is not supported: it has no process groups.
 */
export function createProcessRunner(options: ProcessRunnerOptions): ProcessRunner {
  const { folder, graceMs = 10_000, lingerMs = 250, after = afterMs } = options;
  const runner = randomBytes(8).toString('hex');
  const pipes = createNamedPipes(path.join(folder, `pipe-${runner}`));
  const freeScripts: string[] = [];
  let scripts = 0;
  let runs = 0;
  const trees = new Set<ProcessTree>();
  // Who leaves in a hurry (a second Ctrl-C) leaves nothing behind that goes on writing.
  const killAll = (): void => trees.forEach(killTree);

  function watchOver(tree: ProcessTree): () => void {
    if (trees.size === 0) process.on('exit', killAll);
    trees.add(tree);
    return () => {
      trees.delete(tree);
      if (trees.size === 0) process.removeListener('exit', killAll);
    };
  }

  async function run(spec: ProcessSpec, signal: AbortSignal): Promise<ProcessExit> {
    const started = performance.now();
    const ended = (exit: Exit, tail = ''): ProcessExit => {
      return { ...exit, durationMs: Math.round(performance.now() - started), tail };
    };
    if (signal.aborted) return ended({ kind: 'canceled' });
    const script = freeScripts.pop() ?? path.join(folder, `script-${runner}-${scripts++}`);
    const command = shellCommand(spec.shell, script + scriptEnding(spec.shell));
    if (!command.ok) return ended({ kind: 'not-started', message: command.error });
    let output: Output | undefined;
    let child: ChildProcess | undefined;
    let isOver = (): void => undefined;
    try {
      writeScript(script + scriptEnding(spec.shell), spec.script);
      output = openOutput(spec, await pipes.borrow());
      // The dot ends it: no token is the beginning of another.
      const token = `${runner}-${runs++}.`;
      child = start(spec, command.value, token, output.reader.writeEnd);
      if (child.pid !== undefined) isOver = watchOver({ leader: child.pid, token });
      output.reader.closeWriteEnd();
      const exit = await watch(child, token, spec.timeoutMs, signal);
      await Promise.race([output.finish(), linger()]);
      const tail = output.log.tail(TAIL_BYTES_MAX);
      return ended({ message: output.logProblem(), ...explained(exit, command.value, spec) }, tail);
    } catch (error) {
      return ended({ kind: 'not-started', message: `the script could not be run: ${(error as Error).message}` });
    } finally {
      isOver();
      // What the script left running may still read it.
      if (child?.pid === undefined || !isGroupAlive(child.pid)) freeScripts.push(script);
      output?.release();
    }
  }

  function linger(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, lingerMs).unref());
  }

  function openOutput(spec: ProcessSpec, pipe: string): Output {
    const log = openLog(spec.log, TAIL_BYTES_MAX);
    let listen = spec.onOutput;
    let logProblem: string | undefined;
    const lines = inLines((text) => listen?.(text));
    const redactor = spec.redactor?.();
    const take = (text: string): void => {
      if (text === '') return;
      try {
        log.write(text);
      } catch (error) {
        // The step is not to blame, and must not block on a full pipe: its output goes on being read.
        logProblem = `the log ${spec.log} could not be written: ${(error as Error).message}`;
      }
      lines.push(text);
    };
    const reader = readPipe(pipe, (text) => take(redactor ? redactor.push(text) : text));
    let isEnded = false;
    const finish = async (): Promise<void> => {
      await reader.finish();
      if (isEnded) return;
      isEnded = true;
      if (redactor) take(redactor.end());
      lines.end();
    };
    const release = (): void => {
      reader.closeWriteEnd();
      if (isEnded) {
        pipes.giveBack(pipe);
        log.close();
        return;
      }
      // What the script left running keeps writing to the log, but nobody listens any more.
      lines.end();
      listen = undefined;
      pipes.retire(pipe);
      reader.letGo();
      void finish().finally(() => log.close());
    };
    return { reader, log, logProblem: () => logProblem, finish, release };
  }

  /** Resolves when the child has ended by itself, or when it was stopped and nothing of its tree is left. */
  function watch(
    child: ChildProcess,
    token: string,
    timeoutMs: number | undefined,
    signal: AbortSignal,
  ): Promise<Exit> {
    return new Promise((resolve) => {
      let stopping: Promise<Exit> | undefined;
      const stop = (kind: 'timed-out' | 'canceled'): void => {
        if (stopping || child.pid === undefined) return;
        let endGrace = (): void => undefined;
        const grace = new Promise<void>((over) => {
          endGrace = after(graceMs, over);
        });
        stopping = endTree({ leader: child.pid, token }, grace).then(() => {
          endGrace();
          return { kind };
        });
        void stopping.then((exit) => finish(exit));
      };
      const cancel = (): void => stop('canceled');
      const cancelTimer = timeoutMs === undefined ? undefined : after(timeoutMs, () => stop('timed-out'));
      const finish = (exit: Exit): void => {
        cancelTimer?.();
        forget();
        resolve(exit);
      };
      const forget = onAbort(signal, cancel);
      child.on('error', (error) => finish({ kind: 'not-started', message: error.message }));
      child.on('exit', (code, name) => {
        if (stopping) return;
        finish(name === null ? { kind: 'exited', code: code ?? 0 } : { kind: 'signaled', signal: name });
      });
      if (signal.aborted) cancel();
    });
  }
  return { run };
}

type Exit = Pick<ProcessExit, 'kind' | 'code' | 'signal' | 'message'>;

interface Output {
  readonly reader: PipeReader;
  readonly log: LogFile;
  /** Why the log is not complete. */
  logProblem(): string | undefined;
  /** Resolves when all that the step's processes wrote has been taken in. */
  finish(): Promise<void>;
  /** The step is over. */
  release(): void;
}

function start(spec: ProcessSpec, command: ShellCommand, token: string, output: number): ChildProcess {
  return spawn(command.file, command.arguments, {
    cwd: spec.cwd,
    env: { ...spec.env, [TOKEN_VARIABLE]: token },
    detached: true,
    stdio: ['ignore', output, output],
  });
}

/** Node says ENOENT for a missing command and for a missing folder alike. */
function explained(exit: Exit, command: ShellCommand, spec: ProcessSpec): Exit {
  if (exit.kind !== 'not-started') return exit;
  const message = existsSync(spec.cwd)
    ? `\`${command.file}\` could not be started (${exit.message}): is it installed and on the PATH?`
    : `the working directory ${spec.cwd} does not exist`;
  return { ...exit, message };
}

/**
 * Writes over what is there and then cuts: emptying a file first, as `writeFile` does, makes some file systems write it
 * to disk when it is closed (half a millisecond a step).
 */
function writeScript(file: string, text: string): void {
  const bytes = Buffer.from(text);
  const fd = openSync(file, constants.O_WRONLY | constants.O_CREAT, 0o600);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, at);
    ftruncateSync(fd, bytes.length);
  } finally {
    closeSync(fd);
  }
}

function afterMs(ms: number, call: () => void): () => void {
  const timer = setTimeout(call, ms);
  return () => clearTimeout(timer);
}
