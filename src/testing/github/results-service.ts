import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ArtifactService, makeArtifactService } from './artifact-service.ts';
import { type BlobStore, bodyOf, makeBlobStore } from './blob-store.ts';
import { type CacheService, makeCacheService } from './cache-service.ts';
import { readToken } from './runtime-token.ts';
import { type TwirpMethod, TwirpRefusal, type TwirpRequest } from './twirp.ts';

/** That HTTP status; the line breaks before an answer; or no answer at all, ever. */
export type ResultsFault = number | 'drop' | 'hang';

/**
 * What a runner calls ACTIONS_RESULTS_URL: the Actions cache (v2) and artifacts (v4), as the real clients speak to them.
 * In memory, on the loopback.
 */
export interface ResultsService {
  /** With `/` at its end, as the runner gives it. */
  readonly url: string;
  readonly cache: CacheService;
  readonly artifacts: ArtifactService;
  readonly blobs: BlobStore;
  /** Names of methods that were called, and `PUT`, `GET`, `HEAD` of blobs, in order. */
  readonly requests: string[];
  /** The next `times` calls of a method go wrong; `Infinity` = from now on. */
  fail(method: string, fault: ResultsFault, times?: number): void;
  /** The next call of a method goes wrong; resolves when it has come. */
  once(method: string, fault: ResultsFault): Promise<void>;
  /** Nothing goes wrong any more. */
  heal(): void;
  stop(): Promise<void>;
}

const SERVICE = /^\/twirp\/github\.actions\.results\.api\.v1\.(CacheService|ArtifactService)\/(\w+)$/;

/** `now`: the instant by which lists are dated and retention is judged. */
export async function startResultsService(
  // The clients reckon by the machine's clock.
  now: () => Date = () => new Date(),
): Promise<ResultsService> {
  const blobs = makeBlobStore();
  const cache = makeCacheService(blobs, () => origin());
  const artifacts = makeArtifactService(blobs, () => origin(), now);
  const requests: string[] = [];
  const faults: { method: string; fault: ResultsFault; times: number }[] = [];
  const awaited: (() => void)[] = [];
  const server = createServer((request, response) => {
    void serve(request, response).catch(() => request.socket.destroy());
  });
  const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, service, name] = SERVICE.exec(request.url ?? '') ?? [];
    requests.push(name ?? request.method ?? '');
    const fault = takeFault(faults, name ?? request.method ?? '');
    if (fault !== undefined) for (const resolve of awaited.splice(0)) resolve();
    if (fault === 'hang') return;
    if (fault === 'drop') {
      request.socket.destroy();
      return;
    }
    if (typeof fault === 'number') {
      request.resume();
      sendJson(response, fault, { code: 'fault', msg: `answered ${fault} on purpose` });
      return;
    }
    if (await blobs.serve(request, response)) return;
    const methods = service === 'CacheService' ? cache.methods : artifacts.methods;
    const method = service === undefined ? undefined : methods[name ?? ''];
    answer(request, response, method, await bodyOf(request));
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `${origin()}/`,
    cache,
    artifacts,
    blobs,
    requests,
    fail(method, fault, times = 1) {
      faults.push({ method, fault, times });
    },
    once(method, fault) {
      faults.push({ method, fault, times: 1 });
      return new Promise((resolve) => awaited.push(resolve));
    },
    heal() {
      faults.splice(0);
    },
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function takeFault(
  faults: { method: string; fault: ResultsFault; times: number }[],
  method: string,
): ResultsFault | undefined {
  const i = faults.findIndex((entry) => entry.method === method);
  if (i < 0) return undefined;
  const entry = faults[i]!;
  if (--entry.times <= 0) faults.splice(i, 1);
  return entry.fault;
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  method: TwirpMethod | undefined,
  body: Buffer,
): void {
  try {
    if (method === undefined) throw new TwirpRefusal(404, 'bad_route', `no handler for ${request.url}`);
    if (request.headers['content-type'] !== 'application/json') throw new TwirpRefusal(404, 'bad_route', 'not JSON');
    const identity = readToken((request.headers.authorization ?? '').replace(/^Bearer /, ''));
    if (identity === undefined) throw new TwirpRefusal(401, 'unauthenticated', 'no token of a job');
    sendJson(response, 200, method(JSON.parse(body.toString('utf8')) as TwirpRequest, identity));
  } catch (error) {
    if (!(error instanceof TwirpRefusal)) throw error;
    sendJson(response, error.status, { code: error.code, msg: error.message });
  }
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
