/** A text that is all of what an anchored expression takes; it has no character that JSON escapes. */
export declare function quotedPattern({ source }: RegExp): string;
export declare function oneOfPattern(values: readonly (string | number)[]): string;
export declare function listPattern(item: string | undefined): string | undefined;
export declare function pairPattern(first: string | undefined, second: string | undefined): string | undefined;
export declare function mappingPattern(item: string | undefined): string | undefined;
interface FieldPattern {
    readonly pattern: string | undefined;
    readonly optional: boolean;
}
export declare function objectPattern(fields: Iterable<readonly [key: string, field: FieldPattern]>): string | undefined;
/** One of several, tried one after the other. */
export declare function anyPattern(patterns: readonly (string | undefined)[]): string | undefined;
export {};
