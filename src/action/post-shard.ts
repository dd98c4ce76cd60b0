import { dirname, join } from 'node:path';
import { actionsArtifacts } from '../adapters/actions-artifacts.ts';
import { createProcessHolders } from '../adapters/holders.ts';
import { createJournals } from '../adapters/journal.ts';
import { endLeftovers } from '../adapters/process-tree.ts';
import { systemClock } from '../adapters/system-clock.ts';
import { leftEvents } from '../app/shard-journal.ts';
import { uploadJournal } from '../compose/wave-artifacts.ts';
import { createDataCarrier, filesLeft } from '../compose/wave-data.ts';
import { count } from '../render/style.ts';
import type { Job } from './job.ts';
import { journalsIn } from './journals.ts';

/** Behind all numbers of uploads that the job may have made itself. */
const LAST_UPLOAD = 9_999;
const PARTS_BEFORE = 9_000;

/**
 * After a job of a fan-out that was ended before it could upload what it had done last: does it in its place, the files
 * first. Pushes nothing, as the job itself. Yields the exit code.
 */
export async function postShard({ context, inputs, surroundings, log, runner }: Job): Promise<number> {
  const folder = surroundings.privateFolder!;
  const [journal] = journalsIn(folder);
  const { shard } = inputs;
  if (journal === undefined || shard === undefined) return 0;
  const [left] = createJournals(dirname(join(folder, journal)), createProcessHolders()).adopt();
  const events = leftEvents(left?.lines ?? [], journal);
  const run = events[0]?.run;
  if (left === undefined || run === undefined) return 0;
  await endLeftovers(run);
  const artifacts = actionsArtifacts({ env: process.env, scratch: context.temp, clock: systemClock });
  const { attempt } = context;
  const files = createDataCarrier(artifacts, { shard, attempt, before: PARTS_BEFORE }, () => filesLeft(folder));
  const carried = await files.upload();
  const uploaded = carried.ok
    ? await uploadJournal(artifacts, context.temp, { shard, n: LAST_UPLOAD, attempt }, events)
    : carried;
  if (uploaded.ok) {
    left.discard();
    const ended = events.filter(({ type }) => type === 'step.ended').length;
    log.print(`${shard}: what it had done is uploaded (${count(ended, 'step')} ended). The next wave does the rest.`);
    return 0;
  }
  left.release();
  const message = `What this job did since its last upload could not be uploaded (${uploaded.error}): the next wave does it again.`;
  runner.annotate({ level: 'warning', title: 'Branchline: the end of a journal is lost', message });
  return 3;
}
