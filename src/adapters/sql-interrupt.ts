import { fail, ok, type Result } from '../base/result.ts';
import type { SqlFailure } from '../ports.ts';
import { onAbort } from './abort-listener.ts';

export interface InterruptOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

export interface InterruptibleWork<T> {
  readonly run: () => Promise<T>;
  /**
   * Asks the database to stop; the run then ends with an error. May be called when nothing runs any more. A promise of it
   * ends once the request can reach no later statement, and never fails.
   */
  readonly interrupt: () => void | Promise<void>;
  readonly failure: (error: unknown) => SqlFailure;
  /** Whether an error is the answer to `interrupt`. */
  readonly isInterrupt: (error: unknown) => boolean;
}

/** How often a stop is asked for again: a request that came before the statement began has no effect. */
const ASK_AGAIN_MS = 200;

/** Runs a statement until it ends, its time is over, or the signal fires; then the database itself is stopped. */
export async function interruptible<T>(
  options: InterruptOptions,
  work: InterruptibleWork<T>,
): Promise<Result<T, SqlFailure>> {
  const { signal, timeoutMs } = options;
  if (signal?.aborted) return fail({ code: 'interrupted', message: 'interrupted before the statement began' });
  let why: SqlFailure | undefined;
  let asking: NodeJS.Timeout | undefined;
  const asked: Promise<void>[] = [];
  const ask = (): void => void asked.push(Promise.resolve(work.interrupt()));
  const stop = (reason: SqlFailure): void => {
    if (why) return;
    why = reason;
    ask();
    asking = setInterval(ask, ASK_AGAIN_MS);
  };
  const forget = signal && onAbort(signal, () => stop({ code: 'interrupted', message: 'interrupted' }));
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(
          () =>
            stop({ code: 'timeout', message: `the statement took longer than ${timeoutMs / 1000} s and was stopped` }),
          timeoutMs,
        );
  try {
    return ok(await work.run());
  } catch (error) {
    return fail(why && work.isInterrupt(error) ? why : work.failure(error));
  } finally {
    clearTimeout(timer);
    clearInterval(asking);
    forget?.();
    // A request that is still on its way would stop the statement after this one.
    await Promise.all(asked);
  }
}
