import { pinText, scalar } from './pinned-action.ts';
import { condition, environmentLines, type ScheduledWorkflowValues, workflowHead } from './scheduled.ts';

/** The workflow that shares its work out: one job plans, many carry out, one records. */
export function fanOutWorkflow(values: ScheduledWorkflowValues): string {
  const { checkout, action, usesOidc, branches } = values;
  const use = (stage: string): string => pinText({ ...action, name: `${action.name.replace(/\/$/, '')}/${stage}` });
  const checkedOut = `      - uses: ${pinText(checkout)}
        with:
          persist-credentials: false # your steps find no token in .git
`;
  return `${workflowHead(values)}jobs:
  plan: # claims what is due and shares it out; runs nothing of the project
    if: ${condition(values)}
    runs-on: ubuntu-latest
    timeout-minutes: 15
    permissions:
      contents: write # pushes the claims to branchline/state
      actions: read # sees whether the workflow run behind a silent run still lives
    outputs:
      has-work: \${{ steps.plan.outputs.has-work }}
      matrix: \${{ steps.plan.outputs.matrix }}
      plan-digest: \${{ steps.plan.outputs.plan-digest }}
    steps:
${checkedOut}      - id: plan
        uses: ${use('plan')}
        with:
${lines([
  ...projectLine(values),
  'select: ${{ inputs.select }}',
  'reason: ${{ inputs.reason }}',
  'dry-run: ${{ inputs.dry-run || false }}',
  'max-parallel: 20 # jobs at most; no more than your account has runners at once',
])}  execute: # carries out its part and uploads what came of it; may not push
    needs: plan
    if: needs.plan.outputs.has-work == 'true' # a matrix without jobs is an error on GitHub
    strategy:
      fail-fast: false # what others do goes on
      max-parallel: 20
      matrix: \${{ fromJSON(needs.plan.outputs.matrix) }}
    runs-on: \${{ matrix.runs-on }}
    container: \${{ matrix.container }}
    timeout-minutes: 350 # at least 20 more than time-budget, so that the end is uploaded
    # Settings > Environments > production: its secrets; deployment branches: ${branches.join(', ')}; no required
    # reviewers, or every wave waits for a person.
    environment: { name: "\${{ matrix.environment || 'production' }}", deployment: false }
    permissions:
      contents: read # the code and the state
${usesOidc ? '      id-token: write # steps with `oidc: true` sign in with it\n' : ''}    steps:
${checkedOut}      # Your tools go here: actions/setup-python, pip install -r requirements.txt, …
      - uses: ${use('execute')}
        with:
${lines([
  ...projectLine(values),
  'shard: ${{ matrix.shard }}',
  'plan-digest: ${{ needs.plan.outputs.plan-digest }}',
  'time-budget: 5h # what does not fit is of the next wave',
  ...secretLine(values),
])}${environmentLines(values)}  canceled: # only after *Cancel workflow*: tells finalize; GitHub says it in the condition of a job and nowhere else
    needs: [plan, execute]
    if: cancelled() && needs.plan.outputs.has-work == 'true'
    runs-on: ubuntu-latest
    timeout-minutes: 5
    permissions: {}
    steps:
      - run: "true"
  finalize: # takes in what arrived, gives back what was lost, starts the next wave
    needs: [plan, execute, canceled]
    if: always() && needs.plan.outputs.has-work == 'true'
    runs-on: ubuntu-latest
    timeout-minutes: 15
    permissions:
      contents: write # pushes branchline/state
      actions: write # starts the next wave at once; with "read" the next ring does
    steps:
${checkedOut}      - uses: ${use('finalize')}
        with:
${lines([
  ...projectLine(values),
  'plan-digest: ${{ needs.plan.outputs.plan-digest }}',
  "canceled: ${{ needs.canceled.result == 'success' }}",
])}`;
}

function lines(inputs: readonly string[]): string {
  return inputs.map((line) => `          ${line}\n`).join('');
}

function projectLine({ project }: ScheduledWorkflowValues): string[] {
  return project === undefined ? [] : [`project: ${scalar(project)}`];
}

function secretLine({ secrets }: ScheduledWorkflowValues): string[] {
  return secrets.length === 0
    ? []
    : [`secret-env: ${secrets.join(' ')} # masked in the log and redacted in all that is uploaded`];
}
