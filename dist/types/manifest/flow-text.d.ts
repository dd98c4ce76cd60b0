export declare function flowText(value: unknown): string;
/** JSON's quoting is YAML's double quoting. */
export declare function quoted(text: string): string;
/** A value at most so long that a message stays a line. */
export declare function shortFlowText(value: unknown, lengthMax?: number): string | undefined;
