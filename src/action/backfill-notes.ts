import type { TickOutcome } from '../app/tick.ts';
import { backfillText } from '../render/backfill-text.ts';
import type { Job } from './job.ts';

/** How far backfills are, and who carries on what there was no time for. */
export async function backfillNotes(
  job: Job,
  tick: Pick<TickOutcome, 'backfills' | 'goesOn' | 'left'>,
): Promise<string[]> {
  const notes = tick.backfills.map((progress) => backfillText(progress, { color: false, unicode: true }));
  const isLeft =
    tick.backfills.some(({ endedAt }) => endedAt === undefined) &&
    (tick.goesOn || tick.left.some(({ kind }) => kind === 'backfill'));
  return isLeft ? [...notes, await wakeAgain(job)] : notes;
}

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
