import { type Finding, type Place } from './finding.js';
import type { JsonType } from './json-type.js';
import { type Schema } from './schema.js';
/** The types that a schema allows, through references and alternatives. */
export declare function typesOf(schema: Schema): readonly JsonType[];
/** The value is of another type than the key wants. */
export declare function wrongType(value: unknown, schema: Schema, place: Place): Finding;
/** A number that is to be a duration, with the units that make sense of it: what is measured in days is not said in seconds. */
export declare function withUnit(digits: number | string, { examples, minimumDuration }: Schema): string;
/** The value is none of the words that the key knows. */
export declare function wrongWord(value: unknown, schema: Schema, place: Place, planned?: readonly string[]): Finding;
