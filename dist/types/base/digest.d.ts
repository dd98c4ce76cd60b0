/** SHA-256 of text (as UTF-8) or bytes, in lower-case hex. */
export declare function sha256(data: string | Uint8Array): string;
/** SHA-256 over the canonical JSON of a value, in lower-case hex: equal values, equal digests, whatever their key order. */
export declare function digestOf(value: unknown): string;
/** Lower-case RFC 4648 base32 without padding, cut to `length` characters. */
export declare function base32(bytes: Uint8Array, length: number): string;
/** The first `length` base32 characters of the SHA-256 over a value's canonical JSON. */
export declare function base32DigestOf(value: unknown, length: number): string;
