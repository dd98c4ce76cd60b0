import { expect, test } from 'vitest';
import type { Host } from '../ports.ts';
import { takeTurns } from './turns.ts';

function open() {
  const said: string[] = [];
  const take = (text: string): void => void said.push(text);
  const host: Host = {
    interactive: true,
    color: false,
    print: take,
    progress: take,
    status: (text) => take(`[${text}]`),
  };
  return { said, begin: takeTurns(host) };
}

test('who began first prints as it goes, and the others in one piece each', () => {
  const { said, begin } = open();
  const [a, b, c] = [begin(), begin(), begin()];
  a.host.print('a 1');
  b.host.print('b 1');
  b.host.status('b works');
  c.host.progress('c 1');
  c.host.print('c 2');
  c.done();
  a.host.status('a works');
  a.host.print('a 2');
  expect(said).toEqual(['a 1', '[a works]', 'a 2']);
  a.done();
  b.host.print('b 2');
  b.host.status('b works');
  expect(said.slice(3)).toEqual(['b 1', 'b 2', '[b works]']);
  b.done();
  expect(said.slice(6)).toEqual(['c 1', 'c 2']);
});

test('who begins after all are done prints at once', () => {
  const { said, begin } = open();
  begin().done();
  begin().host.print('b');
  expect(said).toEqual(['b']);
});
