/** Members of a leaf in the order of their lines; `handled` is there only where assets ask for their runs by themselves. */
declare const MEMBERS: readonly ['at', 'checks', 'code', 'data', 'failed', 'files', 'handled', 'keys', 'rows', 'run', 'turn', 'used'];
type Member = (typeof MEMBERS)[number];
export type Between = readonly [from: number, to: number];
/**
 * A leaf in ASCII that is written as `encodeLeaf` writes it, a member a line. That a value is JSON is for who reads it to
 * find out. What is parsed here is shared: nobody changes it.
 */
export declare class LeafText {
    readonly asset: string;
    /** The text; they stand only until the next one is split. */
    readonly bytes: Uint8Array;
    private readonly content;
    private readonly members;
    private constructor();
    /** Undefined for any other text. */
    static split(content: string): LeafText | undefined;
    has(member: Member): boolean;
    /** Where the value of a member stands. */
    between(member: Member): Between;
    /** The value of a member; undefined where it is no JSON. */
    value(member: Member): unknown;
    /** The keys; undefined where they are no list of texts. One list for all leaves that have the same. */
    keys(): readonly string[] | undefined;
}
export {};
