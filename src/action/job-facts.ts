import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobFacts } from '../app/job-meter.ts';
import type { Variables } from '../run/secrets.ts';

/** In a container the checkout belongs to somebody else, and git would not read it. */
export function withSafeDirectory(env: Variables, workspace: string): Variables {
  const count = Number(env['GIT_CONFIG_COUNT'] ?? 0) || 0;
  return {
    ...env,
    GIT_CONFIG_COUNT: String(count + 1),
    [`GIT_CONFIG_KEY_${count}`]: 'safe.directory',
    [`GIT_CONFIG_VALUE_${count}`]: workspace,
  };
}

/** The text of the workflow that this job is of, as far as it is checked out: that of a called one is its caller's. */
export function workflowText(env: Variables, workspace: string): string | undefined {
  const { GITHUB_REPOSITORY: repository, GITHUB_WORKFLOW_REF: ref = '' } = env;
  const path = /^(.+?\/.+?)\/(\.github\/workflows\/[^/@]+)@/.exec(ref);
  if (path === null || path[1] !== repository) return undefined;
  try {
    return readFileSync(join(workspace, path[2]!), 'utf8');
  } catch {
    return undefined;
  }
}

/** The job as it is billed. */
export function jobFacts(
  env: Variables,
  startedAt: number,
  { isPublic, labels }: { readonly isPublic?: boolean | undefined; readonly labels: JobFacts['labels'] },
): JobFacts {
  return {
    startedAt,
    labels,
    machine: { os: env['RUNNER_OS'], arch: env['RUNNER_ARCH'] },
    isSelfHosted: env['RUNNER_ENVIRONMENT'] === 'self-hosted',
    ...(isPublic === undefined ? {} : { isPublic }),
  };
}
