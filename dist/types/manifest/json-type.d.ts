/** Types of values, as JSON Schema names them. */
export type JsonType = 'string' | 'number' | 'integer' | 'boolean' | 'null' | 'array' | 'object';
export declare function isType(value: unknown, type: JsonType): boolean;
