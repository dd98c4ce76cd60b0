import { createHash } from 'node:crypto';
import { canonicalJson } from './json.ts';

/** SHA-256 of text (as UTF-8) or bytes, in lower-case hex. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** SHA-256 over the canonical JSON of a value, in lower-case hex: equal values, equal digests, whatever their key order. */
export function digestOf(value: unknown): string {
  return sha256(canonicalJson(value));
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** Lower-case RFC 4648 base32 without padding, cut to `length` characters. */
export function base32(bytes: Uint8Array, length: number): string {
  let bits = 0;
  let value = 0;
  let text = '';
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5 && text.length < length) {
      bits -= 5;
      text += BASE32[(value >>> bits) & 31];
    }
    value &= (1 << bits) - 1;
  }
  return text;
}

/** The first `length` base32 characters of the SHA-256 over a value's canonical JSON. */
export function base32DigestOf(value: unknown, length: number): string {
  return base32(createHash('sha256').update(canonicalJson(value)).digest(), length);
}
