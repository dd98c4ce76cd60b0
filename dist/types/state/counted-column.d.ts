import type { SpanRoom } from '../base/byte-span.js';
import { type TextColumn } from './leaf-columns.js';
/** Values by place, 0 to `length` - 1. Asking in order costs least: the run that was asked last is looked at first. */
export declare class CountedColumn implements TextColumn {
    /** As it was parsed: a count and a value in turn. */
    private readonly parsed;
    /** Place behind each run; undefined = no neighbours are equal, so each run is one place. */
    private readonly ends;
    private run;
    private start;
    private end;
    private constructor();
    /** Undefined when what was parsed is no such column, or not of this length. */
    static of(parsed: unknown, length: number): CountedColumn | undefined;
    get single(): {
        readonly value: unknown;
    } | undefined;
    at(place: number): unknown;
    spanAt(place: number, into: SpanRoom): boolean;
    /** The first place that is asked for and whose value fails the test. */
    firstFailing(test: (value: unknown) => boolean, isAsked: (place: number) => boolean): number | undefined;
    private seek;
}
