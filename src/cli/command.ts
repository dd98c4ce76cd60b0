import type { Command } from 'commander';

/** Options that every command takes. */
export interface GlobalOptions {
  /** Folder of the project; default: the nearest `branchline.yaml` at or above the current folder. */
  readonly project?: string;
  readonly json?: boolean;
}

/** What a command's module does: performs it and yields the exit code (docs/exit-codes.md). */
export type CommandRun<O> = (options: O & GlobalOptions, args: readonly string[]) => Promise<number>;

/** Gives a command its example and its module. */
export type Define = (command: Command, example: string, load: () => Promise<{ run: CommandRun<never> }>) => Command;

/** Adds what all commands share, and runs the command's module. */
export function definer(exit: (code: number) => void): Define {
  return (command, example, load) =>
    command
      .exitOverride()
      .option('--project <dir>', 'folder of the project')
      .option('--json', 'print a versioned JSON document')
      .addHelpText('after', `\nExample:\n  ${example}`)
      .action(async (...parameters: unknown[]) => {
        const options = parameters.at(-2) as never;
        const args = parameters
          .slice(0, -2)
          .flat()
          .filter((value): value is string => typeof value === 'string');
        const { run } = await load();
        exit(await run(options, args));
      });
}
