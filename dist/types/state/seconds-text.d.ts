/**
 * Seconds since 1970 as an instant. By arithmetic, because `Date` alone would take as long as reading all else of a
 * partition; the calendar's rule is that eras of 400 years are alike (years that begin in March).
 */
export declare function secondsText(seconds: number): string;
