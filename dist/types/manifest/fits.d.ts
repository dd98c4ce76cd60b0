import type { SchemaKind } from './schema.js';
/**
 * Whether a parsed file fits its schema: yes or no; `walkSchema` says what is wrong. The answer comes from predicates
 * that are made of the schema, each when a file first needs it: most projects use a small part of the vocabulary.
 */
export declare function fits(kind: SchemaKind, value: unknown): boolean;
