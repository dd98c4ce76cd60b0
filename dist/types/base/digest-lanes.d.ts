import type { ByteSpan } from './byte-span.js';
export declare const LANES = 4;
/**
 * Digests of texts that are the same but for some places. The bytes of all blocks are kept with their padding, and only
 * what differs is written before each turn.
 */
export declare class DigestLanes {
    private readonly engine;
    /** The blocks one after the other, as they lie in the memory, each with the same text in all lanes. */
    private readonly blocks;
    /** Each block by itself. */
    private readonly parts;
    /** Where each byte of the text stands in the blocks, in the first lane. */
    private readonly places;
    private constructor();
    /** For texts like this one (as UTF-8); undefined where this machine cannot. */
    static like(text: string): DigestLanes | undefined;
    /**
     * Writes a text of printable ASCII that stands in JSON as it is, in a lane, from a byte on. False when it holds
     * anything else: then the lane holds no text.
     */
    put(lane: number, at: number, { bytes, from, length }: ByteSpan): boolean;
    /** Makes the digests of all lanes; they stand until this is called for any others. */
    digest(): void;
    /** True when the digest of a lane begins with these digits in lower-case hex. */
    beginsWith(lane: number, { bytes, from, length }: ByteSpan): boolean;
}
