import { type Finding, type Place } from './finding.js';
import type { JsonType } from './json-type.js';
import { type Schema } from './schema.js';
/** The types that a schema allows, through references and alternatives. */
export declare function typesOf(schema: Schema): readonly JsonType[];
/** The value is of another type than the key wants. */
export declare function wrongType(value: unknown, schema: Schema, place: Place): Finding;
/** The value is none of the words that the key knows. */
export declare function wrongWord(value: unknown, schema: Schema, place: Place, planned?: readonly string[]): Finding;
