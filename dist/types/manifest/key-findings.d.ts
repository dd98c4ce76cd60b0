import { type Finding, type Place } from './finding.js';
import { type Schema } from './schema.js';
/** A key that the schema does not have: planned, misspelt, another tool's word, or of another place. */
export declare function unknownKey(key: string, value: unknown, schema: Schema, at: Place): {
    finding: Finding;
    suggestion?: string;
};
/** A tag of the engine's own name space. */
export declare function unknownTag(key: string, at: Place): Finding;
