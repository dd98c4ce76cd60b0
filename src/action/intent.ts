import { unreachable } from '../base/result.ts';
import type { JobContext, PullRequestEvent, WorkflowEvent } from './event.ts';
import type { ActionInputs } from './inputs.ts';

/** What one job is to do. Closed. */
export type Intent =
  /** `push`: what `build_on_push` selects is built as well. */
  | { readonly kind: 'tick'; readonly push?: Extract<WorkflowEvent, { kind: 'push' }> }
  | { readonly kind: 'run' }
  | { readonly kind: 'backfill' }
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

/** Settles what the job does: by the event (`command: auto`) or as the workflow says, never writing from elsewhere. */
export function settleIntent(
  inputs: Pick<ActionInputs, 'command' | 'runId'>,
  context: JobContext,
  branches: readonly string[] | undefined,
): Intent {
  const production = productionOf(context, branches);
  const [command, ...words] = inputs.command;
  if (command === 'auto') return byEvent(context, production);
  switch (command) {
    case 'tick':
    case 'run':
    case 'backfill':
      return production.mayWrite ? { kind: command } : production.refusal;
    case 'plan':
    case 'check':
      return { kind: command };
    case 'changes':
      return changesOf(context);
    case 'comment':
      return context.event.kind === 'workflow_run'
        ? { kind: 'comment', run: inputs.runId ?? context.event.run }
        : refused(
            '`command: comment` is the second stage of a pull request, and this is no workflow_run event.',
            'Use it in a workflow with `on: { workflow_run: { workflows: [branchline-pr], types: [completed] } }`.',
          );
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

/** `state replay`, `create`, `compact` and `verify --repair` write; everything else of these commands looks. */
function onlyReads(words: readonly string[]): boolean {
  return !['replay', 'create', 'compact', '--repair'].some((word) => words.includes(word));
}

function byEvent(context: JobContext, production: Production): Intent {
  const { event } = context;
  switch (event.kind) {
    case 'schedule':
    case 'repository_dispatch':
      return production.mayWrite ? { kind: 'tick' } : production.refusal;
    case 'push':
      if (!production.mayWrite) return { kind: 'check' };
      return { kind: 'tick', push: event };
    case 'workflow_dispatch':
      return byDispatch(event.inputs['command'] ?? '', production);
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
function byDispatch(command: string, production: Production): Intent {
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
    default:
      return refused(
        `The input \`command\` of this click is \`${command.slice(0, 60)}\`; it can be tick, run, backfill, plan or check.`,
        'Retry and cancel are not there yet.',
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
