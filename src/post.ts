/** What the Action does when its job is over, however it ended. */
import { reportThrown } from './action/bug.ts';
import { runEntry } from './compose/entry.ts';

runEntry(async () => {
  try {
    // What `main` kept for us: nothing was begun, or all of it is recorded.
    const { STATE_records: records, STATE_done: done } = process.env;
    if (records === 'true' && done !== 'true') {
      const { post } = await import('./action/post.ts');
      process.exitCode = await post();
    }
  } catch (error) {
    process.exitCode = reportThrown(error);
  }
});
