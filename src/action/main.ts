import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { AppFailure } from '../app/failure.ts';
import { ok } from '../base/result.ts';
import { type OpenProject, openProject } from '../compose/open-project.ts';
import type { Begun } from '../compose/quiet-look.ts';
import { hostEnvironment, secretsIn } from '../compose/surroundings.ts';
import type { Project } from '../model/project.ts';
import { renderSummary } from '../render/summary/summary.ts';
import { createRedactor, type Redactor } from '../run/redact.ts';
import { stopCommands } from '../run/step-commands.ts';
import { boundAnnotations } from './annotations.ts';
import { type Intent, settleIntent } from './intent.ts';
import { folderInWorkspace, type Job, openJob } from './job.ts';
import { performTick, recordIn } from './record.ts';
import { type JobResult, printedResult, refusedResult } from './result.ts';
import type { Created } from './retry.ts';
import type { Runner } from './runner.ts';
import { forOtherJobs, tellResult } from './tell.ts';

/** A job that reads and prints: the command line does that, in these words and with these variables. */
export interface ForCommandLine {
  readonly words: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** Lines to print around its output, so that nothing of it is a command. */
  readonly guard: { readonly before: string; readonly after: string };
  /** Says what came of it, of which the exit code is all that is known here. */
  readonly tell: (exit: number) => Promise<number>;
}

/**
 * Runs the Action: reads the event, does what it means, tells what came of it. Yields the exit code. `begun`: what a look
 * that came before has opened.
 */
export async function main(startedAt: number, begun?: Begun): Promise<number | ForCommandLine> {
  const opening = openJob('main', begun, startedAt);
  if (!opening.ok) return tellAlone(opening.error.runner, opening.error.failure);
  const job = opening.value;
  const early = settleIntent(job.inputs, job.context, undefined);
  if (early.kind === 'comment') {
    // Nothing is checked out, and nothing of a project is known.
    const { performComment } = await import('./review.ts');
    return tell(job, undefined, redactorOf(job, undefined), await performComment(job, early.run));
  }
  const opened = await openProject({ project: join(job.context.workspace, job.inputs.project) }, job.surroundings);
  if (!opened.ok)
    return tell(job, undefined, redactorOf(job, undefined), refusedResult(await unopened(job, opened.error)));
  const { loaded } = opened.value;
  const readable = loaded.project ?? loaded.readable;
  const intent = settleIntent(job.inputs, job.context, readable?.environments['production']?.branches);
  // Of a pull request nothing is executed, so nothing of its `.env` is needed.
  const env = intent.kind === 'changes' ? ok(process.env) : hostEnvironment(opened.value);
  const secrets = secretsIn(readable, job.surroundings, env.ok ? env.value : process.env);
  for (const { value } of secrets) job.runner.mask(value);
  const redactor = createRedactor(secrets);
  if (!env.ok) return tell(job, opened.value, redactor, refusedResult(env.error));
  if (intent.kind === 'words') {
    const { words } = intent;
    const told = (exit: number) => tell(job, opened.value, redactor, printedResult(words, exit));
    return { ...forCommandLine(job, words), tell: told };
  }
  return tell(job, opened.value, redactor, forOtherJobs(job.inputs, await perform(job, opened.value, intent)));
}

/** What the terminal says of a project that is not there is no help in a workflow. */
async function unopened({ context, inputs }: Job, failure: AppFailure): Promise<AppFailure> {
  if (failure.code !== 'no-project') return failure;
  const { noProject } = await import('./no-project.ts');
  return noProject(context.workspace, inputs.project);
}

function redactorOf({ surroundings }: Job, project: Parameters<typeof secretsIn>[0]): Redactor {
  return createRedactor(secretsIn(project, surroundings, surroundings.env));
}

