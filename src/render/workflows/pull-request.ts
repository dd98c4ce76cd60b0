import { type PinnedAction, pinText, scalar } from './pinned-action.ts';

/** What the workflow files for pull requests are made of. */
export interface PullRequestWorkflowValues {
  readonly action: PinnedAction;
  readonly checkout: PinnedAction;
  /** Folder of the project inside of the repository; absent = its top. */
  readonly project?: string;
  /** Name of the first workflow: the second one listens to it. */
  readonly workflow?: string;
}

const NAME = 'branchline-pr';

/** The files for pull requests, by their path in the repository. */
export function pullRequestWorkflows(values: PullRequestWorkflowValues): ReadonlyMap<string, string> {
  return new Map([
    ['.github/workflows/branchline-pr.yml', pullRequestWorkflow(values)],
    ['.github/workflows/branchline-comment.yml', commentWorkflow(values)],
  ]);
}

/** The workflow of pull requests: check, changed assets and plan, as one comment that is edited at each push. */
function pullRequestWorkflow(values: PullRequestWorkflowValues): string {
  const { action, checkout, project, workflow = NAME } = values;
  return `# Written by \`branchline init\` ${action.version.replace(/^v/, '')}, checked by \`branchline doctor\`. What it does: docs/pull-requests.md of Branchline.
name: ${workflow}
on:
  pull_request: { types: [opened, synchronize, reopened, edited] } # no \`paths:\`: a required check that never starts blocks the merge
  merge_group: # without it a merge queue waits for ever
permissions: {}
jobs:
  plan: # make THIS job the required check; it executes nothing of the pull request and has no secrets
    runs-on: ubuntu-latest
    timeout-minutes: 10
    concurrency: { group: "branchline-plan-\${{ github.event.pull_request.number || github.sha }}", cancel-in-progress: true }
    permissions:
      contents: read # the merge base and the recorded state
      pull-requests: write # the comment; GitHub lowers this to read for forks and Dependabot, and the second workflow comments
    steps:
      - uses: ${pinText(checkout)}
        with: { ref: "\${{ github.event.pull_request.head.sha || github.sha }}", persist-credentials: false } # depth 1 is enough: the merge base comes from the API
      - uses: ${pinText(action)}
        with: { command: changes, ${project === undefined ? '' : `project: ${scalar(project)}, `}fail-on: error } # error | warning | never: which findings fail this job
`;
}

/** The second stage: comments for pull requests whose own workflow may not. */
function commentWorkflow(values: PullRequestWorkflowValues): string {
  const { action, workflow = NAME } = values;
  return `# Written by \`branchline init\` ${action.version.replace(/^v/, '')}, checked by \`branchline doctor\`. Comments for forks and Dependabot, whose own workflow may not write.
name: branchline-comment # works once it is on the default branch
on: { workflow_run: { workflows: [${workflow}], types: [completed] } }
permissions: {}
jobs:
  comment:
    if: github.event.workflow_run.event == 'pull_request' && (github.event.workflow_run.head_repository.full_name != github.repository || github.event.workflow_run.actor.login == 'dependabot[bot]')
    runs-on: ubuntu-latest
    timeout-minutes: 5
    permissions:
      actions: read # what the first workflow uploaded: data, never trusted
      pull-requests: write # the comment
    steps: # no checkout, no cache, no secrets
      - uses: ${pinText({ ...action, name: subAction(action.name, 'comment') })}
        with: { run-id: "\${{ github.event.workflow_run.id }}" }
`;
}

/** `owner/name/comment`, and `./comment` where the action is the repository itself. */
function subAction(name: string, sub: string): string {
  return `${name.replace(/\/$/, '')}/${sub}`;
}
