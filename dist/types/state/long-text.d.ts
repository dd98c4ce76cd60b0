/**
 * A text in pieces of at most so many bytes of UTF-8 each, never cut within a character. Joined they are the text again.
 * What the state has no room for in one line or file is written so: a reader needs no more than to join.
 */
export declare function piecesOf(text: string, bytesMax: number): string[];
