import { expect, test } from 'vitest';
import { ENVIRONMENT_COMMANDS } from '../render/advice.ts';
import { buildProgram } from './program.ts';

const all = buildProgram(() => {});

test.each(all.commands.map((command) => [command.name(), command] as const))(
  '%s alone is the same as among all',
  (name, command) => {
    const { commands } = buildProgram(() => {}, name);
    expect(commands.map((each) => each.name())).toEqual([name]);
    const helps = (of: typeof command): string[] => [of.helpInformation(), ...of.commands.flatMap(helps)];
    expect(helps(commands[0]!)).toEqual(helps(command));
  },
);

test.each([undefined, 'plans', '--json', 'help'])('all are there for %s', (only) => {
  expect(buildProgram(() => {}, only).commands.map((command) => command.name())).toEqual(
    all.commands.map((command) => command.name()),
  );
});

test('advice knows which commands take an environment', () => {
  const named = (of: typeof all, before: readonly string[] = []): string[] =>
    of.commands.flatMap((command) => {
      const words = [...before, command.name()];
      const own = command.options.some(({ long }) => long === '--environment') ? [words.join(' ')] : [];
      return [...own, ...named(command, words)];
    });
  expect([...ENVIRONMENT_COMMANDS].sort()).toEqual(named(all).sort());
});
