import { version } from '../version.ts';

/** Says that we have a bug, with what a report needs; the stack only on request. Yields exit code 70. */
export function reportBug(error: unknown): number {
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`branchline ${version} ran into a bug of its own: ${text.split('\n')[0] ?? ''}\n`);
  process.stderr.write('Nothing that was recorded is lost. Please report this with the command that you ran.\n');
  if (process.env['BRANCHLINE_DEBUG'] && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
  else process.stderr.write('BRANCHLINE_DEBUG=1 prints where it happened.\n');
  return 70;
}
