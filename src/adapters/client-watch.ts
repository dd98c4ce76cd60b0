import { AsyncLocalStorage } from 'node:async_hooks';
import diagnostics from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';

/** One request of what was watched; no `status` when the line broke or no answer came. */
export interface SeenRequest {
  /** Without the query, which holds signatures. */
  readonly path: string;
  status?: number;
}

/** What a client did, kept apart from what else the process does at the same time. */
interface Watch {
  readonly requests: Map<ClientRequest, SeenRequest>;
}
const watches = new AsyncLocalStorage<Watch>();
let active = 0;

/**
 * Lets one of the clients of the Actions services work, and tells what went over the line (node:http). They swallow what
 * a service said and print it instead: the status of each answer tells a miss from an outage without reading their words.
 * What they print is dropped: it is many lines a file, annotations that repeat ours, and, where the log takes no
 * commands at the moment, signed addresses.
 */
export async function watchClient<T>(
  act: () => Promise<T>,
): Promise<{ readonly value: T; readonly seen: readonly SeenRequest[] }> {
  const watch: Watch = { requests: new Map() };
  if (active++ === 0) begin();
  try {
    const value = await watches.run(watch, act);
    return { value, seen: [...watch.requests.values()] };
  } finally {
    if (--active === 0) end();
  }
}

/** Whose request it is. */
const owners = new WeakMap<ClientRequest, Watch>();

function onStart(message: unknown): void {
  const { request } = message as { readonly request: ClientRequest };
  // Published where the request is made.
  const watch = watches.getStore();
  if (watch === undefined) return;
  owners.set(request, watch);
  watch.requests.set(request, { path: request.path.split('?')[0] ?? '' });
}

function onAnswer(message: unknown): void {
  const { request, response } = message as { readonly request: ClientRequest; readonly response: IncomingMessage };
  const entry = owners.get(request)?.requests.get(request);
  if (entry !== undefined && response.statusCode !== undefined) entry.status = response.statusCode;
}

type Write = typeof process.stdout.write;
const streams: readonly { write: Write }[] = [process.stdout, process.stderr];
let writes: readonly Write[] = [];

function begin(): void {
  diagnostics.subscribe('http.client.request.start', onStart);
  diagnostics.subscribe('http.client.response.finish', onAnswer);
  writes = streams.map((stream) => stream.write);
  for (const stream of streams) {
    const write = stream.write.bind(stream);
    const silent = (...args: Parameters<Write>): boolean => {
      if (watches.getStore() === undefined) return write(...args);
      // Whoever waits for it to be written goes on.
      const done: unknown = args.at(-1);
      if (typeof done === 'function') queueMicrotask(done as () => void);
      return true;
    };
    stream.write = silent as Write;
  }
}

function end(): void {
  diagnostics.unsubscribe('http.client.request.start', onStart);
  diagnostics.unsubscribe('http.client.response.finish', onAnswer);
  for (const [i, stream] of streams.entries()) stream.write = writes[i]!;
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
