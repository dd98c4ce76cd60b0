import { fullDisk } from '../app/failure.ts';
import { version } from '../version.ts';

/**
 * Says what was thrown: a disk without room as what it is, everything else as a bug of ours, with what a report needs
 * (the stack only on request). Yields the exit code.
 */
export function reportThrown(error: unknown, json: boolean): number {
  const full = fullDisk(error);
  if (full !== undefined) {
    const { code, message, help, exit } = full;
    if (json) process.stdout.write(`${JSON.stringify({ version: 1, error: { code, message, help } })}\n`);
    else process.stderr.write(`${message}\n${help}\n`);
    return exit;
  }
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`branchline ${version} ran into a bug of its own: ${text.split('\n')[0] ?? ''}\n`);
  process.stderr.write('Nothing that was recorded is lost. Please report this with the command that you ran.\n');
  if (process.env['BRANCHLINE_DEBUG'] && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
  else process.stderr.write('BRANCHLINE_DEBUG=1 prints where it happened.\n');
  return 70;
}
