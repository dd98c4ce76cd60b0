/**
 * Shapes of records as small tables: a check answers what is wrong with a value, as `field: what`, or undefined.
 * The tables are tied to the types of `model/` by `Fields`, so a field that a table forgets does not compile.
 */
export interface Check {
    readonly test: (value: unknown) => string | undefined;
    /**
     * Source of a regular expression for such values as `canonicalJson` writes them, made when it is first asked for. What it
     * matches is JSON and passes `test`; what it does not may pass all the same. Undefined: the text does not tell.
     */
    readonly pattern?: () => string | undefined;
}
export interface OptionalCheck extends Check {
    readonly optional: true;
}
/** One check for each field of T: optional ones where the field is optional. */
export type Fields<T> = {
    readonly [K in keyof T]-?: undefined extends T[K] ? OptionalCheck : Check & {
        readonly optional?: never;
    };
};
/** A value in a few words for a message; long texts are cut. */
export declare function describe(value: unknown): string;
export declare const text: Check;
export declare const flag: Check;
export declare const number: Check;
export declare const amount: Check;
export declare const count: Check;
export declare const integer: Check;
export declare const json: Check;
export declare const instant: Check;
export declare const day: Check;
export declare function optional(check: Check): OptionalCheck;
export declare function oneOf<const T extends readonly (string | number)[]>(...values: T): Check;
export declare function list(item: Check): Check;
export declare function pair(first: Check, second: Check): Check;
/** A mapping from any name to values of one shape. */
export declare function mapping(item: Check): Check;
/** A closed object: every field is checked and an unknown one is a problem. */
export declare function object<T>(fields: Fields<T>): Check;
/** A union told apart by the text of one field. */
export declare function union(field: string, branches: Readonly<Record<string, Check>>): Check;
export declare function isObject(value: unknown): value is Record<string, unknown>;
