/** The outcome of something that may be refused: failures are values, exceptions are bugs (house rule 5). */
export type Result<T, E> = {
    readonly ok: true;
    readonly value: T;
} | {
    readonly ok: false;
    readonly error: E;
};
export declare function ok<T>(value: T): {
    readonly ok: true;
    readonly value: T;
};
export declare function fail<E>(error: E): {
    readonly ok: false;
    readonly error: E;
};
/** For the `default` of a switch over a closed union: the compiler lists the work when a case is added. */
export declare function unreachable(value: never): never;
