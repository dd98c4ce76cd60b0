import { hasBegunSteps } from '../app/begun-steps.ts';
import type { TickOutcome } from '../app/tick.ts';
import { backfillText } from '../render/backfill-text.ts';
import type { Job } from './job.ts';

/** How far backfills are, and who carries on what there was no time for. */
export async function backfillNotes(
  job: Job,
  tick: Pick<TickOutcome, 'backfills' | 'goesOn' | 'left' | 'runs'>,
): Promise<string[]> {
  const notes = tick.backfills.map((progress) => backfillText(progress, { color: false, unicode: true }));
  const isLeft =
    tick.backfills.some(({ endedAt }) => endedAt === undefined) &&
    (tick.goesOn || tick.left.some(({ kind }) => kind === 'backfill'));
  if (!isLeft) return notes;
  return [...notes, tick.runs.some(({ drafts }) => hasBegunSteps(drafts)) ? await wakeAgain(job) : NOTHING_BEGUN];
}

/**
 * A job in which no step was started, as when getting ready took all of its time, starts no other one, which would fare the
 * same: they would go on for ever.
 */
const NOTHING_BEGUN =
  'No step was started in the time of this job, so it starts no other one: the next tick carries the backfill on.';

/** Starts this workflow once more, so that a backfill need not wait for the next tick; needs `actions: write`. */
async function wakeAgain({ github, context }: Job): Promise<string> {
  const later = 'The next tick carries the backfill on.';
  if (!github || context.ref.kind !== 'branch') return later;
  const own = await github.workflowRun(Number(context.workflow));
  if (!own.ok) return later;
  const file = own.value.path.split('@')[0]!.split('/').at(-1)!;
  const woken = await github.dispatchWorkflow({ file, ref: context.ref.name, inputs: { command: 'tick' } });
  if (woken.ok) return 'This workflow was started once more and carries the backfill on at once.';
  return woken.error.code === 'forbidden'
    ? `${later} With \`actions: write\` in the permissions of the job, it would go on at once.`
    : later;
}
