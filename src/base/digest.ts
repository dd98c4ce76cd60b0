import crypto from 'node:crypto';
import { canonicalJson } from './json.ts';

/** SHA-256 of text (as UTF-8) or bytes, in lower-case hex. */
export function sha256(data: string | Uint8Array): string {
  // In one call where Node has it (from 20.12 on): a short text takes half as long.
  return 'hash' in crypto ? crypto.hash('sha256', data, 'hex') : hashed(data).digest('hex');
}

function hashed(data: string | Uint8Array): crypto.Hash {
  return crypto.createHash('sha256').update(data);
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
  return base32(hashed(canonicalJson(value)).digest(), length);
}
