import type { Pointer } from './document.js';
/** One mistake, by its place in the value. */
export interface Finding {
    readonly code: string;
    /** Absent = an error. What a warning is about is passed over, and the rest is whole. */
    readonly severity?: 'warning';
    readonly message: string;
    readonly help?: string;
    readonly pointer: Pointer;
    readonly at: 'key' | 'value';
    /** A key is indented too deep, and should stand beside the key at this place: how far that is, its column tells. */
    readonly moveBeside?: Pointer;
    /** Where it may belong instead, said after that. */
    readonly moveElse?: string;
    readonly related?: {
        readonly pointer: Pointer;
        readonly note: string;
    };
    /** What must go so that the rest fits the schema. */
    readonly remove: Pointer;
}
/** Where the walk is. */
export interface Place {
    readonly pointer: Pointer;
    /** Last definition passed: what this thing is. */
    readonly definition: string | undefined;
}
/** How a message calls the value at a place. */
export declare function keyName(place: Place): string;
export declare function isObject(value: unknown): value is Record<string, unknown>;
