import { type Finding } from './finding.js';
import { type SchemaKind } from './schema.js';
/**
 * Everything that does not fit the schema, each mistake once. It judges alternatives by what was written (the type of
 * the value, the `type` of a connection, the kind of a check), so that no branch that was never meant is reported.
 * Empty exactly when `fits` says yes.
 */
export declare function walkSchema(kind: SchemaKind, value: unknown): Finding[];
