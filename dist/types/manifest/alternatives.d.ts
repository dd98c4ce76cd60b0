import { type Finding, type Place } from './finding.js';
import { type Schema } from './schema.js';
/**
 * What is wrong with a value that is one choice written in the form of another: the key of a mapping as a word, a word as
 * the key of a mapping, `true`. Undefined = nothing of that.
 */
export declare function wrongForm(value: unknown, schema: Schema, place: Place): Finding | undefined;
