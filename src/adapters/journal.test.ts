import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { byText } from '../base/order.ts';
import { journalsContract } from '../testing/contracts/journals.ts';
import { createProcessHolders, type ProcessTable } from './holders.ts';
import { createJournals } from './journal.ts';

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'branchline-journal-')), 'journals');
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

/** Commands on one machine; those of `running` live. */
function machine(boot = 'b1') {
  const running = new Set<number>();
  const table: ProcessTable = {
    machine: 'm1',
    boot,
    isRunning: (pid) => running.has(pid),
    startOf: (pid) => `Sun Nov 22 10:00:0${pid % 10} 2026`,
  };
  return {
    start(pid: number) {
      running.add(pid);
      return createJournals(folder, createProcessHolders(table, pid));
    },
    kill: (pid: number) => running.delete(pid),
  };
}
const linesOf = (orphans: ReturnType<ReturnType<ReturnType<typeof machine>['start']>['adopt']>) =>
  orphans.map(({ writer, lines }) => [writer, ...lines]);

const byWriterAndLine = (a: readonly string[], b: readonly string[]) => byText(a.join('\n'), b.join('\n'));

journalsContract('on disk', () => {
  const host = machine();
  let pid = 0;
  return {
    start() {
      const own = ++pid;
      return { journals: host.start(own), end: () => void host.kill(own) };
    },
  };
});

describe('journal', () => {
  it('leaves no file when nothing was recorded, or all is committed', () => {
    const journal = machine().start(1).open('w');
    journal.append([], true);
    expect(existsSync(folder)).toBe(false);
    journal.append(['{"n":1}'], true);
    expect(readdirSync(folder)).toEqual(['w.jsonl']);
    journal.confirm(1);
    journal.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('begins with a header that names the owner', () => {
    machine().start(1).open('w').append(['{"n":1}'], false);
    const [header, line] = readFileSync(join(folder, 'w.jsonl'), 'utf8').split('\n');
    expect(JSON.parse(header!)).toMatchObject({
      journal: 1,
      writer: 'w',
      owner: { kind: 'process', machine: 'm1', boot: 'b1', pid: 1 },
    });
    expect(line).toBe('{"n":1}');
  });

  it('is adopted once its owner is gone, with the lines that are not committed', () => {
    const commands = machine();
    const journal = commands.start(1).open('run 7/attempt:1');
    journal.append(['{"n":1}', '{"n":2}'], true);
    journal.confirm(1);
    journal.append(['{"n":3}'], false);
    const other = commands.start(2);
    expect(other.adopt()).toEqual([]);
    commands.kill(1);
    expect(linesOf(other.adopt())).toEqual([['run 7/attempt:1', '{"n":2}', '{"n":3}']]);
  });

  it('counts confirmed lines from its opening, whatever was dropped on the way', () => {
    const commands = machine();
    const journal = commands.start(1).open('w');
    journal.append(['1', '2'], false);
    journal.confirm(2);
    expect(readFileSync(join(folder, 'w.jsonl'), 'utf8').split('\n')).toHaveLength(2);
    journal.append(['3', '4', '5'], false);
    journal.confirm(3);
    journal.confirm(4);
    journal.confirm(4);
    commands.kill(1);
    expect(linesOf(commands.start(2).adopt())).toEqual([['w', '5']]);
  });

  it('can be used again after it was closed', () => {
    const commands = machine();
    const journal = commands.start(1).open('w');
    journal.append(['1'], false);
    journal.confirm(1);
    journal.close();
    journal.append(['2', '3'], true);
    journal.confirm(2);
    commands.kill(1);
    expect(linesOf(commands.start(2).adopt())).toEqual([['w', '3']]);
  });

  it('drops a last line that a crash cut off', () => {
    const commands = machine();
    commands.start(1).open('w').append(['{"n":1}'], true);
    appendFileSync(join(folder, 'w.jsonl'), '{"n":2,"tex');
    commands.kill(1);
    expect(linesOf(commands.start(2).adopt())).toEqual([['w', '{"n":1}']]);
  });

  it('is held by one adopter only, and by the next one when that dies', () => {
    const commands = machine();
    commands.start(1).open('w').append(['1'], true);
    commands.kill(1);
    const [two, three] = [commands.start(2), commands.start(3)];
    expect(two.adopt()).toHaveLength(1);
    expect(three.adopt()).toEqual([]);
    expect(two.adopt()).toEqual([]);
    commands.kill(2);
    expect(linesOf(three.adopt())).toEqual([['w', '1']]);
  });

  it('is removed when its lines are in a commit, and given back when they are not', () => {
    const commands = machine();
    commands.start(1).open('w').append(['1'], true);
    commands.kill(1);
    const two = commands.start(2);
    two.adopt()[0]!.release();
    expect(readdirSync(folder)).toEqual(['w.jsonl']);
    commands.start(3).adopt()[0]!.discard();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is given back under another name when its writer is at work again', () => {
    const commands = machine();
    commands.start(1).open('job').append(['old'], true);
    commands.kill(1);
    const [orphan] = commands.start(2).adopt();
    commands.start(3).open('job').append(['new'], true);
    orphan!.release();
    commands.kill(3);
    expect(linesOf(commands.start(4).adopt()).sort(byWriterAndLine)).toEqual([
      ['job', 'new'],
      ['job', 'old'],
    ]);
  });

  it('is adopted after a restart of the machine, even when the pid is in use', () => {
    machine('b1').start(1).open('w').append(['1'], true);
    const restarted = machine('b2');
    restarted.start(1);
    expect(linesOf(restarted.start(2).adopt())).toEqual([['w', '1']]);
  });

  it('leaves alone what is no journal', () => {
    const commands = machine();
    commands.start(1).open('w').append(['1'], true);
    writeFileSync(join(folder, 'note.jsonl'), 'hello\n');
    writeFileSync(join(folder, 'note.txt'), 'hello\n');
    writeFileSync(join(folder, 'empty.jsonl'), '');
    expect(commands.start(2).adopt()).toEqual([]);
    expect(readdirSync(folder)).toHaveLength(4);
  });

  it('keeps strange and long writer names apart and inside of the folder', () => {
    const commands = machine();
    const names = ['../../x', 'a/b', 'a:b', 'ü'.repeat(200), `${'ü'.repeat(200)}2`];
    for (const name of names) commands.start(1).open(name).append([name], true);
    commands.kill(1);
    expect(readdirSync(folder)).toHaveLength(names.length);
    expect(linesOf(commands.start(2).adopt()).sort(byWriterAndLine)).toEqual(
      names.map((name) => [name, name]).sort(byWriterAndLine),
    );
  });

  it('sets lines aside where no command takes them in, and says where', () => {
    const host = machine();
    const journals = host.start(1);
    const places = [journals.setAside('w', ['{"n":1}']), journals.setAside('w', ['{"n":2}'])];
    host.kill(1);
    expect(host.start(2).adopt()).toEqual([]);
    expect(places.map((place) => readFileSync(place, 'utf8').split('\n').slice(1))).toEqual([
      ['{"n":1}', ''],
      ['{"n":2}', ''],
    ]);
    expect(journals.open('w').place).toBe(join(folder, 'w.jsonl'));
  });
});
