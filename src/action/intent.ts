import { unreachable } from '../base/result.ts';
import { isBackfillId, isRunId } from '../model/ids.ts';
import type { RetryStrategy } from '../model/operations.ts';
import type { JobContext, PullRequestEvent, WorkflowEvent } from './event.ts';
import type { ActionInputs } from './inputs.ts';

/** What one job is to do. Closed. */
export type Intent =
  /** `push`: what `build_on_push` selects is built as well. */
  | { readonly kind: 'tick'; readonly push?: Extract<WorkflowEvent, { kind: 'push' }> }
  | { readonly kind: 'run' }
  | { readonly kind: 'backfill' }
  | { readonly kind: 'retry'; readonly run: string; readonly strategy?: RetryStrategy }
  /** A run or a backfill by its id, or what makes the assets of a selection. */
  | { readonly kind: 'cancel'; readonly what: string }
  | { readonly kind: 'plan' }
  | { readonly kind: 'check' }
  | { readonly kind: 'changes'; readonly against: ComparedWith }
  /** The second stage: the comment of a pull request that the first one could not write. */
  | { readonly kind: 'comment'; readonly run: number }
  /** A command that reads and prints, in the words of the command line. */
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** Nothing to do, and that is fine. */
  | { readonly kind: 'nothing'; readonly text: string }
  | { readonly kind: 'refused'; readonly message: string; readonly help: string };

export type ComparedWith =
  | { readonly kind: 'pull-request'; readonly pullRequest: PullRequestEvent }
  | { readonly kind: 'commit'; readonly base: string; readonly head: string };

const UNDERSTOOD = 'schedule, repository_dispatch, push, workflow_dispatch, pull_request, merge_group and workflow_run';

/** The ref of this job, judged by `environments.production.branches`. */
interface Production {
  readonly mayWrite: boolean;
  /** Why not, and what to do. */
  readonly refusal: Extract<Intent, { kind: 'refused' }>;
}

type IntentInputs = Pick<ActionInputs, 'command' | 'runId' | 'select'>;

/** Settles what the job does: by the event (`command: auto`) or as the workflow says, never writing from elsewhere. */
export function settleIntent(
  inputs: IntentInputs,
  context: JobContext,
  branches: readonly string[] | undefined,
): Intent {
  const production = productionOf(context, branches);
  const [command, ...words] = inputs.command;
  if (command === 'auto') return byEvent(inputs, context, production);
  switch (command) {
    case 'tick':
    case 'run':
    case 'backfill':
      return production.mayWrite ? { kind: command } : production.refusal;
    case 'retry':
      return production.mayWrite ? retryOf(inputs, words) : production.refusal;
    case 'cancel':
      return production.mayWrite ? cancelOf(inputs) : production.refusal;
    case 'plan':
    case 'check':
      return { kind: command };
    case 'changes':
      return changesOf(context);
    case 'comment':
      return commentOf(inputs, context);
    case 'report':
    case 'outputs':
    case 'state':
      return onlyReads(words) || production.mayWrite
        ? { kind: 'words', words: [command, ...words] }
        : production.refusal;
    default:
      return unreachable(command);
  }
}

function retryOf({ runId }: IntentInputs, words: readonly string[]): Intent {
  const odd = words.find((word) => word !== '--all' && word !== '--from-failure');
  if (odd !== undefined || words.length > 1)
    return refused(
      `\`command: retry\` takes one of \`--all\` and \`--from-failure\`${odd === undefined ? ', and not both' : `, not \`${odd.slice(0, 60)}\``}.`,
      'Without either, `run_retries` and the tags of the run decide.',
    );
  if (runId === undefined)
    return refused('A retry needs the run that is to be tried again.', 'Give its id by the input `run-id`.');
  const strategy = words[0] === '--all' ? 'ALL_STEPS' : words[0] === '--from-failure' ? 'FROM_FAILURE' : undefined;
  return { kind: 'retry', run: runId, ...(strategy === undefined ? {} : { strategy }) };
}

/** Nothing is canceled by a slip: what is meant is said in one way. */
function cancelOf({ runId, select }: IntentInputs): Intent {
  if ((runId === undefined) === (select === undefined))
    return refused(
      runId === undefined
        ? '`cancel` needs to know what is to be canceled.'
        : '`cancel` takes `run-id` or `select`, and both were given.',
      'Give `run-id` (a run, or a backfill), or `select` (all open runs that make any of these assets).',
    );
  if (runId !== undefined && !isRunId(runId) && !isBackfillId(runId))
    return refused(
      `\`run-id\` is the id of a run or a backfill, not \`${runId.slice(0, 60)}\`.`,
      'An id is as in `20261122-ptq7w2l5kx3mfa6e` or `bf-20261122-ptq7w2l5kx`; a selection goes into `select`.',
    );
  return { kind: 'cancel', what: runId ?? select! };
}

