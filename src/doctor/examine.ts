import { compareDiagnostics } from '../model/diagnostic.ts';
import type { EpochMs } from '../model/instant.ts';
import type { RungSchedule } from '../time/doorbell.ts';
import type { Finding } from './finding.ts';
import { judgeJob } from './job-rules.ts';
import type { StartPlace } from './start-rules.ts';
import type { LongestRun } from './time-rules.ts';
import { judgeVariables, type NeededVariables } from './variable-rules.ts';
import { judgeWaking } from './wake-rules.ts';
import { readWorkflow, type WorkflowText } from './workflow-file.ts';
import { isRecordOf, type OurJob, ourJobs } from './workflow-parts.ts';

/** What the workflows are judged against. */
export interface ExamineInput {
  /** Text of every file of `.github/workflows`, by path. */
  readonly files: ReadonlyMap<string, string>;
  /** Folder of the project in the repository; `''` = its top. Jobs of other projects are not judged by its needs. */
  readonly folder: string;
  /** The repository is the Action's own: it calls it by path. */
  readonly isItsRepository: boolean;
  readonly version: string;
  /** Absent = nothing is known of it. */
  readonly place?: StartPlace;
  readonly now: EpochMs;
  /** Undefined = the manifests have mistakes, so what they need is not known. */
  readonly project?: {
    readonly schedules: readonly RungSchedule[];
    /** Some assets ask for their runs by themselves. */
    readonly hasAutomation: boolean;
    readonly needed: NeededVariables;
    readonly usesOidc: boolean;
    /** Runs that no machine begins are to fail after a time (`start_timeout_seconds`). */
    readonly hasStartTimeout?: boolean;
    /** The longest that a run may be at work, and what says so; absent = nothing does. */
    readonly longestRun?: LongestRun;
  };
}

export interface Examined {
  readonly findings: readonly Finding[];
  /** Jobs that call the Action. */
  readonly jobs: readonly OurJob[];
}

/** All that is wrong with the workflows of a repository, as far as Branchline is concerned. Pure. */
export function examineWorkflows(input: ExamineInput): Examined {
  const findings: Finding[] = [];
  const workflows: WorkflowText[] = [];
  for (const [path, text] of input.files) {
    const read = readWorkflow(path, text);
    // A file that cannot be read may be ours; others that speak of us nowhere are their owners' business.
    if (!read.ok && /branchline/i.test(path + text)) findings.push(read.error);
    if (read.ok) workflows.push(read.value);
  }
  const jobs = workflows.flatMap((workflow) => ourJobs(workflow, input.isItsRepository));
  const runs = jobs.filter((job) => job.kind === 'run' && isOfFolder(job, input.folder));
  if (runs.length === 0 && findings.length === 0)
    findings.push({
      code: 'no-workflow',
      severity: 'error',
      message: 'no workflow wakes this project on GitHub',
      help: '`branchline init` writes one, and leaves everything else as it is',
    });
  for (const job of jobs) {
    const usesOidc = input.project?.usesOidc === true && runs.includes(job);
    const longestRun = runs.includes(job) ? input.project?.longestRun : undefined;
    const hasStartTimeout = runs.includes(job) && input.project?.hasStartTimeout === true;
    const { version, place = {} } = input;
    const needs = { version, place, usesOidc, hasStartTimeout, ...(longestRun && { longestRun }) };
    findings.push(...judgeJob(job, needs));
  }
  for (const job of runs) findings.push(...judgeVariables(job, input.project?.needed));
  findings.push(...judgeWaking(runs, input.project ?? { schedules: [], hasAutomation: false }, input.now));
  findings.push(...unheard(jobs, workflows));
  return { findings: sorted(findings), jobs };
}

/** Does the job work on the project in this folder? What an expression says is not known, so it may be. */
function isOfFolder({ action }: OurJob, folder: string): boolean {
  const { project } = action.inputs;
  const written = typeof project === 'string' ? project : '';
  return written.includes('${{') || written.replace(/^\.?\/|\/$|^\.$/g, '') === folder;
}

/** The second stage starts when a workflow of a given name ends: a name that no workflow has starts nothing. */
function unheard(jobs: readonly OurJob[], workflows: readonly WorkflowText[]): Finding[] {
  const names = new Set(workflows.map(({ value, path }) => (typeof value['name'] === 'string' ? value['name'] : path)));
  return jobs.flatMap(({ workflow }): Finding[] => {
    const { on } = workflow.value;
    const listened = isRecordOf(on, 'workflow_run') ? on['workflow_run']['workflows'] : undefined;
    if (!Array.isArray(listened)) return [];
    return listened.flatMap((name: unknown, i) =>
      typeof name !== 'string' || names.has(name)
        ? []
        : [
            {
              code: 'unheard-workflow' as const,
              severity: 'error' as const,
              message: `no workflow here is called \`${name}\`, so this one never starts`,
              help: `write the \`name:\` of the workflow of pull requests; there are ${[...names].join(', ')}`,
              span: workflow.place(['on', 'workflow_run', 'workflows', i]),
            },
          ],
    );
  });
}

function sorted(findings: readonly Finding[]): Finding[] {
  const anywhere = { file: '', line: 0, column: 0, length: 1 };
  return [...findings].sort((a, b) =>
    compareDiagnostics({ ...a, span: a.span ?? anywhere }, { ...b, span: b.span ?? anywhere }),
  );
}
