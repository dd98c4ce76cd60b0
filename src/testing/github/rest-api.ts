import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type BlobStore, bodyOf, makeBlobStore } from './blob-store.ts';
import { isPermitted } from './fake-github.ts';
import { type Operation, operation } from './openapi.ts';
import type { RepositoryModel, TokenPermissions } from './repository-model.ts';
import { type RestAnswer, type RestRoute, routes } from './rest-routes.ts';
import type { Shape } from './rest-shapes.ts';

/** An answer instead of the true one; the line breaks before it, or in the middle of it; or no answer at all, ever. */
export type RestFault = RestAnswer | 'drop' | 'cut-short' | 'hang';

export interface SeenRestRequest {
  readonly method: string;
  /** With the query. */
  readonly url: string;
  /** `actions/get-workflow-run`; undefined for what GitHub (as far as we use it) does not have. */
  readonly operation: string | undefined;
  readonly status: number | undefined;
}

/** GitHub's REST API for one repository, on the loopback. */
export interface RestApi {
  /** GITHUB_API_URL. */
  readonly url: string;
  readonly requests: SeenRestRequest[];
  /** Tokens beside the one of `startRestApi`, whose permissions are the model's, with their own. */
  readonly tokens: Map<string, TokenPermissions>;
  /** Requests and answers that are not as GitHub publishes them. `stop` throws when there is one. */
  readonly violations: string[];
  /** The next `times` requests of an operation (any, if undefined) go wrong; `Infinity` = from now on. */
  fail(operation: string | undefined, fault: RestFault, times?: number): void;
  /** Called when a request has come, before it is answered. */
  onRequest: ((operation: string | undefined) => void) | undefined;
  stop(): Promise<void>;
}

/** What a secondary rate limit looks like: 403, and when to come back. */
export function secondaryLimit(retryAfterSeconds?: number): RestAnswer {
  return {
    status: 403,
    headers: retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) },
    body: {
      message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
      documentation_url: 'https://docs.github.com/rest/overview/rate-limits-for-the-rest-api',
    },
  };
}
/** What the primary rate limit looks like: nothing remains until an instant (seconds since 1970). */
export function primaryLimit(resetSeconds: number): RestAnswer {
  return {
    status: 403,
    headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(resetSeconds) },
    body: { message: 'API rate limit exceeded for installation.' },
  };
}
/** An error of the server's own. */
export function serverError(status: number): RestAnswer {
  return { status, body: { message: 'Server Error' } };
}

/** Where GitHub itself answers otherwise than it publishes: null for the repository of a fork that is gone. */
const KNOWN_DEVIATIONS = new Set([
  'status 200: /head_repository must be object',
  'status 200: /head/repo must be object',
]);

interface Found {
  readonly route: RestRoute;
  readonly operation: Operation;
  readonly path: Readonly<Record<string, string>>;
}

export interface RestApiOptions {
  /** Of somebody with the model's permissions. */
  readonly token?: string;
  /** Brings the model up to date, before each answer. */
  readonly refresh?: () => void;
}