function commentOf({ runId }: IntentInputs, { event }: JobContext): Intent {
  if (event.kind !== 'workflow_run')
    return refused(
      '`command: comment` is the second stage of a pull request, and this is no workflow_run event.',
      'Use it in a workflow with `on: { workflow_run: { workflows: [branchline-pr], types: [completed] } }`.',
    );
  if (runId !== undefined && !/^[1-9]\d{0,14}$/.test(runId))
    return refused(
      `\`run-id\` is the number of the workflow run that uploaded the plan, not \`${runId.slice(0, 60)}\`.`,
      'Leave it out: the event names it.',
    );
  return { kind: 'comment', run: runId === undefined ? event.run : Number(runId) };
}

/** `state replay`, `create`, `compact` and `verify --repair` write; everything else of these commands looks. */
function onlyReads(words: readonly string[]): boolean {
  return !['replay', 'create', 'compact', '--repair'].some((word) => words.includes(word));
}

function byEvent(inputs: IntentInputs, context: JobContext, production: Production): Intent {
  const { event } = context;
  switch (event.kind) {
    case 'schedule':
    case 'repository_dispatch':
      return production.mayWrite ? { kind: 'tick' } : production.refusal;
    case 'push':
      if (!production.mayWrite) return { kind: 'check' };
      return { kind: 'tick', push: event };
    case 'workflow_dispatch':
      return byDispatch(event.inputs['command'] ?? '', inputs, production);
    case 'pull_request':
      return byPullRequest(event, context);
    case 'merge_group':
      return changesOf(context);
    case 'workflow_run':
      return { kind: 'comment', run: event.run };
    case 'unknown':
      return refused(
        `The event ${event.name} is not one that Branchline understands; these are ${UNDERSTOOD}.`,
        event.name === 'issue_comment' || event.name === 'pull_request_target'
          ? 'Anybody can cause it, and it runs with the secrets of the default branch: it is left out on purpose.'
          : 'Take the event out of `on:`, or say what to do by `command:`.',
      );
    default:
      return unreachable(event);
  }
}

/** An empty click must not run everything: without a command it judges the schedules. */
function byDispatch(command: string, inputs: IntentInputs, production: Production): Intent {
  if (!production.mayWrite) return { kind: 'plan' };
  switch (command) {
    case '':
    case 'tick':
      return { kind: 'tick' };
    case 'run':
    case 'backfill':
    case 'plan':
    case 'check':
      return { kind: command };
    case 'retry':
      return retryOf(inputs, []);
    case 'cancel':
      return cancelOf(inputs);
    default:
      return refused(
        `The input \`command\` of this click is \`${command.slice(0, 60)}\`; it can be tick, run, backfill, retry, cancel, plan or check.`,
        'Everything else is done on a laptop, or by a step with `command:` in its `with`.',
      );
  }
}

const EDITS = new Set(['opened', 'synchronize', 'reopened', 'edited']);

function byPullRequest(event: PullRequestEvent, context: JobContext): Intent {
  if (EDITS.has(event.action)) return changesOf(context);
  if (event.action === 'closed')
    return {
      kind: 'nothing',
      text: `Pull request ${event.number} is closed. It has no environment of its own, so there is nothing to close.`,
    };
  return {
    kind: 'nothing',
    text: `A pull request that was \`${event.action.slice(0, 40)}\` changes nothing of the pipeline: nothing was done.`,
  };
}

function changesOf({ event, commit }: JobContext): Intent {
  switch (event.kind) {
    case 'pull_request':
      return { kind: 'changes', against: { kind: 'pull-request', pullRequest: event } };
    case 'merge_group':
      return { kind: 'changes', against: { kind: 'commit', base: event.base, head: event.head } };
    case 'schedule':
    case 'repository_dispatch':
    case 'push':
    case 'workflow_dispatch':
    case 'workflow_run':
    case 'unknown':
      return refused(
        `\`command: changes\` compares a pull request or a merge group with its base, and commit ${commit.slice(0, 7)} came by another event.`,
        'On a laptop `branchline changes --base <ref>` compares with any commit.',
      );
    default:
      return unreachable(event);
  }
}

function productionOf({ event, ref, defaultBranch }: JobContext, branches: readonly string[] | undefined): Production {
  const allowed = branches ?? (defaultBranch === undefined ? [] : [defaultBranch]);
  const isOwn = event.kind !== 'pull_request' && event.kind !== 'merge_group';
  const isGone = event.kind === 'push' && event.isDeletion;
  const mayWrite = isOwn && !isGone && ref.kind === 'branch' && allowed.includes(ref.name);
  const here = `${ref.kind === 'other' ? 'ref' : ref.kind} ${ref.name === '' ? '(none)' : ref.name}`;
  const from = allowed.length > 0 ? allowed.join(', ') : 'no branch that is known here';
  return {
    mayWrite,
    refusal: refused(
      `Production is written from ${from} only, and this is the ${here}.`,
      'Name the branches in branchline.yaml: `environments: { production: { branches: […] } }`; for a look without writing use `command: plan`.',
    ),
  };
}

function refused(message: string, help: string): Extract<Intent, { kind: 'refused' }> {
  return { kind: 'refused', message, help };
}
