import type { AppFailure } from '../app/failure.ts';
import type { Host } from '../ports.ts';
import { adviceIn } from '../render/advice.ts';

/** Prints a refusal: what is wrong, what to do; as JSON where that was asked for. Yields the exit code. */
export function printFailure(host: Host, { exit, ...failure }: AppFailure, json: boolean | undefined): number {
  const message = adviceIn(failure.message, host.environment);
  const help = failure.help === undefined ? undefined : adviceIn(failure.help, host.environment);
  if (json)
    printJson({
      version: 1,
      error: {
        code: failure.code,
        message,
        ...(help === undefined ? {} : { help }),
      },
    });
  else host.progress(help === undefined ? message : `${message}\n${help}`);
  return exit;
}

/** A JSON document on standard output. Keys stay in the order in which they were written. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
