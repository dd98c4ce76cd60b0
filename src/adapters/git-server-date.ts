import { createRequire } from 'node:module';
import type { EpochMs } from '../model/instant.ts';

const TIMEOUT_MS = 5000;

/**
 * The instant that an HTTP server says it is, from the `Date` header of one HEAD request to its root: any answer has
 * one, also a refusal, so no credentials are sent. Undefined for other remotes, and when nothing answers in 5 s
 * (behind a proxy, say): the own clock is used then.
 */
export function serverDate(url: string): Promise<EpochMs | undefined> {
  const root = rootOf(url);
  if (root === undefined) return Promise.resolve(undefined);
  // Loaded here, and by require: most commands never need it, and importing it costs 40 ms more.
  const require = createRequire(import.meta.url);
  const http = require(root.protocol === 'https:' ? 'node:https' : 'node:http') as typeof import('node:http');
  return new Promise((resolve) => {
    const request = http.request(root, { method: 'HEAD', agent: false, timeout: TIMEOUT_MS }, (response) => {
      response.resume();
      const at = Date.parse(response.headers.date ?? '');
      resolve(Number.isNaN(at) ? undefined : at);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(undefined));
    request.on('close', () => resolve(undefined));
    request.end();
  });
}

function rootOf(url: string): URL | undefined {
  if (!/^https?:\/\//i.test(url)) return undefined;
  try {
    const parsed = new URL(url);
    return new URL('/', `${parsed.protocol}//${parsed.host}`);
  } catch {
    return undefined;
  }
}
