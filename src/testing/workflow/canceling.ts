import type { StartedJob } from '../github/workflow-sandbox.ts';

/** What *Cancel workflow* is to the jobs of a workflow run. */
export interface Canceling {
  isCanceled(): boolean;
  /** Ends the jobs at work whose condition does not hold any more, and starts none that is of `success()`. */
  cancel(): void;
  /** A job begins; the answer is called when it is over. `holds`: its condition, as it is now. */
  join(holds: () => boolean, started: StartedJob): () => void;
}

export function createCanceling(): Canceling {
  let isCanceled = false;
  const atWork = new Map<StartedJob, () => boolean>();
  return {
    isCanceled: () => isCanceled,
    cancel() {
      isCanceled = true;
      for (const [job, holds] of atWork) if (!holds()) job.cancel();
    },
    join(holds, started) {
      atWork.set(started, holds);
      return () => atWork.delete(started);
    },
  };
}
