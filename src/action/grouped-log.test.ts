import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGroupedLog, type GroupedLog } from './grouped-log.ts';

function logged(work: (log: GroupedLog) => void): string {
  let text = '';
  let n = 0;
  const log = createGroupedLog(
    (part) => {
      text += part;
    },
    () => `token-${String(++n).padStart(16, '0')}`,
  );
  work(log);
  return text;
}

/** The log as a person sees it: groups, and without the commands that guard them. */
function shown(work: (log: GroupedLog) => void): string[] {
  return logged(work)
    .split('\n')
    .filter((line) => line !== '' && !/^::(stop-commands::|token-)/.test(line));
}

describe('createGroupedLog', () => {
  it('puts what a step prints into its group, as it comes', () => {
    const text = logged((log) => {
      log.output('a', 'one\n');
      log.output('a', 'two\n');
      log.end('a', ['✓ a']);
    });
    expect(text).toBe(
      '::group::a\n::stop-commands::token-0000000000000001\none\ntwo\n::token-0000000000000001::\n::endgroup::\n✓ a\n',
    );
  });

  it('keeps what others print meanwhile until their turn', () => {
    const lines = shown((log) => {
      log.output('a', 'a1\n');
      log.output('b', 'b1\n');
      log.output('c', 'c1\n');
      log.output('a', 'a2\n');
      log.end('b', ['✓ b']);
      log.end('a', ['✓ a']);
      // Now c is in front.
      log.output('c', 'c2\n');
      log.end('c', ['✗ c']);
    });
    expect(lines).toEqual([
      '::group::a',
      'a1',
      'a2',
      '::endgroup::',
      '✓ a',
      '::group::b',
      'b1',
      '::endgroup::',
      '✓ b',
      '::group::c',
      'c1',
      'c2',
      '::endgroup::',
      '✗ c',
    ]);
  });

  it('makes no group for a step that prints nothing', () => {
    expect(shown((log) => log.end('a', ['✓ a', '    warned']))).toEqual(['✓ a', '    warned']);
  });

  it('ends a line that a step left open', () => {
    const lines = shown((log) => {
      log.output('a', 'no end');
      log.print('between');
      log.output('a', 'more');
      log.end('a', ['✓ a']);
    });
    expect(lines).toEqual(['::group::a', 'no end', 'between', 'more', '::endgroup::', '✓ a']);
  });

  it('keeps the end of what is too long to keep, and says so', () => {
    const lines = shown((log) => {
      log.output('a', 'a\n');
      for (let i = 0; i < 3; i++) log.output('b', `${i}`.repeat(200_000));
      log.end('b', []);
      log.end('a', []);
    });
    expect(lines.find((line) => line.includes('left out'))).toBeDefined();
    expect(lines.find((line) => line.includes('222'))?.length).toBe(256 * 1024);
  });

  it('never lets a step issue a command', () => {
    const evil = fc.stringMatching(
      /^(::|##\[|\n| |a|\]|stop-commands|endgroup|add-mask|token-0000000000000001){0,12}$/,
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b'), evil)), (parts) => {
        const lines = logged((log) => {
          for (const [step, text] of parts) log.output(step, text);
          log.end('b', []);
          log.end('a', ['::error::no']);
        }).split('\n');
        const commands = lines.filter((line) => /^\s*::|##\[/.test(line));
        const ours = /^::(group::[ab]|endgroup::|stop-commands::token-\d{16}|token-\d{16}::)$/;
        expect(commands.filter((line) => !ours.test(line))).toEqual([]);
      }),
    );
  });

  it('never lets a name issue a command', () => {
    const [first] = logged((log) => log.output('a\n::error::x', 'b')).split('\n');
    expect(first).toBe('::group::a%0A::error::x');
  });
});
