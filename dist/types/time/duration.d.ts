import { type Result } from '../base/result.js';
/**
 * Milliseconds of `90s`, `30m`, `2h` or `7d`: a whole number and one unit, from 1 s to 10 years. The error is a
 * sentence for the user; a bare number gets its own, because which unit it means cannot be known.
 */
export declare function parseDuration(text: string): Result<number, string>;
