/**
 * A program that tests start: a process as a job's step has it, whose working directory is the workspace and whose
 * environment is the runner's. The clients of the Actions services read both by themselves, so one process of a test
 * could not be two jobs. Speaks over IPC: a call in, its answer out.
 */
import { actionsArtifacts } from '../../adapters/actions-artifacts.ts';
import { actionsCache } from '../../adapters/actions-cache.ts';
import { systemClock } from '../../adapters/system-clock.ts';
import type { JobAnswer, JobCall } from './job-ports.ts';

const { env } = process;
const deadline = env['TEST_DEADLINE_MS'] === undefined ? {} : { deadlineMs: Number(env['TEST_DEADLINE_MS']) };
const ports = {
  cache: actionsCache({ env, clock: systemClock, ...deadline }),
  artifacts: actionsArtifacts({ env, scratch: env['RUNNER_TEMP']!, clock: systemClock, ...deadline }),
};

async function answer({ id, port, method, args }: JobCall): Promise<JobAnswer> {
  const call = (ports[port] as unknown as Record<string, (...args: readonly unknown[]) => Promise<unknown>>)[method]!;
  try {
    return { id, value: await call(...args) };
  } catch (error) {
    return { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

process.on('message', (message: JobCall) => {
  if ('token' in message) env['ACTIONS_RUNTIME_TOKEN'] = message['token'] as string;
  void answer(message).then((value) => process.send?.(value));
});
