import { recordedPart } from '../app/finalize-wave.ts';
import type { WaitingRuns } from '../app/recover.ts';
import { waitingSince } from '../app/waiting-jobs.ts';
import type { Claim } from '../model/events.ts';
import type { EpochMs } from '../model/instant.ts';
import type { StateView } from '../model/state.ts';
import type { GitHub, WorkflowJob } from '../ports-github.ts';
import { byWorkflowRun } from './take-in-wave.ts';
import { readWaves, uploadsOf } from './wave-artifacts.ts';

type Asked = Pick<GitHub, 'jobs' | 'artifacts' | 'downloadArtifact'>;

/**
 * Asks GitHub which runs of workflow runs no job has begun. Of each workflow run its jobs first, which is all where none of
 * them waits; then whose they are, which is in the plan that it uploaded and does not change. Where GitHub does not answer,
 * nothing is known to wait.
 */
export function waitingRunsAt(github: Asked): WaitingRuns {
  return async (claims, view) => {
    const waiting = new Map<string, EpochMs>();
    for (const [workflow, attempt, own] of byWorkflowRun(claims)) {
      const jobs = await github.jobs(Number(workflow), attempt);
      if (!jobs.ok || !jobs.value.some(({ status }) => status === 'queued')) continue;
      const at = { workflow, attempt, jobs: jobs.value };
      for (const [claim, since] of await waitingOf(github, at, own, view)) waiting.set(claim, since);
    }
    return waiting;
  };
}

async function waitingOf(
  github: Asked,
  {
    workflow,
    attempt,
    jobs,
  }: { readonly workflow: string; readonly attempt: number; readonly jobs: readonly WorkflowJob[] },
  claims: readonly Claim[],
  view: StateView,
): Promise<readonly (readonly [string, EpochMs])[]> {
  // What cannot be read is looked for again when it matters: when the workflow run is over.
  const warn = (): void => undefined;
  const waves = await readWaves(uploadsOf(github, Number(workflow)), { run: workflow, attempt, warn });
  if (!waves.ok) return [];
  const known = waves.value.filter(
    (wave) => wave.workflow === workflow && wave.attempt === attempt && recordedPart(view, wave) !== undefined,
  );
  const [wave, other] = known;
  // Of several plans none tells whose the jobs are.
  if (wave === undefined || other !== undefined) return [];
  return claims.flatMap((claim) => {
    const since = waitingSince(wave, claim.run, jobs);
    return since === undefined ? [] : [[claim.claim, since] as const];
  });
}
