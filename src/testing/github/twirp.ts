import type { JobIdentity } from './runtime-token.ts';

export type TwirpRequest = Readonly<Record<string, unknown>>;
/** A method of a service: JSON in, JSON out; a `TwirpRefusal` is thrown. */
export type TwirpMethod = (request: TwirpRequest, identity: JobIdentity) => Readonly<Record<string, unknown>>;

/** An error as Twirp puts it: an HTTP status with a code. */
export class TwirpRefusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export function badRequest(message: string): TwirpRefusal {
  return new TwirpRefusal(400, 'invalid_argument', message);
}

/** A field that must be a text with something in it. */
export function text(request: TwirpRequest, name: string): string {
  const value = request[name];
  if (typeof value !== 'string' || value === '') throw badRequest(`${name}: a text is required`);
  return value;
}

/** A field that may be missing. */
export function optionalText(request: TwirpRequest, name: string): string | undefined {
  return request[name] === undefined ? undefined : text(request, name);
}
