import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fail, ok } from '../base/result.ts';
import type { Holder } from '../model/events.ts';
import type { GitHubAnswer, GitHubRefusal, WorkflowJob } from '../ports-github.ts';
import { createHolders, createProcessHolders, type ProcessTable, systemProcessTable } from './holders.ts';

const table: ProcessTable = {
  machine: 'm1',
  boot: 'b1',
  isRunning: (pid) => pid < 100,
  startOf: (pid) => (pid === 7 ? '' : `start-${pid}`),
};
const holder = (change: Partial<Extract<Holder, { kind: 'process' }>>): Holder => ({
  kind: 'process',
  machine: 'm1',
  boot: 'b1',
  pid: 5,
  start: 'start-5',
  ...change,
});

describe('holders', () => {
  const holders = createHolders({ processes: createProcessHolders(table, 42), clock: { now: () => 0 } });

  it.each([
    ['the same process', {}, 'alive'],
    ['no process of that number', { pid: 100 }, 'gone'],
    ['another process that got the number', { start: 'start-4' }, 'gone'],
    ['a process whose start nobody tells', { pid: 7, start: '' }, 'unknown'],
    ['another machine', { machine: 'm2' }, 'unknown'],
    ['another boot', { boot: 'b0' }, 'unknown'],
  ] as const)('judges %s', async (_, change, expected) => {
    expect(await holders.liveness(holder(change))).toBe(expected);
  });

  it('knows a job of a workflow only by its process, where that is on this machine', async () => {
    const job = { kind: 'workflow', workflow: '1', attempt: 1, job: 'tick' } as const;
    const process = { machine: 'm1', boot: 'b1', pid: 100, start: 'x' };
    expect(await holders.liveness(job)).toBe('unknown');
    expect(await holders.liveness({ ...job, process })).toBe('gone');
    expect(await holders.liveness({ ...job, process: { ...process, machine: 'm2' } })).toBe('unknown');
  });

  it('names this process', () => {
    expect(holders.self).toEqual({ kind: 'process', machine: 'm1', boot: 'b1', pid: 42, start: 'start-42' });
  });
});

describe('holders on this machine', () => {
  it('sees that itself is alive and that an ended process is gone', async () => {
    const { self } = createProcessHolders();
    const holders = createHolders({ processes: createProcessHolders(), clock: { now: () => 0 } });
    expect(await holders.liveness(self)).toBe('alive');
    expect(self.start).not.toBe('');
    expect(self.boot).not.toBe('');
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
    const start = systemProcessTable().startOf(child.pid!);
    const other = { ...self, pid: child.pid!, start };
    expect(await holders.liveness(other)).toBe('alive');
    child.stdin.end();
    await once(child, 'exit');
    expect(await holders.liveness(other)).toBe('gone');
  });

  it.runIf(process.platform === 'linux')('an ended process whose parent does not ask for it is gone', async () => {
    // The child waits for us on the pipe 3; the shell becomes another program, which asks for no child.
    const parent = spawn('bash', ['-c', 'cat <&3 & echo $!; exec cat'], { stdio: ['pipe', 'pipe', 'ignore', 'pipe'] });
    const [line] = (await once(parent.stdout!, 'data')) as [Buffer];
    const pid = Number(line.toString());
    // As long as it is the shell, it would ask.
    await expect.poll(() => readFileSync(`/proc/${parent.pid}/comm`, 'utf8')).toBe('cat\n');
    const processes = createProcessHolders();
    const { kind: _, ...identity } = { ...processes.self, pid, start: systemProcessTable().startOf(pid) };
    expect(processes.judge(identity)).toBe('alive');
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => processes.judge(identity)).toBe('gone');
    expect(() => process.kill(pid, 0)).not.toThrow();
    parent.stdin!.end();
    await once(parent, 'exit');
  });
});

