/** Values by place, 0 to `length` - 1. Asking in order costs least: the run that was asked last is looked at first. */
export declare class CountedColumn {
    /** Values, one a run. */
    private readonly values;
    /** Place behind each run. */
    private readonly ends;
    private run;
    private start;
    private end;
    private constructor();
    /** Undefined when what was parsed is no such column, or not of this length. */
    static of(parsed: unknown, length: number): CountedColumn | undefined;
    at(place: number): unknown;
    /** The first place that is asked for and whose value fails the test. */
    firstFailing(test: (value: unknown) => boolean, isAsked: (place: number) => boolean): number | undefined;
    private seek;
}
