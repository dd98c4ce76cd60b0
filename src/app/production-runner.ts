import { readWorkflow } from '../doctor/workflow-file.ts';
import { ourJobs } from '../doctor/workflow-parts.ts';
import { type RunnerFacts, runnerLabel } from '../insights/prices.ts';
import { labelsOf } from '../run/runs-on.ts';

/** The machine of GitHub that nobody has named. */
const USUAL = 'ubuntu-latest';

/** The runner that a repository's workflows make production on, as they say by `runs-on`. */
export function productionRunner(
  workflows: ReadonlyMap<string, string>,
  prices: Readonly<Record<string, number>>,
): RunnerFacts {
  for (const [path, text] of workflows) {
    const workflow = readWorkflow(path, text);
    const job = workflow.ok ? ourJobs(workflow.value, true).find(({ kind }) => kind === 'run') : undefined;
    if (job === undefined) continue;
    const { 'runs-on': written } = job.value;
    const labels = labelsOf(written);
    const runner = runnerLabel(labels, { os: 'Linux', arch: 'X64' }, prices);
    return { runner, ...(labels.includes('self-hosted') ? { isSelfHosted: true } : {}) };
  }
  return { runner: USUAL };
}