describe('holders that are jobs of a workflow', () => {
  const NOW = Date.parse('2026-11-22T09:30:00Z');
  const minutesAgo = (minutes: number): number => NOW - minutes * 60_000;
  const self = { workflow: '77', attempt: 2, job: 'tick', runner: 'GitHub Actions 3' };
  const jobOf = (more: Partial<WorkflowJob>): WorkflowJob => ({
    id: 1,
    name: 'tick',
    attempt: 1,
    status: 'completed',
    completedAt: minutesAgo(1),
    labels: ['ubuntu-latest'],
    isSelfHosted: false,
    ...more,
  });

  /** Holders inside of run 77, attempt 2; GitHub knows these jobs of every attempt, or refuses. */
  function given(jobs: readonly WorkflowJob[] | GitHubRefusal) {
    const asked: string[] = [];
    let now = NOW;
    const github = {
      jobs: async (run: number, attempt: number): GitHubAnswer<readonly WorkflowJob[]> => {
        asked.push(`${run}#${attempt}`);
        return 'code' in jobs ? fail(jobs) : ok(jobs);
      },
    };
    const processes = createProcessHolders(table, 42);
    const holders = createHolders({ processes, workflow: self, github, clock: { now: () => now } });
    const later = (ms: number): void => {
      now += ms;
    };
    return { holders, asked, later };
  }
  const of = (more: Partial<Extract<Holder, { kind: 'workflow' }>> = {}): Holder => ({
    kind: 'workflow',
    workflow: '76',
    attempt: 1,
    job: 'tick',
    ...more,
  });

  it('holds claims as the job, with the process in it', () => {
    const process = { machine: 'm1', boot: 'b1', pid: 42, start: 'start-42' };
    expect(given([]).holders.self).toEqual({ kind: 'workflow', ...self, process });
  });

  it('knows without asking that an earlier attempt of its own run is gone', async () => {
    const { holders, asked } = given([jobOf({ status: 'in_progress' })]);
    expect(await holders.liveness(of({ workflow: '77' }))).toBe('gone');
    expect(asked).toEqual([]);
    expect(await holders.liveness(of({ workflow: '77', attempt: 2, job: 'other' }))).toBe('alive');
    expect(await holders.liveness(of({ workflow: '77', attempt: 3 }))).toBe('alive');
  });

  it.each<[string, readonly WorkflowJob[], 'alive' | 'gone' | 'unknown']>([
    ['it runs', [jobOf({ status: 'in_progress' })], 'alive'],
    ['it waits for a runner', [jobOf({ status: 'queued' })], 'alive'],
    ['it is over', [jobOf({})], 'gone'],
    ['another job of the run goes on', [jobOf({}), jobOf({ name: 'report', status: 'in_progress' })], 'gone'],
    [
      'one of its matrix goes on',
      [jobOf({ name: 'tick (a)' }), jobOf({ name: 'tick (b)', status: 'queued' })],
      'alive',
    ],
    [
      'it is over in a called workflow',
      [jobOf({ name: 'call / tick' }), jobOf({ name: 'x', status: 'queued' })],
      'gone',
    ],
    [
      'no job has its name and one goes on',
      [jobOf({ name: 'Nightly' }), jobOf({ name: 'x', status: 'queued' })],
      'alive',
    ],
    ['no job has its name and all are over', [jobOf({ name: 'Nightly' })], 'gone'],
    ['GitHub knows no jobs', [], 'unknown'],
    [
      'a machine of their own was given up just now',
      [jobOf({ isSelfHosted: true, completedAt: minutesAgo(9) })],
      'alive',
    ],
    [
      'a machine of their own was given up a while ago',
      [jobOf({ isSelfHosted: true, completedAt: minutesAgo(10) })],
      'gone',
    ],
    [
      'a machine of their own ended nobody knows when',
      [jobOf({ isSelfHosted: true, completedAt: undefined })],
      'unknown',
    ],
  ])('judges another run by GitHub: %s', async (_, jobs, expected) => {
    expect(await given(jobs).holders.liveness(of())).toBe(expected);
  });

  it('tells the jobs of a matrix apart by their runner', async () => {
    const jobs = [
      jobOf({ name: 'tick (a)', runner: 'R1' }),
      jobOf({ name: 'tick (b)', runner: 'R2', status: 'queued' }),
    ];
    const { holders } = given(jobs);
    expect(await holders.liveness(of({ runner: 'R1' }))).toBe('gone');
    expect(await holders.liveness(of({ runner: 'R2' }))).toBe('alive');
  });

  it.each<[GitHubRefusal]>([
    [{ code: 'forbidden', message: 'no', permission: 'actions: read' }],
    [{ code: 'not-found', message: 'no' }],
    [{ code: 'unreachable', message: '502' }],
    [{ code: 'limited', message: 'later', until: NOW }],
  ])('does not know when GitHub refuses: %j', async (refusal) => {
    expect(await given(refusal).holders.liveness(of())).toBe('unknown');
  });

  it('asks once for an attempt, and again after a minute', async () => {
    const { holders, asked, later } = given([jobOf({ status: 'in_progress' })]);
    await Promise.all([holders.liveness(of()), holders.liveness(of({ job: 'other' }))]);
    later(59_999);
    await holders.liveness(of());
    expect(asked).toEqual(['76#1']);
    await holders.liveness(of({ attempt: 2 }));
    later(1);
    await holders.liveness(of());
    expect(asked).toEqual(['76#1', '76#2', '76#1']);
  });

  it('asks nobody about a process of the same machine', async () => {
    const { holders, asked } = given([jobOf({ status: 'in_progress' })]);
    const process = { machine: 'm1', boot: 'b1', pid: 100, start: 'x' };
    expect(await holders.liveness(of({ process }))).toBe('gone');
    expect(await holders.liveness(of({ workflow: 'not a number' }))).toBe('unknown');
    expect(asked).toEqual([]);
  });
});