/** Serves the model to whoever has a token. */
export async function startRestApi(
  model: RepositoryModel,
  { token = 'ghs_test', refresh }: RestApiOptions = {},
): Promise<RestApi> {
  const blobs = makeBlobStore();
  const faults: { operation: string | undefined; fault: RestFault; times: number }[] = [];
  const server = createServer((request, response) => {
    void serve(request, response).catch((error: unknown) => {
      api.violations.push(`the server itself failed: ${error instanceof Error ? error.stack : String(error)}`);
      request.socket.destroy();
    });
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (await blobs.serve(request, response)) {
      // The store is another host's: a token must not get there.
      if (request.headers.authorization !== undefined) api.violations.push('the token was sent to the store of bytes');
      return;
    }
    const url = new URL(request.url ?? '/', 'http://api');
    const found = findRoute(request.method ?? '', url.pathname);
    const body = await bodyOf(request);
    api.onRequest?.(found?.operation.id);
    refresh?.();
    const seen = { method: request.method ?? '', url: request.url ?? '', operation: found?.operation.id };
    const fault = takeFault(faults, found?.operation.id);
    if (fault === 'drop' || fault === 'hang') {
      api.requests.push({ ...seen, status: undefined });
      if (fault === 'drop') request.socket.destroy();
      return;
    }
    const answer = fault === undefined || fault === 'cut-short' ? answerTo(request, url, found, body) : fault;
    api.requests.push({ ...seen, status: answer.status });
    for (const finding of found?.operation.checkAnswer(answer.status, answer.body) ?? []) {
      if (KNOWN_DEVIATIONS.has(finding)) continue;
      api.violations.push(`the answer to ${seen.method} ${seen.url}: ${finding}`);
    }
    if (fault === 'cut-short') {
      const text = JSON.stringify(answer.body);
      response.writeHead(answer.status, { 'content-type': 'application/json', 'content-length': text.length });
      response.write(text.slice(0, text.length / 2), () => request.socket.destroy());
    } else send(response, answer, found?.route.accepts);
  }

  function answerTo(request: IncomingMessage, url: URL, found: Found | undefined, body: Buffer): RestAnswer {
    const given = (request.headers.authorization ?? '').replace(/^(token|bearer) /i, '');
    const permissions = given === token ? model.permissions : api.tokens.get(given);
    if (permissions === undefined) return message(401, 'Bad credentials');
    if (found === undefined) {
      api.violations.push(`${request.method} ${url.pathname} is no operation that we use`);
      return message(404, 'Not Found');
    }
    const json = body.length === 0 ? undefined : (JSON.parse(body.toString('utf8')) as Shape);
    const findings = found.operation.checkRequest({ path: found.path, query: url.searchParams, body: json });
    api.violations.push(...findings.map((finding) => `${request.method} ${request.url}: ${finding}`));
    if (!request.headers['user-agent']) api.violations.push('a request without User-Agent is refused by GitHub');
    if (findings.length > 0) return message(422, findings.join('; '));
    if (!isAccepted({ ...model, permissions }, found.route.accepts))
      return message(403, 'Resource not accessible by integration');
    return found.route.answer(model, {
      path: found.path,
      query: url.searchParams,
      body: json ?? {},
      example: found.operation.example,
      sign: (bytes) => signed(blobs, api.url, bytes),
    });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const api: RestApi = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    tokens: new Map(),
    violations: [],
    onRequest: undefined,
    fail(operation, fault, times = 1) {
      faults.push({ operation, fault, times });
    },
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      if (api.violations.length > 0) throw new Error(`not as GitHub publishes it:\n${api.violations.join('\n')}`);
    },
  };
  return api;
}

/** The most exact route comes first: those with fewer parameters. */
const byExactness = routes.toSorted((a, b) => parameters(a) - parameters(b));
function parameters({ route }: RestRoute): number {
  return route.split('{').length;
}

function findRoute(method: string, pathname: string): Found | undefined {
  for (const route of byExactness) {
    const [verb, template = ''] = route.route.split(' ');
    const names = [...template.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);
    const pattern = new RegExp(`^${template.replaceAll(/\{\w+\}/g, '([^/]+)')}$`);
    const match = verb === method ? pattern.exec(pathname) : null;
    if (match === null) continue;
    const path = Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(match[i + 1]!)]));
    return { route, operation: operation(route.route), path };
  }
  return undefined;
}

function takeFault(
  faults: { operation: string | undefined; fault: RestFault; times: number }[],
  id: string | undefined,
): RestFault | undefined {
  const i = faults.findIndex((entry) => entry.operation === undefined || entry.operation === id);
  if (i < 0) return undefined;
  const entry = faults[i]!;
  if (--entry.times <= 0) faults.splice(i, 1);
  return entry.fault;
}

/** Any of the alternatives, apart by `;`, with all of its permissions. */
function isAccepted(model: RepositoryModel, accepts: string): boolean {
  return accepts.split('; ').some((alternative) =>
    alternative.split(',').every((entry) => {
      const [name = '', level = ''] = entry.split('=');
      return isPermitted(model, `${name.replaceAll('_', '-')}: ${level}`);
    }),
  );
}

function message(status: number, text: string): RestAnswer {
  return {
    status,
    body: { message: text, documentation_url: 'https://docs.github.com/rest', status: String(status) },
  };
}

function send(response: ServerResponse, answer: RestAnswer, accepts: string | undefined): void {
  const headers = {
    'x-github-media-type': 'github.v3; format=json',
    'x-ratelimit-limit': '1000',
    'x-ratelimit-remaining': '999',
    'x-ratelimit-reset': '1795340000',
    ...(accepts === undefined ? {} : { 'x-accepted-github-permissions': accepts }),
    ...answer.headers,
  };
  if (answer.body === undefined) response.writeHead(answer.status, headers).end();
  else {
    const type = { 'content-type': 'application/json; charset=utf-8' };
    response.writeHead(answer.status, { ...headers, ...type }).end(JSON.stringify(answer.body));
  }
}

function signed(blobs: BlobStore, url: string, bytes: Uint8Array): string {
  const path = blobs.newPath('artifact.zip');
  blobs.blobs.set(path.split('?')[0]!, Buffer.from(bytes));
  return `${url}${path}`;
}
