import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** What befalls the next upload: only the first half is kept; other bytes are kept; or that HTTP status. */
export type UploadFault = 'cut-short' | 'garbled' | number;

/** A blob under signed URLs, spoken to as Azure's block blobs are by its SDK (and by plain GET). */
export interface BlobStore {
  readonly blobs: Map<string, Buffer>;
  /** A path to write and read a new blob: nobody guesses it. `name` ends it, as the clients look at it. */
  newPath(name: string): string;
  /** The next uploads go wrong, one each. */
  readonly uploadFaults: UploadFault[];
  /** Handles a request below `/blobs/`; false when it is none of ours. */
  serve(request: IncomingMessage, response: ServerResponse): Promise<boolean>;
}

export function makeBlobStore(): BlobStore {
  const signatures = new Map<string, string>();
  const blocks = new Map<string, Map<string, Buffer>>();
  const store: BlobStore = {
    blobs: new Map(),
    uploadFaults: [],
    newPath(name) {
      const place = `/blobs/${randomBytes(8).toString('hex')}/${encodeURIComponent(name)}`;
      const signature = randomBytes(16).toString('hex');
      signatures.set(place, signature);
      return `${place}?sig=${signature}`;
    },
    async serve(request, response) {
      const url = new URL(request.url ?? '/', 'http://store');
      if (!url.pathname.startsWith('/blobs/')) return false;
      response.setHeader('x-ms-request-id', randomBytes(8).toString('hex'));
      response.setHeader('x-ms-version', '2024-11-04');
      if (signatures.get(url.pathname) !== url.searchParams.get('sig')) {
        request.resume();
        response.writeHead(403).end();
      } else if (request.method === 'PUT') put(store, blocks, url, await bodyOf(request), response);
      else get(store.blobs.get(url.pathname), url, request, response);
      return true;
    },
  };
  return store;
}

function put(
  store: BlobStore,
  blocks: Map<string, Map<string, Buffer>>,
  url: URL,
  body: Buffer,
  response: ServerResponse,
): void {
  const part = url.searchParams.get('comp');
  // A list only puts together what was uploaded before.
  const fault = part === 'blocklist' ? undefined : store.uploadFaults.shift();
  if (typeof fault === 'number') {
    response.writeHead(fault).end();
    return;
  }
  const bytes = damaged(body, fault);
  if (part === 'block') {
    const own = blocks.get(url.pathname) ?? new Map<string, Buffer>();
    blocks.set(url.pathname, own.set(url.searchParams.get('blockid') ?? '', bytes));
  } else if (part === 'blocklist') {
    const ids = [...body.toString('utf8').matchAll(/<Latest>([^<]*)<\/Latest>/g)].map((match) => match[1] ?? '');
    const own = blocks.get(url.pathname);
    store.blobs.set(url.pathname, Buffer.concat(ids.map((id) => own?.get(id) ?? Buffer.alloc(0))));
  } else store.blobs.set(url.pathname, bytes);
  response.writeHead(201, { etag: '"1"', 'last-modified': new Date(0).toUTCString() }).end();
}

function damaged(body: Buffer, fault: 'cut-short' | 'garbled' | undefined): Buffer {
  if (fault === 'cut-short') return body.subarray(0, Math.floor(body.length / 2));
  return fault === 'garbled' ? garbled(body) : body;
}

/** As many bytes, and no archive any more. */
export function garbled(body: Buffer): Buffer {
  return Buffer.from(body.map((byte, i) => byte ^ ((i * 37 + 11) & 0xff)));
}

function get(blob: Buffer | undefined, url: URL, request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  if (blob === undefined) {
    response.writeHead(404, { 'x-ms-error-code': 'BlobNotFound' }).end();
    return;
  }
  const wanted = /^bytes=(\d+)-(\d*)$/.exec(String(request.headers['x-ms-range'] ?? request.headers.range ?? ''));
  const first = wanted === null ? 0 : Number(wanted[1]);
  const last = wanted === null || wanted[2] === '' ? blob.length - 1 : Math.min(Number(wanted[2]), blob.length - 1);
  const part = blob.subarray(first, last + 1);
  response.writeHead(wanted === null ? 200 : 206, {
    'content-length': part.length,
    'content-type': url.pathname.endsWith('.zip') ? 'application/zip' : 'application/octet-stream',
    'content-md5': createHash('md5').update(part).digest('base64'),
    'x-ms-blob-type': 'BlockBlob',
    etag: '"1"',
    'last-modified': new Date(0).toUTCString(),
    ...(wanted === null ? {} : { 'content-range': `bytes ${first}-${last}/${blob.length}` }),
  });
  response.end(request.method === 'HEAD' ? undefined : part);
}

/** The whole body of a request. */
export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
