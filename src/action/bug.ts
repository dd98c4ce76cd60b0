import { fullDisk } from '../app/failure.ts';
import { version } from '../version.ts';

/**
 * Says what was thrown, as an annotation: a disk without room as what it is, everything else as a bug of ours, with what a
 * report needs. Yields the exit code.
 */
export function reportThrown(error: unknown): number {
  const full = fullDisk(error);
  if (full !== undefined) {
    process.stdout.write(`::error title=No room on the disk::${full.message} ${full.help}\n`);
    return full.exit;
  }
  const text = error instanceof Error ? error.message : String(error);
  const first = (text.split('\n')[0] ?? '').replaceAll('%', '%25').replaceAll('\r', '%0D');
  const { stdout } = process;
  stdout.write(`::error title=Branchline ${version} ran into a bug of its own::${first}\n`);
  stdout.write('Nothing that was recorded is lost. Please report this with the event that started the job.\n');
  if (process.env['RUNNER_DEBUG'] === '1' && error instanceof Error) stdout.write(`${error.stack ?? ''}\n`);
  else stdout.write('Run the job again with debug logging to see where it happened.\n');
  return 70;
}
