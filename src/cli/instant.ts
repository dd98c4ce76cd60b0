import { type AppFailure, inputFailure } from '../app/failure.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { EpochMs } from '../model/instant.ts';

/** The instant that `--now` gives; undefined = the option is not there. */
export function instantOf(text: string | undefined): Result<EpochMs | undefined, AppFailure> {
  if (text === undefined) return ok(undefined);
  const at = Date.parse(text);
  if (!Number.isNaN(at) && /(Z|[+-]\d\d:?\d\d)$/.test(text)) return ok(at);
  return fail(
    inputFailure('instant', `--now ${text} is not an instant.`, 'Write it with its zone: 2026-11-23T02:30:00Z.'),
  );
}
