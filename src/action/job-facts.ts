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

/** The job as it is billed. */
export function jobFacts(env: Variables, startedAt: number, isPublic: boolean | undefined): JobFacts {
  return {
    startedAt,
    labels: [],
    machine: { os: env['RUNNER_OS'], arch: env['RUNNER_ARCH'] },
    isSelfHosted: env['RUNNER_ENVIRONMENT'] === 'self-hosted',
    ...(isPublic === undefined ? {} : { isPublic }),
  };
}
