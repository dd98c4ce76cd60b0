/** Entry point of the Action. */
import { reportThrown } from './action/bug.ts';
import { wakeQuietly } from './action/quiet-wake.ts';
import { runEntry } from './compose/entry.ts';
import type { Begun } from './compose/quiet-look.ts';

runEntry(async () => {
  try {
    const startedAt = Date.now();
    // Most wake-ups find nothing to do: that is seen with little code.
    const woken = process.env['GITHUB_EVENT_NAME'] === 'schedule' ? await wakeQuietly(startedAt) : {};
    if ('exit' in woken) process.exitCode = woken.exit;
    else await wake(startedAt, woken.begun);
  } catch (error) {
    process.exitCode = reportThrown(error);
  }
});

async function wake(startedAt: number, begun: Begun | undefined): Promise<void> {
  const { main } = await import('./action/main.ts');
  const end = await main(startedAt, begun);
  if (typeof end === 'number') {
    process.exitCode = end;
    return;
  }
  Object.assign(process.env, end.variables);
  process.stdout.write(end.guard.before);
  const { main: commandLine } = await import('./cli/main.ts');
  await commandLine([process.execPath, 'branchline', ...end.words]);
  process.stdout.write(end.guard.after);
  process.exitCode = await end.tell(Number(process.exitCode ?? 0));
}
