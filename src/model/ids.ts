import { base32DigestOf } from '../base/digest.ts';
import { unreachable } from '../base/result.ts';
import { type Timestamp, utcDay } from './instant.ts';
import type { RunRequest } from './plan.ts';

/**
 * What makes two requests the same one (semantics.md 1, Identity): for a schedule its name and tick, whatever job or
 * selection it names by now; for the CLI its random bits. The same request delivered again asks for the same run.
 */
export function requestIdentity(request: RunRequest): Readonly<Record<string, string>> {
  switch (request.kind) {
    case 'cli':
      return { kind: 'cli', nonce: request.nonce };
    case 'schedule':
      return { kind: 'schedule', schedule: request.schedule, tick: request.tick };
    default:
      return unreachable(request);
  }
}

/** The instant inside a request whose UTC day its run's id begins with. */
export function requestInstant(request: RunRequest): Timestamp {
  switch (request.kind) {
    case 'cli':
      return request.at;
    case 'schedule':
      return request.tick;
    default:
      return unreachable(request);
  }
}

/** A run's id: `YYYYMMDD-` and 16 lower-case base32 characters of SHA-256 over the canonical identity of its request. */
export function runId(request: RunRequest): string {
  const day = utcDay(requestInstant(request)).replaceAll('-', '');
  return `${day}-${base32DigestOf(requestIdentity(request), 16)}`;
}
