import { actionsArtifacts } from '../adapters/actions-artifacts.ts';
import { systemClock } from '../adapters/system-clock.ts';
import { outsideFailure } from '../app/failure.ts';
import type { ReviewComment } from '../app/pull-request.ts';
import { unreachable } from '../base/result.ts';
import type { OpenProject } from '../compose/open-project.ts';
import { commentInJob, reviewInJob } from '../compose/review.ts';
import { own } from '../render/markdown.ts';
import { type Annotation, annotateDiagnostics } from './annotations.ts';
import { assetOutputs } from './asset-outputs.ts';
import type { ComparedWith } from './intent.ts';
import type { Job } from './job.ts';
import { productionMachine } from './production-machine.ts';
import { type JobResult, refusedResult, withPermissionLines } from './result.ts';

/** What a pull request, or what a merge queue is about to merge, changes; its one comment. Executes nothing of it. */
export async function performChanges(job: Job, opened: OpenProject, against: ComparedWith): Promise<JobResult> {
  const { inputs, context, github, log } = job;
  if (github === undefined) return refusedResult(noToken);
  const { loaded } = opened;
  const artifacts = actionsArtifacts({ env: process.env, scratch: context.temp, clock: systemClock });
  const review = await reviewInJob({
    opened,
    github,
    artifacts,
    temp: context.temp,
    attempt: context.attempt,
    subject: against,
    repository: `${context.server}/${context.repository}`,
    comment: inputs.comment,
    failOn: inputs.failOn,
    runner: productionMachine(job, (loaded.project ?? loaded.readable)?.prices ?? {}),
  });
  if (!review.ok) return refusedResult(withPermissionLines(review.error));
  const { plan, body, comment, exit } = review.value;
  const note = commentText(comment);
  const changed = assetOutputs((plan.changed ?? []).map(({ asset }) => asset));
  log.print(note);
  return {
    exit,
    status: exit === 0 ? 'success' : 'failure',
    outputs: {
      'has-work': String((plan.wouldRun?.steps ?? 0) > 0),
      ...changed.outputs,
      ...(plan.wouldRun === undefined ? {} : { 'plan-digest': plan.wouldRun.digest }),
    },
    summary: { body: own(body), notes: [note, ...changed.notes] },
    annotations: [...annotateDiagnostics(loaded.diagnostics), ...commentAnnotations(comment, note)],
  };
}

/** A comment that is missing because somebody has to do something about it. */
function commentAnnotations(comment: ReviewComment, message: string): Annotation[] {
  const isMissing =
    comment.kind === 'failed' || (comment.kind === 'left-to-second-stage' && comment.permission !== undefined);
  return isMissing ? [{ level: 'warning', title: 'no comment on the pull request', message }] : [];
}

function commentText(comment: ReviewComment): string {
  switch (comment.kind) {
    case 'created':
      return `The comment was written: ${comment.url}`;
    case 'edited':
      return `The comment was edited: ${comment.url}`;
    case 'unchanged':
      return `The comment says it already: ${comment.url}`;
    case 'none':
      return 'Nothing of the pipeline is changed, so there is no comment.';
    case 'off':
      return 'No comment was asked for.';
    case 'outdated':
      return 'There is a newer commit on this pull request, whose own job comments.';
    case 'left-to-second-stage':
      return comment.permission === undefined
        ? 'This is a pull request of a stranger: its plan was uploaded, and the second workflow comments.'
        : `This job may not comment. Add \`${comment.permission}\` under \`permissions:\` of the job; what it found is in its summary.`;
    case 'failed':
      return `The comment could not be written: ${comment.message}`;
    default:
      return unreachable(comment);
  }
}

/** The second stage: comments on a pull request whose own job may not. Nothing is checked out. */
export async function performComment(job: Job, run: number): Promise<JobResult> {
  const { context, github, log } = job;
  if (github === undefined) return refusedResult(noToken);
  const end = await commentInJob(github, { run, repository: `${context.server}/${context.repository}` });
  if (!end.ok) return refusedResult(withPermissionLines(end.error));
  const isDone = end.value.kind === 'commented';
  const notes =
    end.value.kind === 'commented'
      ? end.value.comments.map(({ project, outcome }) => `${project}: ${commentText(outcome)}`)
      : [`Nothing was written: ${end.value.message}.`];
  for (const note of notes) log.print(note);
  return {
    exit: 0,
    status: isDone ? 'success' : 'nothing',
    outputs: {},
    summary: { title: isDone ? 'the comment is kept' : 'no comment', notes },
    annotations: [],
  };
}

const noToken = outsideFailure(
  'no-token',
  'The input `token` is empty, and without one GitHub cannot be asked.',
  'Leave it away: its default is the token of the job.',
);
