import { expect, test } from 'vitest';
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
