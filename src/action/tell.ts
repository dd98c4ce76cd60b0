import { billedJob, type JobFacts } from '../app/job-meter.ts';
import type { Project } from '../model/project.ts';
import type { SummaryInput } from '../render/summary/summary.ts';
import { billedMinutes } from '../run/job-bill.ts';
import type { Redactor } from '../run/redact.ts';
import type { JobContext } from './event.ts';
import type { ActionInputs } from './inputs.ts';
import type { JobResult } from './result.ts';
import type { Runner } from './runner.ts';

/** Who tells, and of what. */
export interface Telling {
  readonly runner: Runner;
  readonly inputs: Pick<ActionInputs, 'summary' | 'reason'>;
  readonly context: Pick<JobContext, 'server' | 'repository' | 'workflow'>;
  readonly print: (text: string) => void;
  readonly redactor: Redactor;
  readonly startedAt: number;
  /** The job as it is billed; undefined = that is not told. */
  readonly facts: JobFacts | undefined;
  /** Undefined = its file could not be read. */
  readonly project: Pick<Project, 'name' | 'prices'> | undefined;
}

/** Says what came of a job: outputs, summary, exit code. Annotations come before. */
export async function tellResult(
  telling: Telling,
  result: JobResult,
  render: (summary: SummaryInput) => string,
): Promise<number> {
  const { runner, inputs, redactor, print } = telling;
  runner.setOutput('status', result.status);
  for (const [name, value] of Object.entries(result.outputs))
    runner.setOutput(name as keyof JobResult['outputs'], redactor.text(value));
  if (inputs.summary) {
    const written = await runner.summarize(redactor.text(render(summaryOf(telling, result))));
    if (!written.ok) print(`The summary could not be written: ${written.error}`);
  }
  return result.exit;
}

function summaryOf({ context, startedAt, inputs, facts, project }: Telling, { summary }: JobResult): SummaryInput {
  const billed = facts && project && billedJob(facts, project.prices);
  const minutes = billedMinutes(startedAt, Date.now());
  return {
    runs: [],
    waiting: [],
    next: [],
    ...summary,
    notes: [...(inputs.reason === undefined ? [] : [`Asked for because: ${inputs.reason}`]), ...(summary.notes ?? [])],
    links: { log: `${context.server}/${context.repository}/actions/runs/${context.workflow}`, ...summary.links },
    ...(project ? { project: project.name } : {}),
    ...(billed
      ? {
          billing: {
            minutes,
            runner: billed.runner,
            ...(billed.usdPerMinute === undefined ? {} : { usd: minutes * billed.usdPerMinute }),
          },
        }
      : {}),
  };
}

/** A plan job that only looks or refuses has nothing for the others: what it would run is not theirs to do. */
export function forOtherJobs({ stage }: Pick<ActionInputs, 'stage'>, result: JobResult): JobResult {
  if (stage !== 'plan' || result.outputs.matrix !== undefined) return result;
  return { ...result, outputs: { ...result.outputs, 'has-work': 'false', matrix: '{"include":[]}' } };
}

/** What a wake-up that made no run gives out. */
export function idleOutputs(reportUrl: string): JobResult['outputs'] {
  return {
    'has-work': 'false',
    'run-ids': '[]',
    'changed-assets': '[]',
    'changed-count': '0',
    'report-url': reportUrl,
  };
}
