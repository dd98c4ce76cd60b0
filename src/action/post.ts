import { join } from 'node:path';
import { actionsArtifacts } from '../adapters/actions-artifacts.ts';
import { systemClock } from '../adapters/system-clock.ts';
import { buildPlanning } from '../app/planning.ts';
import { recoverFirst } from '../app/recover-first.ts';
import { openProject } from '../compose/open-project.ts';
import { openWorld } from '../compose/wiring.ts';
import { type Job, openJob } from './job.ts';
import { journalsIn } from './journals.ts';
import { takerOf } from './record.ts';
import { withPermissionLines } from './result.ts';

/**
 * After a job that was canceled, timed out or killed: takes in the journal that it left and ends what it held. What
 * cannot be pushed is uploaded, with the command that takes it in. A job that may not push uploads it for the one that may.
 * Yields the exit code.
 */
export async function post(): Promise<number> {
  const opening = openJob('post');
  if (!opening.ok) {
    opening.error.runner.annotate({ level: 'error', title: 'Branchline', message: opening.error.failure.message });
    return opening.error.failure.exit;
  }
  const job = opening.value;
  if (job.inputs.stage === 'execute') return (await import('./post-shard.ts')).postShard(job);
  try {
    return (await takeInLeft(job)) ? 0 : await keepJournals(job);
  } catch (error) {
    // Whatever went wrong here, what the job did is not lost for it.
    await keepJournals(job);
    throw error;
  }
}

/** Records what the job left; false, with the reason in the log, where that cannot be. */
async function takeInLeft(job: Job): Promise<boolean> {
  const { context, inputs, surroundings, log, runner } = job;
  const opened = await openProject({ project: join(context.workspace, inputs.project) }, surroundings);
  const project = opened.ok ? (opened.value.loaded.project ?? opened.value.loaded.readable) : undefined;
  if (!opened.ok || !project) {
    log.print('The project cannot be read any more, so that nothing could be recorded.');
    return false;
  }
  const signal = new AbortController().signal;
  const world = await openWorld(opened.value, project, { environment: 'production', signal, records: true });
  if (!world.ok) {
    const { message, help } = withPermissionLines(world.error);
    runner.annotate({ level: 'error', title: message, message: help ?? message });
    return false;
  }
  try {
    const { tree } = opened.value;
    const taker = takerOf(job, world.value, () => buildPlanning(project, tree));
    const recovered = await recoverFirst({ ...world.value.run, ...taker });
    if (recovered.ok) {
      log.print('What this job had begun is recorded.');
      return true;
    }
    const { message, help } = withPermissionLines(recovered.error);
    log.print(message);
    if (help !== undefined) log.print(help);
    return false;
  } finally {
    await world.value.close();
  }
}

/** Uploads the journals that are left, and says how to take them in. */
async function keepJournals({ context, surroundings, log, runner }: Job): Promise<number> {
  const folder = surroundings.privateFolder!;
  const files = journalsIn(folder);
  if (files.length === 0) return 0;
  const name = `bl-journal-${surroundings.writer}-a${context.attempt}`;
  const artifacts = actionsArtifacts({ env: process.env, scratch: context.temp, clock: systemClock });
  const uploaded = await artifacts.upload({ name, folder, files });
  if (!uploaded.ok) {
    const message = `It could neither be pushed nor uploaded (${uploaded.error.message}), and is lost with this machine: what this job made is made again by the next run.`;
    runner.annotate({ level: 'error', title: 'Branchline: the journal of this job is lost', message });
    return 3;
  }
  const commands = files.map((file) => `branchline state replay ${file} --environment production`);
  const message = `What this job did could not be pushed. It is kept in the artifact ${name}: download it, and in its folder run ${commands.join(' && ')}`;
  runner.annotate({ level: 'warning', title: 'Branchline: a journal waits to be taken in', message });
  log.print(message);
  return 0;
}
