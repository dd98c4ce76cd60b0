import { describe, expect, test } from 'vitest';
import { neutralizeCommands, stopCommands } from './step-commands.ts';

/** How GitHub's runner finds a command in a line. */
const isCommand = (line: string) => line.trimStart().startsWith('::') || line.includes('##[');

describe('output of a step', () => {
  test.each(['::set-output name=a::b', '  ::error::no', '\t::add-mask::x', 'a ##[group]b', '##[error]x'])(
    'cannot command: %s',
    (line) => {
      expect(isCommand(line)).toBe(true);
      const [before, safe, after] = neutralizeCommands(`one\n${line}\ntwo`).split('\n');
      expect(isCommand(safe!)).toBe(false);
      expect([before, after]).toEqual(['one', 'two']);
      expect(safe!.replaceAll('\u200b', '')).toBe(line);
    },
  );
  test.each(['a::b', 'std::vector', '## [x]', 'http://[::1]/'])('stays as it is: %s', (line) =>
    expect(neutralizeCommands(line)).toBe(line),
  );
});

test('commands are stopped around a block', () => {
  const { before, after } = stopCommands('0123456789abcdef');
  expect(before + after).toBe('::stop-commands::0123456789abcdef\n::0123456789abcdef::\n');
  expect(() => stopCommands('short')).toThrow('16');
});
