import type { JsonType } from './json-type.js';
/** The part of JSON Schema (draft-07) that the vocabulary is written in. */
export interface Schema {
    readonly title?: string;
    readonly description?: string;
    readonly examples?: readonly unknown[];
    readonly $ref?: string;
    readonly type?: JsonType | readonly JsonType[];
    readonly enum?: readonly unknown[];
    readonly pattern?: string;
    readonly patternErrorMessage?: string;
    /** Of a duration: the shortest one that is taken; who resolves the key sees to it. */
    readonly minimumDuration?: string;
    readonly minimum?: number;
    readonly maximum?: number;
    readonly items?: Schema;
    readonly minItems?: number;
    readonly properties?: Readonly<Record<string, Schema>>;
    readonly propertyNames?: {
        readonly pattern: string;
        readonly patternErrorMessage: string;
    };
    readonly additionalProperties?: false | Schema;
    readonly required?: readonly string[];
    readonly minProperties?: number;
    readonly dependencies?: Readonly<Record<string, readonly string[] | EitherRequired>>;
    /** Either alternatives by type, or (`oneOf`) keys of which exactly one is given, or definitions told apart by `type`. */
    readonly anyOf?: readonly Schema[];
    readonly oneOf?: readonly Schema[];
    /** Two keys that contradict each other; `errorMessage` says why. */
    readonly not?: {
        readonly required?: readonly string[];
        readonly type?: JsonType;
    };
    readonly errorMessage?: string;
    readonly if?: {
        readonly required: readonly string[];
    };
    readonly then?: EitherRequired;
}
export interface EitherRequired {
    readonly anyOf: readonly {
        readonly required: readonly string[];
    }[];
}
export type ManifestKind = 'project' | 'manifest';
export type SchemaKind = ManifestKind | 'scenario';
/** The whole schema of a kind of file, as an editor wants it: the bytes of `schemas/*.schema.json` but for white space. */
export declare function schemaOf(kind: SchemaKind): object;
export declare function rootOf(kind: SchemaKind): Schema;
export declare function definitionOf(name: string): Schema;
/** Of manifests and projects. */
export declare function definitionNames(): readonly string[];
/** What a definition is called in a message. */
export declare function nounsOf(definition: string | undefined): {
    readonly one: string;
    readonly many: string;
};
