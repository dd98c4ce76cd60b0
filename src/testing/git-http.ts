import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What goes wrong with the next request of a kind. `drop-reply`: the server does it and the answer is lost;
 * `drop-request`: the line breaks before the server has done anything; a number: that HTTP status.
 */
export type HttpFault = 'drop-reply' | 'drop-request' | number;
export type GitRequestKind = 'advertise-fetch' | 'fetch' | 'advertise-push' | 'push' | 'date';

export interface GitHttpServer {
  /** Base URL; a repository `r.git` under the root is at `<url>/r.git`. */
  readonly url: string;
  /** Every request that came, in order. */
  readonly requests: GitRequestKind[];
  /** The `Date` header of every answer. */
  date: Date;
  /** When set, every git request needs this password of `x-access-token`. */
  token: string | undefined;
  /** More passwords, where `token` is set: those that only read get 403 for a push. */
  readonly tokens: Map<string, 'read' | 'write'>;
  /** Called when a request has come, before it is served: lets a test do something in between. */
  onRequest: ((kind: GitRequestKind) => Promise<void> | void) | undefined;
  /** The next `times` requests of a kind go wrong. */
  fail(kind: GitRequestKind, fault: HttpFault, times?: number): void;
  /** What was to go wrong goes well again. */
  mend(): void;
  stop(): Promise<void>;
}

/** A real git server for tests: `git http-backend` behind node, on the loopback. Pushing is allowed. */
export async function startGitHttpServer(root: string): Promise<GitHttpServer> {
  const faults: { kind: GitRequestKind; fault: HttpFault }[] = [];
  const server = createServer((request, response) => {
    void serve(request, response);
  });
  server.on('clientError', (_, socket) => socket.destroy());

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const kind = kindOf(request);
    handle.requests.push(kind);
    await handle.onRequest?.(kind);
    response.sendDate = false;
    response.setHeader('Date', handle.date.toUTCString());
    const i = faults.findIndex((entry) => entry.kind === kind);
    const fault = i < 0 ? undefined : faults.splice(i, 1)[0]!.fault;
    if (fault === 'drop-request') {
      request.socket.destroy();
      return;
    }
    if (typeof fault === 'number' || kind === 'date') {
      request.resume();
      response.writeHead(typeof fault === 'number' ? fault : 404).end();
      return;
    }
    const refusal = refusalOf(handle, kind, request.headers.authorization);
    if (refusal !== undefined) {
      request.resume();
      response.writeHead(refusal, refusal === 401 ? { 'WWW-Authenticate': 'Basic realm="test"' } : {}).end();
      return;
    }
    const answer = await runBackend(root, request);
    if (fault === 'drop-reply') {
      request.socket.destroy();
      return;
    }
    for (const [name, value] of answer.headers) response.setHeader(name, value);
    response.writeHead(answer.status).end(answer.body);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const handle: GitHttpServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    date: new Date('2026-11-22T09:00:00Z'),
    token: undefined,
    tokens: new Map(),
    onRequest: undefined,
    mend() {
      faults.length = 0;
    },
    fail(kind, fault, times = 1) {
      for (let i = 0; i < times; i++) faults.push({ kind, fault });
    },
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return handle;
}

/** 401: nobody we know; 403: somebody who may read. Undefined: go on. */
function refusalOf(
  { token, tokens }: GitHttpServer,
  kind: GitRequestKind,
  authorization: string | undefined,
): number | undefined {
  if (token === undefined) return undefined;
  const given = Buffer.from(authorization?.replace(/^basic /i, '') ?? '', 'base64').toString('utf8');
  const password = given.replace(/^x-access-token:/, '');
  const may = password === token ? 'write' : tokens.get(password);
  if (may === undefined || password === given) return 401;
  return may === 'read' && (kind === 'push' || kind === 'advertise-push') ? 403 : undefined;
}

function kindOf(request: IncomingMessage): GitRequestKind {
  const url = request.url ?? '';
  if (url.endsWith('/git-receive-pack')) return 'push';
  if (url.endsWith('/git-upload-pack')) return 'fetch';
  if (url.endsWith('service=git-receive-pack')) return 'advertise-push';
  if (url.endsWith('service=git-upload-pack')) return 'advertise-fetch';
  return 'date';
}

interface CgiAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

function runBackend(root: string, request: IncomingMessage): Promise<CgiAnswer> {
  const [path, query] = (request.url ?? '').split('?');
  const header = (name: string) => String(request.headers[name] ?? '');
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      HOME: root,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_COUNT: '2',
      GIT_CONFIG_KEY_0: 'http.receivepack',
      GIT_CONFIG_VALUE_0: 'true',
      GIT_CONFIG_KEY_1: 'receive.autogc',
      GIT_CONFIG_VALUE_1: 'false',
      GIT_PROTOCOL: header('git-protocol'),
      HTTP_CONTENT_ENCODING: header('content-encoding'),
      REMOTE_ADDR: '127.0.0.1',
      REQUEST_METHOD: request.method,
      PATH_INFO: path,
      QUERY_STRING: query ?? '',
      CONTENT_TYPE: header('content-type'),
      ...(request.headers['content-length'] === undefined ? {} : { CONTENT_LENGTH: header('content-length') }),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.on('error', () => {});
  request.pipe(child.stdin);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('close', () => resolve(parseAnswer(Buffer.concat(chunks))));
  });
}

function parseAnswer(answer: Buffer): CgiAnswer {
  const end = answer.indexOf('\r\n\r\n');
  if (end < 0) return { status: 500, headers: [], body: Buffer.alloc(0) };
  const headers: (readonly [string, string])[] = [];
  let status = 200;
  for (const line of answer.toString('latin1', 0, end).split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10);
    else headers.push([name, value]);
  }
  return { status, headers, body: answer.subarray(end + 4) };
}
