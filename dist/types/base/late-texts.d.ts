/**
 * A text that stays what it was read as until somebody asks for it: bytes, or a string with a character for each byte, in
 * which what is built from ASCII can be looked for as it is.
 */
export declare class LateText {
    #private;
    /** A string has one character for each byte. */
    constructor(source: Buffer | string);
    /** Bytes. */
    get length(): number;
    /** A character for each byte. */
    get characters(): string;
    /** What UTF-8 makes of the bytes; one that is none becomes U+FFFD. */
    get text(): string;
}
/** What UTF-8 makes of bytes of which each is a character. */
export declare function textOfCharacters(characters: string): string;
/** A text as its bytes in UTF-8, each a character. */
export declare function charactersOfText(text: string): string;
/** Texts by name, of which most may never be asked for: a large state has thousands of files, and is looked at in a few. */
export declare class LateTexts extends Map<string, string> {
    #private;
    setLate(name: string, text: LateText): this;
    /** The text while it is late: undefined where it is one already, or is not there. */
    late(name: string): LateText | undefined;
    /** Takes a text over as it is held there; false where there is none. */
    take(from: ReadonlyMap<string, string>, name: string): boolean;
    get size(): number;
    has(name: string): boolean;
    get(name: string): string | undefined;
    set(name: string, text: string): this;
    delete(name: string): boolean;
    clear(): void;
    entries(): MapIterator<[string, string]>;
    keys(): MapIterator<string>;
    values(): MapIterator<string>;
    [Symbol.iterator](): MapIterator<[string, string]>;
    forEach(each: (text: string, name: string, map: Map<string, string>) => void, self?: unknown): void;
}
/** A text as what it was read as, where it still is that. */
export declare function lateOf(texts: ReadonlyMap<string, string | null>, name: string): LateText | undefined;
/** Those of the texts that have such a name, and no text is made for it. */
export declare function textsOf(texts: ReadonlyMap<string, string>, names: Iterable<string>): LateTexts;
/** The bytes of a text in UTF-8; 0 where there is none. */
export declare function bytesOf(texts: ReadonlyMap<string, string | null>, name: string): number;
