import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import type { Holder, ProcessIdentity } from '../model/events.ts';
import type { Holders, Liveness } from '../ports.ts';

/** A process of some machine, as claims and journals name it. */
export type ProcessHolder = Extract<Holder, { kind: 'process' }>;

/**
 * What the system says about processes; `''` = it does not say. A pid alone is not enough: it is used again, also
 * after a restart, so the time that the process started and the boot go with it.
 */
export interface ProcessTable {
  /** Digest that tells machines, containers and their pid spaces apart. */
  readonly machine: string;
  readonly boot: string;
  isRunning(pid: number): boolean;
  startOf(pid: number): string;
}

/** Processes of this machine, judged at once: journals need no more. */
export interface ProcessHolders {
  readonly self: ProcessHolder;
  judge(holder: ProcessIdentity): Liveness;
}

/** Who this process is, and what the system says of the others. */
export function createProcessHolders(table: ProcessTable = systemProcessTable(), pid = process.pid): ProcessHolders {
  const { machine, boot } = table;
  return {
    self: { kind: 'process', machine, boot, pid, start: table.startOf(pid) },
    judge(holder) {
      if (holder.machine !== machine || holder.boot !== boot) return 'unknown';
      if (!table.isRunning(holder.pid)) return 'gone';
      const start = table.startOf(holder.pid);
      if (start === '' || holder.start === '') return 'unknown';
      return start === holder.start ? 'alive' : 'gone';
    },
  };
}

/** Holders as a command outside of a workflow sees them: itself is a process, and nobody is asked. */
export function createHolders(processes: ProcessHolders): Holders {
  return {
    self: processes.self,
    liveness: async (holder) => {
      if (holder.kind === 'process') return processes.judge(holder);
      return holder.process === undefined ? 'unknown' : processes.judge(holder.process);
    },
  };
}

/** The process table of this machine: /proc on Linux, `ps` and `sysctl` on macOS, elsewhere only whether a pid runs. */
export function systemProcessTable(): ProcessTable {
  const isLinux = process.platform === 'linux';
  const bootId = isLinux ? read('/proc/sys/kernel/random/boot_id') : run('sysctl', ['-n', 'kern.bootsessionuuid']);
  return {
    machine: machineDigest(),
    boot: bootId,
    isRunning(pid) {
      try {
        process.kill(pid, 0);
        return true;
      } catch (error) {
        // EPERM: it runs, as somebody else.
        return (error as NodeJS.ErrnoException).code === 'EPERM';
      }
    },
    startOf: isLinux ? linuxStart : (pid) => run('ps', ['-o', 'lstart=', '-p', String(pid)]),
  };
}

function machineDigest(): string {
  // Containers of one machine share its boot id, and may share its machine id and even the host name: the pid
  // namespace is what makes a pid mean the same process.
  let space = '';
  try {
    space = readlinkSync('/proc/self/ns/pid');
  } catch {
    space = userInfo().username;
  }
  const parts = [read('/etc/machine-id'), hostname(), process.platform, space];
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}

/** Field 22 of /proc/<pid>/stat: clock ticks after boot. The name before it may hold spaces and parentheses. */
function linuxStart(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

function run(program: string, args: readonly string[]): string {
  if (process.platform === 'win32') return '';
  try {
    return execFileSync(program, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 5_000,
    }).trim();
  } catch {
    return '';
  }
}
