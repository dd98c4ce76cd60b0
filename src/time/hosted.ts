import { formatDuration } from './format.ts';

/** Machines of GitHub's own are taken away after 6 h; a run that is to be stopped before that has to end and be recorded. */
const HOSTED_MAX_MS = 330 * 60_000;
/** A job on a machine of one's own ends after 5 days, whatever its `timeout-minutes` say (GitHub's usage limits). */
export const OWN_JOB_MINUTES = 5 * 24 * 60;
const OWN_MAX_MS = (OWN_JOB_MINUTES - 30) * 60_000;
const HOSTED = /^(?:ubuntu|windows|macos)-[\w.-]+$/;

/** Does this label of `runs-on` ask for a machine of GitHub's own? */
export function isHosted(label: string): boolean {
  return HOSTED.test(label);
}

/** What is wrong with a maximum that such a machine never lets a run reach; `where`: what says so. Undefined = nothing. */
export function beyondHosted(
  ms: number,
  where: string,
): { readonly message: string; readonly help: string } | undefined {
  if (ms <= HOSTED_MAX_MS) return undefined;
  return {
    message: `${where} lets a run be at work for ${formatDuration(ms)}, and GitHub takes a machine of its own away after 6 h: the maximum is never reached, and the run is cut off`,
    help: `at most ${HOSTED_MAX_MS / 1000} seconds (${formatDuration(HOSTED_MAX_MS)}), or a self-hosted runner`,
  };
}

/** The same of any machine: no job on GitHub is longer than one on a machine of one's own. */
export function beyondAnyJob(
  ms: number,
  where: string,
): { readonly message: string; readonly help: string } | undefined {
  if (ms <= OWN_MAX_MS) return undefined;
  return {
    message: `${where} lets a run be at work for ${formatDuration(ms)}, and GitHub ends a job after 5 days, also on a machine of your own: the maximum is never reached, and the run is cut off`,
    help: `at most ${OWN_MAX_MS / 1000} seconds (${formatDuration(OWN_MAX_MS)}); a run that needs longer goes on in a next job (\`time-budget\`)`,
  };
}