/** Does what the event means. Modules are loaded when they are needed: most wake-ups find nothing to do. */
async function perform(job: Job, opened: OpenProject, intent: Exclude<Intent, { kind: 'words' }>): Promise<JobResult> {
  const { project } = opened.loaded;
  if (intent.kind === 'refused')
    return refusedResult({ exit: 2, code: 'refused', message: intent.message, help: intent.help });
  if (intent.kind === 'nothing') {
    job.log.print(intent.text);
    return { exit: 0, status: 'nothing', outputs: {}, summary: { notes: [intent.text] }, annotations: [] };
  }
  if (intent.kind === 'changes') {
    const { performChanges } = await import('./review.ts');
    return performChanges(job, opened, intent.against);
  }
  if (intent.kind === 'check' || !project) {
    const { performCheck } = await import('./look.ts');
    return performCheck(job, opened);
  }
  switch (intent.kind) {
    case 'comment':
      throw new Error('a comment is written before the project is opened');
    case 'plan': {
      const { performPlan } = await import('./look.ts');
      return performPlan(job, opened, project);
    }
    case 'tick': {
      if (job.inputs.stage) return performStage(job, opened, project, intent);
      return recordIn(job, opened, project, (recording) => performTick(recording, intent.push));
    }
    case 'backfill': {
      // The click asked its first job; the others carry out and record what that one has shared out.
      if (job.inputs.stage && job.inputs.stage !== 'plan') return performStage(job, opened, project, { kind: 'tick' });
      const { performBackfill } = await import('./backfill.ts');
      return performBackfill(job, opened, project);
    }
    case 'retry': {
      const { performRetry } = await import('./retry.ts');
      if (job.inputs.stage) return performStage(job, opened, project, intent);
      const created = await createdOf(job);
      return recordIn(job, opened, project, (recording) => performRetry(recording, intent, created));
    }
    case 'cancel': {
      const { performCancel } = await import('./cancel.ts');
      return recordIn(job, opened, project, (recording) => performCancel(recording, intent.what));
    }
    case 'run': {
      if (job.inputs.dryRun) {
        const { performPlan } = await import('./look.ts');
        return performPlan(job, opened, project);
      }
      if (job.inputs.stage) return performStage(job, opened, project, intent);
      const { performRun } = await import('./requests.ts');
      const { at } = await createdOf(job);
      return recordIn(job, opened, project, (recording) => performRun(recording, at));
    }
  }
}

/** One of the three jobs of a fan-out. */
async function performStage(
  job: Job,
  opened: OpenProject,
  project: Project,
  intent: Extract<Intent, { kind: 'tick' | 'run' | 'retry' }>,
): Promise<JobResult> {
  switch (job.inputs.stage!) {
    case 'plan': {
      const { performPlanStage } = await import('./stage-plan.ts');
      const created = await createdOf(job);
      return recordIn(job, opened, project, (recording) => performPlanStage(recording, intent, created));
    }
    case 'execute': {
      const { performExecuteStage } = await import('./stage-execute.ts');
      return recordIn(job, opened, project, performExecuteStage);
    }
    case 'finalize': {
      const { performFinalizeStage } = await import('./stage-finalize.ts');
      return recordIn(job, opened, project, performFinalizeStage);
    }
  }
}

/** The day by which a click's run is filed: that of the workflow run, else (no `actions: read`) today. */
async function createdOf({ github, context, startedAt }: Job): Promise<Created> {
  const run = await github?.workflowRun(Number(context.workflow));
  return run?.ok ? { at: run.value.createdAt, isKnown: true } : { at: startedAt, isKnown: false };
}

/** The words of a command that reads, for the environment that a workflow has. */
function forCommandLine({ inputs, context }: Job, words: readonly string[]): Omit<ForCommandLine, 'tell'> {
  const { select, token } = inputs;
  const isAsked = (option: string): boolean => words.includes(option);
  return {
    words: [
      ...words,
      ...(isAsked('--environment') ? [] : ['--environment', 'production']),
      ...(isAsked('--project') ? [] : ['--project', join(context.workspace, inputs.project)]),
      ...(select === undefined || words[0] !== 'outputs' || isAsked('--select') ? [] : ['--select', select]),
    ],
    variables: token === undefined ? {} : { BRANCHLINE_TOKEN: token },
    guard: stopCommands(randomBytes(16).toString('hex')),
  };
}

/** Says on every way that a job has what came of it: annotations, outputs, summary, exit code. */
function tell(job: Job, opened: OpenProject | undefined, redactor: Redactor, result: JobResult): Promise<number> {
  const { runner, inputs, context, log, startedAt, surroundings } = job;
  const folder = opened === undefined ? '' : folderInWorkspace(opened.root, context.workspace);
  for (const annotation of boundAnnotations(result.annotations, folder))
    runner.annotate({
      ...annotation,
      title: redactor.text(annotation.title),
      message: redactor.text(annotation.message),
    });
  const print = (text: string): void => log.print(text);
  const { job: facts } = surroundings;
  const project = opened?.loaded.project;
  return tellResult({ runner, inputs, context, print, redactor, startedAt, facts, project }, result, renderSummary);
}

/** Too little is known of the job for anything else. */
async function tellAlone(runner: Runner, failure: AppFailure): Promise<number> {
  const { exit, annotations, summary } = refusedResult(failure);
  for (const annotation of boundAnnotations(annotations, '')) runner.annotate(annotation);
  runner.setOutput('status', 'failure');
  await runner.summarize(renderSummary({ runs: [], notes: [], waiting: [], next: [], links: {}, ...summary }));
  return exit;
}
