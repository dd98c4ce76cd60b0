/** What Node says itself of an entry that waits for something which never comes. */
const UNSETTLED = 13;

/**
 * Runs an entry's work to its end. What it throws ends the program as anything that nobody catches; work that waits for what
 * never comes is no success, though nothing else is left to do.
 */
export function runEntry(work: () => Promise<void>): void {
  const unsettled = (): void => {
    process.exitCode = UNSETTLED;
    process.stderr.write('Branchline ended in the middle of its work: what it waited for cannot come any more.\n');
  };
  process.once('beforeExit', unsettled);
  void work().finally(() => process.off('beforeExit', unsettled));
}
