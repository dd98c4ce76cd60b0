import { inputFailure } from '../app/failure.ts';
import { manualRetry } from '../app/retry-command.ts';
import { knownText } from '../app/run-message.ts';
import { runRequest } from '../app/run-request.ts';
import { readState } from '../app/state-reading.ts';
import { openHost } from '../compose/open-project.ts';
import { printFailure, printJson } from './print.ts';
import { type ExecutionOptions, exitCodeOf, outcomeJson, withWorld } from './run.ts';
import { runReporter } from './run-reporter.ts';

interface RetryOptions extends ExecutionOptions {
  readonly fromFailure?: boolean;
  readonly all?: boolean;
}

/** `branchline retry <run> [--from-failure|--all]`. */
export async function run(options: RetryOptions, args: readonly string[]): Promise<number> {
  if (options.fromFailure && options.all)
    return printFailure(
      openHost().host,
      inputFailure('retry-strategy', '`--from-failure` and `--all` exclude each other.', 'Give one of them.'),
      options.json,
    );
  const strategy = options.all ? 'ALL_STEPS' : options.fromFailure ? 'FROM_FAILURE' : undefined;
  return withWorld(options, {}, async (opened, world, settings) => {
    const { host } = opened;
    const state = await readState(world.state, undefined, { olderStreams: true });
    if (!state.ok) return printFailure(host, state.error, options.json);
    const retry = await manualRetry(world.store, state.value, args[0]!, {
      retries: world.project.operations.retries,
      ...(strategy === undefined ? {} : { strategy }),
    });
    if (!retry.ok) return printFailure(host, retry.error, options.json);
    const reporter = runReporter(opened, world, options.json === true);
    const { request, tags } = retry.value;
    const outcome = await runRequest(world.run, settings, request, reporter, { tags });
    reporter.end();
    if (!outcome.ok) return printFailure(host, outcome.error, options.json);
    if (outcome.value.kind === 'known') {
      host.print(knownText(outcome.value));
      return 1;
    }
    reporter.summary(outcome.value);
    if (options.json) printJson({ version: 1, ...outcomeJson(outcome.value) });
    return exitCodeOf(outcome.value.tries, options.failOn, world.run.signal.aborted);
  });
}
