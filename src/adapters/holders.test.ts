import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { Holder } from '../model/events.ts';
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
  const holders = createHolders(createProcessHolders(table, 42));

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
    const holders = createHolders(createProcessHolders());
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
});
