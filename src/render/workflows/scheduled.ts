import { formatCount } from '../style.ts';
import { type PinnedAction, pinText, scalar } from './pinned-action.ts';

/** What the workflow that runs a project is made of. */
export interface ScheduledWorkflowValues {
  readonly action: PinnedAction;
  readonly checkout: PinnedAction;
  /** Version of Branchline that writes it. */
  readonly version: string;
  /** `owner/name`: copies of the repository stay quiet. Absent = not known yet. */
  readonly repository?: string;
  /** Branches that may write production, the default branch first. */
  readonly branches: readonly string[];
  /** Folder of the project inside of the repository; absent = its top. */
  readonly project?: string;
  /** Rules of cron in UTC that ring for the schedules of the project. */
  readonly crons: readonly string[];
  /** How often they ring in a month of 30 days. */
  readonly ringsAMonth: number;
  /** US dollars for a minute of the runner; absent = not known. */
  readonly usdPerMinute?: number;
  /** True when the project has schedules, or assets that are made by themselves: otherwise one ring a day takes in what was cut off. */
  readonly isScheduled: boolean;
  /** Environment variables that the project reads: secrets, and others. */
  readonly secrets: readonly string[];
  readonly variables: readonly string[];
  /** A step of the project asks GitHub for OIDC tokens. */
  readonly usesOidc: boolean;
  /** Outputs are kept in the Actions cache, which everybody may read who can read the repository. */
  readonly isCached: boolean;
}

/** The path of the workflow in the repository. */
export const SCHEDULED_WORKFLOW = '.github/workflows/branchline.yml';

/** The workflow that wakes the engine: by schedule, by a push, by hand. Comments say why each line is as it is. */
export function scheduledWorkflow(values: ScheduledWorkflowValues): string {
  const { checkout, action } = values;
  return `${workflowHead(values)}jobs:
  run:
    if: ${condition(values)}
    runs-on: ubuntu-latest
    timeout-minutes: 350 # at least 20 more than time-budget, so that the end is recorded
    # Settings > Environments > production: its secrets; deployment branches: ${values.branches.join(', ')}; no required
    # reviewers, or every tick waits for a person.
    environment: { name: production, deployment: false }
    permissions:
      contents: write # pushes branchline/state
      actions: read # sees whether the job behind a silent run still lives
${values.usesOidc ? '      id-token: write # steps with `oidc: true` sign in with it\n' : ''}    steps:
      - uses: ${pinText(checkout)}
        with:
          persist-credentials: false # your steps find no token in .git
      # Your tools go here: actions/setup-python, pip install -r requirements.txt, …
      - uses: ${pinText(action)}
        with:
${inputLines(values)}${environmentLines(values)}`;
}

/** Everything before the jobs: when the workflow is woken, and by whom. */
export function workflowHead(values: ScheduledWorkflowValues): string {
  return `# Written by \`branchline init\` ${values.version}, checked by \`branchline doctor\`. It is yours: change what you like.
name: branchline
on:
  schedule:
${bellComment(values)}
${values.crons.map((cron) => `    - cron: ${scalar(cron)}\n`).join('')}  push:
    branches: [${values.branches.map(scalar).join(', ')}]
  workflow_dispatch: # the button on the Actions page, and the heartbeat from outside (docs/github.md)
    inputs:
      command: { type: choice, options: [tick, run, backfill, retry, cancel, plan, check], default: tick, description: "tick runs what is due" }
      select: { type: string, description: "for run, backfill, plan and cancel: a selection such as group:marts; nothing = what is stale" }
      partitions: { type: string, description: "keys, ranges 2026-01-01...2026-01-31, all; for backfill also missing, failed" }
      run-id: { type: string, description: "for retry and cancel: a run such as 20261122-ptq7w2l5kx3mfa6e; for cancel also a backfill" }
      reason: { type: string, description: "why, for the record" }
      dry-run: { type: boolean, default: false, description: "say what would be done, and do nothing" }
permissions: {} # nothing by default; the job below says what it needs
# No \`concurrency\` on purpose: claims on the state branch keep work from running twice, and a group would make the
# nightly run wait behind a long one.
`;
}

/** Minutes and money of the rings alone: `720 billed minutes a month ($4.32 …)`. */
export function bellPrice(ringsAMonth: number, usdPerMinute: number | undefined): string {
  const minutes = `${formatCount(ringsAMonth)} billed minute${ringsAMonth === 1 ? '' : 's'} a month`;
  if (usdPerMinute === undefined) return `${minutes} at least`;
  return `${minutes} at least ($${(ringsAMonth * usdPerMinute).toFixed(2)} on a private repository, free on a public one)`;
}

function bellComment({ ringsAMonth, usdPerMinute, isScheduled }: ScheduledWorkflowValues): string {
  const why = isScheduled
    ? ['A doorbell, in UTC, derived from the schedules and automation of the project: the manifests say what is due.']
    : [
        'Nothing is scheduled yet. One ring a day takes in what was cut off; `branchline init --print` derives the',
        'rules anew once there are schedules.',
      ];
  return [...why, `Each ring is billed a minute: ${bellPrice(ringsAMonth, usdPerMinute)}.`]
    .map((line) => `    # ${line}`)
    .join('\n');
}

export function condition({ repository, branches }: ScheduledWorkflowValues): string {
  const refs = branches.map((branch) => `github.ref == ${literal(`refs/heads/${branch}`)}`);
  const ref = refs.length === 1 ? refs[0]! : `(${refs.join(' || ')})`;
  const own = repository === undefined ? '' : `github.repository == ${literal(repository)} && `;
  const why = repository === undefined ? '' : '; copies and forks stay quiet';
  return `${expressionScalar(`${own}${ref}`)} # production is written from here only${why}`;
}

export function inputLines({ project, secrets }: ScheduledWorkflowValues): string {
  const lines = [
    ...(project === undefined ? [] : [`project: ${scalar(project)}`]),
    'select: ${{ inputs.select }}',
    'reason: ${{ inputs.reason }}',
    'dry-run: ${{ inputs.dry-run || false }}',
    'time-budget: 5h # what does not fit is started by the next ring',
    ...(secrets.length === 0
      ? []
      : [`secret-env: ${secrets.join(' ')} # masked in the log and redacted in all that is committed`]),
  ];
  return lines.map((line) => `          ${line}\n`).join('');
}

/** Variables belong to this step alone: what is set on the job is seen by every action in it. */
export function environmentLines({ secrets, variables, isCached }: ScheduledWorkflowValues): string {
  const lines = [
    ...(isCached
      ? ['BRANCHLINE_STORAGE_KEY: ${{ secrets.BRANCHLINE_STORAGE_KEY }} # optional: encrypts what is kept in the cache']
      : []),
    ...secrets.map((name) => `${name}: \${{ secrets.${name} }}`),
    ...variables.map((name) => `${name}: \${{ vars.${name} }}`),
  ];
  if (lines.length === 0) return '';
  return `        env: # on this step, never on the job: no other action sees them\n${lines.map((line) => `          ${line}\n`).join('')}`;
}

/** A string of GitHub's expressions. */
function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** An expression as the value of \`if:\`, in quotes where YAML would read something else. */
function expressionScalar(expression: string): string {
  return /: | #/.test(expression) ? JSON.stringify(expression) : expression;
}
