import { getEventListeners } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProcessExit, ProcessSpec, StreamRedactorFactory } from '../ports.ts';
import { createProcessRunner, type ProcessRunnerOptions } from './process.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'branchline-process-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let logs = 0;
const never = new AbortController().signal;
const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin' };
/** Passes text on as it is. */
const unredacted: StreamRedactorFactory = () => ({ push: (chunk) => chunk, end: () => '' });

function specOf(script: string, more: Partial<ProcessSpec> = {}): ProcessSpec {
  return { script, shell: 'bash', cwd: folder, env, log: path.join(folder, 'logs', `${logs++}.log`), ...more };
}
function run(script: string, more: Partial<ProcessSpec> = {}): Promise<ProcessExit> {
  return createProcessRunner({ folder }).run(specOf(script, more), never);
}
function isRunning(pid: number): boolean {
  try {
    // A zombie has ended: on a machine whose first process reaps nobody it stays listed.
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

describe.each([
  ['as it is', {}],
  ['by a redactor', { redactor: unredacted }],
] as const)('output %s', (_, way) => {
  test('of both kinds is in the log, in its order, and in the tail', async () => {
    const spec = specOf('echo one; echo two >&2; echo three > /dev/stderr; echo four', way);
    const exit = await createProcessRunner({ folder }).run(spec, never);
    expect(exit).toMatchObject({ kind: 'exited', code: 0, tail: 'one\ntwo\nthree\nfour\n' });
    expect(readFileSync(spec.log, 'utf8')).toBe('one\ntwo\nthree\nfour\n');
  });
  test('is appended, and the tail is of this attempt', async () => {
    const spec = specOf('echo again', way);
    const runner = createProcessRunner({ folder });
    await runner.run(spec, never);
    expect(await runner.run(spec, never)).toMatchObject({ tail: 'again\n' });
    expect(readFileSync(spec.log, 'utf8')).toBe('again\nagain\n');
  });
  test('has a tail of at most 8 KiB of whole lines', async () => {
    const { tail } = await run('for i in $(seq 1 5000); do echo "line $i"; done', way);
    expect(Buffer.byteLength(tail)).toBeLessThanOrEqual(8192);
    expect(tail).toMatch(/^line \d+\n(line \d+\n)+line 5000\n$/);
  });
  test('that a script left a process to write does not hold it up', async () => {
    const runner = createProcessRunner({ folder, lingerMs: 1 });
    const exit = await runner.run(specOf('echo first; sleep 30 & echo "pid $!"', way), never);
    expect(exit).toMatchObject({ kind: 'exited', code: 0 });
    const pid = Number(/pid (\d+)/.exec(exit.tail)![1]);
    expect(isRunning(pid)).toBe(true);
    process.kill(pid);
    // The next one gets a pipe and a script file of its own.
    expect(await runner.run(specOf('echo second', way), never)).toMatchObject({ tail: 'second\n' });
  });
});

describe('a script', () => {
  test('ends with its exit code', async () => expect(await run('exit 3')).toMatchObject({ kind: 'exited', code: 3 }));
  test('ends at the first command that fails, also inside of a pipe', async () => {
    expect(await run('false; echo no')).toMatchObject({ code: 1, tail: '' });
    expect(await run('false | cat; echo no')).toMatchObject({ code: 1, tail: '' });
  });
  test('may be ended by a signal', async () =>
    expect(await run('kill -SEGV $$')).toMatchObject({ kind: 'signaled', signal: 'SIGSEGV' }));
  test('inherits nothing, and reads nothing', async () => {
    const { tail } = await run('env | grep -vE "^(PWD|SHLVL|_|PATH|BRANCHLINE_PROCESS)="; cat', {
      env: { ...env, A: 'b' },
    });
    expect(tail).toBe('A=b\n');
  });
  test('is all that runs, also after a longer one', async () => {
    const runner = createProcessRunner({ folder });
    await runner.run(specOf(`: ${'x'.repeat(5000)}; exit 1`), never);
    expect(await runner.run(specOf('echo ü'), never)).toMatchObject({ code: 0, tail: 'ü\n' });
    expect(await runner.run(specOf(''), never)).toMatchObject({ code: 0, tail: '' });
  });
  test('runs in the folder it is told', async () => {
    expect(await run('pwd', { cwd: '/' })).toMatchObject({ tail: '/\n' });
  });
  test('runs by other shells', async () => {
    expect(
      await run('console.log(1 + 1)', { shell: 'node', env: { PATH: path.dirname(process.execPath) } }),
    ).toMatchObject({
      tail: '2\n',
    });
    expect(await run('echo $0 | tail -c 3', { shell: 'sh' })).toMatchObject({ tail: 'sh\n' });
    expect(await run('a "b', { shell: 'cat -A "{0}"' })).toMatchObject({ tail: 'a "b' });
  });
});

describe('what cannot be started says why', () => {
  test.each([
    ['an unknown shell', { shell: 'fish' }, /unknown shell `fish`/],
    ['a missing command', { shell: 'no-such-command-here {0}' }, /`no-such-command-here`.*PATH/],
    ['a missing folder', { cwd: '/no/such/folder' }, /working directory \/no\/such\/folder/],
    ['an environment that is too large', { env: { ...env, BIG: 'x'.repeat(1 << 20) } }, /E2BIG/],
  ])('%s', async (_, more, says) => {
    expect(await run('echo x', more)).toMatchObject({ kind: 'not-started', message: expect.stringMatching(says) });
    expect(await run('echo x', { redactor: unredacted, ...more })).toMatchObject({ kind: 'not-started' });
  });
});

test('a log that cannot be written does not stop a script, and is said', async () => {
  const exit = await run('for i in $(seq 1 20000); do echo "line $i"; done', { log: '/dev/null/a.log' });
  expect(exit).toMatchObject({ kind: 'exited', code: 0, message: expect.stringContaining('/dev/null/a.log') });
});

describe('secrets', () => {
  test('pass through the redactor before they reach log, listener or tail', async () => {
    const heard: string[] = [];
    let held = '';
    const redactor: StreamRedactorFactory = () => ({
      // Holds everything back: what comes out came through here.
      push(chunk) {
        held += chunk;
        return '';
      },
      end: () => held.replaceAll('hunter22', '***'),
    });
    const spec = specOf('printf hun; printf ter22', { redactor, onOutput: (text) => void heard.push(text) });
    expect(await createProcessRunner({ folder }).run(spec, never)).toMatchObject({ tail: '***' });
    expect(readFileSync(spec.log, 'utf8')).toBe('***');
    expect(heard).toEqual(['***']);
  });
  test('listeners hear whole lines and whole characters', async () => {
    const heard: string[] = [];
    await run("printf 'one \\303'; sleep 0.01; printf '\\251\\ntwo'", { onOutput: (text) => void heard.push(text) });
    expect(heard.join('')).toBe('one é\ntwo');
    expect(heard.at(-1)).toBe('two');
  });
});

describe('a script that is stopped', () => {
  /** Runs until `ready` shows up in the output, then cancels. */
  async function cancelWhenReady(script: string, options: Partial<ProcessRunnerOptions> = {}) {
    const controller = new AbortController();
    const heard: string[] = [];
    const onOutput = (text: string): void => {
      heard.push(text);
      if (text.includes('ready')) controller.abort();
    };
    const exit = await createProcessRunner({ folder, ...options }).run(specOf(script, { onOutput }), controller.signal);
    const pids = [...heard.join('').matchAll(/pid (\d+)/g)].map(([, pid]) => Number(pid));
    return { exit, pids, output: heard.join('') };
  }

  test('is canceled before it starts when that was asked for', async () => {
    const controller = new AbortController();
    controller.abort();
    const spec = specOf('touch started');
    expect(await createProcessRunner({ folder }).run(spec, controller.signal)).toMatchObject({ kind: 'canceled' });
    expect(existsSync(path.join(folder, 'started'))).toBe(false);
  });

  test('may end in its own way on TERM', async () => {
    const script = 'trap "echo cleaned; exit 0" TERM; echo "pid $$"; echo ready; while true; do sleep 0.01; done';
    const { exit, pids, output } = await cancelWhenReady(script);
    expect(exit.kind).toBe('canceled');
    expect(output).toContain('cleaned');
    expect(pids.map(isRunning)).toEqual([false]);
  });

  test('is killed after the grace when it ignores TERM', async () => {
    const script = 'trap "" TERM; echo "pid $$"; echo ready; while true; do sleep 0.01; done';
    const graces: number[] = [];
    const after = (ms: number, call: () => void) => {
      graces.push(ms);
      setImmediate(call);
      return () => undefined;
    };
    const { exit, pids } = await cancelWhenReady(script, { after });
    expect(exit.kind).toBe('canceled');
    expect(graces).toEqual([10_000]);
    expect(pids.map(isRunning)).toEqual([false]);
  });

  test('takes a grandchild with it that left the group, and one that nobody knows as its own', async () => {
    const script = `
      trap "" TERM
      setsid bash -c 'trap "" TERM; echo "pid $$"; while true; do sleep 0.01; done' &
      (setsid bash -c 'trap "" TERM; echo "pid $$"; echo detached; while true; do sleep 0.01; done' &)
      sleep 1000 & echo "pid $!"; echo "pid $$"
      while true; do sleep 0.01; done`;
    const controller = new AbortController();
    let heard = '';
    const onOutput = (text: string): void => {
      heard += text;
      if (heard.match(/pid \d+\n/g)?.length === 4 && heard.includes('detached')) controller.abort();
    };
    const runner = createProcessRunner({ folder, graceMs: 1 });
    const other = new AbortController();
    let otherPid = 0;
    const notePid = (text: string): void => {
      otherPid = Number(text.slice(4));
    };
    // A step beside it, of the same runner, is left alone.
    const beside = runner.run(specOf('echo "pid $$"; exec sleep 1000', { onOutput: notePid }), other.signal);
    expect(await runner.run(specOf(script, { onOutput }), controller.signal)).toMatchObject({ kind: 'canceled' });
    const pids = [...heard.matchAll(/pid (\d+)/g)].map(([, pid]) => Number(pid));
    expect(pids.map(isRunning)).toEqual([false, false, false, false]);
    expect(isRunning(otherPid)).toBe(true);
    other.abort();
    expect(await beside).toMatchObject({ kind: 'canceled' });
    expect(isRunning(otherPid)).toBe(false);
  });

  test('has timed out when its time is over', async () => {
    let elapse = (): void => undefined;
    const asked: number[] = [];
    const after = (ms: number, call: () => void) => {
      asked.push(ms);
      if (ms === 90_000) elapse = call;
      return () => undefined;
    };
    const onOutput = (): void => elapse();
    const spec = specOf('echo working; sleep 1000', { timeoutMs: 90_000, onOutput });
    const exit = await createProcessRunner({ folder, after }).run(spec, never);
    expect(exit).toMatchObject({ kind: 'timed-out', tail: 'working\n' });
    expect(asked).toEqual([90_000, 10_000]);
  });

  test('leaves no timer behind when it ends in time', async () => {
    let pending = 0;
    const after = () => {
      pending++;
      return () => void pending--;
    };
    const exit = await createProcessRunner({ folder, after }).run(specOf('true', { timeoutMs: 90_000 }), never);
    expect(exit.kind).toBe('exited');
    expect(pending).toBe(0);
  });
});

test('many at once, many one after the other', async () => {
  const runner = createProcessRunner({ folder });
  const lane = async (name: number) => {
    for (let i = 0; i < 10; i++) {
      const way = i % 2 === 0 ? { redactor: unredacted } : {};
      const exit = await runner.run(specOf(`echo ${name} ${i}`, way), never);
      expect(exit).toMatchObject({ kind: 'exited', code: 0, tail: `${name} ${i}\n` });
    }
  };
  await Promise.all([0, 1, 2, 3].map(lane));
});

test('scripts that run at once hear of a cancel by one listener: more than ten would be taken for a leak', async () => {
  const controller = new AbortController();
  const runner = createProcessRunner({ folder });
  let begun = 0;
  const onOutput = (): void => {
    if (++begun < 12) return;
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
    controller.abort();
  };
  const exits = await Promise.all(
    Array.from({ length: 12 }, () =>
      runner.run(specOf('echo begun; exec sleep 1000', { onOutput }), controller.signal),
    ),
  );
  expect(exits.map(({ kind }) => kind)).toEqual(Array.from({ length: 12 }, () => 'canceled'));
});
