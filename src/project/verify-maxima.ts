import type { Project } from '../model/project.ts';
import { beyondHosted, isHosted } from '../time/hosted.ts';
import type { Resolving } from './resolving.ts';
import type { Tagged } from './verify-operations.ts';

/**
 * Reports maxima of runs that no machine lets them reach, where the manifests say so: every step that it could hold for
 * names a runner, and each of these is one of GitHub's own. What the workflow decides is judged by the doctor.
 */
export function verifyMaxima(
  { operations, runners, steps }: Pick<Project, 'operations' | 'runners' | 'steps'>,
  tagged: readonly Tagged[],
  { definitions, findings, broken }: Resolving,
): void {
  if (!broken.isNothing) return;
  const hosted = new Set(
    Object.entries(runners).flatMap(([name, { runsOn }]) =>
      runsOn.length === 1 && isHosted(runsOn[0]!) ? [name] : [],
    ),
  );
  const isOnHosted = (name: string | undefined): boolean => hosted.has(steps[name ?? '']?.runner ?? '');
  const names = Object.keys(steps);
  const isAllHosted = names.length > 0 && names.every(isOnHosted);
  const { enabled, maxRuntimeMs } = operations.monitoring;
  const long =
    enabled && isAllHosted && maxRuntimeMs !== undefined
      ? beyondHosted(maxRuntimeMs, '`run_monitoring.max_runtime_seconds`')
      : undefined;
  const pointer = ['run_monitoring', 'max_runtime_seconds'];
  if (long !== undefined)
    findings.error('maximum-too-long', { document: definitions.project!, pointer }, long.message, { help: long.help });
  for (const { tags, step, placeOf } of tagged) {
    if (!(step === undefined ? isAllHosted : isOnHosted(step))) continue;
    for (const tag of ['branchline/max_runtime', 'dagster/max_runtime']) {
      const text = tags[tag]?.trim() ?? '';
      const beyond = /^[1-9]\d{0,9}$/.test(text) ? beyondHosted(Number(text) * 1000, `\`${tag}\``) : undefined;
      if (beyond !== undefined) findings.error('maximum-too-long', placeOf(tag), beyond.message, { help: beyond.help });
    }
  }
}
