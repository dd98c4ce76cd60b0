import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** A process as the system lists it. */
interface ListedProcess {
  readonly pid: number;
  readonly upstreamPid: number;
  readonly group: number;
  /** With the pid it names a process for good: pids are used again. Empty where the system does not tell. */
  readonly start: string;
  readonly isZombie: boolean;
}

/** Does anything of a group still run? (A group of nothing but zombies counts.) */
export function isGroupAlive(leader: number): boolean {
  return send(-leader, 0);
}

/** A process group that we started, and the mark in the environment of all that descends from it. */
export interface ProcessTree {
  readonly leader: number;
  readonly token: string;
}

const HAS_PROC = process.platform === 'linux';

/** Asks the whole tree to end, waits, and ends what is left. Resolves when nothing of it can be found any more. */
export async function endTree(tree: ProcessTree, grace: Promise<void>): Promise<void> {
  // Before the first signal: once their parent is gone, descendants can no longer be told by it.
  const known = membersOf(tree, listProcesses(), new Map());
  signalAll(tree, known, 'SIGTERM');
  let isOver = false;
  void grace.then(() => {
    isOver = true;
  });
  for (let waitMs = 10; !isOver && isAnyAlive(tree, known); waitMs = Math.min(waitMs * 2, 200)) {
    await Promise.race([grace, pause(waitMs)]);
  }
  await killUntilNone(tree, known);
}

/** Kills the whole tree without waiting: for when this process itself ends now. */
export function killTree(tree: ProcessTree): void {
  signalAll(tree, membersOf(tree, listProcesses(), new Map()), 'SIGKILL');
}

/**
 * Ends what a run left behind whose engine was killed: every process that carries the run's id in its environment, as
 * each step does. TERM, `graceMs`, KILL. Linux only, as elsewhere the environment of others cannot be read; the run of a
 * step that we are ourselves a part of is left alone.
 */
export async function endLeftovers(run: string, graceMs = 10_000): Promise<void> {
  if (process.env['BRANCHLINE_RUN_ID'] === run) return;
  const mark = `BRANCHLINE_RUN_ID=${run}\0`;
  const living = (): number[] =>
    HAS_PROC
      ? listProc()
          .filter(({ pid, isZombie }) => !isZombie && pid !== process.pid && carriesToken(pid, mark))
          .map(({ pid }) => pid)
      : [];
  let pids = living();
  for (const pid of pids) send(pid, 'SIGTERM');
  for (let waitedMs = 0; pids.length > 0 && waitedMs < graceMs; waitedMs += 50) {
    await pause(50);
    pids = living();
  }
  for (let round = 0; pids.length > 0 && round < KILL_ROUNDS_MAX; round++) {
    for (const pid of pids) send(pid, 'SIGKILL');
    await pause(5);
    pids = living();
  }
}

/** Bounded: a process that forks faster than we kill is the system's affair. */
const KILL_ROUNDS_MAX = 50;

async function killUntilNone(tree: ProcessTree, known: Map<number, ListedProcess>): Promise<void> {
  for (let round = 0; round < KILL_ROUNDS_MAX; round++) {
    const alive = membersOf(tree, listProcesses(), known);
    if (alive.size === 0) return;
    signalAll(tree, alive, 'SIGKILL');
    for (const [pid, member] of alive) known.set(pid, member);
    await pause(5);
  }
}

function isAnyAlive(tree: ProcessTree, known: ReadonlyMap<number, ListedProcess>): boolean {
  // The cheap question first. A group of nothing but zombies still answers, so yes has to be looked into.
  const isOnlyGroup = [...known.values()].every((member) => member.group === tree.leader);
  if (isOnlyGroup && !isGroupAlive(tree.leader)) return false;
  return membersOf(tree, listProcesses(), known).size > 0;
}

/** Living members: the group, all descendants of it and of those known, and whatever carries the mark. */
function membersOf(
  tree: ProcessTree,
  processes: readonly ListedProcess[],
  known: ReadonlyMap<number, ListedProcess>,
): Map<number, ListedProcess> {
  const byUpstream = new Map<number, ListedProcess[]>();
  for (const listed of processes) {
    const others = byUpstream.get(listed.upstreamPid);
    if (others) others.push(listed);
    else byUpstream.set(listed.upstreamPid, [listed]);
  }
  const members = new Map<number, ListedProcess>();
  const isMember = (listed: ListedProcess): boolean =>
    listed.group === tree.leader ||
    known.get(listed.pid)?.start === listed.start ||
    carriesToken(listed.pid, tree.token);
  const found = processes.filter((listed) => listed.pid !== process.pid && isMember(listed));
  for (let listed = found.pop(); listed; listed = found.pop()) {
    if (members.has(listed.pid)) continue;
    members.set(listed.pid, listed);
    found.push(...(byUpstream.get(listed.pid) ?? []));
  }
  for (const [pid, { isZombie }] of members) if (isZombie) members.delete(pid);
  return members;
}

function signalAll(tree: ProcessTree, members: ReadonlyMap<number, ListedProcess>, signal: NodeJS.Signals): void {
  send(-tree.leader, signal);
  for (const member of members.values()) if (member.group !== tree.leader) send(member.pid, signal);
}

/** False when there is nobody to send it to. */
function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  // After each step we ask whether its group is gone, and the answer is an exception: its stack would be the dear part.
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return process.kill(pid, signal);
  } catch (error) {
    // EPERM: it is there, and changed its user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  } finally {
    Error.stackTraceLimit = limit;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

// ── What runs on this machine ────────────────────────────────────────────────────────────────────────────────────

function listProcesses(): ListedProcess[] {
  return HAS_PROC ? listProc() : listByPs();
}

function listProc(): ListedProcess[] {
  const listed: ListedProcess[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readProc(`/proc/${name}/stat`);
    // `pid (name) state ppid pgrp …`, where the name may hold anything; field 22 is the start.
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (!fields || fields.length < 20) continue;
    listed.push({
      pid: Number(name),
      isZombie: fields[0] === 'Z' || fields[0] === 'X',
      upstreamPid: Number(fields[1]),
      group: Number(fields[2]),
      start: fields[19]!,
    });
  }
  return listed;
}

function listByPs(): ListedProcess[] {
  return psText()
    .split('\n')
    .flatMap((line) => {
      const [pid, upstreamPid, group, state] = line.trim().split(/\s+/);
      if (!state) return [];
      const isZombie = state.startsWith('Z');
      return [{ pid: Number(pid), upstreamPid: Number(upstreamPid), group: Number(group), start: '', isZombie }];
    });
}

function psText(): string {
  try {
    return execFileSync('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat='], { encoding: 'utf8' });
  } catch {
    // Without a list there is still the group, which needs none.
    return '';
  }
}

/** Found on Linux only; elsewhere a process that left its group and its parents is not found. */
function carriesToken(pid: number, token: string): boolean {
  return HAS_PROC && readProc(`/proc/${pid}/environ`)?.includes(token) === true;
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // Gone meanwhile, or somebody else's.
    return undefined;
  }
}
