/** A problem at a place inside of a text: `offset` counts UTF-16 code units from 0, `column` from 1 on its line. */
export interface TextProblem {
    readonly message: string;
    readonly help?: string;
    readonly offset: number;
    readonly column: number;
    readonly length: number;
}
/** A stretch of a text, in UTF-16 code units from 0. */
export interface TextPlace {
    readonly offset: number;
    readonly length: number;
}
/** A problem at a place of a text, with its column on its own line. */
export declare function textProblem(text: string, at: TextPlace, message: string, help?: string): TextProblem;
