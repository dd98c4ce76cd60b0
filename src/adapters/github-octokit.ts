import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import { Octokit } from '@octokit/rest';
import type { EpochMs } from '../model/instant.ts';
import type { Clock } from '../ports.ts';
import { limitedUntil } from './github-limits.ts';

/** Waits for a limit that a call makes at most, if they fit in its deadline at all. */
const LIMIT_WAITS_MAX = 2;
/** What GitHub asks for after a secondary limit without Retry-After. */
const SECONDARY_LIMIT_MS = 60_000;

/** What became of one call so far; found by the call's signal, which is all that the layers of the client hand on. */
export interface CallProgress {
  readonly endsAt: EpochMs;
  /** The newest answer; undefined before the first, and when the line broke. */
  answer?: { readonly status: number; readonly headers: Headers } | undefined;
  tries: number;
  /** A limit that lasts longer than the call. */
  limitedUntil?: EpochMs;
}

export interface OctokitOptions {
  readonly apiUrl: string;
  readonly token: string;
  readonly clock: Clock;
  /** Milliseconds that one try may take to be answered. */
  readonly tryMs: number;
  /** Milliseconds of a second that the client waits; `unpaced` = no spacing of writes and no waiting for limits. */
  readonly pace: { readonly secondMs: number } | 'unpaced';
}

export type Calls = WeakMap<AbortSignal, CallProgress>;

/**
 * GitHub's client with its own rules for retries (5xx, broken lines) and for limits: writes are spaced, and a limit is
 * waited for where its end is within the call's deadline.
 */
export function makeOctokit({ apiUrl, token, clock, tryMs, pace }: OctokitOptions, calls: Calls) {
  const secondMs = pace === 'unpaced' ? 1 : pace.secondMs;
  const waitFor = (fallbackMs: number, options: { request?: { signal?: AbortSignal } }, waits: number): boolean => {
    const call = options.request?.signal === undefined ? undefined : calls.get(options.request.signal);
    if (call === undefined) return false;
    const until = limitedUntil(call.answer?.headers, clock.now()) ?? clock.now() + fallbackMs;
    if (until < call.endsAt && waits < LIMIT_WAITS_MAX) return true;
    call.limitedUntil = until;
    return false;
  };
  return new (Octokit.plugin(retry, throttling))({
    baseUrl: apiUrl.replace(/\/$/, ''),
    auth: token,
    userAgent: 'branchline',
    // What it would say, the refusals say.
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    request: { fetch: timedFetch(clock, tryMs, calls) },
    retry: { retryAfterBaseValue: secondMs, doNotRetry: [400, 401, 403, 404, 409, 410, 422, 429, 451] },
    throttle: {
      enabled: pace !== 'unpaced',
      retryAfterBaseValue: secondMs,
      fallbackSecondaryRateRetryAfter: SECONDARY_LIMIT_MS / 1000,
      onRateLimit: (_, options, __, waits) => waitFor(0, options, waits),
      onSecondaryRateLimit: (_, options, __, waits) => waitFor(SECONDARY_LIMIT_MS, options, waits),
    },
  });
}

/**
 * `fetch` that gives up a try after a time, and notes each answer. The body is read here: where the client reads it, a line
 * that breaks in the middle is an empty answer.
 */
function timedFetch(clock: Clock, tryMs: number, calls: Calls): typeof fetch {
  return async (url, init = {}) => {
    const call = init.signal ? calls.get(init.signal) : undefined;
    if (call !== undefined) {
      call.tries++;
      call.answer = undefined;
    }
    const isDone = new AbortController();
    const tooLate = new AbortController();
    void clock.sleep(tryMs, isDone.signal).then(() => {
      // With an error of its own, which counts as a broken line and is tried again; the call's own end is not.
      if (!isDone.signal.aborted) tooLate.abort(new Error(`no answer within ${Math.round(tryMs / 1000)} s`));
    });
    const signal = init.signal ? AbortSignal.any([init.signal, tooLate.signal]) : tooLate.signal;
    try {
      const response = await fetch(url, { ...init, signal });
      const body = await response.arrayBuffer();
      if (call !== undefined) call.answer = response;
      const { status, statusText, headers } = response;
      return new Response(body.byteLength === 0 ? null : body, { status, statusText, headers });
    } finally {
      isDone.abort();
    }
  };
}
