import { version } from '../version.ts';

/** Says that we have a bug, as an annotation and with what a report needs. Yields exit code 70. */
export function reportBug(error: unknown): number {
  const text = error instanceof Error ? error.message : String(error);
  const first = (text.split('\n')[0] ?? '').replaceAll('%', '%25').replaceAll('\r', '%0D');
  const { stdout } = process;
  stdout.write(`::error title=Branchline ${version} ran into a bug of its own::${first}\n`);
  stdout.write('Nothing that was recorded is lost. Please report this with the event that started the job.\n');
  if (process.env['RUNNER_DEBUG'] === '1' && error instanceof Error) stdout.write(`${error.stack ?? ''}\n`);
  else stdout.write('Run the job again with debug logging to see where it happened.\n');
  return 70;
}
