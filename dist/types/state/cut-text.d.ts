/** The beginning of a text with a mark, at most `bytesMax` bytes. */
export declare function cutEnd(text: string, bytesMax: number): string;
/** The last whole lines of a text with a mark, at most `bytesMax` bytes. */
export declare function cutStart(text: string, bytesMax: number): string;
