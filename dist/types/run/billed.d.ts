import type { Billed } from '../model/events.js';
/** What two parts of a run cost together, where any is known; a sum of which one price is not known has none. */
export declare function billedTogether(before: Billed | undefined, after: Billed | undefined): {
    readonly billed?: Billed;
};
/** US dollars to the millionth: sums of prices such as 0.006 do not end in noise. */
export declare function wholeMicros(usd: number): number;
/** Millionths of a US dollar. */
export declare function microUsd(usd: number): number;
