import type { AppFailure } from '../app/failure.ts';
import type { Host } from '../ports.ts';

/** Prints a refusal: what is wrong, what to do; as JSON where that was asked for. Yields the exit code. */
export function printFailure(host: Host, failure: AppFailure, json: boolean | undefined): number {
  if (json)
    printJson({
      version: 1,
      error: {
        code: failure.code,
        message: failure.message,
        ...(failure.help === undefined ? {} : { help: failure.help }),
      },
    });
  else host.progress(failure.help === undefined ? failure.message : `${failure.message}\n${failure.help}`);
  return failure.exit;
}

/** A JSON document on standard output. Keys stay in the order in which they were written. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
