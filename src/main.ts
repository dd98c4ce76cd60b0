/** Entry point of the Action. */
import { reportThrown } from './action/bug.ts';

try {
  const { main } = await import('./action/main.ts');
  const end = await main();
  if (typeof end === 'number') process.exitCode = end;
  else {
    Object.assign(process.env, end.variables);
    process.stdout.write(end.guard.before);
    const { main: commandLine } = await import('./cli/main.ts');
    await commandLine([process.execPath, 'branchline', ...end.words]);
    process.stdout.write(end.guard.after);
  }
} catch (error) {
  process.exitCode = reportThrown(error);
}
