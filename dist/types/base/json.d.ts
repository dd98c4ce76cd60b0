/** Any value that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | {
    readonly [key: string]: Json | undefined;
};
export type JsonObject = {
    readonly [key: string]: Json | undefined;
};
/**
 * Canonical JSON as RFC 8785 defines it: keys in UTF-16 code unit order, no white space, ECMAScript numbers.
 * `undefined` members are left out; lone surrogates are replaced. Throws on NaN and infinities (a bug of ours).
 */
export declare function canonicalJson(value: unknown): string;
