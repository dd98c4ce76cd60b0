import { Refused } from './github-calls.ts';

export interface AssetRequest {
  /** For messages. */
  readonly what: string;
  readonly bytesMax: number;
  readonly signal: AbortSignal;
}

/** The bytes behind a signed URL, read no further than the bound. Throws a `Refused`. */
export async function downloadAsset(
  url: string | undefined,
  { what, bytesMax, signal }: AssetRequest,
): Promise<Uint8Array> {
  if (url === undefined)
    throw new Refused({ code: 'refused', message: `${what}: GitHub names no place to fetch it from` });
  const tooLarge = new Refused({
    code: 'too-large',
    message: `${what} has more than the ${bytesMax} bytes that are read`,
  });
  const response = await answer(what, url, signal);
  if (Number(response.headers.get('content-length') ?? 0) > bytesMax) throw await cancelled(response, tooLarge);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > bytesMax) break;
      chunks.push(chunk);
    }
  } catch {
    throw brokenOff(what, `after ${bytes} bytes`);
  }
  if (bytes > bytesMax) throw tooLarge;
  return Buffer.concat(chunks);
}

async function answer(what: string, url: string, signal: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { signal });
  } catch {
    // The error may quote the URL, which is signed.
    throw brokenOff(what, 'no answer from where it is kept');
  }
  if (response.ok) return response;
  const why = `its store answered ${response.status}`;
  if (response.status >= 500) throw await cancelled(response, brokenOff(what, why));
  throw await cancelled(response, new Refused({ code: 'refused', message: `${what}: ${why}` }));
}

function brokenOff(what: string, why: string): Refused {
  return new Refused({ code: 'unreachable', message: `${what} could not be fetched: ${why}` });
}
async function cancelled(response: Response, refusal: Refused): Promise<Refused> {
  await response.body?.cancel();
  return refusal;
}
