/** Values that were read of texts before, to be had without reading them again. */
export interface KeptValues {
    /** Undefined = not kept. */
    read(text: string): unknown;
    keep(text: string, value: unknown): void;
}
