import { CommanderError } from 'commander';
import { reportThrown } from './bug.ts';
import { buildProgram } from './program.ts';

/** Runs the command line: parses, loads the command's module, sets the exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = buildProgram((code) => {
    process.exitCode = code;
  }, argv[2]);
  // The reader went away (`branchline schema | head`): nobody is left to be told.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help and version are no errors; everything else is wrong input, already printed by commander.
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      if (error.exitCode !== 0 && argv.includes('--json')) {
        const message = error.message.replace(/^error: /, '');
        process.stdout.write(`${JSON.stringify({ version: 1, error: { code: 'usage', message } })}\n`);
      }
      return;
    }
    process.exitCode = reportThrown(error, argv.includes('--json'));
  }
}
