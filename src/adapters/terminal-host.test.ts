import { describe, expect, test } from 'vitest';
import { createTerminalHost, type TerminalHostOptions, type TerminalStream, withoutControls } from './terminal-host.ts';

/** What was written to both streams, in order; `2:` marks standard error. */
function hosted(env: Record<string, string> = {}, isTTY = false) {
  const written: string[] = [];
  const stream = (mark: string): TerminalStream => ({
    isTTY,
    columns: 20,
    write: (text) => written.push(mark + text),
    on: () => undefined,
  });
  const options: TerminalHostOptions = { output: stream('1:'), error: stream('2:'), env };
  return { host: createTerminalHost(options), written };
}

describe('what is written', () => {
  const check = (text: string, expected: string, env: Record<string, string> = {}, isTTY = false) => {
    const { host, written } = hosted(env, isTTY);
    host.print(text);
    expect(written).toEqual([`1:${expected}`]);
  };
  test('is lines', () => {
    check('a', 'a\n');
    check('a\r\nb\n', 'a\nb\n');
  });
  test('has colours on a terminal, unless they are not wanted', () => {
    const red = '\x1b[31mred\x1b[39m';
    check(red, `${red}\n`, {}, true);
    check(red, 'red\n', { NO_COLOR: '1' }, true);
    check(red, 'red\n', { TERM: 'dumb' }, true);
    check(red, 'red\n');
    check(red, `${red}\n`, { FORCE_COLOR: '1' });
  });
  test('moves nothing, rings nothing, hides nothing', () => {
    check('a\x1b[2Jb\x07\rc\x1b]0;title\x07\x9b31m\u202ed\x1b[8me', 'a[2Jbc]0;title31mde\n', {}, true);
  });
  test('is ASCII where the locale is not UTF-8', () => {
    check('✓ a → b … ü ▁▇', '+ a -> b ... ? _#\n', { LANG: 'C' });
    check('✓', '✓\n', { LANG: 'C', LC_ALL: 'en_US.UTF-8' });
    check('✓', '✓\n');
  });
});

describe('the status line', () => {
  test('is drawn on a terminal only, cut to its width, cleared before other lines and drawn again', () => {
    const { host, written } = hosted({}, true);
    host.status('working\non it \x1b[31mfor quite a while');
    host.print('result');
    host.status('');
    host.progress('note');
    const drawn = 'working on it for q';
    expect(written).toEqual([`2:\r\x1b[K${drawn}`, '2:\r\x1b[K', '1:result\n', `2:${drawn}`, '2:\r\x1b[K', '2:note\n']);
  });
  test.each([
    ['elsewhere', {}, false],
    ['in CI', { CI: 'true' }, true],
  ])('does nothing %s', (_, env, isTTY) => {
    const { host, written } = hosted(env as Record<string, string>, isTTY);
    host.status('working');
    expect(host.interactive).toBe(false);
    expect(written).toEqual([]);
  });
});

test('a reader that goes away is no error of ours', () => {
  const listeners: ((error: Error) => void)[] = [];
  const stream: TerminalStream = { write: () => true, on: (_, listener) => listeners.push(listener) };
  createTerminalHost({ output: stream, error: { ...stream }, env: {} });
  expect(listeners.length).toBe(2);
  for (const listener of listeners) listener(new Error('EPIPE'));
});

test('half a sequence is no sequence', () => expect(withoutControls('a\x1b[3', true)).toBe('a[3'));
