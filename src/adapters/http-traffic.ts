import diagnostics from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';

/** One request of the time that was watched; no `status` when the line broke or no answer came. */
export interface SeenRequest {
  /** Without the query, which holds signatures. */
  readonly path: string;
  status?: number;
}

/**
 * What went over the line (node:http) while something was done. The clients of the Actions services swallow what the
 * service said and print it: the status of each answer tells a miss from an outage without reading their words.
 */
export async function watchTraffic<T>(
  act: () => Promise<T>,
): Promise<{ readonly value: T; readonly seen: readonly SeenRequest[] }> {
  const requests = new Map<ClientRequest, SeenRequest>();
  const onStart = (message: unknown) => {
    const { request } = message as { request: ClientRequest };
    requests.set(request, { path: request.path.split('?')[0] ?? '' });
  };
  const onAnswer = (message: unknown) => {
    const { request, response } = message as { request: ClientRequest; response: IncomingMessage };
    const entry = requests.get(request);
    if (entry !== undefined && response.statusCode !== undefined) entry.status = response.statusCode;
  };
  diagnostics.subscribe('http.client.request.start', onStart);
  diagnostics.subscribe('http.client.response.finish', onAnswer);
  try {
    const value = await act();
    return { value, seen: [...requests.values()] };
  } finally {
    diagnostics.unsubscribe('http.client.request.start', onStart);
    diagnostics.unsubscribe('http.client.response.finish', onAnswer);
  }
}

/** The newest request to a method of the results service. */
export function callTo(seen: readonly SeenRequest[], method: string): SeenRequest | undefined {
  return seen.findLast(({ path }) => path.endsWith(`/${method}`));
}

/** Whether all that was not answered well was the service's or the line's doing, so that later it may work. */
export function isOutage(request: SeenRequest): boolean {
  return request.status === undefined || request.status >= 500 || request.status === 429;
}

/** For messages: `answered 503`, `did not answer`. */
export function toldAnswer(request: SeenRequest | undefined): string {
  return request?.status === undefined ? 'did not answer' : `answered ${request.status}`;
}
